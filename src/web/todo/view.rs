//! The page of the list and its parts; a fragment is one of these parts.

use maud::{Markup, html};

use super::{
    super::{
        account::log_out_form,
        layout::{self, Width, described_by, error_summary, field_error, quoted, title_of},
        link::{self, ListLink, Notice, View},
    },
    row::{list_fields, rows},
};
use crate::domain::{
    error::FieldError,
    todo::{Cursor, Description, Filter, Todo, TodoCounts, TodoId},
    user::Account,
};

/// The heading of the list.
pub(super) const TITLE: &str = "My to-do list";

/// Everything that the page of the list shows.
pub(super) struct ListPage<'a> {
    /// Whose list it is.
    pub(super) account: &'a Account,
    /// Which part of it.
    pub(super) view: View,
    /// The rows.
    pub(super) page: &'a crate::domain::todo::Page,
    /// What just happened.
    pub(super) notice: Option<Notice>,
    /// What was typed and is not added yet.
    pub(super) draft: &'a str,
    /// Why it was not added.
    pub(super) error: Option<&'a FieldError>,
    /// For the to-do that is added next.
    pub(super) id: TodoId,
}

impl ListPage<'_> {
    /// The whole page.
    pub(super) fn render(&self) -> Markup {
        let Self {
            account,
            view,
            page,
            error,
            ..
        } = *self;
        let body = html! {
            header.bar {
                h1 { (TITLE) }
                div.who {
                    span.name { bdi { (account.first_name) } } " "
                    a href=(link::ACCOUNT) { "Account" } " "
                    (log_out_form(account, "button quiet"))
                }
            }
            div #(link::ERRORS) { @if let Some(error) = error { (error_summary(std::slice::from_ref(error), true)) } }
            (add_form(account, view, self.id, self.draft, error, false))
            div #(link::STATUS) role="status" {
                @if let Some(notice) = self.notice { (say(account, notice, None, view)) }
            }
            div.bar {
                (count(page.counts))
                (filters(view))
            }
            @if view.after.is_some() {
                p { a href=(ListLink { view: view.at(None), notice: None }) { "Back to the newest" } }
            }
            // What all forms in the rows have in common is written once.
            ul #(link::TODOS) data-rev=(page.counts.rev) hx-swap:inherited="none" hx-sync:inherited="drop"
                role="list" aria-label="To-dos" { (rows(&page.todos, account, view, None)) }
            p.empty hidden[!page.todos.is_empty()] { (nothing(view)) }
            (more(view, page.next))
            @if view.after.is_none() {
                div #(link::REFRESH) hidden hx-get=(ListLink { view, notice: None })
                    hx-trigger="refresh" hx-swap="none" hx-sync="this:replace" {}
            }
        };
        layout::page(
            &title_of(TITLE, error.is_some()),
            Width::Wide,
            Some(account),
            &body,
        )
    }
}

/// The form that adds. It carries the id of the to-do to be, so that sending it twice adds once.
pub(super) fn add_form(
    account: &Account,
    view: View,
    id: TodoId,
    draft: &str,
    error: Option<&FieldError>,
    focus: bool,
) -> Markup {
    html! {
        form #(link::ADD) method="post" action=(link::LIST) hx-post=(link::LIST) hx-swap="none" hx-sync="this:drop" novalidate {
            // Browsers that restore forms on the way back must not restore a used id.
            input type="hidden" name="todo_id" value=(id) autocomplete="off";
            (list_fields(account, view))
            label for="description" { "New to-do" }
            (field_error(error))
            div.line {
                // No `maxlength`: it would cut what is pasted without a word. No `autocomplete="off"` either,
                // with which Chromium does not bring the text back after Back: without a script nothing else
                // does, and `assets/app/drafts.js`, which keeps drafts itself, switches it off.
                input #description name="description" type="text" value=(draft) required
                    enterkeyhint="done" dir="auto" data-max=(Description::MAX)
                    data-focus[focus]
                    aria-invalid=[error.map(|_| "true")]
                    aria-describedby=[described_by("description", false, error.is_some())];
                button.button type="submit" { "Add" }
            }
        }
    }
}

/// The way to the next rows, if there are any: a plain link, which htmx follows in place.
pub(super) fn more(view: View, next: Option<Cursor>) -> Markup {
    html! {
        p #(link::MORE) {
            @if let Some(next) = next {
                @let link = ListLink { view: view.at(Some(next)), notice: None };
                a.button.quiet href=(link) hx-get=(link) hx-swap="none" hx-sync="this:drop" { "Show more" }
            }
        }
    }
}

/// How many are open, from the figures kept with the account, and the revision of which all this is:
/// an older answer does not overwrite a newer one.
pub(super) fn count(counts: TodoCounts) -> Markup {
    html! { p #(link::COUNT) data-rev=(counts.rev) { (counts.open) " of " (counts.all) " open" } }
}

/// What happened, in words, and how to take it back.
pub(super) fn say(account: &Account, notice: Notice, todo: Option<&Todo>, view: View) -> Markup {
    let verb = match notice {
        Notice::Added => "Added",
        Notice::Completed => "Done:",
        Notice::Reopened => "Open again:",
        Notice::Removed(_) => "Removed",
        Notice::Restored => "Brought back",
        // What other pages say.
        Notice::Registered
        | Notice::LoggedOut
        | Notice::PasswordChanged
        | Notice::SessionEnded
        | Notice::OthersEnded => return html! {},
    };
    html! {
        span {
            (verb) " "
            @match todo {
                Some(todo) => { (quoted(todo.description.as_str())) "." },
                None => "the to-do.",
            }
        }
        @if notice == Notice::Added && !view.shows_new() {
            " " a href=(ListLink::default()) { "Show it" }
        }
        @if let Notice::Removed(id) = notice {
            form method="post" action=(link::RESTORE) hx-post=(link::RESTORE) hx-swap="none" hx-sync="this:drop" {
                input type="hidden" name="todo_id" value=(id);
                (list_fields(account, view))
                button #undo.button.quiet type="submit" data-focus[todo.is_some()] { "Undo" }
            }
        }
    }
}

fn filters(view: View) -> Markup {
    let choices = [
        (Filter::All, "All"),
        (Filter::Open, "Open"),
        (Filter::Done, "Done"),
    ];
    html! {
        nav aria-label="Show" {
            @for (filter, label) in choices {
                @let link = ListLink { view: View { filter, after: None }, notice: None };
                a href=(link) aria-current=[(filter == view.filter).then_some("true")] { (label) } " "
            }
        }
    }
}

fn nothing(view: View) -> &'static str {
    match (view.filter, view.after) {
        (Filter::All, None) => "Nothing to do. Add your first to-do above.",
        (Filter::Open, None) => "Nothing is open.",
        (Filter::Done, None) => "Nothing is done yet.",
        (_, Some(_)) => "Nothing more.",
    }
}
