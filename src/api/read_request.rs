//! The extractor of calls that only read, which do nothing for a HEAD request.

use poem::{FromRequest, Request, RequestBody, Result, web::Data};

use crate::{domain::head::HeadOnly, service::Service};

/// The service, and whether the response needs a body.
pub(super) struct ReadRequest<'a> {
    pub(super) service: &'a Service,
    /// A HEAD request: nothing need be read for the body.
    pub(super) head_only: bool,
}

impl<'a> FromRequest<'a> for ReadRequest<'a> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        let Data(service) = Data::<&Service>::from_request(request, body).await?;
        Ok(Self {
            service,
            head_only: request.data::<HeadOnly>().is_some(),
        })
    }
}
