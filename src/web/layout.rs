//! The layout of every page, and the parts that several pages share.

use std::time::Duration;

use maud::{DOCTYPE, Markup, html};
use poem::{
    IntoResponse as _, Response,
    http::{HeaderValue, StatusCode, header},
};
use uuid::Uuid;

use super::{auth::ACCOUNT_HEADER, dom_id, form::ACCOUNT_FIELD, url};
use crate::{
    assets,
    domain::{error::FieldError, user::Account},
};

/// How wide the card is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// For a form or a message.
    Narrow,
    /// For the list.
    Wide,
}

/// The configuration of htmx: the stylesheet has its own indicator, and an error page of a gateway replaces
/// nothing.
const HTMX_CONFIG: &str =
    r#"{"includeIndicatorCSS":false,"noSwap":[204,304,"5xx"],"defaultTimeout":15000}"#;

/// A whole page. The page of an account names it to scripts and in each request of htmx.
pub(super) fn page(title: &str, width: Width, account: Option<&Account>, body: &Markup) -> Markup {
    page_of(title, width, account.map(|account| account.public_id), body)
}

/// The same by the public id of the account.
pub(super) fn page_of(title: &str, width: Width, account: Option<Uuid>, body: &Markup) -> Markup {
    let headers = account.map(|id| format!("{ACCOUNT_HEADER}:{id}"));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Tickbox" }
                meta name="description" content="Tickbox keeps your to-do list.";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX_CONFIG);
                link rel="stylesheet" href=(assets::url("app.css"));
                link rel="icon" type="image/svg+xml" href=(assets::url("favicon.svg"));
                script src=(assets::url("app.js")) defer {}
            }
            body {
                a.skip href={ "#" (dom_id::MAIN) } { "Skip to content" }
                // A target that stays: htmx drops an answer whose target, which is the form if nothing
                // else is named, has left the page meanwhile.
                main #(dom_id::MAIN) .card .narrow[width == Width::Narrow] tabindex="-1"
                    data-account=[account] hx-headers:inherited=[headers]
                    hx-target:inherited={ "#" (dom_id::MAIN) } { (body) }
            }
        }
    }
}

/// User input within a sentence of the page: in quotes, and isolated (`bdi`), so that neither its words nor
/// its direction of writing affect the rest.
pub(super) fn quoted(text: &str) -> Markup {
    html! { "“" bdi { (text) } "”" }
}

/// The hidden field that names the account that the page was made for.
pub(super) fn account_field(account: &Account) -> Markup {
    html! { input type="hidden" name=(ACCOUNT_FIELD) value=(account.public_id); }
}

/// The button that logs out, in the given style.
pub(super) fn log_out_form(account: &Account, class: &str) -> Markup {
    html! {
        form method="post" action=(url::LOGOUT) {
            (account_field(account))
            button class=(class) type="submit" { "Log out" }
        }
    }
}

/// `Error:` before the title of a page that shows a refused form, so that a screen reader says it
/// first.
pub(super) fn page_title(title: &str, refused: bool) -> String {
    if refused {
        format!("Error: {title}")
    } else {
        title.to_owned()
    }
}

/// The error summary, with a link to each field. It takes the focus on a whole page, and leaves it to the
/// field within a page that stays.
pub(super) fn error_summary(errors: &[FieldError], focus: bool) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.errors role="alert" tabindex="-1" autofocus[focus] {
                h2 { "There is a problem" }
                ul {
                    @for error in errors {
                        li { a href={ "#" (error.field) } { (error.message) } }
                    }
                }
            }
        }
    }
}

/// The message of an error, at its field.
pub(super) fn field_error(error: Option<&FieldError>) -> Markup {
    html! {
        @if let Some(error) = error {
            p.error id={ (error.field) "-error" } { "Error: " (error.message) }
        }
    }
}

/// The error of a field, if there is one.
pub(super) fn error_of<'a>(errors: &'a [FieldError], field: &str) -> Option<&'a FieldError> {
    errors.iter().find(|error| error.field == field)
}

/// The ids that describe a field: its hint and its error.
pub(super) fn described_by(field: &str, has_hint: bool, has_error: bool) -> Option<String> {
    let hint = has_hint.then(|| format!("{field}-hint"));
    let error = has_error.then(|| format!("{field}-error"));
    let ids: Vec<_> = hint.into_iter().chain(error).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// The redirect after a form (Post/Redirect/Get): loading the page again does not send the form again.
pub(super) fn see_other(location: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, location)
        .finish()
        .into_response()
}

/// Adds `Retry-After`: at least one second.
pub(super) fn with_retry_after(mut response: Response, wait: Duration) -> Response {
    let seconds = HeaderValue::from(wait.as_secs().max(1));
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}
