//! The answers to what is refused at the edge: made once, the same bytes for everybody.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use poem::{
    Request, Response,
    http::{HeaderMap, StatusCode},
};

use super::tally::What;
use crate::{
    api,
    domain::{error::Error, rate_limit::RequestQuota},
    web,
};

/// Until what is not sent yet may have been taken.
const UNSENT_WAIT: Duration = Duration::from_secs(5);

/// How an answer looks: a page, a fragment for htmx, or a problem.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Page,
    Fragment,
    Problem,
}

impl Kind {
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

/// One answer for each reason and kind.
pub(super) struct Refusals {
    too_many: Look,
    too_many_checks: Look,
    unsent_of_one: Look,
    unsent: Look,
}

struct Look {
    page: Ready,
    fragment: Ready,
    problem: Ready,
}

struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Refusals {
    pub(super) fn new(quota: Option<RequestQuota>, headers: &HeaderMap) -> Self {
        let limited = |retry_after| Look::new(&Error::RateLimited { retry_after }, headers);
        // Once the burst is used up, one more may come within that time.
        let wait = |quota: RequestQuota| Duration::from_secs(quota.replenish.as_secs() + 1);
        let unavailable = Error::Unavailable {
            cause: String::new(),
            retry_after: UNSENT_WAIT,
        };
        Self {
            too_many: limited(wait(quota.unwrap_or(RequestQuota::STANDARD))),
            too_many_checks: limited(wait(super::HEALTH_CHECKS)),
            unsent_of_one: limited(UNSENT_WAIT),
            unsent: Look::new(&unavailable, headers),
        }
    }

    pub(super) fn answer(&self, what: What, kind: Kind) -> Response {
        let look = match what {
            What::TooManyChecks => &self.too_many_checks,
            What::UnsentOfOne => &self.unsent_of_one,
            What::Unsent => &self.unsent,
            _ => &self.too_many,
        };
        match kind {
            Kind::Page => look.page.response(),
            Kind::Fragment => look.fragment.response(),
            Kind::Problem => look.problem.response(),
        }
    }
}

impl Look {
    fn new(error: &Error, headers: &HeaderMap) -> Self {
        Self {
            page: Ready::new(web::error_page::error_response(error, false), headers),
            fragment: Ready::new(web::error_page::error_response(error, true), headers),
            problem: Ready::new(api::error_response(error), headers),
        }
    }
}

impl Ready {
    fn new(mut response: Response, headers: &HeaderMap) -> Self {
        let body = response.take_body().into_bytes().now_or_never();
        let body = body.and_then(Result::ok).expect("it is in memory");
        for (name, value) in headers {
            let own = response.headers_mut().entry(name);
            own.or_insert_with(|| value.clone());
        }
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            // A copy, so that it takes no more than it has.
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
