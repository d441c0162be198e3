//! Responses to rejected requests: rendered once, so that all clients share the same bytes.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use poem::{
    Request, Response,
    http::{HeaderMap, StatusCode},
};

use super::event_log::Event;
use crate::{
    api,
    app::security_headers::SecurityHeaders,
    domain::{error::Error, rate_limit::RequestQuota},
    web,
};

/// `Retry-After` while too much is unsent.
const UNSENT_WAIT: Duration = Duration::from_secs(5);

/// The format of a response: a page, a fragment for htmx, or a problem document.
#[derive(Clone, Copy)]
pub(super) enum Format {
    Page,
    Fragment,
    Problem,
}

impl Format {
    pub(super) fn of(request: &Request) -> Self {
        if api::is_api_path(request.uri().path()) {
            Self::Problem
        } else if web::is_from_htmx(request) {
            Self::Fragment
        } else {
            Self::Page
        }
    }
}

/// A response for each reason and format.
pub(super) struct Rejections {
    too_many: Formats,
    too_many_checks: Formats,
    unsent_of_one: Formats,
    unsent: Formats,
}

struct Formats {
    page: CachedResponse,
    fragment: CachedResponse,
    problem: CachedResponse,
}

struct CachedResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Rejections {
    pub(super) fn new(quota: Option<RequestQuota>, headers: &SecurityHeaders) -> Self {
        let limited = |retry_after| Formats::new(&Error::RateLimited { retry_after }, headers);
        // After the burst, one request is allowed per interval.
        let wait = |quota: RequestQuota| Duration::from_secs(quota.replenish.as_secs() + 1);
        let unavailable = Error::Unavailable {
            cause: String::new(),
            retry_after: UNSENT_WAIT,
        };
        Self {
            too_many: limited(wait(quota.unwrap_or(RequestQuota::STANDARD))),
            too_many_checks: limited(wait(super::HEALTH_CHECKS)),
            unsent_of_one: limited(UNSENT_WAIT),
            unsent: Formats::new(&unavailable, headers),
        }
    }

    pub(super) fn response_to(&self, event: Event, kind: Format) -> Response {
        let formats = match event {
            Event::TooManyChecks => &self.too_many_checks,
            Event::UnsentOfOne => &self.unsent_of_one,
            Event::Unsent => &self.unsent,
            _ => &self.too_many,
        };
        match kind {
            Format::Page => formats.page.response(),
            Format::Fragment => formats.fragment.response(),
            Format::Problem => formats.problem.response(),
        }
    }
}

impl Formats {
    fn new(error: &Error, headers: &SecurityHeaders) -> Self {
        Self {
            page: CachedResponse::new(
                web::error_page::error_response(error, false),
                headers,
                false,
            ),
            fragment: CachedResponse::new(
                web::error_page::error_response(error, true),
                headers,
                false,
            ),
            problem: CachedResponse::new(api::error_response(error), headers, true),
        }
    }
}

impl CachedResponse {
    fn new(mut response: Response, headers: &SecurityHeaders, is_api: bool) -> Self {
        let body = response.take_body().into_bytes().now_or_never();
        let body = body.and_then(Result::ok).expect("it is in memory");
        headers.add_to(is_api, &mut response);
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            // A copy, so that no larger buffer is kept alive.
            body: Bytes::copy_from_slice(&body),
        }
    }

    fn response(&self) -> Response {
        let response = Response::builder().status(self.status);
        let mut response = response.body(self.body.clone());
        *response.headers_mut() = self.headers.clone();
        response
    }
}
