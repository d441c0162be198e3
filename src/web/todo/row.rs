//! One to-do in the list.

use std::borrow::Cow;

use maud::{Markup, PreEscaped, Render, html};
use time::Date;
use uuid::Uuid;

use super::{
    super::{dom_id, layout::account_field, timestamp::TimeElement, url},
    day::Day,
    found::{marked, marked_notes},
    list_view::ListView,
    words::plan_parts,
};
use crate::{
    domain::{
        todo::{Search, Todo, TodoId},
        user::Account,
    },
    service::Service,
};

/// The prefix of the id of a row.
const ROW: PreEscaped<&str> = PreEscaped(dom_id::ROW);

/// The row of a to-do. A removed one leaves a placeholder that is neither seen nor heard, so that undoing restores
/// it in place.
pub(super) struct Row<'a> {
    /// The to-do.
    pub(super) todo: &'a Todo,
    /// What it has in common with all rows of the list.
    pub(super) list: &'a RowList,
    /// The control that takes the focus.
    pub(super) focus: Option<RowControl>,
}

/// A control of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RowControl {
    /// The checkbox.
    Check,
    /// The link to the edit form.
    Edit,
}

/// What all rows of a list have in common, rendered once.
pub(super) struct RowList {
    /// The hidden fields of their forms: see [`list_fields`].
    fields: Markup,
    /// The day before which to-dos are overdue.
    today: Date,
    /// The part of the list in the query of their links, to which an edit returns.
    query: String,
    /// What they were searched for.
    search: Option<Search>,
}

/// The user that a list is shown to.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) account: &'a Account,
    /// The day of the user's calendar.
    pub(super) today: Date,
}

impl<'a> Reader<'a> {
    pub(super) fn of(service: &Service, account: &'a Account) -> Self {
        let today = service.today(account);
        Self { account, today }
    }
}

impl RowList {
    pub(super) fn of(Reader { account, today }: Reader<'_>, view: ListView<'_>) -> Self {
        Self {
            today,
            fields: list_fields(account, view),
            query: html! { (view.query("&")) }.0,
            search: Some(view.search)
                .filter(|it| !it.is_empty())
                .and_then(|it| Search::parse(it).ok()),
        }
    }
}

impl Render for Row<'_> {
    fn render(&self) -> Markup {
        let Self { todo, list, focus } = *self;
        // Formatted once and not escaped: it is used seven times and contains nothing to escape.
        let mut buffer = Uuid::encode_buffer();
        let id = PreEscaped(&*todo.id.0.hyphenated().encode_lower(&mut buffer));
        if todo.removed_date.is_some() {
            return html! { template #{ (ROW) (id) } data-rev=(todo.rev) {} };
        }
        let text = PreEscaped(escaped(todo.description.as_str()));
        let [update, remove, edit] = [url::UPDATE, url::REMOVE, url::EDIT].map(PreEscaped);
        let (check, link) = (Some(RowControl::Check), Some(RowControl::Edit));
        html! {
            li #{ (ROW) (id) } data-rev=(todo.rev) class=[todo.is_done.then_some("done")] {
                form method="post" action=(update) hx-post=(update) {
                    (list.fields)
                    input type="hidden" name="todo_id" value=(id);
                    button.check #{ "check-" (id) } name="is_done" value=(!todo.is_done) role="checkbox"
                        aria-checked=(todo.is_done) aria-labelledby={ "text-" (id) } data-focus[focus == check] {
                        // The label without a stylesheet, where the checkbox has no sign.
                        span aria-hidden="true" { (if todo.is_done { "Reopen" } else { "Complete" }) }
                    }
                    div.text {
                        // The text itself, so that the target is large, and long texts keep their width.
                        a #{ "text-" (id) } href={ (edit) "?id=" (id) (PreEscaped(&list.query)) } dir="auto"
                            aria-describedby=(PreEscaped(dom_id::EDIT_HINT)) data-focus[focus == link] {
                            @if let Some(search) = &list.search { (marked(search, todo.description.as_str())) } @else { (text) }
                        } " "
                        @if let Some(notes) = list.search.as_ref().and_then(|it| marked_notes(it, todo)) { (notes) " " }
                        small {
                            (plan_parts(&todo.plan, todo.is_done, list.today))
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
}

/// The rows of a part of the list.
pub(super) struct Rows<'a> {
    /// The to-dos.
    todos: &'a [Todo],
    list: RowList,
    view: ListView<'a>,
    /// The to-do whose checkbox takes the focus.
    focus: Option<TodoId>,
}

impl<'a> Rows<'a> {
    /// Rows of which none takes the focus.
    pub(super) fn of(todos: &'a [Todo], reader: Reader<'_>, view: ListView<'a>) -> Self {
        Self {
            todos,
            list: RowList::of(reader, view),
            view,
            focus: None,
        }
    }

    /// The same rows, of which that of this to-do takes the focus.
    pub(super) fn focusing(self, focus: Option<TodoId>) -> Self {
        Self { focus, ..self }
    }
}

impl Render for Rows<'_> {
    fn render_to(&self, buffer: &mut String) {
        let start = buffer.len();
        let today = self.list.today;
        let mut day = Day::before(self.view, today);
        for (index, todo) in self.todos.iter().enumerate() {
            if index == 1 {
                // Room for all rows of about the length of the first: growing step by step copies the page.
                buffer.reserve((self.todos.len() - 1) * (buffer.len() - start));
            }
            let last = std::mem::replace(&mut day, Day::of(todo, self.view, today));
            if let Some(day) = day.filter(|day| Some(*day) != last) {
                day.render_to(buffer);
            }
            let row = Row {
                todo,
                list: &self.list,
                focus: (self.focus == Some(todo.id)).then_some(RowControl::Check),
            };
            row.render_to(buffer);
        }
    }
}

/// The hidden fields of every form of the list: its account, and the view that a form without JavaScript returns to.
pub(super) fn list_fields(account: &Account, view: ListView<'_>) -> Markup {
    html! {
        (account_field(account))
        (view_fields(view))
    }
}

/// The fields of the view alone.
pub(super) fn view_fields(view: ListView<'_>) -> Markup {
    html! {
        @if let Some(show) = view.show() { input type="hidden" name="show" value=(show); }
        @if !view.tag.is_empty() { input type="hidden" name="tag" value=(view.tag); }
        @if !view.search.is_empty() { input type="hidden" name="q" value=(view.search); }
        @if let Some(after) = view.after { input type="hidden" name="cursor" value=(after); }
    }
}

/// Fast path: text without special characters is not copied.
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
