//! The account page of the user.

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, handler, web::Data};

use super::super::{
    auth::Visitor,
    failure::Failure,
    flash::Flash,
    form::Query,
    layout::{self, Width, log_out_form},
    url,
};
use crate::{
    domain::user::{Account, User},
    service::Service,
};

/// `GET /account`
#[handler]
pub(in crate::web) async fn show(
    service: Data<&Service>,
    visitor: Visitor,
    query: Query,
) -> Result<Response, Failure> {
    let account = visitor.account(&url::ACCOUNT)?;
    let user = service.user(&account).await?;
    let flash = Flash::parse(query.flash(), "");
    Ok(account_page(&account, &user, flash).into_response())
}

fn account_page(account: &Account, user: &User, flash: Option<Flash>) -> Markup {
    let body = html! {
        h1 { "Account" }
        @if flash == Some(Flash::PasswordChanged) {
            p.notice role="status" { "Your password is changed. You are logged out everywhere else." }
        }
        dl.facts {
            dt { "Name" } dd { bdi { (user.first_name) } " " bdi { (user.last_name) } }
            dt { "Username" } dd { bdi { (user.username) } }
            dt { "Time zone" } dd { (user.time_zone.as_str()) }
        }
        p { a href=(url::SETTINGS) { "Set your time zone" } }
        p { a href=(url::CHANGE_PASSWORD) { "Change the password" } }
        p { a href=(url::SESSIONS) { "See your active sessions" } }
        p { a href=(url::LIST) { "Back to the list" } }
        (log_out_form(account, "button quiet"))
    };
    layout::page("Account", Width::Narrow, Some(account), &body)
}
