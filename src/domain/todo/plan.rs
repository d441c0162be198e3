//! The plan of a to-do: what it says of itself besides its text.

use time::{Date, OffsetDateTime};

use super::{
    DueDate, DueTime, Notes, Priority, Repeat,
    repeat::{Occurrence, Recurrence},
};
use crate::domain::error::{FieldCode, FieldError};

/// Notes, due date, priority and repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The notes.
    pub notes: Option<Notes>,
    /// The day on which it is due.
    pub due_date: Option<DueDate>,
    /// The time of that day.
    pub due_time: Option<DueTime>,
    /// How urgent it is.
    pub priority: Priority,
    /// What names its next due date.
    pub recurrence: Option<Recurrence>,
    /// When a repeated to-do was last completed (UTC).
    pub last_done_date: Option<OffsetDateTime>,
}

/// What an edit does with a field that may be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setting<T> {
    /// Leaves it as it is.
    #[default]
    Keep,
    /// Empties it.
    Clear,
    /// Gives it a value.
    Set(T),
}

impl<T> Setting<T> {
    /// Sets a value, or clears the field.
    #[must_use]
    pub fn to(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }

    /// The field after the edit.
    #[must_use]
    pub fn applied_to(self, stored: Option<T>) -> Option<T> {
        match self {
            Self::Keep => stored,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// With another form of the value.
    #[must_use]
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Setting<U> {
        match self {
            Self::Keep => Setting::Keep,
            Self::Clear => Setting::Clear,
            Self::Set(value) => Setting::Set(with(value)),
        }
    }
}

/// An edit of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanEdit {
    /// The notes.
    pub notes: Setting<Notes>,
    /// The day on which it is due. Without one there is no time and no repeat either.
    pub due_date: Setting<DueDate>,
    /// The time of that day.
    pub due_time: Setting<DueTime>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// What names its next due date.
    pub repeat: Setting<Repeat>,
}

impl From<Plan> for PlanEdit {
    /// Sets what a new to-do has, and leaves the rest.
    fn from(plan: Plan) -> Self {
        let repeat = plan.repeat();
        Self {
            notes: plan.notes.map_or(Setting::Keep, Setting::Set),
            due_date: plan.due_date.map_or(Setting::Keep, Setting::Set),
            due_time: plan.due_time.map_or(Setting::Keep, Setting::Set),
            priority: Some(plan.priority).filter(|it| *it != Priority::None),
            repeat: repeat.map_or(Setting::Keep, Setting::Set),
        }
    }
}

impl PlanEdit {
    /// Tells it from another edit; empty for one that leaves everything as it is.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        // The anchor is no part of what a client asks for.
        let written = |repeat| {
            let recurrence = Recurrence {
                repeat,
                anchor_day: 0,
            };
            recurrence.to_stored()
        };
        let priority = self.priority.map(|it| it.as_str().to_owned());
        let fields = [
            ("notes", self.notes.clone().map(String::from)),
            ("due_date", self.due_date.map(|it| it.to_string())),
            ("due_time", self.due_time.map(|it| it.to_string())),
            ("priority", priority.map_or(Setting::Keep, Setting::Set)),
            ("repeat", self.repeat.map(written)),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| match value {
            Setting::Keep => None,
            Setting::Clear => Some(format!("\0{name}")),
            Setting::Set(value) => Some(format!("\0{name}={value}")),
        });
        fields.collect()
    }
}

impl Plan {
    /// The plan after an edit. A due date that is cleared takes the time and the repeat with it.
    ///
    /// # Errors
    /// When a time or a repeat is set, and there is no due date.
    pub fn edited(self, edit: PlanEdit) -> Result<Self, FieldError> {
        let due_date = edit.due_date.applied_to(self.due_date);
        let of_date = due_date.is_some();
        let due_time = self.due_time.filter(|_| of_date);
        let before = self.recurrence.filter(|_| of_date);
        let repeat = edit.repeat.applied_to(before.map(|it| it.repeat));
        let due_time = edit.due_time.applied_to(due_time);
        let (recurrence, due_date) = match (repeat, due_date) {
            (None, due_date) => (None, due_date),
            (Some(_), None) => return Err(without_due_date("repeat", "A repeat")),
            // The day of the month that was chosen stays, as long as the date does.
            (Some(repeat), Some(date)) if Some(date) == self.due_date && before.is_some() => {
                let recurrence = before.map(|it| Recurrence { repeat, ..it });
                (recurrence, Some(date))
            }
            (Some(repeat), Some(date)) => {
                let anchor_day = Occurrence::first(date).anchor_day;
                (Some(Recurrence { repeat, anchor_day }), Some(date))
            }
        };
        if due_time.is_some() && due_date.is_none() {
            return Err(without_due_date("due_time", "A due time"));
        }
        Ok(Self {
            notes: edit.notes.applied_to(self.notes),
            due_date,
            due_time,
            priority: edit.priority.unwrap_or(self.priority),
            recurrence,
            last_done_date: self.last_done_date,
        })
    }

    /// The plan after the to-do was completed on that day of the user's calendar; none when it is done for good,
    /// because it does not repeat, or no longer.
    #[must_use]
    pub fn completed(&self, now: OffsetDateTime, today: Date) -> Option<Self> {
        let (recurrence, due_date) = (self.recurrence?, self.due_date?);
        let current = Occurrence {
            due_date,
            anchor_day: recurrence.anchor_day,
        };
        let next = recurrence.repeat.next(current, today)?;
        Some(Self {
            due_date: Some(next.due_date),
            recurrence: Some(Recurrence {
                anchor_day: next.anchor_day,
                ..recurrence
            }),
            last_done_date: Some(now),
            ..self.clone()
        })
    }

    /// The length of the notes in bytes.
    #[must_use]
    pub fn notes_bytes(&self) -> usize {
        self.notes.as_ref().map_or(0, |notes| notes.as_str().len())
    }

    /// The rule of its repeat.
    #[must_use]
    pub fn repeat(&self) -> Option<Repeat> {
        self.recurrence.map(|it| it.repeat)
    }
}

fn without_due_date(field: &'static str, what: &str) -> FieldError {
    let words = format!("{what} needs a due date. Set one too");
    FieldError::new(field, FieldCode::NeedsDueDate, words)
}

#[cfg(test)]
mod tests;
