//! The fields of the edit form, and the parts of a to-do that they make.

use std::borrow::Cow;

use super::super::words;
use crate::domain::todo::{Repeat, RepeatParts, Todo};

/// A part of a to-do that is edited as one: what the API calls a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Description,
    Notes,
    DueDate,
    DueTime,
    Priority,
    Repeat,
}

impl Part {
    pub(super) const ALL: [Self; 6] = [
        Self::Description,
        Self::Notes,
        Self::DueDate,
        Self::DueTime,
        Self::Priority,
        Self::Repeat,
    ];

    /// Its name in errors, as in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Notes => "notes",
            Self::DueDate => "due_date",
            Self::DueTime => "due_time",
            Self::Priority => "priority",
            Self::Repeat => "repeat",
        }
    }

    /// What it is, for readers.
    pub(super) fn words(self, todo: &Todo) -> Cow<'_, str> {
        match self {
            Self::Description => EditField::Description.value(todo),
            Self::Notes => words::or_none(EditField::Notes.value(todo)),
            Self::DueDate => words::or_none(EditField::DueDate.value(todo)),
            Self::DueTime => words::or_none(EditField::DueTime.value(todo)),
            Self::Priority => words::priority(todo.plan.priority).into(),
            Self::Repeat => words::or_none(
                todo.plan
                    .repeat()
                    .map_or(Cow::Borrowed(""), |repeat| words::repeat(repeat).into()),
            ),
        }
    }
}

/// A field of the form, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EditField {
    Description,
    Notes,
    DueDate,
    DueTime,
    Priority,
    RepeatEvery,
    RepeatInterval,
    RepeatFrom,
    /// Names of days, with commas between them.
    RepeatWeekdays,
    RepeatUntil,
}

impl EditField {
    pub(super) const ALL: [Self; 10] = [
        Self::Description,
        Self::Notes,
        Self::DueDate,
        Self::DueTime,
        Self::Priority,
        Self::RepeatEvery,
        Self::RepeatInterval,
        Self::RepeatFrom,
        Self::RepeatWeekdays,
        Self::RepeatUntil,
    ];

    /// Its name in the form.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RepeatEvery => "repeat_every",
            Self::RepeatInterval => "repeat_interval",
            Self::RepeatFrom => "repeat_from",
            Self::RepeatWeekdays => "repeat_weekdays",
            Self::RepeatUntil => "repeat_until",
            field => field.part().name(),
        }
    }

    /// The part that it belongs to.
    pub(super) fn part(self) -> Part {
        match self {
            Self::Description => Part::Description,
            Self::Notes => Part::Notes,
            Self::DueDate => Part::DueDate,
            Self::DueTime => Part::DueTime,
            Self::Priority => Part::Priority,
            Self::RepeatEvery
            | Self::RepeatInterval
            | Self::RepeatFrom
            | Self::RepeatWeekdays
            | Self::RepeatUntil => Part::Repeat,
        }
    }

    /// The hidden field with the fingerprint of what the field held when the form was made.
    pub(super) fn shown_name(self) -> String {
        format!("shown_{}", self.name())
    }

    /// What the field holds for a to-do.
    pub(super) fn value(self, todo: &Todo) -> Cow<'_, str> {
        let plan = &todo.plan;
        let parts = plan.repeat().map(Repeat::parts);
        let of_repeat = |value: fn(RepeatParts) -> Cow<'static, str>| parts.map(value);
        let value = match self {
            Self::Description => Some(todo.description.as_str().into()),
            Self::Notes => plan.notes.as_ref().map(|notes| notes.as_str().into()),
            Self::DueDate => plan.due_date.map(|date| date.to_string().into()),
            Self::DueTime => plan.due_time.map(|time| time.to_string().into()),
            Self::Priority => Some(plan.priority.as_str().into()),
            Self::RepeatEvery => of_repeat(|parts| parts.every.as_str().into()),
            Self::RepeatInterval => {
                let interval = of_repeat(|parts| parts.interval.to_string().into());
                interval.or(Some("1".into()))
            }
            Self::RepeatFrom => {
                let from = of_repeat(|parts| parts.from.as_str().into());
                from.or(Some("due".into()))
            }
            Self::RepeatWeekdays => of_repeat(|parts| {
                let names: Vec<_> = parts.weekdays.names().collect();
                names.join(",").into()
            }),
            Self::RepeatUntil => of_repeat(|parts| {
                let until = parts.until.map(|until| until.to_string());
                until.unwrap_or_default().into()
            }),
        };
        value.unwrap_or_default()
    }
}
