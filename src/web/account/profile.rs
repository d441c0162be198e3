//! Who one is, and the way to what can be done about it.

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, Result, handler, web::Data};

use super::{
    super::{
        failure::Failure,
        form::Query,
        layout::{self, Width},
        link::{self, Notice},
        session::Visitor,
    },
    log_out_form,
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
) -> Result<Response> {
    let account = visitor.account(&link::ACCOUNT)?;
    let user = service.user(&account).await.map_err(Failure::from)?;
    let notice = Notice::parse(query.notice(), "");
    Ok(account_page(&account, &user, notice).into_response())
}

fn account_page(account: &Account, user: &User, notice: Option<Notice>) -> Markup {
    let body = html! {
        h1 { "Account" }
        @if notice == Some(Notice::PasswordChanged) {
            p.notice role="status" { "Your password is changed. You are logged out everywhere else." }
        }
        dl.facts {
            dt { "Name" } dd { bdi { (user.first_name) } " " bdi { (user.last_name) } }
            dt { "Username" } dd { bdi { (user.username) } }
        }
        p { a href=(link::CHANGE_PASSWORD) { "Change the password" } }
        p { a href=(link::SESSIONS) { "See where you are logged in" } }
        p { a href=(link::LIST) { "Back to the list" } }
        (log_out_form(account, "button quiet"))
    };
    layout::page("Account", Width::Narrow, Some(account), &body)
}
