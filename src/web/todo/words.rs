//! What a to-do's plan is in words, for rows and forms.

use std::borrow::Cow;

use maud::{Markup, Render, html};
use time::{Date, Weekday};

use super::super::timestamp::short_date;
use crate::domain::todo::{
    DueDate, DueTime, Plan, Priority, Repeat, RepeatParts,
    repeat::{Every, From, Weekdays},
};

/// The day on which a to-do is due, and its time, for readers and for programs. `assets/app/times.js` writes both in
/// the reader's language.
pub(super) struct Due(pub(super) DueDate, pub(super) Option<DueTime>);

impl Render for Due {
    fn render(&self) -> Markup {
        let Self(date, time) = self;
        let day = short_date(date.date());
        html! {
            @if let Some(time) = time {
                time datetime={ (date) "T" (time) } { (day) " " (time) }
            } @else {
                time datetime=(date) { (day) }
            }
        }
    }
}

/// The parts of the line below the text of a row that its plan has.
pub(super) fn plan_parts(plan: &Plan, is_done: bool, today: Date) -> Markup {
    html! {
        @if let Some(date) = plan.due_date {
            @let due = Due(date, plan.due_time);
            @if date.date() < today && !is_done {
                span.overdue { "Overdue, due " (due) }
            } @else {
                span { "Due " (due) }
            }
            " "
        }
        @if plan.priority != Priority::None { span { (priority(plan.priority)) " priority" } " " }
        @if let Some(rule) = plan.repeat() { span { (repeat(rule)) } " " }
        @if plan.notes.is_some() { span { "Has notes" } " " }
    }
}

/// A priority.
pub(super) fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "High",
        Priority::Medium => "Medium",
        Priority::Low => "Low",
        Priority::None => "None",
    }
}

/// A repeat, such as "Every 2 weeks on Mon and Thu".
pub(super) fn repeat(repeat: Repeat) -> String {
    let RepeatParts {
        every,
        interval,
        weekdays,
        from,
        until,
    } = repeat.parts();
    let unit = every.as_str();
    let mut words = match interval {
        1 => format!("Every {unit}"),
        more => format!("Every {more} {unit}s"),
    };
    if every == Every::Week && !weekdays.is_empty() {
        words.push_str(" on ");
        words.push_str(&days(weekdays));
    }
    if from == From::Completion {
        words.push_str(" after it is done");
    }
    if let Some(until) = until {
        words.push_str(" until ");
        words.push_str(&short_date(until.date()));
    }
    words
}

fn days(weekdays: Weekdays) -> String {
    let all = [
        (Weekday::Monday, "Mon"),
        (Weekday::Tuesday, "Tue"),
        (Weekday::Wednesday, "Wed"),
        (Weekday::Thursday, "Thu"),
        (Weekday::Friday, "Fri"),
        (Weekday::Saturday, "Sat"),
        (Weekday::Sunday, "Sun"),
    ];
    let chosen = all.iter().filter(|(day, _)| weekdays.contains(*day));
    let names: Vec<_> = chosen.map(|(_, name)| *name).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A value, or the word for none.
pub(super) fn or_none(value: Cow<'_, str>) -> Cow<'_, str> {
    if value.is_empty() {
        "nothing".into()
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_is_said_in_words() {
        let parts = RepeatParts {
            every: Every::Week,
            interval: 1,
            weekdays: Weekdays::default(),
            from: From::Due,
            until: None,
        };
        let words = |parts| repeat(Repeat::new(parts).expect("a repeat"));
        assert_eq!(words(parts), "Every week");
        let weekdays = |names: &[&str]| Weekdays::parse(names.iter().copied()).expect("days");
        let two = RepeatParts {
            interval: 2,
            weekdays: weekdays(&["th", "mo"]),
            until: DueDate::parse("2027-01-31").ok(),
            ..parts
        };
        assert_eq!(words(two), "Every 2 weeks on Mon and Thu until 31 Jan 2027");
        let three = weekdays(&["mo", "we", "fr"]);
        assert_eq!(days(three), "Mon, Wed and Fri");
        let after = RepeatParts {
            every: Every::Day,
            interval: 4,
            from: From::Completion,
            ..parts
        };
        assert_eq!(words(after), "Every 4 days after it is done");
    }
}
