//! The plan of a to-do in requests, parsed: notes, due date, priority and repeat.

use poem_openapi::types::MaybeUndefined;

use crate::{
    api::{problem::FieldErrors, schema::SetRepeat},
    domain::{
        error::FieldError,
        todo::{
            DueDate, DueTime, Notes, PlanEdit, Priority, Repeat, RepeatParts, Setting,
            repeat::{Every, From, Weekdays},
        },
    },
};

/// The plan of a to-do to be added, as sent.
#[derive(Clone, Copy, Default)]
pub(super) struct NewPlan<'a> {
    pub(super) notes: Option<&'a str>,
    pub(super) due_date: Option<&'a str>,
    pub(super) due_time: Option<&'a str>,
    pub(super) priority: Option<&'a str>,
    pub(super) repeat: Option<&'a SetRepeat>,
}

impl NewPlan<'_> {
    /// The fields that are sent; none when there are errors, which are collected.
    pub(super) fn parse(self, errors: &mut FieldErrors) -> Option<PlanEdit> {
        let set = |value: Option<_>| value.map_or(Setting::Keep, Setting::Set);
        let notes = errors.collect(self.notes.map(Notes::parse).transpose());
        let due_date = errors.collect(self.due_date.map(DueDate::parse).transpose());
        let due_time = errors.collect(self.due_time.map(DueTime::parse).transpose());
        let priority = errors.collect(self.priority.map(Priority::parse).transpose());
        let repeat = errors.collect(self.repeat.map(parse_repeat).transpose());
        Some(PlanEdit {
            notes: notes?.flatten().map_or(Setting::Keep, Setting::Set),
            due_date: due_date?.map_or(Setting::Keep, Setting::Set),
            due_time: due_time?.map_or(Setting::Keep, Setting::Set),
            priority: priority?,
            repeat: set(repeat?),
        })
    }
}

/// The plan of a to-do to be changed, as sent: what is left out stays, null clears.
#[derive(Clone, Copy)]
pub(super) struct ChangedPlan<'a> {
    pub(super) notes: &'a MaybeUndefined<String>,
    pub(super) due_date: &'a MaybeUndefined<String>,
    pub(super) due_time: &'a MaybeUndefined<String>,
    pub(super) priority: &'a MaybeUndefined<String>,
    pub(super) repeat: &'a MaybeUndefined<SetRepeat>,
}

impl ChangedPlan<'_> {
    /// The edit; none when there are errors, which are collected.
    pub(super) fn parse(self, errors: &mut FieldErrors) -> Option<PlanEdit> {
        let notes = errors.collect(setting(self.notes, |text| Notes::parse(text)));
        let due_date = errors.collect(setting(self.due_date, |text| DueDate::parse(text)));
        let due_time = errors.collect(setting(self.due_time, |text| DueTime::parse(text)));
        let priority = errors.collect(setting(self.priority, |text| Priority::parse(text)));
        let repeat = errors.collect(setting(self.repeat, parse_repeat));
        Some(PlanEdit {
            notes: match notes? {
                Setting::Set(notes) => Setting::to(notes),
                Setting::Clear => Setting::Clear,
                Setting::Keep => Setting::Keep,
            },
            due_date: due_date?,
            due_time: due_time?,
            priority: match priority? {
                Setting::Set(priority) => Some(priority),
                Setting::Clear => Some(Priority::None),
                Setting::Keep => None,
            },
            repeat: repeat?,
        })
    }
}

fn setting<T, U>(
    sent: &MaybeUndefined<T>,
    parse: impl FnOnce(&T) -> Result<U, FieldError>,
) -> Result<Setting<U>, FieldError> {
    Ok(match sent {
        MaybeUndefined::Undefined => Setting::Keep,
        MaybeUndefined::Null => Setting::Clear,
        MaybeUndefined::Value(value) => Setting::Set(parse(value)?),
    })
}

fn parse_repeat(sent: &SetRepeat) -> Result<Repeat, FieldError> {
    let weekdays = sent.weekdays.iter().flatten().map(String::as_str);
    let from = sent.from.as_deref().map(From::parse);
    let until = sent.until.as_deref().map(DueDate::parse_until);
    Repeat::new(RepeatParts {
        every: Every::parse(&sent.every)?,
        interval: sent.interval.unwrap_or(1),
        weekdays: Weekdays::parse(weekdays)?,
        from: from.transpose()?.unwrap_or_default(),
        until: until.transpose()?,
    })
}
