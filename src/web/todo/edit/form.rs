//! The form that edits a to-do: what was typed into each field, and what the field held before.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::super::super::{
    failure::Failure,
    form::{Fields, Form},
};
use crate::domain::{
    digest::sha256,
    error::{FieldCode, FieldError},
    todo::{Description, Edit, Todo, TodoId},
};

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EditField {
    Description,
}

impl EditField {
    pub(super) const ALL: [Self; 1] = [Self::Description];

    /// Its name in the form, as in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Description => "description",
        }
    }

    /// Its label.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Description => "To-do",
        }
    }

    /// The hidden field with the fingerprint of what the field held when the form was made.
    pub(super) fn shown_name(self) -> &'static str {
        match self {
            Self::Description => "shown_description",
        }
    }

    /// What the field holds for a to-do.
    pub(super) fn value(self, todo: &Todo) -> Cow<'_, str> {
        match self {
            Self::Description => Cow::Borrowed(todo.description.as_str()),
        }
    }
}

/// The form as typed, or as it is made of a to-do.
pub(super) struct EditForm<'a> {
    /// The to-do.
    pub(super) id: TodoId,
    /// The revision of the to-do when the form was made; none in a hand-written form, which overwrites.
    pub(super) expected_rev: Option<u64>,
    /// Whether the to-do, which was removed, is to be restored.
    pub(super) restores: bool,
    inputs: [Input<'a>; EditField::ALL.len()],
}

/// One field of it.
#[derive(Clone)]
struct Input<'a> {
    /// None when the form lacks the field, as one of an earlier version does: it stays unchanged.
    typed: Option<Cow<'a, str>>,
    /// The fingerprint of what it held before; empty when unknown.
    shown: Cow<'a, str>,
    /// Whether the stored value is to stay, chosen in a conflict.
    is_dropped: bool,
}

impl<'a> EditForm<'a> {
    /// The form as it is shown first.
    pub(super) fn of_todo(todo: &'a Todo) -> Self {
        Self {
            id: todo.id,
            expected_rev: Some(todo.rev),
            restores: false,
            inputs: EditField::ALL.map(|field| Input::of(field.value(todo))),
        }
    }

    /// The form as sent.
    ///
    /// # Errors
    /// When the revision is no number.
    pub(super) fn of(form: &'a Form, id: TodoId) -> Result<Self, Failure> {
        let rev = form.get("expected_rev");
        let expected_rev = (!rev.is_empty()).then(|| rev.parse());
        let expected_rev = expected_rev.transpose().map_err(|_| {
            let words = "The revision that you have seen is a number";
            FieldError::new("expected_rev", FieldCode::InvalidValue, words)
        })?;
        let dropped = |field: EditField| {
            let Fields(fields) = form.fields();
            let mut chosen = fields.iter().filter(|(name, _)| name == TAKE);
            chosen.any(|(_, value)| value == field.name())
        };
        Ok(Self {
            id,
            expected_rev,
            restores: form.get(RESTORE) == "true",
            inputs: EditField::ALL.map(|field| Input {
                typed: form.find(field.name()).map(line_feeds),
                shown: form.get(field.shown_name()).into(),
                is_dropped: dropped(field),
            }),
        })
    }

    /// The edit: the fields that were changed.
    ///
    /// # Errors
    /// All errors of these fields.
    pub(super) fn parse(&self) -> Result<Edit, Vec<FieldError>> {
        let mut edit = Edit::default();
        let mut errors = Vec::new();
        for field in EditField::ALL {
            let input = self.input(field);
            let Some(typed) = input.changed() else {
                continue;
            };
            match field {
                EditField::Description => match Description::parse(typed) {
                    Ok(description) => edit.description = Some(description),
                    Err(error) => errors.push(error),
                },
            }
        }
        if errors.is_empty() {
            Ok(edit)
        } else {
            Err(errors)
        }
    }

    /// What was typed, as changes of the to-do that is stored now.
    pub(super) fn onto(&self, stored: &'a Todo) -> Self {
        let inputs = EditField::ALL.map(|field| {
            let (mine, now) = (self.input(field), Input::of(field.value(stored)));
            match mine.changed() {
                Some(typed) => Input {
                    typed: Some(typed.to_owned().into()),
                    ..now
                },
                None => now,
            }
        });
        Self {
            id: self.id,
            expected_rev: Some(stored.rev),
            restores: false,
            inputs,
        }
    }

    /// What stands in a field.
    pub(super) fn value(&self, field: EditField) -> &str {
        self.input(field).typed.as_deref().unwrap_or_default()
    }

    /// The fingerprint of what a field held before.
    pub(super) fn shown(&self, field: EditField) -> &str {
        &self.input(field).shown
    }

    /// Whether a field holds something else than before.
    pub(super) fn is_changed(&self, field: EditField) -> bool {
        self.input(field).changed().is_some()
    }

    fn input(&self, field: EditField) -> &Input<'a> {
        &self.inputs[field as usize]
    }
}

/// The field that names the fields of which the other device's value stays.
pub(super) const TAKE: &str = "take";

/// The field that restores the to-do first.
pub(super) const RESTORE: &str = "restore";

impl<'a> Input<'a> {
    fn of(value: Cow<'a, str>) -> Self {
        Self {
            shown: fingerprint(&value).into(),
            typed: Some(value),
            is_dropped: false,
        }
    }

    /// What was typed, unless it was there before: a change of another device is in conflict with changes alone.
    fn changed(&self) -> Option<&str> {
        let typed = self.typed.as_deref().filter(|_| !self.is_dropped)?;
        (fingerprint(typed) != *self.shown).then_some(typed)
    }
}

/// Tells a value from others, in a form that must not grow by the value itself.
fn fingerprint(value: &str) -> String {
    URL_SAFE_NO_PAD.encode(&sha256(&[value.as_bytes()])[..9])
}

/// A browser sends a line break as CR LF.
fn line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").into()
    } else {
        text.into()
    }
}
