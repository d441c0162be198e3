//! What htmx gets: only the parts of the page that change, each made by the function that the page
//! calls for it. And the form once more, when it was refused.

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, Result, http::StatusCode};

use super::{
    super::{
        form::Hx,
        layout::{error_summary, fragment},
        link::{self, Notice, View},
    },
    new_id, page_of,
    row::{list_fields, row, rows},
    view::{ListPage, add_form, count, more, say},
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
    view: View,
    notice: Notice,
    outcome: &TodoUpdate,
) -> Markup {
    let TodoUpdate { todo, counts, .. } = outcome;
    let (fields, focus) = (list_fields(account, view), notice == Notice::Restored);
    html! {
        (fragment(&link::row(todo.id), "outerMorph", &row(todo, &fields, focus)))
        (fragment(link::COUNT, "outerHTML", &count(*counts)))
        (fragment(link::STATUS, "innerHTML", &say(account, notice, Some(todo), view)))
    }
}

/// What changes when a to-do was added: the row where it belongs, a fresh form, the count.
pub(super) fn added(account: &Account, view: View, next: TodoId, outcome: &TodoUpdate) -> Markup {
    let TodoUpdate { todo, counts, .. } = outcome;
    html! {
        @if view.shows(todo) {
            (fragment(link::TODOS, "afterbegin", &row(todo, &list_fields(account, view), false)))
        }
        (fragment(link::ERRORS, "innerHTML", &html! {}))
        (fragment(link::ADD, "outerHTML", &add_form(account, view, next, "", None, true)))
        (fragment(link::COUNT, "outerHTML", &count(*counts)))
        (fragment(link::STATUS, "innerHTML", &say(account, Notice::Added, Some(todo), view)))
    }
}

/// The form once more, with what was typed and what is wrong with it.
pub(super) async fn refused(
    service: &Service,
    account: &Account,
    hx: Hx,
    view: View,
    draft: &str,
    error: &FieldError,
) -> Result<Response> {
    let id = new_id(service);
    let answer = if hx.0 {
        html! {
            (fragment(link::ERRORS, "innerHTML", &error_summary(std::slice::from_ref(error), false)))
            (fragment(link::ADD, "outerHTML", &add_form(account, view, id, draft, Some(error), true)))
            (fragment(link::COUNT, "outerHTML", &count(account.counts)))
            (fragment(link::STATUS, "innerHTML", &html! {}))
        }
    } else {
        let page = page_of(service, account, view).await?;
        ListPage {
            account,
            view,
            page: &page,
            notice: None,
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
pub(super) fn appended(account: &Account, view: View, page: &Page) -> Markup {
    let first = page.todos.first().map(|todo| todo.id);
    html! {
        (fragment(link::TODOS, "beforeend", &rows(&page.todos, account, view, first)))
        (fragment(link::MORE, "outerHTML", &more(view, page.next)))
    }
}

/// The list as another tab left it.
pub(super) fn refreshed(account: &Account, view: View, page: &Page) -> Markup {
    html! {
        (fragment(link::TODOS, "innerMorph", &rows(&page.todos, account, view, None)))
        (fragment(link::MORE, "outerHTML", &more(view, page.next)))
        (fragment(link::COUNT, "outerHTML", &count(page.counts)))
    }
}
