//! The edit form, as a page and in place of a row.

use maud::{Markup, html};
use time::{Date, Duration};

use super::{
    super::{
        super::{
            dom_id,
            form_state::FormState,
            htmx::fragment,
            layout::{
                self, Width, account_field, described_by, error_summary, field_error, page_title,
                quoted,
            },
            url,
            user::settings::zone_in_words,
        },
        list_view::{ListUrl, ListView},
        row::{Reader, view_fields},
    },
    control::Control,
    field::{EditField, Part},
    form::{DUE_CHOICE, EditForm, RESTORE, TAKE},
    neighbours::Neighbours,
};
use crate::domain::{
    error::FieldError,
    todo::{DueDate, Todo, TodoId},
};

const TITLE: &str = "Edit a to-do";

/// What the form has to say besides its fields.
pub(super) enum EditState<'a> {
    /// Nothing: it is shown for the first time.
    Fresh,
    /// What was typed breaks rules.
    Refused(Vec<FieldError>),
    /// Another device has changed what was changed here: the to-do as it is stored.
    Conflict(&'a Todo),
    /// The to-do is removed: its revision.
    Removed {
        /// The revision of the removal.
        rev: u64,
    },
}

impl EditState<'_> {
    /// That of a form which is made of a to-do.
    pub(super) fn of(todo: &Todo) -> Self {
        match todo.removed_date {
            Some(_) => Self::Removed { rev: todo.rev },
            None => Self::Fresh,
        }
    }
}

/// The URL of the form.
pub(super) fn url(id: TodoId, view: ListView<'_>) -> String {
    format!("{}?id={id}{}", url::EDIT, view.query("&"))
}

/// The edit form and what it stands in.
pub(super) struct EditPage<'a> {
    pub(super) reader: Reader<'a>,
    /// The part of the list that it returns to.
    pub(super) view: ListView<'a>,
    pub(super) form: &'a EditForm<'a>,
    pub(super) state: &'a EditState<'a>,
    /// Between which to-dos it stands, for the buttons that move it.
    pub(super) neighbours: Neighbours,
    /// Whether one of these was pressed.
    pub(super) was_moved: bool,
    /// Whether it stands in place of a row, for htmx.
    pub(super) is_row: bool,
}

impl EditPage<'_> {
    /// The page, or the row as a form.
    pub(super) fn render(&self) -> Markup {
        if self.is_row {
            fragment(&dom_id::row(self.form.id), "outerHTML", &self.row())
        } else {
            self.page()
        }
    }

    /// The whole page.
    fn page(&self) -> Markup {
        let errors = self.errors();
        let body = html! {
            h1 { (TITLE) }
            @if self.was_moved { p.notice role="status" { "Moved." } }
            (error_summary(&errors, true))
            (self.edit_form(&errors))
            (self.neighbours.form(self.reader.account, self.view, self.form.id))
        };
        let title = page_title(TITLE, self.is_refused());
        layout::page(&title, Width::Narrow, Some(self.reader.account), &body)
    }

    /// The row as a form. What is typed there must outlive every change of the list: it is never morphed.
    fn row(&self) -> Markup {
        // That of a removal is newer than the one that the form was made of.
        let rev = match *self.state {
            EditState::Removed { rev } => Some(rev),
            _ => self.form.expected_rev,
        };
        html! {
            li #(dom_id::row(self.form.id)) .editing data-rev=[rev] hx-morph-skip { (self.edit_form(&self.errors())) }
        }
    }

    /// The errors, each at the element of its part: several forms may stand in a list.
    fn errors(&self) -> Vec<FieldError> {
        let EditState::Refused(errors) = self.state else {
            return Vec::new();
        };
        let errors = errors.iter().cloned();
        let at_element = |error: FieldError| FieldError {
            field: self.element(&error.field).into(),
            ..error
        };
        errors.map(at_element).collect()
    }

    fn is_refused(&self) -> bool {
        !matches!(self.state, EditState::Fresh)
    }

    /// The id of the element of a part or a field.
    fn element(&self, name: &str) -> String {
        format!("{name}-{}", self.form.id)
    }

    fn edit_form(&self, errors: &[FieldError]) -> Markup {
        let Self { form, state, .. } = *self;
        let link = ListUrl {
            view: self.view,
            flash: None,
        };
        let cancel = format!("{}&cancel=true", url(form.id, self.view));
        let removed = matches!(state, EditState::Removed { .. });
        let (name, value, words) = if removed {
            (Some(RESTORE), Some("true"), "Restore and save")
        } else {
            (None, None, "Save")
        };
        let field = |field| self.field(field, errors);
        html! {
            form.edit method="post" action=(url::EDIT) hx-post=[self.is_row.then_some(url::EDIT)]
                data-refused[self.is_refused()] {
                // What Enter presses, before the buttons that choose a date.
                button type="submit" name=[name] value=[value] tabindex="-1" hidden { (words) }
                input type="hidden" name="todo_id" value=(form.id);
                (account_field(self.reader.account))
                (view_fields(self.view))
                @if let Some(rev) = form.expected_rev { input type="hidden" name="expected_rev" value=(rev); }
                (self.notice())
                (field(EditField::Description))
                (field(EditField::Notes))
                div.fields {
                    (field(EditField::DueDate))
                    (field(EditField::DueTime))
                }
                (self.due_choices())
                p.hint {
                    (zone_in_words(self.reader.account, self.reader.today)) " "
                    a href=(url::SETTINGS) { "Change it" }
                }
                div.fields {
                    (field(EditField::Priority))
                    (field(EditField::RepeatEvery))
                    (field(EditField::RepeatInterval))
                    (field(EditField::RepeatFrom))
                    (field(EditField::RepeatUntil))
                }
                (field(EditField::RepeatWeekdays))
                div.actions {
                    button.button type="submit" name=[name] value=[value] { (words) }
                    " "
                    a.button.quiet.cancel href={ (link) "#text-" (form.id) } hx-get=[self.is_row.then_some(&cancel)] { "Cancel" }
                }
            }
        }
    }

    /// Buttons for the days that are chosen most: with a script they fill in the field, without one they save, too.
    fn due_choices(&self) -> Markup {
        let today = self.reader.today;
        let monday = 7 - i64::from(today.weekday().number_days_from_monday());
        let after = |days| today.checked_add(Duration::days(days));
        let choices: [(&str, Option<Date>); 3] = [
            ("Today", Some(today)),
            ("Tomorrow", after(1)),
            ("Next Monday", after(monday)),
        ];
        html! {
            div.choices role="group" aria-label="Due date" {
                @for (words, date) in choices {
                    @if let Some(date) = date.and_then(|date| DueDate::new(date).ok()) {
                        button.button.quiet type="submit" name=(DUE_CHOICE) value=(date) formnovalidate { (words) }
                        " "
                    }
                }
            }
        }
    }

    fn notice(&self) -> Markup {
        let words = match self.state {
            EditState::Fresh | EditState::Refused(_) => return html! {},
            EditState::Conflict(_) => {
                "Another device has changed this to-do since you began. Nothing is saved yet: choose below, then press Save."
            }
            EditState::Removed { .. } => {
                "This to-do is removed. Nothing is lost: restore it with what stands here, or cancel."
            }
        };
        html! { p.notice role="alert" { (words) } }
    }

    fn field(&self, field: EditField, errors: &[FieldError]) -> Markup {
        let part = field.part();
        // The first field of a part has its errors, its conflict and its name.
        let is_first = field.name() == part.name() || field == EditField::RepeatEvery;
        let element = self.element(if is_first { part.name() } else { field.name() });
        let error = FormState::refused((), errors).error(&element);
        let other = self.other(part).filter(|_| is_first);
        let described = described_by(&element, other.is_some(), error.is_some());
        let control = Control {
            field,
            id: &element,
            value: self.form.value(field),
            is_invalid: error.is_some(),
            described_by: described.as_deref(),
            takes_focus: self.is_row,
            has_autofocus: !self.is_row && !self.is_refused(),
        };
        let shown = html! {
            input type="hidden" name=(field.shown_name()) value=(self.form.shown(field));
        };
        let label = label(field);
        let of_repeat = part == Part::Repeat && !is_first;
        if field == EditField::RepeatWeekdays {
            return html! {
                fieldset.days.of-repeat { legend { (label) } (shown) (control.render()) }
            };
        }
        html! {
            div.field.of-repeat[of_repeat] {
                label for=(element) { (label) }
                (field_error(error))
                @if let Some(todo) = other {
                    p.hint id={ (element) "-hint" } {
                        "The other device has " (quoted(&part.words(todo))) ", you have:"
                    }
                }
                (shown)
                (control.render())
                @if other.is_some() {
                    label.choice {
                        input type="checkbox" name=(TAKE) value=(part.name());
                        " Keep the one of the other device"
                    }
                }
            }
        }
    }

    /// The stored to-do, when another device has changed this part too.
    fn other(&self, part: Part) -> Option<&Todo> {
        let EditState::Conflict(stored) = self.state else {
            return None;
        };
        self.form.is_changed(part).then_some(stored)
    }
}

/// The label of a field.
fn label(field: EditField) -> &'static str {
    match field {
        EditField::Description => "To-do",
        EditField::Notes => "Notes",
        EditField::DueDate => "Due date",
        EditField::DueTime => "Time",
        EditField::Priority => "Priority",
        EditField::RepeatEvery => "Repeat",
        EditField::RepeatInterval => "Every how many",
        EditField::RepeatFrom => "Counted from",
        EditField::RepeatUntil => "Until",
        EditField::RepeatWeekdays => "On these days of the week",
    }
}
