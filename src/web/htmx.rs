//! Requests of htmx and the fragments that answer them.

use maud::{Markup, Render, html};
use poem::{FromRequest, Request, RequestBody};

/// Whether htmx sent the request: it gets fragments, a browser gets whole pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HxRequest(pub(super) bool);

impl HxRequest {
    /// False when htmx restores a page of the history, which takes the whole page.
    pub(super) fn of(request: &Request) -> Self {
        let is_htmx = request.header("hx-request") == Some("true");
        Self(is_htmx && request.header("hx-history-restore-request").is_none())
    }
}

/// Whether htmx sent the request, so that the response is a fragment.
#[must_use]
pub fn is_from_htmx(request: &Request) -> bool {
    HxRequest::of(request).0
}

impl<'a> FromRequest<'a> for HxRequest {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}

/// A fragment that htmx swaps into the element `id`, in the style `swap`.
pub(super) fn fragment(id: &str, swap: &str, content: &impl Render) -> Markup {
    html! { hx-partial hx-target={ "#" (id) } hx-swap=(swap) { (content) } }
}
