//! The page that changes the password.

use maud::{Markup, html};
use poem::{
    IntoResponse as _, Response, handler,
    http::{StatusCode, header},
    web::Data,
};

use super::super::{
    auth::{Visitor, check_account, login_required},
    cookie::{CookieJar, LoginClient},
    failure::Failure,
    field::Field,
    flash::Flash,
    form::{ACCOUNT_FIELD, Form},
    form_error::{RetryLater, refused},
    form_state::FormState,
    layout::{self, Width, account_field, error_summary, page_title, see_other},
    url,
};
use crate::{
    domain::{
        error::{Error, FieldError},
        user::{Account, Password, PasswordChange, PasswordChangeInput},
    },
    service::{RenewedSession, Service},
};

/// The form that changes the password. No value of it is sent back.
#[derive(Clone, Copy, Default)]
struct PasswordForm<'a> {
    current_password: &'a str,
    new_password: &'a str,
    new_password_again: &'a str,
}

impl<'a> PasswordForm<'a> {
    fn of(form: &'a Form) -> Self {
        Self {
            current_password: form.get("current_password"),
            new_password: form.get("new_password"),
            new_password_again: form.get("new_password_again"),
        }
    }

    fn parse(self, username: &str) -> Result<PasswordChange, Vec<FieldError>> {
        let input = PasswordChangeInput {
            current_password: self.current_password,
            new_password: self.new_password,
            new_password_again: Some(self.new_password_again),
        };
        PasswordChange::parse(input, username)
    }
}

/// `GET /change-password`
#[handler]
pub(in crate::web) async fn show(
    service: Data<&Service>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let account = visitor.account(&url::CHANGE_PASSWORD)?;
    let user = service.user(&account).await?;
    Ok(change_page(&account, &user.username, &FormState::default()).into_response())
}

/// `POST /change-password`
#[handler]
pub(in crate::web) async fn change(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    cookies: CookieJar,
    browser: LoginClient,
) -> Result<Response, Failure> {
    let device = browser.0.device.as_ref();
    let Some((account, token)) = visitor.session() else {
        return repeat(&service, &form, &visitor, cookies, &browser).await;
    };
    check_account(form.get(ACCOUNT_FIELD), account)?;
    let user = service.user(account).await?;
    let typed = PasswordForm::of(&form);
    let page = |errors: &[FieldError]| {
        let state = FormState::refused(typed, errors);
        change_page(account, &user.username, &state)
    };
    let changed = match typed.parse(&user.username) {
        Ok(change) => {
            service
                .change_password(account, token, change, device, browser.0.address)
                .await
        }
        Err(errors) => Err(Error::Invalid(errors)),
    };
    match changed {
        Ok(renewed) => Ok(done(cookies, &renewed)),
        Err(Error::Invalid(errors)) => Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, page(&errors))),
        Err(error) => {
            let later = RetryLater::of(error)?;
            Ok(later.response(page(&[later.message("current_password")])))
        }
    }
}

/// Replays the response to a form that was sent a moment ago, by the session token that it replaced.
async fn repeat(
    service: &Service,
    form: &Form,
    visitor: &Visitor,
    cookies: CookieJar,
    LoginClient(client): &LoginClient,
) -> Result<Response, Failure> {
    let device = client.device.as_ref();
    for token in &visitor.tokens {
        let new = PasswordForm::of(form).new_password.into();
        let renewed = service.repeat_password_change(token, new, device, client.address);
        let renewed = renewed.await;
        if let Some(renewed) = renewed? {
            return Ok(done(cookies, &renewed));
        }
    }
    Err(login_required(&url::CHANGE_PASSWORD))
}

fn done(cookies: CookieJar, renewed: &RenewedSession) -> Response {
    let mut response = see_other(&url::with_flash(url::ACCOUNT, Flash::PasswordChanged));
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookies.session(&renewed.token));
    headers.append(header::SET_COOKIE, cookies.known_device(&renewed.device));
    response
}

fn change_page(
    account: &Account,
    username: &str,
    form: &FormState<'_, PasswordForm<'_>>,
) -> Markup {
    let hint = format!(
        "{} characters or more; a few words are easy to remember and hard to guess",
        Password::MIN
    );
    let fields = [
        Field {
            autocomplete: "current-password",
            ..Field::password("current_password", "Current password")
        },
        Field {
            hint: &hint,
            ..Field::password("new_password", "New password")
        },
        Field::password("new_password_again", "Confirm new password"),
    ];
    let title = "Change the password";
    let body = html! {
        h1 { (title) }
        (error_summary(form.errors(), true))
        p { "You will be logged out everywhere else." }
        form method="post" action=(url::CHANGE_PASSWORD) novalidate {
            (account_field(account))
            // For password managers; it has no name, so it is not sent.
            label for="username" hidden { "Username" }
            input #username type="text" value=(username) autocomplete="username" readonly hidden;
            @for field in fields { (field.render(form)) }
            button.button type="submit" { "Change the password" }
        }
        p { a href=(url::ACCOUNT) { "Back to the account" } }
    };
    let page_title = page_title(title, form.is_refused());
    layout::page(&page_title, Width::Narrow, Some(account), &body)
}
