//! The login page, which carries the draft of an expired session.

use maud::{Markup, html};
use poem::{
    IntoResponse as _, Response, handler,
    http::{StatusCode, header},
    web::Data,
};

use super::super::{
    auth::Visitor,
    cookie::{CookieJar, LoginClient, SessionCookie},
    draft::Draft,
    failure::Failure,
    field::Field,
    flash::Flash,
    form::{Form, Query},
    form_error::{RetryLater, refused},
    form_state::FormState,
    layout::{self, Width, error_summary, page_title, see_other},
    pending_edit::PendingEdit,
    url,
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
    let next = url::safe_redirect(query.get("next"));
    if visitor.account.is_some() {
        return see_other(next);
    }
    let page = LoginPage {
        next,
        username: "",
        call_id: Some(CallId::random()),
        flash: Flash::parse(query.flash(), ""),
        kept: None,
    };
    page.render(&[]).into_response()
}

/// The login page as the response to a form of the list whose session has ended. The draft stays in the login
/// form, since URLs are short and remain in histories and logs.
pub(in crate::web) fn page_with_draft(next: &str, draft: &Draft) -> Response {
    page_keeping(next, draft.fields())
}

/// The same as the response to an edit.
pub(in crate::web) fn page_with_edit(next: &str, edit: &PendingEdit) -> Response {
    page_keeping(next, edit.fields())
}

fn page_keeping(next: &str, fields: Markup) -> Response {
    let page = LoginPage {
        next,
        username: "",
        call_id: Some(CallId::random()),
        flash: None,
        kept: Some(fields),
    };
    // Not 401: Lynx shows no page with that, as it is no challenge of HTTP's own.
    refused(StatusCode::FORBIDDEN, page.render(&[]))
}

/// `POST /login`
#[handler]
pub(in crate::web) async fn log_in(
    service: Data<&Service>,
    form: Form,
    session: SessionCookie,
    cookies: CookieJar,
    browser: LoginClient,
) -> Result<Response, Failure> {
    let typed = LoginForm::of(&form);
    let page = LoginPage {
        next: typed.next,
        username: typed.username,
        call_id: typed.call_id,
        flash: None,
        kept: typed.kept(),
    };
    let refuse = |status, errors: &[FieldError]| Ok(refused(status, page.render(errors)));
    let credentials = match Credentials::parse(typed.username, typed.password) {
        Ok(credentials) => credentials,
        Err(errors) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &errors),
    };
    let has_number = browser.0.device.is_some();
    let client = ClientInfo {
        call_id: typed.call_id,
        ..browser.0
    };
    match service.log_in(credentials, session.0, client).await {
        Ok(logged_in) => {
            let author = logged_in.public_id;
            let edit = typed.edit.filter(|edit| edit.author() == author);
            let mut response = edit.map_or_else(|| see_other(typed.next), |edit| edit.page());
            let headers = response.headers_mut();
            headers.append(header::SET_COOKIE, cookies.session(&logged_in.token));
            headers.append(header::SET_COOKIE, cookies.known_device(&logged_in.device));
            if let Some(draft) = typed.draft.filter(|draft| draft.author == author) {
                headers.append(header::SET_COOKIE, cookies.draft(&draft));
            }
            Ok(response)
        }
        Err(Error::Unauthenticated(_)) => {
            let mut response = refuse(StatusCode::UNAUTHORIZED, &[wrong_credentials()])?;
            if !has_number {
                let number = cookies.unknown_device(&service.new_browser()?);
                response.headers_mut().append(header::SET_COOKIE, number);
            }
            Ok(response)
        }
        Err(error) => {
            let later = RetryLater::of(error)?;
            Ok(later.response(page.render(&[later.message("password")])))
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

/// The login form, as typed.
struct LoginForm<'a> {
    next: &'a str,
    username: &'a str,
    password: &'a str,
    /// None in a form that a program sends: it is a login of its own each time.
    call_id: Option<CallId>,
    draft: Option<Draft>,
    edit: Option<PendingEdit>,
}

impl<'a> LoginForm<'a> {
    fn of(form: &'a Form) -> Self {
        Self {
            next: url::safe_redirect(form.get("next")),
            username: form.get("username"),
            password: form.get("password"),
            call_id: CallId::parse(form.get("call_id")).ok(),
            draft: Draft::of_login(form),
            edit: PendingEdit::of_login(form),
        }
    }

    /// The hidden fields of what it keeps.
    fn kept(&self) -> Option<Markup> {
        let draft = self.draft.as_ref().map(Draft::fields);
        draft.or_else(|| self.edit.as_ref().map(PendingEdit::fields))
    }
}

/// The content of the login page.
struct LoginPage<'a> {
    /// The path that the login redirects to.
    next: &'a str,
    /// The username as typed.
    username: &'a str,
    /// Idempotency key of the login: a form that is sent twice has the same.
    call_id: Option<CallId>,
    /// The flash message.
    flash: Option<Flash>,
    /// The hidden fields of what was typed elsewhere.
    kept: Option<Markup>,
}

impl LoginPage<'_> {
    fn render(&self, errors: &[FieldError]) -> Markup {
        let form = FormState::refused(self.username, errors);
        let next = Some(self.next).filter(|next| *next != url::LIST);
        let said = match (self.flash, &self.kept, next) {
            (Some(Flash::Registered), ..) => Some("Your account is ready. You can now log in."),
            (Some(Flash::LoggedOut), ..) => Some("You are logged out."),
            (_, Some(_), _) => Some("Log in to continue. What you typed is kept for you."),
            (_, None, Some(_)) => Some("Log in to continue."),
            _ => None,
        };
        let body = html! {
            h1 { "Login" }
            (error_summary(errors, true))
            @if let Some(words) = said { p.notice role="status" { (words) } }
            form method="post" action=(url::LOGIN) novalidate {
                @if let Some(next) = next { input type="hidden" name="next" value=(next); }
                @if let Some(id) = self.call_id { input type="hidden" name="call_id" value=(id.0); }
                @if let Some(kept) = &self.kept { (kept) }
                (Field { autocomplete: "username", ..Field::text("username", "Username", form.values) }.render(&form))
                (Field { autocomplete: "current-password", ..Field::password("password", "Password") }.render(&form))
                button.button type="submit" { "Login" }
            }
            p { "Do not have an account? " a href=(url::REGISTER) { "Register" } }
        };
        let title = page_title("Login", !errors.is_empty());
        layout::page(&title, Width::Narrow, None, &body)
    }
}
