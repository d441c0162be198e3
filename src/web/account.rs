//! Registering, logging in, logging out; the account itself, its password and its sessions.

mod device;
pub(super) mod login;
pub(super) mod password;
pub(super) mod profile;
pub(super) mod sessions;

use std::time::Duration;

use maud::{Markup, html};
use poem::{
    IntoResponse as _, Response, Result, handler,
    http::{StatusCode, header},
    web::{Data, Html},
};

use super::{
    failure::Failure,
    form::{ACCOUNT_FIELD, Form},
    layout::{
        self, Width, account_field, described_by, error_of, error_summary, field_error, see_other,
        title_of, with_retry_after,
    },
    link::{self, Notice},
    session::{Https, KeptDraft, Visitor, check_account},
};
use crate::{
    domain::{
        client_ip::ClientIp,
        error::{Error, FieldCode, FieldError},
        rate_limit::humanize,
        user::{Account, Password, Registration, RegistrationInput, Username},
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
pub(super) async fn register(
    service: Data<&Service>,
    from: Data<&ClientIp>,
    form: Form,
) -> Result<Response> {
    let input = RegistrationInput {
        first_name: form.get("first_name"),
        last_name: form.get("last_name"),
        username: form.get("username"),
        password: form.get("password"),
        password_again: Some(form.get("password_again")),
    };
    let registered = match Registration::parse(input) {
        Ok(registration) => service.register(registration, **from).await.map(drop),
        Err(errors) => Err(Error::Invalid(errors)),
    };
    let errors = match registered {
        Ok(()) => return Ok(see_other(&link::login_with(Notice::Registered))),
        Err(Error::Invalid(errors)) => errors,
        Err(Error::Conflict(conflict)) => conflict.field_error().into_iter().collect(),
        Err(error) => {
            let later = Later::of(error)?;
            let page = registration_page(|field| form.get(field), &[later.words("password")]);
            return Ok(later.answer(page));
        }
    };
    let page = registration_page(|field| form.get(field), &errors);
    Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, page))
}

/// `GET /logout`: a page with one button, because a GET changes nothing.
#[handler]
pub(super) fn show_logout(visitor: Visitor) -> Result<Response> {
    let account = visitor.account(&link::LOGOUT)?;
    let body = html! {
        h1 { "Log out" }
        p { "You are logged in. Your to-dos stay where they are." }
        (log_out_form(&account, "button"))
        p { a href=(link::LIST) { "Back to the list" } }
    };
    Ok(layout::page("Log out", Width::Narrow, Some(&account), &body).into_response())
}

/// `POST /logout`
#[handler]
pub(super) async fn log_out(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    kept: KeptDraft,
    https: Https,
) -> Result<Response> {
    if let Some(account) = visitor.account {
        check_account(form.get(ACCOUNT_FIELD), &account)?;
        let ended = service.log_out(account.session_id).await;
        ended.map_err(Failure::from)?;
    }
    let mut response = see_other(&link::login_with(Notice::LoggedOut));
    // No Clear-Site-Data: it costs seconds where much of other sites is cached, and clears nothing that
    // Back shows. Pages are never stored, and hide themselves when they are left (`assets/app/memory.js`).
    response
        .headers_mut()
        .insert(header::SET_COOKIE, https.forget());
    kept.forget(&mut response);
    Ok(response)
}

/// The button that logs out, in the given style.
pub(super) fn log_out_form(account: &Account, class: &str) -> Markup {
    html! {
        form method="post" action=(link::LOGOUT) {
            (account_field(account))
            button class=(class) type="submit" { "Log out" }
        }
    }
}

/// Why a form has to be sent again, later. Everything typed is kept, but a password is never sent back.
struct Later {
    status: StatusCode,
    wait: Duration,
}

impl Later {
    /// # Errors
    /// What waiting does not help against is a page of its own.
    fn of(error: Error) -> Result<Self, Failure> {
        let (status, wait) = match error {
            Error::RateLimited { retry_after } => (StatusCode::TOO_MANY_REQUESTS, retry_after),
            Error::Unavailable { retry_after, cause } => {
                tracing::warn!(cause, "a form cannot be answered now");
                (StatusCode::SERVICE_UNAVAILABLE, retry_after)
            }
            error => return Err(Failure::Verb(error)),
        };
        Ok(Self { status, wait })
    }

    /// `field` is where a person goes on.
    fn words(&self, field: &'static str) -> FieldError {
        let wait = if self.status == StatusCode::TOO_MANY_REQUESTS {
            format!(
                "There have been too many attempts. Wait {}",
                humanize(self.wait)
            )
        } else {
            "We cannot answer right now. Wait a few seconds".to_owned()
        };
        let words = format!("{wait}, enter the password again and send the form once more");
        FieldError::new(field, FieldCode::Required, words)
    }

    fn answer(&self, page: Markup) -> Response {
        with_retry_after(refused(self.status, page), self.wait)
    }
}

fn refused(status: StatusCode, page: Markup) -> Response {
    Html(page.into_string()).with_status(status).into_response()
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
            ..Field::new("first_name", "First name")
        },
        Field {
            autocomplete: "family-name",
            ..Field::new("last_name", "Last name")
        },
        Field {
            autocomplete: "username",
            hint: &username_hint,
            ..Field::new("username", "Username")
        },
        Field {
            hint: &password_hint,
            ..Field::password("password", "Password")
        },
        Field::password("password_again", "Password again"),
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
    layout::page(&title, Width::Narrow, None, &body)
}

/// A labelled text field with its hint and its error.
struct Field<'a> {
    name: &'a str,
    label: &'a str,
    hint: &'a str,
    autocomplete: &'a str,
    is_password: bool,
}

impl<'a> Field<'a> {
    fn new(name: &'a str, label: &'a str) -> Self {
        Self {
            name,
            label,
            hint: "",
            autocomplete: "off",
            is_password: false,
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
                    // No `maxlength`: it would cut what is pasted without a word.
                    autocapitalize=[(name == "username").then_some("none")]
                    spellcheck="false"
                    aria-invalid=[error.map(|_| "true")]
                    aria-describedby=[described_by(name, !self.hint.is_empty(), error.is_some())];
            }
        }
    }
}
