//! What a browser sends: the fields of a form or of a query, within limits.

use poem::{FromRequest, Request, RequestBody, error::ReadBodyError};

use super::error::Failure;

/// Most bytes of a form. The longest to-do takes 2,400 when every character is percent-encoded.
pub(super) const BODY_MAX: usize = 16 * 1024;

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// Names and values in the order sent.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The first value of that name; a missing field is an empty one.
    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }
}

/// A posted form.
pub(super) struct Form(Fields);

impl Form {
    /// The field's value; a missing one is empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name)
    }
}

impl<'a> FromRequest<'a> for Form {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let kind = request.content_type().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case(CONTENT_TYPE) {
            return Err(Failure::NotAForm.into());
        }
        let bytes = body.take()?.into_bytes_limit(BODY_MAX).await;
        let bytes = bytes.map_err(|error| match error {
            ReadBodyError::PayloadTooLarge => Failure::TooLarge,
            _ => Failure::BrokenOff,
        })?;
        Ok(Self(Fields::parse(&bytes)))
    }
}

/// The part of the address behind the question mark.
pub(super) struct Query(Fields);

impl Query {
    /// The field's value; a missing one is empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name)
    }
}

impl<'a> FromRequest<'a> for Query {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let query = request.uri().query().unwrap_or_default();
        Ok(Self(Fields::parse(query.as_bytes())))
    }
}

/// Whether htmx asks: it gets fragments, a browser gets whole pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hx(pub(super) bool);

impl Hx {
    /// Going back in the history wants the whole page, also when htmx asks for it.
    pub(super) fn of(request: &Request) -> Self {
        let asks = request.header("hx-request") == Some("true");
        Self(asks && request.header("hx-history-restore-request").is_none())
    }
}

impl<'a> FromRequest<'a> for Hx {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}
