//! Error pages: every failure as a page or, for htmx, as a fragment.

pub(in crate::web) mod retry_form;

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use maud::html;
use poem::{
    Endpoint, IntoResponse as _, PathPattern, Request, Response,
    error::MethodNotAllowedError,
    http::{HeaderValue, StatusCode, header},
};

use super::{
    dom_id,
    failure::Failure,
    form::{FIELDS_MAX, SubmittedForm},
    htmx::{HxRequest, fragment},
    layout::{self, Width, with_retry_after},
    url,
};
use crate::{
    domain::{
        INPUT_MAX, NOTES_INPUT_MAX, error::Error, rate_limit::humanize,
        security_event::SecurityEvent,
    },
    http::error_boundary::{self, ErrorRenderer, FrameworkError, RETRY_AFTER},
};

/// The response to a request that is rejected before it reaches a page: a page, or a fragment for htmx.
#[must_use]
pub fn error_response(error: &Error, from_htmx: bool) -> Response {
    let (status, message, wait) = match error {
        Error::RateLimited { retry_after } => (
            StatusCode::TOO_MANY_REQUESTS,
            too_many(*retry_after),
            *retry_after,
        ),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            UNAVAILABLE.into(),
            RETRY_AFTER,
        ),
    };
    let response = error_page(
        status,
        &message,
        &ErrorContext::without_form(HxRequest(from_htmx)),
    );
    with_retry_after(response, wait)
}

/// Answers every failure of `endpoint` with an error page, a panic too.
pub fn with_error_pages<E: Endpoint + 'static>(endpoint: E) -> impl Endpoint<Output = Response> {
    error_boundary::catch::<ErrorContext, E>(endpoint)
}

/// Request context needed to render an error.
struct ErrorContext {
    hx: HxRequest,
    path: String,
    sent: SubmittedForm,
}

impl ErrorContext {
    fn without_form(hx: HxRequest) -> Self {
        Self {
            hx,
            path: String::new(),
            sent: SubmittedForm::default(),
        }
    }
}

impl ErrorRenderer for ErrorContext {
    /// Has the form kept once it is read.
    fn of(request: &mut Request) -> Self {
        let sent = SubmittedForm::default();
        request.set_data(sent.clone());
        Self {
            hx: HxRequest::of(request),
            path: request.original_uri().path().to_owned(),
            sent,
        }
    }

    fn error(&self, error: poem::Error) -> Response {
        let is_wrong_method = error.is::<MethodNotAllowedError>();
        let allow = is_wrong_method.then(|| allow(error.data::<PathPattern>()));
        let mut response = response(error, self);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }

    fn panic(&self) -> Response {
        error_page(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_ERROR, self)
    }
}

/// The value of `Allow` (RFC 9110, 15.5.6), which poem leaves out. Routes other than pages can only be read. Poem
/// answers a HEAD wherever it has a GET.
fn allow(route: Option<&PathPattern>) -> HeaderValue {
    static METHODS: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
        let pages = super::pages().into_iter();
        pages
            .map(|page| {
                (
                    page.path,
                    page.methods.join(", ").replace("GET", "GET, HEAD"),
                )
            })
            .collect()
    });
    let methods = route.and_then(|route| METHODS.get(&*route.0));
    let methods = methods.map_or("GET, HEAD", String::as_str);
    HeaderValue::from_str(methods).expect("method names are visible ASCII")
}

fn response(error: poem::Error, context: &ErrorContext) -> Response {
    let status = error.status();
    let failure = match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => return framework_error(&error, context),
    };
    log(&failure);
    if let Failure::LoginRequired { login } = &failure {
        return login_redirect(login, context.hx);
    }
    if matches!(failure, Failure::AnotherAccount) {
        return other_account_page(&message(&failure), context);
    }
    let response = error_page(status, &message(&failure), context);
    match failure {
        Failure::Domain(
            Error::Unavailable { retry_after, .. } | Error::RateLimited { retry_after },
        ) => with_retry_after(response, retry_after),
        _ => response,
    }
}

/// The page of an error of the listener or of poem.
fn framework_error(error: &poem::Error, context: &ErrorContext) -> Response {
    let message = match FrameworkError::of(error) {
        FrameworkError::NotFound => NOT_FOUND.into(),
        FrameworkError::MethodNotAllowed => {
            "This address cannot be used in that way. Go back to the list and use its buttons."
                .into()
        }
        FrameworkError::RequestTimeout => {
            "What you sent took too long to arrive. Send it again.".into()
        }
        FrameworkError::BodyTooLarge => {
            let max = if context.path == url::EDIT {
                NOTES_INPUT_MAX
            } else {
                INPUT_MAX
            };
            format!("That is too much text at once: at most {} KiB.", max / 1024)
        }
        FrameworkError::UriTooLong => "This address is too long. Go back to the list.".into(),
        FrameworkError::HeadTooLarge => format!(
            "Your browser sent {error}. Delete the cookies of this site in the settings of your browser, then open the page again. If that does not help, tell whoever runs this site."
        ),
        FrameworkError::Malformed => {
            "The request could not be understood. Send it again.".to_owned()
        }
        FrameworkError::Unavailable => {
            tracing::warn!(cause = %error, "request cannot be answered now");
            let page = error_page(error.status(), UNAVAILABLE, context);
            return with_retry_after(page, RETRY_AFTER);
        }
        FrameworkError::Internal => {
            tracing::error!(%error, "request failed");
            INTERNAL_ERROR.into()
        }
    };
    error_page(error.status(), &message, context)
}

const NOT_FOUND: &str = "There is nothing here. It may have been removed meanwhile.";

const UNAVAILABLE: &str = "We cannot answer right now. If you sent something, it may not have been saved: wait a few seconds, then send it again. Nothing is added twice.";

const INTERNAL_ERROR: &str = "Something went wrong on our side. If you sent something, it may not have been saved: send it again, or go back to the list and look. Nothing is added twice.";

fn message(failure: &Failure) -> String {
    match failure {
        Failure::Domain(Error::Invalid(errors)) => {
            let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
            format!("{}.", messages.join(". "))
        }
        Failure::Domain(Error::Conflict(conflict)) => format!("{}.", conflict.message()),
        Failure::Domain(Error::Unauthenticated(_)) | Failure::LoginRequired { .. } => {
            "Log in first.".into()
        }
        Failure::UnreadForm => {
            "You have been logged out, so nothing was saved. Go back to what you typed, log in on another page of this browser, and save once more.".into()
        }
        Failure::AnotherAccount => {
            "Somebody else has logged in with this browser since this page was loaded, so nothing was done or saved. What you typed is still yours: copy it if you need it.".into()
        }
        Failure::Domain(Error::NotFound) => NOT_FOUND.into(),
        Failure::Domain(Error::Gone(_)) => {
            "This was removed too long ago to be brought back. Add it once more.".into()
        }
        Failure::Domain(Error::RateLimited { retry_after }) => too_many(*retry_after),
        Failure::Domain(Error::Unavailable { .. }) => {
            UNAVAILABLE.into()
        }
        Failure::Domain(Error::Internal(_)) => INTERNAL_ERROR.into(),
        Failure::CrossSite => {
            "This request came from another site and was blocked. Open the page here and send it again.".into()
        }
        Failure::UnsupportedMediaType => "Only forms are accepted here.".into(),
        Failure::InvalidUtf8 => "The request holds text that is not UTF-8, so it could not be read.".into(),
        Failure::TooManyFields => format!("That is too much at once: at most {FIELDS_MAX} fields."),
    }
}

fn too_many(wait: Duration) -> String {
    let wait = humanize(wait);
    format!("Too many requests. Try again in {wait}.")
}

/// Logs each failure of the server once, here at the edge; errors of users are not logged.
fn log(failure: &Failure) {
    match failure {
        Failure::Domain(Error::Internal(cause)) => tracing::error!(%cause, "request failed"),
        Failure::Domain(Error::Unavailable { cause, .. }) => {
            tracing::warn!(cause, "request cannot be answered now");
        }
        Failure::CrossSite => tracing::warn!(
            event = SecurityEvent::CrossSiteRefused.as_str(),
            "a form from another site was refused"
        ),
        _ => {}
    }
}

fn login_redirect(login: &str, hx: HxRequest) -> Response {
    if hx.0 {
        // Not 303: htmx would follow it and put the login page into the list.
        Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header("HX-Redirect", login)
            .finish()
    } else {
        layout::see_other(login)
    }
}

/// Shows nothing of the account that is logged in now, since the page belongs to another one.
fn other_account_page(message: &str, context: &ErrorContext) -> Response {
    let status = StatusCode::CONFLICT;
    let again = html! { a href=(url::LIST) { "Load the page again" } };
    if context.hx.0 {
        let status_message = html! { p.failure { (message) " " (again) } };
        return fragment(dom_id::STATUS, "innerHTML", &status_message)
            .with_status(status)
            .into_response();
    }
    let title = "Somebody else is logged in";
    let body = html! {
        h1 { (title) }
        p { (message) }
        (retry_form::read_only(context))
        p { (again) }
    };
    layout::page(&format!("Error: {title}"), Width::Narrow, None, &body)
        .with_status(status)
        .into_response()
}

fn error_page(status: StatusCode, message: &str, context: &ErrorContext) -> Response {
    if context.hx.0 {
        let status_message = html! { p.failure { (message) } };
        return fragment(dom_id::STATUS, "innerHTML", &status_message)
            .with_status(status)
            .into_response();
    }
    let title = status.canonical_reason().unwrap_or("Error");
    let body = html! {
        h1 { (title) }
        p { (message) }
        @if status.is_server_error() {
            (retry_form::render(context))
        } @else if [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&status) {
            (retry_form::read_only(context))
        }
        p { a.button.quiet[status.is_server_error()] href=(url::LIST) { "Back to the list" } }
    };
    layout::page(&format!("Error: {title}"), Width::Narrow, None, &body)
        .with_status(status)
        .into_response()
}
