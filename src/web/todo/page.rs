//! The page of the list and its parts; a fragment is one of these parts.

use maud::{Markup, html};

use super::{
    super::{
        dom_id,
        flash::Flash,
        form_state::FormState,
        layout::{
            self, Width, described_by, error_summary, field_error, log_out_form, page_title, quoted,
        },
        url,
    },
    form::{AddForm, DESCRIPTION},
    list_view::{ListUrl, ListView},
    narrowing,
    quick_add::{AddedByWords, HELP},
    row::{Reader, Rows, list_fields},
};
use crate::domain::{
    todo::{Description, Filter, Page, Todo, TodoCounts, TodoId},
    user::Account,
};

/// The heading of the list.
pub(super) const TITLE: &str = "My to-do list";

/// The content of the list page.
pub(super) struct ListPage<'a> {
    /// The owner of the list.
    pub(super) reader: Reader<'a>,
    /// The part of the list.
    pub(super) view: ListView<'a>,
    /// The to-dos of this part.
    pub(super) page: &'a Page,
    /// The flash message.
    pub(super) flash: Option<Flash>,
    /// The form that adds a to-do.
    pub(super) form: FormState<'a, AddForm<'a>>,
    /// The id of the next to-do.
    pub(super) id: TodoId,
}

impl ListPage<'_> {
    /// The whole page.
    pub(super) fn render(&self) -> Markup {
        let Self {
            reader,
            view,
            page,
            form,
            ..
        } = *self;
        let account = reader.account;
        let body = html! {
            header.bar {
                h1 { (TITLE) }
                div.who {
                    span.name { bdi { (account.first_name) } } " "
                    a href=(url::ACCOUNT) data-zone-unknown[!account.has_time_zone] { "Account" } " "
                    (log_out_form(account, "button quiet"))
                }
            }
            div #(dom_id::ERRORS) { (error_summary(form.errors(), true)) }
            (add_form(account, view, self.id, &form, false))
            (HELP)
            div #(dom_id::STATUS) role="status" {
                @if let Some(flash) = self.flash { (self.status(flash)) }
            }
            div.bar {
                (count(page.counts))
                (filters(view))
            }
            (narrowing::forms(view))
            (count_by_day(view, page))
            @if view.after.is_some() {
                p { a href=(ListUrl { view: view.at(None), flash: None }) { "Back to the first" } }
            }
            // Inherited by the forms of all rows.
            ul #(dom_id::TODOS) data-rev=(page.counts.rev) data-order[view.is_in_own_order()] hx-swap:inherited="none" hx-sync:inherited="drop"
                role="list" aria-label="To-dos" { (Rows::of(&page.todos, reader, view)) }
            // What the links of all rows do.
            span #(dom_id::EDIT_HINT) hidden { "Edit" }
            p.empty hidden[!page.todos.is_empty()] { (empty_state(view, page)) }
            (load_more(view, page))
            @if view.after.is_none() {
                div #(dom_id::REFRESH) hidden hx-get=(ListUrl { view, flash: None })
                    hx-trigger="refresh" hx-swap="none" hx-sync="this:replace" {}
            }
        };
        layout::page(
            &page_title(TITLE, form.is_refused()),
            Width::Wide,
            Some(account),
            &body,
        )
    }

    fn status(&self, flash: Flash) -> Markup {
        let (Flash::AddedByWords(id) | Flash::AddedPartly(id)) = flash else {
            return status_message(self.reader.account, flash, None, self.view);
        };
        let mut todos = self.page.todos.iter();
        match todos.find(|todo| todo.id == id) {
            Some(todo) => {
                let is_all_read = matches!(flash, Flash::AddedByWords(_));
                let added = AddedByWords::of_stored(todo, self.reader, is_all_read);
                added.render(self.reader, self.view)
            }
            None => status_message(self.reader.account, Flash::Added, None, self.view),
        }
    }
}

/// The form that adds a to-do. It carries the id of the new to-do, so that sending it twice adds once
/// (idempotency key).
pub(super) fn add_form(
    account: &Account,
    view: ListView<'_>,
    id: TodoId,
    form: &FormState<'_, AddForm<'_>>,
    focus: bool,
) -> Markup {
    let error = form.error(DESCRIPTION);
    html! {
        form #(dom_id::ADD) method="post" action=(url::LIST) hx-post=(url::LIST) hx-swap="none" hx-sync="this:drop" novalidate {
            // Browsers that restore forms on the way back must not restore a used id.
            input type="hidden" name="todo_id" value=(id) autocomplete="off";
            (list_fields(account, view))
            label for="description" { "New to-do" }
            (field_error(error))
            div.line {
                // No `maxlength`: it would cut what is pasted without a word. No `autocomplete="off"` either,
                // with which Chromium does not bring the text back after Back: without a script nothing else
                // does, and `assets/app/drafts.js`, which keeps drafts itself, switches it off.
                input #description name="description" type="text" value=(form.values.description) required
                    enterkeyhint="done" dir="auto" data-max=(Description::MAX)
                    data-focus[focus]
                    aria-invalid=[error.map(|_| "true")]
                    aria-describedby=[described_by("description", false, error.is_some())];
                button.button type="submit" { "Add" }
            }
        }
    }
}

/// The link to the next page, if there is one (pagination); htmx appends its rows in place.
pub(super) fn load_more(view: ListView<'_>, page: &Page) -> Markup {
    let words = if narrowing::is_unfinished(view, page) {
        "Search further"
    } else {
        "Show more"
    };
    html! {
        p #(dom_id::MORE) {
            @if let Some(next) = page.next {
                @let link = ListUrl { view: view.at(Some(next)), flash: None };
                a.button.quiet href=(link) hx-get=(link) hx-swap="none" hx-sync="this:drop" { (words) }
            }
        }
    }
}

/// The counts of the list and their revision, so that an older response does not overwrite a newer one.
pub(super) fn count(counts: TodoCounts) -> Markup {
    html! { p #(dom_id::COUNT) data-rev=(counts.rev) { (counts.open) " of " (counts.all) " open" } }
}

/// The number of to-dos in a list by due date, as far as this page shows it: it is stored nowhere, and counting them would
/// read them all.
pub(super) fn count_by_day(view: ListView<'_>, page: &Page) -> Markup {
    let words = match view.filter {
        Filter::Today => "due by today",
        _ => "due after today",
    };
    html! {
        @if view.is_counted_by_day() {
            p #(dom_id::COUNT_BY_DAY) {
                // `answers.js` counts what is in the element within.
                @match page.next {
                    None => span { (page.todos.len()) },
                    Some(_) => { "More than " (page.todos.len()) },
                }
                " " (words)
            }
        }
    }
}

/// The status message: the outcome of the last form, with the button to undo it.
pub(super) fn status_message(
    account: &Account,
    flash: Flash,
    todo: Option<&Todo>,
    view: ListView<'_>,
) -> Markup {
    let verb = match flash {
        Flash::Added | Flash::AddedByWords(_) | Flash::AddedPartly(_) => "Added",
        Flash::Completed => "Done:",
        Flash::Reopened => "Open again:",
        Flash::Saved => "Saved",
        Flash::Removed(_) => "Removed",
        Flash::Restored => "Restored",
        Flash::Moved => "Moved",
        Flash::NotMoved => {
            let words = "Not moved: the to-do beside which it was to stand is not there any more. This is the list as it is now.";
            return html! { span { (words) } };
        }
        // Messages of other pages.
        Flash::Registered
        | Flash::LoggedOut
        | Flash::PasswordChanged
        | Flash::TimeZoneSet
        | Flash::SessionEnded
        | Flash::OthersEnded => return html! {},
    };
    html! {
        span {
            (verb) " "
            @match todo {
                Some(todo) => { (quoted(todo.description.as_str())) "." },
                None => "the to-do.",
            }
        }
        @if flash.is_added() && !todo.map_or(view.shows_new(), |todo| view.shows(todo)) {
            " " a href=(ListUrl::default()) { "Show it" }
        }
        @if let Flash::Removed(id) = flash {
            form method="post" action=(url::RESTORE) hx-post=(url::RESTORE) hx-swap="none" hx-sync="this:drop" {
                input type="hidden" name="todo_id" value=(id);
                (list_fields(account, view))
                button #undo.button.quiet type="submit" data-focus[todo.is_some()] { "Undo" }
            }
        }
    }
}

fn filters(view: ListView<'_>) -> Markup {
    let choices = [
        (Filter::All, "All"),
        (Filter::Open, "Open"),
        (Filter::Today, "Today"),
        (Filter::Upcoming, "Upcoming"),
        (Filter::Done, "Done"),
    ];
    html! {
        nav aria-label="Show" {
            @for (filter, label) in choices {
                @let link = ListUrl { view: ListView { filter, after: None, ..view }, flash: None };
                a href=(link) aria-current=[(filter == view.filter).then_some("true")] { (label) } " "
            }
        }
    }
}

fn empty_state(view: ListView<'_>, page: &Page) -> &'static str {
    if view.is_narrowed() {
        return narrowing::empty_state(view, page);
    }
    match (view.filter, view.after) {
        (Filter::All, None) => "Nothing to do. Add your first to-do above.",
        (Filter::Open, None) => "Nothing is open.",
        (Filter::Today, None) => "Nothing is due today.",
        (Filter::Upcoming, None) => "Nothing is due after today.",
        (Filter::Done, None) => "Nothing is done yet.",
        (_, Some(_)) => "No more to-dos.",
    }
}
