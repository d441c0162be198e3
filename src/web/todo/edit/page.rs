//! The edit form, as a page and in place of a row.

use maud::{Markup, html};

use super::{
    super::{
        super::{
            dom_id,
            form_state::FormState,
            layout::{self, Width, error_summary, field_error, page_title, quoted},
            url,
        },
        list_view::{ListUrl, ListView},
        row::list_fields,
    },
    form::{EditField, EditForm, RESTORE, TAKE},
};
use crate::domain::{
    error::FieldError,
    todo::{Description, Todo, TodoId},
    user::Account,
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
pub(super) fn url(id: TodoId, view: ListView) -> String {
    format!("{}?id={id}{}", url::EDIT, view.query("&"))
}

/// The edit form and what it stands in.
pub(super) struct EditPage<'a> {
    pub(super) account: &'a Account,
    /// The part of the list that it returns to.
    pub(super) view: ListView,
    pub(super) form: &'a EditForm<'a>,
    pub(super) state: &'a EditState<'a>,
    /// Whether it stands in place of a row, for htmx.
    pub(super) is_row: bool,
}

impl EditPage<'_> {
    /// The whole page.
    pub(super) fn page(&self) -> Markup {
        let errors = self.errors();
        let body = html! {
            h1 { (TITLE) }
            (error_summary(&errors, true))
            (self.edit_form(&errors))
        };
        let title = page_title(TITLE, self.is_refused());
        layout::page(&title, Width::Narrow, Some(self.account), &body)
    }

    /// The row as a form. What is typed there must outlive every change of the list: it is never morphed.
    pub(super) fn row(&self) -> Markup {
        // That of a removal is newer than the one that the form was made of.
        let rev = match *self.state {
            EditState::Removed { rev } => Some(rev),
            _ => self.form.expected_rev,
        };
        html! {
            li #(dom_id::row(self.form.id)) .editing data-rev=[rev] hx-morph-skip { (self.edit_form(&self.errors())) }
        }
    }

    /// The errors, each at the element of its field: several forms may stand in a list.
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

    /// The id of the element of a field.
    fn element(&self, field: &str) -> String {
        format!("{field}-{}", self.form.id)
    }

    fn edit_form(&self, errors: &[FieldError]) -> Markup {
        let Self { form, state, .. } = *self;
        let link = ListUrl {
            view: self.view,
            flash: None,
        };
        let cancel = format!("{}&cancel=true", url(form.id, self.view));
        let removed = matches!(state, EditState::Removed { .. });
        html! {
            form.edit method="post" action=(url::EDIT) hx-post=[self.is_row.then_some(url::EDIT)]
                data-refused[self.is_refused()] novalidate {
                input type="hidden" name="todo_id" value=(form.id);
                (list_fields(self.account, self.view))
                @if let Some(rev) = form.expected_rev { input type="hidden" name="expected_rev" value=(rev); }
                (self.notice())
                @for field in EditField::ALL { (self.field(field, errors)) }
                div.actions {
                    @if removed {
                        button.button type="submit" name=(RESTORE) value="true" { "Restore and save" }
                    } @else {
                        button.button type="submit" { "Save" }
                    }
                    " "
                    a.button.quiet.cancel href={ (link) "#text-" (form.id) } hx-get=[self.is_row.then_some(&cancel)] { "Cancel" }
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
        let element = self.element(field.name());
        let state = FormState::refused((), errors);
        let error = state.error(&element);
        let other = self.other(field);
        let described = layout::described_by(&element, other.is_some(), error.is_some());
        let is_first = field == EditField::Description;
        html! {
            div.field {
                label for=(element) { (field.label()) }
                (field_error(error))
                @if let Some(todo) = other {
                    p.hint id={ (element) "-hint" } {
                        "The other device has " (quoted(&field.value(todo))) ", you have:"
                    }
                }
                input type="hidden" name=(field.shown_name()) value=(self.form.shown(field));
                input id=(element) name=(field.name()) type="text" value=(self.form.value(field)) required
                    autocomplete="off" enterkeyhint="done" dir="auto" data-max=(Description::MAX)
                    data-focus[is_first && self.is_row] autofocus[is_first && !self.is_row && !self.is_refused()]
                    aria-invalid=[error.map(|_| "true")] aria-describedby=[described];
                @if other.is_some() {
                    label.choice {
                        input type="checkbox" name=(TAKE) value=(field.name());
                        " Keep the one of the other device"
                    }
                }
            }
        }
    }

    /// The stored to-do, when another device has changed this field too.
    fn other(&self, field: EditField) -> Option<&Todo> {
        let EditState::Conflict(stored) = self.state else {
            return None;
        };
        self.form.is_changed(field).then_some(stored)
    }
}
