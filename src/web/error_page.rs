//! Error pages: every failure as a page or, for htmx, as a fragment.

mod again;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use maud::html;
use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, PathPattern, Request, Response,
    error::{MethodNotAllowedError, NotFoundError},
    http::{HeaderValue, StatusCode, header},
};

use super::{
    failure::Failure,
    form::{FIELDS_MAX, Hx, Sent},
    layout::{self, Width, fragment, with_retry_after},
    link,
};
use crate::domain::{INPUT_MAX, error::Error, rate_limit::humanize, security_event::SecurityEvent};

/// What a request is refused with before a page is asked for it: a page, or a fragment for htmx.
#[must_use]
pub fn refused(error: &Error, from_htmx: bool) -> Response {
    let (status, words, wait) = match error {
        Error::RateLimited { retry_after } => (
            StatusCode::TOO_MANY_REQUESTS,
            too_many(*retry_after),
            *retry_after,
        ),
        _ => (StatusCode::SERVICE_UNAVAILABLE, NOT_NOW.into(), RETRY_AFTER),
    };
    let response = apology(status, &words, &Asked::without_form(Hx(from_htmx)));
    with_retry_after(response, wait)
}

/// Answers every failure of `endpoint` with a page in our look, a panic too.
pub fn pages<E: Endpoint + 'static>(endpoint: E) -> impl Endpoint<Output = Response> {
    endpoint.around(|endpoint: Arc<E>, mut request: Request| async move {
        let asked = Asked::of(&mut request);
        let call = AssertUnwindSafe(endpoint.call(request)).catch_unwind();
        Ok(match call.await {
            Ok(Ok(output)) => output.into_response(),
            Ok(Err(error)) => respond(error, &asked),
            // The panic has been logged where it happened.
            Err(_) => apology(StatusCode::INTERNAL_SERVER_ERROR, OUR_FAULT, &asked),
        })
    })
}

/// Answers a wrong method with the right ones: poem leaves out the `Allow` that RFC 9110 asks for.
///
/// # Panics
/// When `allow` is no header value: a method name with a line break in it.
pub fn with_allow<E: Endpoint + 'static>(
    endpoint: E,
    allow: &str,
) -> impl Endpoint<Output = Response> + use<E> {
    let allow = HeaderValue::try_from(allow).expect("method names are visible ASCII");
    endpoint.around(move |endpoint: Arc<E>, request: Request| {
        let allow = allow.clone();
        async move {
            let hx = Hx::of(&request);
            match endpoint.call(request).await {
                Err(error) if error.is::<MethodNotAllowedError>() => {
                    let mut response = respond(error, &Asked::without_form(hx));
                    response.headers_mut().insert(header::ALLOW, allow);
                    Ok(response)
                }
                result => result.map(poem::IntoResponse::into_response),
            }
        }
    })
}

/// What a failure has to know of the request.
struct Asked {
    hx: Hx,
    path: String,
    sent: Sent,
}

impl Asked {
    /// Has the form, once one is read, kept aside.
    fn of(request: &mut Request) -> Self {
        let sent = Sent::default();
        request.set_data(sent.clone());
        Self {
            hx: Hx::of(request),
            path: request.original_uri().path().to_owned(),
            sent,
        }
    }

    fn without_form(hx: Hx) -> Self {
        Self {
            hx,
            path: String::new(),
            sent: Sent::default(),
        }
    }
}

/// The failure as an answer; it keeps the route, which the log line names.
fn respond(error: poem::Error, asked: &Asked) -> Response {
    let route = error.data::<PathPattern>().cloned();
    let mut response = answer(error, asked);
    if let Some(route) = route {
        response.set_data(route);
    }
    response
}

fn answer(error: poem::Error, asked: &Asked) -> Response {
    let status = error.status();
    let failure = match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) if error.is::<NotFoundError>() => Error::NotFound.into(),
        Err(error) => return other(&error, asked),
    };
    log(&failure);
    if let Failure::LoginRequired { login } = &failure {
        return log_in_first(login, asked.hx);
    }
    if matches!(failure, Failure::AnotherAccount) {
        return load_again(&words(&failure), asked);
    }
    let response = apology(status, &words(&failure), asked);
    match failure {
        Failure::Verb(
            Error::Unavailable { retry_after, .. } | Error::RateLimited { retry_after },
        ) => with_retry_after(response, retry_after),
        _ => response,
    }
}

/// What the listener and poem itself refuse, told apart by its status.
fn other(error: &poem::Error, asked: &Asked) -> Response {
    let status = error.status();
    let words = match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            tracing::warn!(cause = %error, "request cannot be answered now");
            return with_retry_after(apology(status, NOT_NOW, asked), RETRY_AFTER);
        }
        status if status.is_server_error() => {
            tracing::error!(%error, "request failed");
            OUR_FAULT.into()
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            "This address cannot be used in that way. Go back to the list and use its buttons."
                .into()
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            format!(
                "That is too much text at once: at most {} KiB.",
                INPUT_MAX / 1024
            )
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => format!(
            "Your browser sent {error}. Delete the cookies of this site in the settings of your browser, then open the page again. If that does not help, tell whoever runs this site."
        ),
        StatusCode::URI_TOO_LONG => "This address is too long. Go back to the list.".into(),
        StatusCode::REQUEST_TIMEOUT => {
            "What you sent took too long to arrive. Send it again.".into()
        }
        _ => "The request could not be understood. Send it again.".to_owned(),
    };
    apology(status, &words, asked)
}

/// What people are told to wait when an answer took too long.
const RETRY_AFTER: Duration = Duration::from_secs(5);

const NOT_NOW: &str = "We cannot answer right now. If you sent something, it may not have been saved: wait a few seconds, then send it again. Nothing is added twice.";

const OUR_FAULT: &str = "Something went wrong on our side. If you sent something, it may not have been saved: send it again, or go back to the list and look. Nothing is added twice.";

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Verb(Error::Invalid(errors)) => {
            let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
            format!("{}.", messages.join(". "))
        }
        Failure::Verb(Error::Conflict(conflict)) => format!("{}.", conflict.message()),
        Failure::Verb(Error::Unauthenticated(_)) | Failure::LoginRequired { .. } => {
            "Log in first.".into()
        }
        Failure::AnotherAccount => {
            "Somebody else has logged in with this browser since this page was loaded, so nothing was done or saved. What you typed is still yours: copy it if you need it.".into()
        }
        Failure::Verb(Error::NotFound) => {
            "There is nothing here. It may have been removed meanwhile.".into()
        }
        Failure::Verb(Error::Gone(_)) => {
            "This was removed too long ago to be brought back. Add it once more.".into()
        }
        Failure::Verb(Error::RateLimited { retry_after }) => too_many(*retry_after),
        Failure::Verb(Error::Unavailable { .. }) => {
            NOT_NOW.into()
        }
        Failure::Verb(Error::Internal(_)) => OUR_FAULT.into(),
        Failure::CrossSite => {
            "This form was sent from another site, so nothing was done. Open the page here and send it again.".into()
        }
        Failure::NotAForm => "Only forms are accepted here.".into(),
        Failure::NotText => "The request holds text that is not UTF-8, so it could not be read.".into(),
        Failure::TooManyFields => format!("That is too much at once: at most {FIELDS_MAX} fields."),
    }
}

fn too_many(wait: Duration) -> String {
    let wait = humanize(wait);
    format!("There have been too many requests. Wait {wait}, then try again.")
}

/// Each failure once, here at the edge; what people get wrong is no failure of ours.
fn log(failure: &Failure) {
    match failure {
        Failure::Verb(Error::Internal(cause)) => tracing::error!(%cause, "request failed"),
        Failure::Verb(Error::Unavailable { cause, .. }) => {
            tracing::warn!(cause, "request cannot be answered now");
        }
        Failure::CrossSite => tracing::warn!(
            event = SecurityEvent::CrossSiteRefused.as_str(),
            "a form from another site was refused"
        ),
        _ => {}
    }
}

fn log_in_first(login: &str, hx: Hx) -> Response {
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

/// Nothing of the account that is logged in now: the page belongs to another one.
fn load_again(words: &str, asked: &Asked) -> Response {
    let status = StatusCode::CONFLICT;
    let again = html! { a href=(link::LIST) { "Load the page again" } };
    if asked.hx.0 {
        let say = html! { p.failure { (words) " " (again) } };
        return fragment(link::STATUS, "innerHTML", &say)
            .with_status(status)
            .into_response();
    }
    let title = "Somebody else is logged in";
    let body = html! {
        h1 { (title) }
        p { (words) }
        (again::to_copy(asked))
        p { (again) }
    };
    layout::page(&format!("Error: {title}"), Width::Narrow, None, &body)
        .with_status(status)
        .into_response()
}

fn apology(status: StatusCode, words: &str, asked: &Asked) -> Response {
    if asked.hx.0 {
        let say = html! { p.failure { (words) } };
        return fragment(link::STATUS, "innerHTML", &say)
            .with_status(status)
            .into_response();
    }
    let title = status.canonical_reason().unwrap_or("Error");
    let body = html! {
        h1 { (title) }
        p { (words) }
        @if status.is_server_error() { (again::send(asked)) }
        p { a.button.quiet[status.is_server_error()] href=(link::LIST) { "Back to the list" } }
    };
    layout::page(&format!("Error: {title}"), Width::Narrow, None, &body)
        .with_status(status)
        .into_response()
}
