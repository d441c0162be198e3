//! What a call that reads is answered from.

use poem::{FromRequest, Request, RequestBody, Result, web::Data};

use crate::{domain::head::HeadOnly, service::Service};

/// The verbs, and whether their answer will be seen.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Service,
    /// Only the head is sent: nothing need be read for the rest.
    pub(super) for_head: bool,
}

impl<'a> FromRequest<'a> for Asked<'a> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        let Data(service) = Data::<&Service>::from_request(request, body).await?;
        Ok(Self {
            service,
            for_head: request.data::<HeadOnly>().is_some(),
        })
    }
}
