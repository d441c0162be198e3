//! One to-do in the list.

use std::borrow::Cow;

use maud::{Markup, PreEscaped, html};
use uuid::Uuid;

use super::{
    super::{dom_id, layout::account_field, timestamp::TimeElement, url},
    list_view::ListView,
};
use crate::domain::{
    todo::{Todo, TodoId},
    user::Account,
};

/// Before the id of a to-do, that of its row.
const ROW: PreEscaped<&str> = PreEscaped(dom_id::ROW);

/// The row of a to-do; `fields` are those of every row, and `focus` sends the keyboard to its checkbox.
/// A removed one leaves a place that nothing shows and nobody hears of, so that undoing puts it back there.
pub(super) fn row(todo: &Todo, fields: &Markup, focus: bool) -> Markup {
    // Written once and not escaped, since it stands there six times and holds nothing to escape.
    let mut buffer = Uuid::encode_buffer();
    let id = PreEscaped(&*todo.id.0.hyphenated().encode_lower(&mut buffer));
    if todo.removed_date.is_some() {
        return html! { template #{ (ROW) (id) } data-rev=(todo.rev) {} };
    }
    let text = PreEscaped(escaped(todo.description.as_str()));
    let (update, remove) = (PreEscaped(url::UPDATE), PreEscaped(url::REMOVE));
    html! {
        li #{ (ROW) (id) } data-rev=(todo.rev) class=[todo.is_done.then_some("done")] {
            form method="post" action=(update) hx-post=(update) {
                (fields)
                input type="hidden" name="todo_id" value=(id);
                button.check #{ "check-" (id) } name="is_done" value=(!todo.is_done) role="checkbox"
                    aria-checked=(todo.is_done) aria-labelledby={ "text-" (id) } data-focus[focus] {
                    // The sign where there is no style: without one, this would be nothing to see or press.
                    span aria-hidden="true" { (if todo.is_done { "Reopen" } else { "Complete" }) }
                }
                div.text {
                    span #{ "text-" (id) } dir="auto" { (text) } " "
                    small {
                        span { "Added " (TimeElement(todo.created_date)) }
                        @if let Some(done) = todo.done_date { " " span { "Done " (TimeElement(done)) } }
                    }
                }
                button.remove #{ "remove-" (id) } name="is_removed" value="true" formaction=(remove) hx-post=(remove) {
                    span aria-hidden="true" { "×" } " "
                    span.hidden { "Remove “" bdi { (text) } "”" }
                }
            }
        }
    }
}

/// Rows, one after the other; `focus` as in [`row`] is for the one that it names.
pub(super) fn rows(
    todos: &[Todo],
    account: &Account,
    view: ListView,
    focus: Option<TodoId>,
) -> Markup {
    let fields = list_fields(account, view);
    // Room for all of them at once: grown row by row, most of the page would be copied several times.
    let mut all = String::with_capacity(todos.len() * ROW_BYTES);
    for todo in todos {
        all.push_str(&row(todo, &fields, focus == Some(todo.id)).0);
    }
    PreEscaped(all)
}

/// The fields that every form about the list has: whose it is, and where a form without JavaScript
/// leads back to.
pub(super) fn list_fields(account: &Account, view: ListView) -> Markup {
    html! {
        (account_field(account))
        @if let Some(show) = view.show() { input type="hidden" name="show" value=(show); }
        @if let Some(after) = view.after { input type="hidden" name="cursor" value=(after); }
    }
}

/// What a row takes, with some text.
const ROW_BYTES: usize = 1_280;

/// A text with nothing in it that HTML knows, as most are, is looked through, not copied byte by byte.
fn escaped(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .any(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"'))
    {
        Cow::Owned(html! { (text) }.0)
    } else {
        Cow::Borrowed(text)
    }
}
