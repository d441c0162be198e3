//! The logout page.

use maud::html;
use poem::{IntoResponse as _, Response, handler, http::header, web::Data};

use super::super::{
    auth::{Visitor, check_account},
    cookie::{CookieJar, DraftCookie},
    failure::Failure,
    flash::Flash,
    form::{ACCOUNT_FIELD, Form},
    layout::{self, Width, log_out_form, see_other},
    url,
};
use crate::service::Service;

/// `GET /logout`: a page with one button, because a GET changes nothing.
#[handler]
pub(in crate::web) fn show(visitor: Visitor) -> Result<Response, Failure> {
    let account = visitor.account(&url::LOGOUT)?;
    let body = html! {
        h1 { "Log out" }
        p { "You are logged in. Your to-dos stay where they are." }
        (log_out_form(&account, "button"))
        p { a href=(url::LIST) { "Back to the list" } }
    };
    Ok(layout::page("Log out", Width::Narrow, Some(&account), &body).into_response())
}

/// `POST /logout`
#[handler]
pub(in crate::web) async fn log_out(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    draft_cookie: DraftCookie,
    cookies: CookieJar,
) -> Result<Response, Failure> {
    if let Some(account) = visitor.account {
        check_account(form.get(ACCOUNT_FIELD), &account)?;
        service.log_out(account.session_id).await?;
    }
    let mut response = see_other(&url::login_with(Flash::LoggedOut));
    // No Clear-Site-Data: it costs seconds where much of other sites is cached, and clears nothing that
    // Back shows. Pages are never stored, and hide themselves when they are left (`assets/app/memory.js`).
    response
        .headers_mut()
        .insert(header::SET_COOKIE, cookies.clear_session());
    draft_cookie.clear(&mut response);
    Ok(response)
}
