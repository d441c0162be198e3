//! The fragments that htmx swaps: the parts of the page that change, each rendered by the function that the page
//! itself calls; and a refused form.

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, http::StatusCode};

use super::{
    super::{
        dom_id,
        failure::Failure,
        flash::Flash,
        form_state::FormState,
        htmx::{HxRequest, fragment},
        layout::error_summary,
    },
    form::AddForm,
    list_view::ListView,
    narrowing::progress,
    new_id,
    page::{ListPage, add_form, count, count_by_day, load_more, status_message},
    page_of,
    quick_add::AddedByWords,
    row::{Reader, Row, RowControl, RowList, Rows},
};
use crate::{
    domain::{
        todo::{Page, TodoId, Typed},
        user::Account,
    },
    service::{Service, TodoUpdate},
};

/// The row of a to-do that was completed, reopened, edited, removed or restored. It stays in place, also where the filter
/// excludes it now, so that a slip can be undone there.
pub(super) fn altered(
    reader: Reader<'_>,
    view: ListView<'_>,
    flash: Flash,
    outcome: &TodoUpdate,
) -> Markup {
    let TodoUpdate { todo, counts, .. } = outcome;
    let (account, list) = (reader.account, RowList::of(reader, view));
    let (swap, focus) = match flash {
        // In place of the form, which is never morphed.
        Flash::Saved => ("outerHTML", Some(RowControl::Edit)),
        Flash::Restored => ("outerMorph", Some(RowControl::Check)),
        _ => ("outerMorph", None),
    };
    html! {
        (fragment(&dom_id::row(todo.id), swap, &Row { todo, list: &list, focus }))
        (fragment(dom_id::COUNT, "outerHTML", &count(*counts)))
        (fragment(dom_id::STATUS, "innerHTML", &status_message(account, flash, Some(todo), view)))
    }
}

/// The parts that change when a to-do was added: its row, a fresh form, the counts.
pub(super) fn added(
    reader: Reader<'_>,
    view: ListView<'_>,
    next: TodoId,
    outcome: &TodoUpdate,
    typed: Option<&Typed>,
) -> Markup {
    let TodoUpdate { todo, counts, .. } = outcome;
    let (account, list) = (reader.account, RowList::of(reader, view));
    let by_words = typed.and_then(|typed| AddedByWords::of_typed(todo, typed));
    let status = match by_words {
        Some(added) => added.render(reader, view),
        None => status_message(account, Flash::Added, Some(todo), view),
    };
    html! {
        @let row = || Row { todo, list: &list, focus: None };
        @if view.shows(todo) {
            (fragment(dom_id::TODOS, "afterbegin", &row()))
        } @else if view.contains(todo, reader.today) {
            // Its place is anywhere among the others: `answers.js`, which does not find it, fetches the list.
            (fragment(&dom_id::row(todo.id), "outerMorph", &row()))
        }
        (fragment(dom_id::ERRORS, "innerHTML", &html! {}))
        (fragment(dom_id::ADD, "outerHTML", &add_form(account, view, next, &FormState::default(), true)))
        (fragment(dom_id::COUNT, "outerHTML", &count(*counts)))
        (fragment(dom_id::STATUS, "innerHTML", &status))
    }
}

/// The refused form, with its values and errors.
pub(super) async fn refused(
    service: &Service,
    account: &Account,
    hx: HxRequest,
    view: ListView<'_>,
    form: FormState<'_, AddForm<'_>>,
) -> Result<Response, Failure> {
    let id = new_id(service);
    let answer = if hx.0 {
        html! {
            (fragment(dom_id::ERRORS, "innerHTML", &error_summary(form.errors(), false)))
            (fragment(dom_id::ADD, "outerHTML", &add_form(account, view, id, &form, true)))
            (fragment(dom_id::COUNT, "outerHTML", &count(account.counts)))
            (fragment(dom_id::STATUS, "innerHTML", &html! {}))
        }
    } else {
        let page = page_of(service, account, view).await?;
        ListPage {
            reader: Reader::of(service, account),
            view,
            page: &page,
            flash: None,
            form,
            id,
        }
        .render()
    };
    Ok(answer
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
        .into_response())
}

/// The next rows, appended to the list.
pub(super) fn appended(reader: Reader<'_>, view: ListView<'_>, page: &Page) -> Markup {
    let first = page.todos.first().map(|todo| todo.id);
    html! {
        (fragment(dom_id::TODOS, "beforeend", &Rows::of(&page.todos, reader, view).focusing(first)))
        (fragment(dom_id::MORE, "outerHTML", &load_more(view, page)))
        @if let Some(words) = progress(view, page) {
            (fragment(dom_id::STATUS, "innerHTML", &html! { span { (words) } }))
        }
    }
}

/// The list after a change in another tab.
pub(super) fn refreshed(reader: Reader<'_>, view: ListView<'_>, page: &Page) -> Markup {
    html! {
        (fragment(dom_id::TODOS, "innerMorph", &Rows::of(&page.todos, reader, view)))
        (fragment(dom_id::MORE, "outerHTML", &load_more(view, page)))
        (fragment(dom_id::COUNT, "outerHTML", &count(page.counts)))
        @if view.is_counted_by_day() {
            (fragment(dom_id::COUNT_BY_DAY, "outerHTML", &count_by_day(view, page)))
        }
    }
}
