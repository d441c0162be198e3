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
    row::{row, rows},
    view::{ListPage, add_form, count, more, say},
};
use crate::{
    domain::{error::FieldError, todo::Page, user::Account},
    service::{Outcome, Service},
};

/// A row that was completed, reopened, removed or restored. It stays where it is, also where a
/// filter would leave it out: a slip is taken back where it happened.
pub(super) fn altered(view: View, notice: Notice, outcome: &Outcome) -> Markup {
    let Outcome { todo, tally, .. } = outcome;
    let focus = notice == Notice::Restored;
    html! {
        (fragment(&link::row(todo.id), "outerMorph", &row(todo, view, focus)))
        (fragment(link::COUNT, "innerHTML", &count(*tally)))
        (fragment(link::STATUS, "innerHTML", &say(notice, Some(todo), view)))
    }
}

/// What changes when a to-do was added: the row where it belongs, a fresh form, the count.
pub(super) async fn added(
    service: &Service,
    account: &Account,
    view: View,
    outcome: Outcome,
) -> Result<Response> {
    let Outcome {
        todo,
        tally,
        changed,
    } = outcome;
    let list = if !changed {
        // Sent twice: the row may or may not be there already.
        let page = page_of(service, account, view).await?;
        html! {
            (fragment(link::TODOS, "innerMorph", &rows(&page.todos, view, None)))
            (fragment(link::MORE, "outerHTML", &more(view, page.next)))
        }
    } else if view.shows_new() {
        fragment(link::TODOS, "afterbegin", &row(&todo, view, false))
    } else {
        html! {}
    };
    let fragments = html! {
        (list)
        (fragment(link::ERRORS, "innerHTML", &html! {}))
        (fragment(link::ADD, "outerHTML", &add_form(view, new_id(service), "", None, true)))
        (fragment(link::COUNT, "innerHTML", &count(tally)))
        (fragment(link::STATUS, "innerHTML", &say(Notice::Added, Some(&todo), view)))
    };
    Ok(fragments.into_response())
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
            (fragment(link::ADD, "outerHTML", &add_form(view, id, draft, Some(error), true)))
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
pub(super) fn appended(view: View, page: &Page) -> Markup {
    let first = page.todos.first().map(|todo| todo.id);
    html! {
        (fragment(link::TODOS, "beforeend", &rows(&page.todos, view, first)))
        (fragment(link::MORE, "outerHTML", &more(view, page.next)))
    }
}

/// The list as another tab left it.
pub(super) fn refreshed(account: &Account, view: View, page: &Page) -> Markup {
    html! {
        (fragment(link::TODOS, "innerMorph", &rows(&page.todos, view, None)))
        (fragment(link::MORE, "outerHTML", &more(view, page.next)))
        (fragment(link::COUNT, "innerHTML", &count(account.tally)))
    }
}
