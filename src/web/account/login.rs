//! Logging in, with what was typed before.

use maud::{Markup, html};
use poem::{
    IntoResponse as _, Response, Result, handler,
    http::{StatusCode, header},
    web::Data,
};

use super::{
    super::{
        draft::Draft,
        failure::Failure,
        form::{Form, Query},
        layout::{self, Width, error_summary, see_other, title_of},
        link::{self, Notice},
        session::{Browser, Carried, Https, Visitor},
    },
    Field, Later, refused,
};
use crate::{
    domain::{
        error::{Error, FieldCode, FieldError},
        session::CallId,
        user::Credentials,
    },
    service::{ClientInfo, Service},
};

/// `GET /login`
#[handler]
pub(in crate::web) fn show(visitor: Visitor, query: Query) -> Response {
    let next = link::local(query.get("next"));
    if visitor.account.is_some() {
        return see_other(next);
    }
    let page = LoginPage {
        next,
        username: "",
        call_id: Some(CallId::random()),
        notice: Notice::parse(query.notice(), ""),
        draft: None,
    };
    page.render(&[]).into_response()
}

/// The login page in answer to a form of the list whose session has ended: what was typed waits in the
/// login form, since addresses are short, and stay in histories and logs.
pub(in crate::web) fn asked_for(next: &str, draft: &Draft) -> Response {
    let page = LoginPage {
        next,
        username: "",
        call_id: Some(CallId::random()),
        notice: None,
        draft: Some(draft),
    };
    // Not 401: Lynx shows no page with that, as it is no challenge of HTTP's own.
    refused(StatusCode::FORBIDDEN, page.render(&[]))
}

/// `POST /login`
#[handler]
pub(in crate::web) async fn log_in(
    service: Data<&Service>,
    form: Form,
    carried: Carried,
    https: Https,
    browser: Browser,
) -> Result<Response> {
    let draft = Draft::of_login(&form);
    let page = LoginPage {
        next: link::local(form.get("next")),
        username: form.get("username"),
        // A form that has none, or one that is no id, is sent by a program, and each time a login of its own.
        call_id: CallId::parse(form.get("call_id")).ok(),
        notice: None,
        draft: draft.as_ref(),
    };
    let refuse = |status, errors: &[FieldError]| Ok(refused(status, page.render(errors)));
    let credentials = match Credentials::parse(page.username, form.get("password")) {
        Ok(credentials) => credentials,
        Err(errors) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &errors),
    };
    let has_number = browser.0.device.is_some();
    let client = ClientInfo {
        call_id: page.call_id,
        ..browser.0
    };
    match service.log_in(credentials, carried.0, client).await {
        Ok(logged_in) => {
            let mut response = see_other(page.next);
            let headers = response.headers_mut();
            headers.append(header::SET_COOKIE, https.keep(&logged_in.token));
            headers.append(header::SET_COOKIE, https.remember(&logged_in.device));
            if let Some(draft) = draft.filter(|draft| draft.drafter == logged_in.public_id) {
                headers.append(header::SET_COOKIE, https.keep_draft(&draft));
            }
            Ok(response)
        }
        Err(Error::Unauthenticated(_)) => {
            let mut response = refuse(StatusCode::UNAUTHORIZED, &[wrong_credentials()])?;
            if !has_number {
                let number = https.number(&service.new_browser().map_err(Failure::from)?);
                response.headers_mut().append(header::SET_COOKIE, number);
            }
            Ok(response)
        }
        Err(error) => {
            let later = Later::of(error)?;
            Ok(later.answer(page.render(&[later.words("password")])))
        }
    }
}

/// One message for a wrong password and for an unknown username: neither tells the other apart.
fn wrong_credentials() -> FieldError {
    FieldError::new(
        "username",
        FieldCode::Mismatch,
        "The username or the password is wrong. Check both and try again",
    )
}

/// Everything that the login page holds.
struct LoginPage<'a> {
    /// Where it leads.
    next: &'a str,
    /// As typed.
    username: &'a str,
    /// A form that is sent twice has the same one, by which the second is known.
    call_id: Option<CallId>,
    /// What just happened.
    notice: Option<Notice>,
    /// What waits until somebody has logged in.
    draft: Option<&'a Draft>,
}

impl LoginPage<'_> {
    fn render(&self, errors: &[FieldError]) -> Markup {
        let next = Some(self.next).filter(|next| *next != link::LIST);
        let said = match (self.notice, self.draft, next) {
            (Some(Notice::Registered), ..) => Some("Your account is ready. Log in with it."),
            (Some(Notice::LoggedOut), ..) => Some("You are logged out."),
            (_, Some(_), _) => Some("Log in to go on. What you typed is kept for you meanwhile."),
            (_, None, Some(_)) => Some("Log in to go on."),
            _ => None,
        };
        let body = html! {
            h1 { "Login" }
            (error_summary(errors, true))
            @if let Some(words) = said { p.notice role="status" { (words) } }
            form method="post" action=(link::LOGIN) novalidate {
                @if let Some(next) = next { input type="hidden" name="next" value=(next); }
                @if let Some(id) = self.call_id { input type="hidden" name="call_id" value=(id.0); }
                @if let Some(draft) = self.draft { (draft.fields()) }
                (Field { autocomplete: "username", ..Field::new("username", "Username") }.render(self.username, errors))
                (Field { autocomplete: "current-password", ..Field::password("password", "Password") }.render("", errors))
                button.button type="submit" { "Login" }
            }
            p { "Do not have an account? " a href=(link::REGISTER) { "Register" } }
        };
        let title = title_of("Login", !errors.is_empty());
        layout::page(&title, Width::Narrow, None, &body)
    }
}
