//! The forms of the list: the one that adds a to-do, and those of its rows.

use time::Date;

use super::{
    super::{auth::Visitor, draft::Draft, failure::Failure, form::Form},
    list_view::{ListUrl, ListView},
};
use crate::domain::{
    error::{FieldCode, FieldError},
    todo::{NewTodo, PlanEdit, TodoId},
    user::Account,
};

/// The field with the text of a new to-do.
pub(super) const DESCRIPTION: &str = "description";

/// The form that adds a to-do, as typed: a member for each field.
#[derive(Clone, Copy, Default)]
pub(super) struct AddForm<'a> {
    pub(super) description: &'a str,
    /// In the hidden field: the id that the to-do will have, which makes adding it idempotent.
    id: &'a str,
}

/// A to-do to add.
pub(super) struct Addition {
    pub(super) new: NewTodo,
    /// None in a hand-written form, such as with curl.
    pub(super) id: Option<TodoId>,
}

impl<'a> AddForm<'a> {
    pub(super) fn of(form: &'a Form) -> Self {
        Self {
            description: form.get(DESCRIPTION),
            id: form.either("todo_id", "id"),
        }
    }

    /// The values of a draft; its id is that of the page.
    pub(super) fn of_draft(draft: &'a Draft) -> Self {
        Self {
            description: &draft.text,
            ..Self::default()
        }
    }

    /// Days in the text are counted from `today`, the user's.
    ///
    /// # Errors
    /// The errors of all visible fields; else that of the id, at the first field, since it has no input of its own.
    pub(super) fn parse(self, today: Date) -> Result<Addition, Vec<FieldError>> {
        let new = NewTodo::typed(self.description, PlanEdit::default(), today)?;
        let id = (!self.id.is_empty()).then(|| TodoId::parse(self.id));
        let id = id.transpose().map_err(|mut error| {
            error.field = DESCRIPTION.into();
            vec![error]
        })?;
        Ok(Addition { new, id })
    }
}

/// A form of a row: its user, its view of the list and its to-do.
pub(super) struct RowForm<'a> {
    pub(super) account: Account,
    pub(super) view: ListView<'a>,
    pub(super) id: TodoId,
}

impl<'a> RowForm<'a> {
    pub(super) fn of(form: &'a Form, visitor: Visitor) -> Result<Self, Failure> {
        let view = view(form)?;
        let link = ListUrl { view, flash: None };
        let account = visitor.sender(form, &link)?;
        let id = TodoId::parse(form.either("todo_id", "id"))?;
        Ok(Self { account, view, id })
    }
}

/// The change that the form of `/update-todo` asks for.
pub(super) enum Change {
    Complete,
    Reopen,
    /// The other button of a row, pressed in a browser without `formaction`, such as w3m.
    Remove,
}

impl Change {
    pub(super) fn of(form: &Form) -> Result<Self, FieldError> {
        match (form.get("is_removed"), form.get("is_done")) {
            ("true", _) => Ok(Self::Remove),
            (_, "" | "true") => Ok(Self::Complete),
            (_, "false") => Ok(Self::Reopen),
            _ => Err(FieldError::new(
                "is_done",
                FieldCode::InvalidValue,
                "A to-do is set to true (done) or false (open)",
            )),
        }
    }
}

/// The part of the list that the page of a form showed.
pub(super) fn view(form: &Form) -> Result<ListView<'_>, FieldError> {
    let view = ListView::parse(form.get("show"), form.either("cursor", "after"))?;
    Ok(view.narrowed(form.get("tag"), form.get("q")))
}
