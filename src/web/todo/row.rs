//! One to-do in the list.

use maud::{Markup, PreEscaped, html};
use uuid::Uuid;

use super::super::{
    link::{self, View},
    moment::Moment,
};
use crate::domain::todo::Todo;

/// The row of a to-do; `focus` sends the keyboard to its checkbox. A removed one keeps its place,
/// unseen, so that undoing puts it back there.
pub(super) fn row(todo: &Todo, view: View, focus: bool) -> Markup {
    let element = PreEscaped(link::row(todo.id));
    if todo.removed_date.is_some() {
        return html! { li id=(element) hidden {} };
    }
    // Written once and not escaped, since it stands there seven times and holds nothing to escape.
    let mut buffer = Uuid::encode_buffer();
    let id = PreEscaped(&*todo.id.0.hyphenated().encode_lower(&mut buffer));
    let (update, remove) = (PreEscaped(link::UPDATE), PreEscaped(link::REMOVE));
    html! {
        li id=(element) class=[todo.is_done.then_some("done")] {
            form method="post" action=(update) hx-post=(update) hx-swap="none" hx-sync="this:drop" {
                input type="hidden" name="id" value=(id);
                input type="hidden" name="is_done" value=(!todo.is_done);
                (hidden_view(view))
                button.check #{ "check-" (id) } type="submit" role="checkbox" aria-checked=(todo.is_done)
                    aria-labelledby={ "text-" (id) } data-focus[focus] {
                    span aria-hidden="true" {}
                }
            }
            div.text {
                span #{ "text-" (id) } dir="auto" { (todo.description) }
                small {
                    span { "Added " (Moment(todo.created_date)) }
                    @if let Some(done) = todo.done_date { " " span { "Done " (Moment(done)) } }
                }
            }
            form method="post" action=(remove) hx-post=(remove) hx-swap="none" hx-sync="this:drop" {
                input type="hidden" name="id" value=(id);
                (hidden_view(view))
                button.remove #{ "remove-" (id) } type="submit" {
                    span aria-hidden="true" { "×" }
                    span.hidden { "Remove “" bdi { (todo.description) } "”" }
                }
            }
        }
    }
}

/// Where a form without JavaScript leads back to.
pub(super) fn hidden_view(view: View) -> Markup {
    html! {
        @if let Some(show) = view.show() { input type="hidden" name="show" value=(show); }
        @if let Some(after) = view.after { input type="hidden" name="after" value=(after); }
    }
}
