//! Where one is logged in, and how to end that.

use maud::{Markup, html};
use poem::{IntoResponse as _, Request, Response, Result, handler, web::Data};

use super::{
    super::{
        failure::Failure,
        form::{Form, Query},
        layout::{self, Width, account_field, see_other},
        link::{self, Notice},
        moment::Moment,
        session::Visitor,
    },
    device,
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
) -> Result<Response> {
    let account = visitor.account(&link::SESSIONS)?;
    if request.data::<HeadOnly>().is_some() {
        return Ok(html! {}.into_response());
    }
    let sessions = service.sessions(&account).await.map_err(Failure::from)?;
    let notice = Notice::parse(query.notice(), "");
    Ok(sessions_page(&account, &sessions, notice).into_response())
}

/// `POST /end-session`
#[handler]
pub(in crate::web) async fn end(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
) -> Result<Response> {
    let account = visitor.sender(&form, &link::SESSIONS)?;
    let id = SessionId::parse(form.get("session_id")).map_err(Failure::from)?;
    let ended = service.end_session(&account, id).await;
    ended.map_err(Failure::from)?;
    Ok(back(Notice::SessionEnded))
}

/// `POST /end-other-sessions`
#[handler]
pub(in crate::web) async fn end_others(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
) -> Result<Response> {
    let account = visitor.sender(&form, &link::SESSIONS)?;
    let ended = service.end_other_sessions(&account).await;
    ended.map_err(Failure::from)?;
    Ok(back(Notice::OthersEnded))
}

fn back(notice: Notice) -> Response {
    see_other(&link::with_notice(link::SESSIONS, notice))
}

fn sessions_page(account: &Account, sessions: &[Session], notice: Option<Notice>) -> Markup {
    let title = "Where you are logged in";
    let body = html! {
        h1 { (title) }
        @match notice {
            Some(Notice::SessionEnded) => p.notice role="status" { "That session has ended." },
            Some(Notice::OthersEnded) => p.notice role="status" { "You are logged out everywhere else." },
            _ => {},
        }
        p { "End what you do not recognise, and " a href=(link::CHANGE_PASSWORD) { "change the password" } "." }
        ul.sessions role="list" aria-label="Sessions" { @for session in sessions { (row(account, session)) } }
        @if sessions.len() > 1 {
            form method="post" action=(link::END_OTHER_SESSIONS) {
                (account_field(account))
                button.button type="submit" { "Log out everywhere else" }
            }
        }
        p { a href=(link::ACCOUNT) { "Back to the account" } }
    };
    layout::page(title, Width::Wide, Some(account), &body)
}

fn row(account: &Account, session: &Session) -> Markup {
    let name = device::name(session.kind, &session.client);
    let kind = match session.kind {
        SessionKind::Web => "Browser",
        SessionKind::Api => "App",
    };
    html! {
        li aria-current=[session.is_current.then_some("true")] {
            div.text {
                // Before the name, in which anybody may have written the same words.
                @if session.is_current { strong.badge { "This one" } " " }
                span { (name) } " "
                small {
                    span { (kind) " since " (Moment(session.created)) }
                    @if !session.is_current { " " span { "Last used " (Moment(session.seen)) } }
                }
            }
            @if !session.is_current {
                form method="post" action=(link::END_SESSION) {
                    (account_field(account))
                    input type="hidden" name="session_id" value=(session.id.0);
                    button.button.quiet type="submit" { "End" span.hidden { " the session of " (name) } }
                }
            }
        }
    }
}
