//! The registration page.

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, handler, http::StatusCode, web::Data};

use super::super::{
    auth::Visitor,
    failure::Failure,
    field::Field,
    flash::Flash,
    form::Form,
    form_error::{RetryLater, refused},
    form_state::FormState,
    layout::{self, Width, error_summary, page_title, see_other},
    url,
};
use crate::{
    domain::{
        client_ip::ClientIp,
        error::{Error, FieldError},
        user::{Password, Registration, RegistrationInput, Username},
    },
    service::Service,
};

/// The registration form, as typed.
#[derive(Clone, Copy, Default)]
struct RegistrationForm<'a> {
    first_name: &'a str,
    last_name: &'a str,
    username: &'a str,
    password: &'a str,
    password_again: &'a str,
}

impl<'a> RegistrationForm<'a> {
    fn of(form: &'a Form) -> Self {
        Self {
            first_name: form.get("first_name"),
            last_name: form.get("last_name"),
            username: form.get("username"),
            password: form.get("password"),
            password_again: form.get("password_again"),
        }
    }

    fn parse(self) -> Result<Registration, Vec<FieldError>> {
        Registration::parse(RegistrationInput {
            first_name: self.first_name,
            last_name: self.last_name,
            username: self.username,
            password: self.password,
            password_again: Some(self.password_again),
        })
    }
}

/// `GET /register`
#[handler]
pub(in crate::web) fn show(visitor: Visitor) -> Response {
    match visitor.account {
        Some(_) => see_other(url::LIST),
        None => registration_page(&FormState::default()).into_response(),
    }
}

/// `POST /register`
#[handler]
pub(in crate::web) async fn register(
    service: Data<&Service>,
    from: Data<&ClientIp>,
    form: Form,
) -> Result<Response, Failure> {
    let typed = RegistrationForm::of(&form);
    let registered = match typed.parse() {
        Ok(registration) => service.register(registration, **from).await.map(drop),
        Err(errors) => Err(Error::Invalid(errors)),
    };
    let errors = match registered {
        Ok(()) => return Ok(see_other(&url::login_with(Flash::Registered))),
        Err(Error::Invalid(errors)) => errors,
        Err(Error::Conflict(conflict)) => conflict.field_error().into_iter().collect(),
        Err(error) => {
            let later = RetryLater::of(error)?;
            let errors = [later.message("password")];
            return Ok(later.response(registration_page(&FormState::refused(typed, &errors))));
        }
    };
    let page = registration_page(&FormState::refused(typed, &errors));
    Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, page))
}

fn registration_page(form: &FormState<'_, RegistrationForm<'_>>) -> Markup {
    let typed = form.values;
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
            ..Field::text("first_name", "First name", typed.first_name)
        },
        Field {
            autocomplete: "family-name",
            ..Field::text("last_name", "Last name", typed.last_name)
        },
        Field {
            autocomplete: "username",
            hint: &username_hint,
            ..Field::text("username", "Username", typed.username)
        },
        Field {
            hint: &password_hint,
            ..Field::password("password", "Password")
        },
        Field::password("password_again", "Confirm password"),
    ];
    let body = html! {
        h1 { "Registration form" }
        (error_summary(form.errors(), true))
        form method="post" action=(url::REGISTER) novalidate {
            @for field in fields { (field.render(form)) }
            button.button type="submit" { "Register" }
        }
        p { "Have an account? " a href=(url::LOGIN) { "Login" } }
    };
    let title = page_title("Registration form", form.is_refused());
    layout::page(&title, Width::Narrow, None, &body)
}
