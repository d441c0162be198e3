//! Registering, logging in, logging out; the account itself, its password and its sessions.

mod device;
pub(super) mod password;
pub(super) mod profile;
pub(super) mod sessions;

use maud::{Markup, html};
use poem::{
    IntoResponse as _, Response, Result, handler,
    http::{HeaderValue, StatusCode, header},
    web::{Data, Html},
};

use super::{
    error::{Failure, with_retry_after},
    form::{Form, Query},
    layout::{
        self, Width, described_by, error_of, error_summary, field_error, see_other, title_of,
    },
    link::{self, Notice},
    session::{Carried, Https, Visitor},
};
use crate::{
    domain::{
        error::{Error, FieldCode, FieldError},
        user::{Credentials, NAME_MAX, Password, Registration, RegistrationInput, Username},
    },
    service::Service,
};

/// `GET /register`
#[handler]
pub(super) fn show_registration(visitor: Visitor) -> Response {
    match visitor.account {
        Some(_) => see_other(link::LIST),
        None => registration_page(|_| "", &[]).into_response(),
    }
}

/// `POST /register`
#[handler]
pub(super) async fn register(service: Data<&Service>, form: Form) -> Result<Response> {
    let input = RegistrationInput {
        first_name: form.get("first_name"),
        last_name: form.get("last_name"),
        username: form.get("username"),
        password: form.get("password"),
        password_again: Some(form.get("password_again")),
    };
    let registered = match Registration::parse(input) {
        Ok(registration) => service.register(registration).await.map(drop),
        Err(errors) => Err(Error::Invalid(errors)),
    };
    let errors = match registered {
        Ok(()) => return Ok(see_other(&link::login_with(Notice::Registered))),
        Err(Error::Invalid(errors)) => errors,
        Err(Error::Conflict(conflict)) => vec![conflict.field_error()],
        Err(Error::Unavailable { retry_after, cause }) => {
            tracing::warn!(cause, "a registration cannot be answered now");
            let page = registration_page(|field| form.get(field), &[send_again()]);
            let page = refused(StatusCode::SERVICE_UNAVAILABLE, page);
            return Ok(with_retry_after(page, retry_after));
        }
        Err(error) => return Err(Failure::Verb(error).into()),
    };
    let page = registration_page(|field| form.get(field), &errors);
    Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, page))
}

/// `GET /login`
#[handler]
pub(super) fn show_login(visitor: Visitor, query: Query) -> Response {
    let next = link::local(query.get("next"));
    if visitor.account.is_some() {
        return see_other(next);
    }
    let notice = Notice::parse(query.get("notice"), "");
    login_page(next, "", notice, &[]).into_response()
}

/// `POST /login`
#[handler]
pub(super) async fn log_in(
    service: Data<&Service>,
    form: Form,
    carried: Carried,
    https: Https,
    user_agent: UserAgent,
) -> Result<Response> {
    let next = link::local(form.get("next"));
    let refuse = |status, errors: &[FieldError]| {
        let page = login_page(next, form.get("username"), None, errors);
        Ok(refused(status, page))
    };
    let credentials = match Credentials::parse(form.get("username"), form.get("password")) {
        Ok(credentials) => credentials,
        Err(errors) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &errors),
    };
    match service.log_in(credentials, carried.0, &user_agent.0).await {
        Ok(logged_in) => {
            let mut response = see_other(next);
            let cookie = https.keep(&logged_in.token);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(Error::Unauthenticated(_)) => refuse(StatusCode::UNAUTHORIZED, &[wrong_credentials()]),
        Err(Error::Unavailable { retry_after, cause }) => {
            tracing::warn!(cause, "a login cannot be answered now");
            refuse(StatusCode::SERVICE_UNAVAILABLE, &[send_again()])
                .map(|page| with_retry_after(page, retry_after))
        }
        Err(error) => Err(Failure::Verb(error).into()),
    }
}

/// `GET /logout`: a page with one button, because a GET changes nothing.
#[handler]
pub(super) fn show_logout(visitor: Visitor) -> Result<Response> {
    visitor.account(&link::LOGOUT)?;
    let body = html! {
        h1 { "Log out" }
        p { "You are logged in. Your to-dos stay where they are." }
        (log_out_form("button"))
        p { a href=(link::LIST) { "Back to the list" } }
    };
    Ok(layout::page("Log out", Width::Narrow, &body).into_response())
}

/// `POST /logout`
#[handler]
pub(super) async fn log_out(
    service: Data<&Service>,
    visitor: Visitor,
    https: Https,
) -> Result<Response> {
    if let Some(account) = visitor.account {
        let ended = service.log_out(account.session_id).await;
        ended.map_err(Failure::from)?;
    }
    let mut response = see_other(&link::login_with(Notice::LoggedOut));
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, https.forget());
    // Only the cache: cookies and storage are shared with whatever else runs on this host name.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// The button that logs out, in the given style.
pub(super) fn log_out_form(class: &str) -> Markup {
    html! {
        form method="post" action=(link::LOGOUT) {
            button class=(class) type="submit" { "Log out" }
        }
    }
}

/// What the browser says it is.
struct UserAgent(String);

impl<'a> poem::FromRequest<'a> for UserAgent {
    async fn from_request(request: &'a poem::Request, _: &mut poem::RequestBody) -> Result<Self> {
        let text = request.header("user-agent").unwrap_or_default();
        Ok(Self(text.to_owned()))
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

/// Everything else is kept; a password is never sent back.
fn send_again() -> FieldError {
    FieldError::new(
        "password",
        FieldCode::Required,
        "We cannot answer right now. Wait a few seconds, enter the password again and send the form once more",
    )
}

fn refused(status: StatusCode, page: Markup) -> Response {
    Html(page.into_string()).with_status(status).into_response()
}

fn login_page(next: &str, username: &str, notice: Option<Notice>, errors: &[FieldError]) -> Markup {
    let body = html! {
        h1 { "Login" }
        (error_summary(errors, true))
        @match notice {
            Some(Notice::Registered) => p.notice role="status" { "Your account is ready. Log in with it." },
            Some(Notice::LoggedOut) => p.notice role="status" { "You are logged out." },
            _ => @if next != link::LIST { p.notice role="status" { "Log in to go on." } },
        }
        form method="post" action=(link::LOGIN) novalidate {
            @if next != link::LIST { input type="hidden" name="next" value=(next); }
            (Field { autocomplete: "username", ..Field::new("username", "Username") }.render(username, errors))
            (Field { autocomplete: "current-password", ..Field::password("password", "Password") }.render("", errors))
            button.button type="submit" { "Login" }
        }
        p { "Do not have an account? " a href=(link::REGISTER) { "Register" } }
    };
    layout::page(&title_of("Login", !errors.is_empty()), Width::Narrow, &body)
}

fn registration_page<'a>(value: impl Fn(&str) -> &'a str, errors: &[FieldError]) -> Markup {
    let username_hint = format!(
        "{} to {} letters A to Z, digits, dots, underscores or hyphens",
        Username::MIN,
        Username::MAX
    );
    let password_hint = format!(
        "{} characters or more; a few words are easy to remember and hard to guess",
        Password::MIN
    );
    let fields = [
        Field {
            autocomplete: "given-name",
            max: Some(NAME_MAX),
            ..Field::new("first_name", "First name")
        },
        Field {
            autocomplete: "family-name",
            max: Some(NAME_MAX),
            ..Field::new("last_name", "Last name")
        },
        Field {
            autocomplete: "username",
            hint: &username_hint,
            max: Some(Username::MAX),
            ..Field::new("username", "Username")
        },
        Field {
            hint: &password_hint,
            max: Some(Password::MAX),
            ..Field::password("password", "Password")
        },
        Field {
            max: Some(Password::MAX),
            ..Field::password("password_again", "Password again")
        },
    ];
    let body = html! {
        h1 { "Registration form" }
        (error_summary(errors, true))
        form method="post" action=(link::REGISTER) novalidate {
            @for field in fields { (field.render(value(field.name), errors)) }
            button.button type="submit" { "Register" }
        }
        p { "Have an account? " a href=(link::LOGIN) { "Login" } }
    };
    let title = title_of("Registration form", !errors.is_empty());
    layout::page(&title, Width::Narrow, &body)
}

/// A labelled text field with its hint and its error.
struct Field<'a> {
    name: &'a str,
    label: &'a str,
    hint: &'a str,
    autocomplete: &'a str,
    is_password: bool,
    max: Option<usize>,
}

impl<'a> Field<'a> {
    fn new(name: &'a str, label: &'a str) -> Self {
        Self {
            name,
            label,
            hint: "",
            autocomplete: "off",
            is_password: false,
            max: None,
        }
    }

    fn password(name: &'a str, label: &'a str) -> Self {
        Self {
            autocomplete: "new-password",
            is_password: true,
            ..Self::new(name, label)
        }
    }

    /// A password is never sent back.
    fn render(&self, value: &str, errors: &[FieldError]) -> Markup {
        let (name, error) = (self.name, error_of(errors, self.name));
        let kind = if self.is_password { "password" } else { "text" };
        html! {
            div.field {
                label for=(name) { (self.label) }
                @if !self.hint.is_empty() { p.hint id={ (name) "-hint" } { (self.hint) } }
                (field_error(error))
                input id=(name) name=(name) type=(kind) autocomplete=(self.autocomplete) required
                    value=[(!self.is_password).then_some(value)]
                    // Browsers count UTF-16 units, of which a character takes up to two: this
                    // never cuts what would be accepted.
                    maxlength=[self.max.map(|max| max * 2)]
                    autocapitalize=[(name == "username").then_some("none")]
                    spellcheck="false"
                    aria-invalid=[error.map(|_| "true")]
                    aria-describedby=[described_by(name, !self.hint.is_empty(), error.is_some())];
            }
        }
    }
}
