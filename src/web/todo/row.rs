//! One to-do in the list.

use std::borrow::Cow;

use maud::{Markup, PreEscaped, html};
use uuid::Uuid;

use super::super::{
    link::{self, View},
    moment::Moment,
};
use crate::domain::todo::{Todo, TodoId};

/// Before the id of a to-do, that of its row.
const ROW: PreEscaped<&str> = PreEscaped(link::ROW);

/// The row of a to-do; `focus` sends the keyboard to its checkbox. A removed one keeps its place,
/// unseen, so that undoing puts it back there.
pub(super) fn row(todo: &Todo, view: View, focus: bool) -> Markup {
    // Written once and not escaped, since it stands there seven times and holds nothing to escape.
    let mut buffer = Uuid::encode_buffer();
    let id = PreEscaped(&*todo.id.0.hyphenated().encode_lower(&mut buffer));
    if todo.removed_date.is_some() {
        return html! { li #{ (ROW) (id) } hidden {} };
    }
    let text = PreEscaped(escaped(todo.description.as_str()));
    let (update, remove) = (PreEscaped(link::UPDATE), PreEscaped(link::REMOVE));
    html! {
        li #{ (ROW) (id) } class=[todo.is_done.then_some("done")] {
            form method="post" action=(update) hx-post=(update) hx-swap="none" hx-sync="this:drop" {
                input type="hidden" name="id" value=(id);
                input type="hidden" name="is_done" value=(!todo.is_done);
                (hidden_view(view))
                button.check #{ "check-" (id) } role="checkbox" aria-checked=(todo.is_done)
                    aria-labelledby={ "text-" (id) } data-focus[focus] {
                    span aria-hidden="true" {}
                }
            }
            div.text {
                span #{ "text-" (id) } dir="auto" { (text) }
                small {
                    span { "Added " (Moment(todo.created_date)) }
                    @if let Some(done) = todo.done_date { " " span { "Done " (Moment(done)) } }
                }
            }
            form method="post" action=(remove) hx-post=(remove) hx-swap="none" hx-sync="this:drop" {
                input type="hidden" name="id" value=(id);
                (hidden_view(view))
                button.remove #{ "remove-" (id) } {
                    span aria-hidden="true" { "×" }
                    span.hidden { "Remove “" bdi { (text) } "”" }
                }
            }
        }
    }
}

/// Rows, one after the other; `focus` as in [`row`] is for the one that it names.
pub(super) fn rows(todos: &[Todo], view: View, focus: Option<TodoId>) -> Markup {
    // Room for all of them at once: grown row by row, most of the page would be copied several times.
    let mut all = String::with_capacity(todos.len() * ROW_BYTES);
    for todo in todos {
        all.push_str(&row(todo, view, focus == Some(todo.id)).0);
    }
    PreEscaped(all)
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

/// Where a form without JavaScript leads back to.
pub(super) fn hidden_view(view: View) -> Markup {
    html! {
        @if let Some(show) = view.show() { input type="hidden" name="show" value=(show); }
        @if let Some(after) = view.after { input type="hidden" name="after" value=(after); }
    }
}
