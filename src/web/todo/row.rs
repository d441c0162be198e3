//! One to-do in the list.

use maud::{Markup, html};

use super::super::{
    link::{self, View},
    moment::Moment,
};
use crate::domain::todo::Todo;

/// The row of a to-do; `focus` sends the keyboard to its checkbox. A removed one keeps its place,
/// unseen, so that undoing puts it back there.
pub(super) fn row(todo: &Todo, view: View, focus: bool) -> Markup {
    let id = todo.id;
    if todo.removed_date.is_some() {
        return html! { li id=(link::row(id)) hidden {} };
    }
    html! {
        li id=(link::row(id)) class=[todo.is_done.then_some("done")] {
            form method="post" action=(link::UPDATE) hx-post=(link::UPDATE) hx-swap="none" hx-sync="this:drop" {
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
            form method="post" action=(link::REMOVE) hx-post=(link::REMOVE) hx-swap="none" hx-sync="this:drop" {
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
