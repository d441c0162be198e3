//! Taking another password.

use maud::{Markup, html};
use poem::{
    IntoResponse as _, Response, Result, handler,
    http::{StatusCode, header},
    web::Data,
};

use super::{
    super::{
        failure::Failure,
        form::{ACCOUNT_FIELD, Form},
        layout::{self, Width, account_field, error_summary, see_other, title_of},
        link::{self, Notice},
        session::{Browser, Https, Visitor, check_account, login_required},
    },
    Field, Later, refused,
};
use crate::{
    domain::{
        error::{Error, FieldError},
        user::{Account, Password, PasswordChange, PasswordChangeInput},
    },
    service::{RenewedSession, Service},
};

/// `GET /change-password`
#[handler]
pub(in crate::web) async fn show(service: Data<&Service>, visitor: Visitor) -> Result<Response> {
    let account = visitor.account(&link::CHANGE_PASSWORD)?;
    let user = service.user(&account).await.map_err(Failure::from)?;
    Ok(change_page(&account, &user.username, &[]).into_response())
}

/// `POST /change-password`
#[handler]
pub(in crate::web) async fn change(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    https: Https,
    browser: Browser,
) -> Result<Response> {
    let device = browser.0.device.as_ref();
    let Some((account, token)) = visitor.session() else {
        return repeat(&service, &form, &visitor, https, &browser).await;
    };
    check_account(form.get(ACCOUNT_FIELD), account)?;
    let user = service.user(account).await.map_err(Failure::from)?;
    let refuse = |status, errors: &[FieldError]| {
        refused(status, change_page(account, &user.username, errors))
    };
    let input = PasswordChangeInput {
        current_password: form.get("current_password"),
        new_password: form.get("new_password"),
        new_password_again: Some(form.get("new_password_again")),
    };
    let changed = match PasswordChange::parse(input, &user.username) {
        Ok(change) => {
            service
                .change_password(account, token, change, device, browser.0.address)
                .await
        }
        Err(errors) => Err(Error::Invalid(errors)),
    };
    match changed {
        Ok(renewed) => Ok(done(https, &renewed)),
        Err(Error::Invalid(errors)) => Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, &errors)),
        Err(error) => {
            let later = Later::of(error)?;
            let page = change_page(account, &user.username, &[later.words("current_password")]);
            Ok(later.answer(page))
        }
    }
}

/// The form that was sent a moment ago, with the cookie that the first one has replaced.
async fn repeat(
    service: &Service,
    form: &Form,
    visitor: &Visitor,
    https: Https,
    Browser(client): &Browser,
) -> Result<Response> {
    let device = client.device.as_ref();
    for token in &visitor.tokens {
        let new = form.get("new_password").into();
        let renewed = service.repeat_password_change(token, new, device, client.address);
        let renewed = renewed.await;
        if let Some(renewed) = renewed.map_err(Failure::from)? {
            return Ok(done(https, &renewed));
        }
    }
    Err(login_required(&link::CHANGE_PASSWORD).into())
}

fn done(https: Https, renewed: &RenewedSession) -> Response {
    let mut response = see_other(&link::with_notice(link::ACCOUNT, Notice::PasswordChanged));
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, https.keep(&renewed.token));
    headers.append(header::SET_COOKIE, https.remember(&renewed.device));
    response
}

fn change_page(account: &Account, username: &str, errors: &[FieldError]) -> Markup {
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
        Field::password("new_password_again", "New password again"),
    ];
    let title = "Change the password";
    let body = html! {
        h1 { (title) }
        (error_summary(errors, true))
        p { "You will be logged out everywhere else." }
        form method="post" action=(link::CHANGE_PASSWORD) novalidate {
            (account_field(account))
            // Tells password managers whose password it is; has no name, so it is not sent.
            label for="username" hidden { "Username" }
            input #username type="text" value=(username) autocomplete="username" readonly hidden;
            @for field in fields { (field.render("", errors)) }
            button.button type="submit" { "Change the password" }
        }
        p { a href=(link::ACCOUNT) { "Back to the account" } }
    };
    let page_title = title_of(title, !errors.is_empty());
    layout::page(&page_title, Width::Narrow, Some(account), &body)
}
