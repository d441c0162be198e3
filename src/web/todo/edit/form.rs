//! The form that edits a to-do: what was typed into each field, and what the field held before.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    super::super::{
        failure::Failure,
        form::{Fields, Form},
    },
    field::{EditField, Part},
};
use crate::domain::{
    digest::sha256,
    error::{FieldCode, FieldError},
    todo::{
        Description, DueDate, DueTime, Edit, Notes, Priority, Repeat, RepeatParts, Setting, Todo,
        TodoId,
        repeat::{Every, From, Weekdays},
    },
};

/// The field that names the parts of which the other device's value stays.
pub(super) const TAKE: &str = "take";
/// The field that restores the to-do first.
pub(super) const RESTORE: &str = "restore";
/// The buttons that set the due date: their values are dates.
pub(super) const DUE_CHOICE: &str = "due_choice";

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
        let fields = form.fields();
        let is_dropped = |part: Part| fields.all(TAKE).any(|value| value == part.name());
        let typed = |field: EditField| match (field, form.get(DUE_CHOICE)) {
            (EditField::DueDate, chosen) if !chosen.is_empty() => Some(chosen.into()),
            (EditField::RepeatWeekdays, _) => chosen_days(fields),
            _ => form.find(field.name()).map(line_feeds),
        };
        Ok(Self {
            id,
            expected_rev,
            restores: form.get(RESTORE) == "true",
            inputs: EditField::ALL.map(|field| Input {
                typed: typed(field),
                shown: form.get(&field.shown_name()).to_owned().into(),
                is_dropped: is_dropped(field.part()),
            }),
        })
    }

    /// The edit: the parts that were changed.
    ///
    /// # Errors
    /// All errors of these parts.
    pub(super) fn parse(&self) -> Result<Edit, Vec<FieldError>> {
        let mut edit = Edit::default();
        let mut errors = Vec::new();
        for part in Part::ALL.into_iter().filter(|part| self.is_changed(*part)) {
            if let Err(error) = self.parse_part(part, &mut edit) {
                errors.push(error);
            }
        }
        if errors.is_empty() {
            Ok(edit)
        } else {
            Err(errors)
        }
    }

    fn parse_part(&self, part: Part, edit: &mut Edit) -> Result<(), FieldError> {
        let value = |field| Some(self.value(field)).filter(|value| !value.is_empty());
        let plan = &mut edit.plan;
        match part {
            Part::Description => {
                edit.description = Some(Description::parse(self.value(EditField::Description))?);
            }
            Part::Notes => {
                plan.notes = Setting::to(Notes::parse(self.value(EditField::Notes))?);
            }
            Part::DueDate => {
                let date = value(EditField::DueDate).map(DueDate::parse);
                plan.due_date = Setting::to(date.transpose()?);
            }
            Part::DueTime => {
                let time = value(EditField::DueTime).map(DueTime::parse);
                plan.due_time = Setting::to(time.transpose()?);
            }
            Part::Priority => {
                plan.priority = Some(Priority::parse(self.value(EditField::Priority))?);
            }
            Part::Repeat => plan.repeat = Setting::to(self.repeat()?),
        }
        Ok(())
    }

    fn repeat(&self) -> Result<Option<Repeat>, FieldError> {
        let every = match self.value(EditField::RepeatEvery) {
            "" => return Ok(None),
            every => Every::parse(every)?,
        };
        let interval = match self.value(EditField::RepeatInterval) {
            "" => 1,
            // What is no number is out of range, too.
            interval => interval.parse().unwrap_or(0),
        };
        let from = match self.value(EditField::RepeatFrom) {
            "" => From::default(),
            from => From::parse(from)?,
        };
        let names = self.value(EditField::RepeatWeekdays).split(',');
        let weekdays = Weekdays::parse(names.filter(|name| !name.is_empty()))?;
        let until = match self.value(EditField::RepeatUntil) {
            "" => None,
            until => Some(DueDate::parse_until(until)?),
        };
        let repeat = Repeat::new(RepeatParts {
            every,
            interval,
            // Another unit has none.
            weekdays: if every == Every::Week {
                weekdays
            } else {
                Weekdays::default()
            },
            from,
            until,
        })?;
        Ok(Some(repeat))
    }

    /// What was typed, as changes of the to-do that is stored now.
    pub(super) fn onto(&self, stored: &'a Todo) -> Self {
        let inputs = EditField::ALL.map(|field| {
            let now = Input::of(field.value(stored));
            if !self.is_changed(field.part()) {
                return now;
            }
            Input {
                typed: Some(self.value(field).to_owned().into()),
                ..now
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

    /// Whether a field of the part holds something else than before.
    pub(super) fn is_changed(&self, part: Part) -> bool {
        let mut fields = EditField::ALL.into_iter();
        fields.any(|field| field.part() == part && self.input(field).is_changed())
    }

    fn input(&self, field: EditField) -> &Input<'a> {
        &self.inputs[field as usize]
    }
}

impl<'a> Input<'a> {
    fn of(value: Cow<'a, str>) -> Self {
        Self {
            shown: fingerprint(&value).into(),
            typed: Some(value),
            is_dropped: false,
        }
    }

    /// Whether something else was typed than was there before: a change of another device is in conflict with
    /// changes alone.
    fn is_changed(&self) -> bool {
        let typed = self.typed.as_deref().filter(|_| !self.is_dropped);
        typed.is_some_and(|typed| fingerprint(typed) != *self.shown)
    }
}

/// Tells a value from others, in a form that must not grow by the value itself.
fn fingerprint(value: &str) -> String {
    URL_SAFE_NO_PAD.encode(&sha256(&[value.as_bytes()])[..9])
}

/// The names of the days that are chosen; none when the form lacks them. A hidden field without a name among them says
/// that the form has them, also when none is chosen.
fn chosen_days(fields: &Fields) -> Option<Cow<'_, str>> {
    let name = EditField::RepeatWeekdays.name();
    fields.find(name)?;
    let chosen: Vec<_> = fields.all(name).filter(|day| !day.is_empty()).collect();
    Some(chosen.join(",").into())
}

/// A browser sends a line break as CR LF.
fn line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").into()
    } else {
        text.into()
    }
}
