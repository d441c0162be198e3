//! The doors of `benches`, which measures what only the crate itself can reach. May import `web` and `api`.

use crate::{
    api,
    domain::{
        todo::{Page, TodoId},
        user::Account,
    },
    web,
};

/// The list page.
#[must_use]
pub fn list_page(account: &Account, page: &Page, id: TodoId) -> String {
    let today = time::OffsetDateTime::UNIX_EPOCH.date();
    web::list_page(account, today, page, id)
}

/// The JSON of a page of the list.
#[must_use]
pub fn list_json(page: Page) -> Vec<u8> {
    api::list_json(page)
}

/// The number of fields of a form, if it is text.
#[must_use]
pub fn form_fields(body: &[u8]) -> Option<usize> {
    web::form_fields(body)
}
