//! The page of the active sessions.

use maud::{Markup, html};
use poem::{IntoResponse as _, Request, Response, handler, web::Data};

use super::{
    super::{
        auth::Visitor,
        failure::Failure,
        flash::Flash,
        form::{Form, Query},
        layout::{self, Width, account_field, see_other},
        timestamp::TimeElement,
        url,
    },
    user_agent,
};
use crate::{
    domain::{
        head::HeadOnly,
        session::{Session, SessionId, SessionKind},
        user::Account,
    },
    service::Service,
};

/// `GET /sessions`
#[handler]
pub(in crate::web) async fn show(
    service: Data<&Service>,
    visitor: Visitor,
    query: Query,
    request: &Request,
) -> Result<Response, Failure> {
    let account = visitor.account(&url::SESSIONS)?;
    if request.data::<HeadOnly>().is_some() {
        return Ok(html! {}.into_response());
    }
    let sessions = service.sessions(&account).await?;
    let flash = Flash::parse(query.flash(), "");
    Ok(sessions_page(&account, &sessions, flash).into_response())
}

/// `POST /end-session`
#[handler]
pub(in crate::web) async fn end(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let account = visitor.sender(&form, &url::SESSIONS)?;
    let id = SessionId::parse(form.get("session_id"))?;
    service.end_session(&account, id).await?;
    Ok(redirect(Flash::SessionEnded))
}

/// `POST /end-other-sessions`
#[handler]
pub(in crate::web) async fn end_others(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let account = visitor.sender(&form, &url::SESSIONS)?;
    service.end_other_sessions(&account).await?;
    Ok(redirect(Flash::OthersEnded))
}

fn redirect(flash: Flash) -> Response {
    see_other(&url::with_flash(url::SESSIONS, flash))
}

fn sessions_page(account: &Account, sessions: &[Session], flash: Option<Flash>) -> Markup {
    let title = "Active sessions";
    let body = html! {
        h1 { (title) }
        @match flash {
            Some(Flash::SessionEnded) => p.notice role="status" { "That session has ended." },
            Some(Flash::OthersEnded) => p.notice role="status" { "You are logged out everywhere else." },
            _ => {},
        }
        p { "End any session you don't recognise, and " a href=(url::CHANGE_PASSWORD) { "change the password" } "." }
        ul.sessions role="list" aria-label="Sessions" { @for session in sessions { (row(account, session)) } }
        @if sessions.len() > 1 {
            form method="post" action=(url::END_OTHER_SESSIONS) {
                (account_field(account))
                button.button type="submit" { "Log out everywhere else" }
            }
        }
        p { a href=(url::ACCOUNT) { "Back to the account" } }
    };
    layout::page(title, Width::Wide, Some(account), &body)
}

fn row(account: &Account, session: &Session) -> Markup {
    let name = user_agent::display_name(session.kind, &session.client);
    let kind = match session.kind {
        SessionKind::Web => "Browser",
        SessionKind::Api => "App",
    };
    html! {
        li aria-current=[session.is_current.then_some("true")] {
            div.text {
                // Before the name, which the client chose and may contain the same words.
                @if session.is_current { strong.badge { "This one" } " " }
                span { (name) } " "
                small {
                    span { (kind) " since " (TimeElement(session.created)) }
                    @if !session.is_current { " " span { "Last used " (TimeElement(session.seen)) } }
                }
            }
            @if !session.is_current {
                form method="post" action=(url::END_SESSION) {
                    (account_field(account))
                    input type="hidden" name="session_id" value=(session.id.0);
                    button.button.quiet type="submit" { "End" span.hidden { " the session of " (name) } }
                }
            }
        }
    }
}
