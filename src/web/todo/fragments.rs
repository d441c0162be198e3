//! The fragments that htmx swaps: the parts of the page that change, each rendered by the function that the page
//! itself calls; and a refused form.

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, http::StatusCode};

use super::{
    super::{
        dom_id,
        failure::Failure,
        flash::Flash,
        htmx::{HxRequest, fragment},
        layout::error_summary,
    },
    list_view::ListView,
    new_id,
    page::{ListPage, add_form, count, load_more, status_message},
    page_of,
    row::{list_fields, row, rows},
};
use crate::{
    domain::{
        error::FieldError,
        todo::{Page, TodoId},
        user::Account,
    },
    service::{Service, TodoUpdate},
};

/// A row that was completed, reopened, removed or restored. It stays where it is, also where a
/// filter would leave it out: a slip is taken back where it happened.
pub(super) fn altered(
    account: &Account,
    view: ListView,
    flash: Flash,
    outcome: &TodoUpdate,
) -> Markup {
    let TodoUpdate { todo, counts, .. } = outcome;
    let (fields, focus) = (list_fields(account, view), flash == Flash::Restored);
    html! {
        (fragment(&dom_id::row(todo.id), "outerMorph", &row(todo, &fields, focus)))
        (fragment(dom_id::COUNT, "outerHTML", &count(*counts)))
        (fragment(dom_id::STATUS, "innerHTML", &status_message(account, flash, Some(todo), view)))
    }
}

/// What changes when a to-do was added: the row where it belongs, a fresh form, the count.
pub(super) fn added(
    account: &Account,
    view: ListView,
    next: TodoId,
    outcome: &TodoUpdate,
) -> Markup {
    let TodoUpdate { todo, counts, .. } = outcome;
    html! {
        @if view.shows(todo) {
            (fragment(dom_id::TODOS, "afterbegin", &row(todo, &list_fields(account, view), false)))
        }
        (fragment(dom_id::ERRORS, "innerHTML", &html! {}))
        (fragment(dom_id::ADD, "outerHTML", &add_form(account, view, next, "", None, true)))
        (fragment(dom_id::COUNT, "outerHTML", &count(*counts)))
        (fragment(dom_id::STATUS, "innerHTML", &status_message(account, Flash::Added, Some(todo), view)))
    }
}

/// The form once more, with what was typed and what is wrong with it.
pub(super) async fn refused(
    service: &Service,
    account: &Account,
    hx: HxRequest,
    view: ListView,
    draft: &str,
    error: &FieldError,
) -> Result<Response, Failure> {
    let id = new_id(service);
    let answer = if hx.0 {
        html! {
            (fragment(dom_id::ERRORS, "innerHTML", &error_summary(std::slice::from_ref(error), false)))
            (fragment(dom_id::ADD, "outerHTML", &add_form(account, view, id, draft, Some(error), true)))
            (fragment(dom_id::COUNT, "outerHTML", &count(account.counts)))
            (fragment(dom_id::STATUS, "innerHTML", &html! {}))
        }
    } else {
        let page = page_of(service, account, view).await?;
        ListPage {
            account,
            view,
            page: &page,
            flash: None,
            draft,
            error: Some(error),
            id,
        }
        .render()
    };
    Ok(answer
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
        .into_response())
}

/// The next rows, below those that are there.
pub(super) fn appended(account: &Account, view: ListView, page: &Page) -> Markup {
    let first = page.todos.first().map(|todo| todo.id);
    html! {
        (fragment(dom_id::TODOS, "beforeend", &rows(&page.todos, account, view, first)))
        (fragment(dom_id::MORE, "outerHTML", &load_more(view, page.next)))
    }
}

/// The list as another tab left it.
pub(super) fn refreshed(account: &Account, view: ListView, page: &Page) -> Markup {
    html! {
        (fragment(dom_id::TODOS, "innerMorph", &rows(&page.todos, account, view, None)))
        (fragment(dom_id::MORE, "outerHTML", &load_more(view, page.next)))
        (fragment(dom_id::COUNT, "outerHTML", &count(page.counts)))
    }
}
