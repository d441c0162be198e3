//! Repeats beside an implementation that knows no arithmetic: it walks through the calendar day by day.

use proptest::{prelude::*, sample::select};
use time::{
    Date,
    macros::{date, datetime},
};

use super::*;

fn due(date: Date) -> DueDate {
    DueDate::new(date).expect("within the limits")
}

fn rule(every: Every, interval: u32) -> RepeatParts {
    RepeatParts {
        every,
        interval,
        weekdays: Weekdays::default(),
        from: From::Due,
        until: None,
    }
}

/// The due dates that follow when each is completed on its day.
fn dates(parts: RepeatParts, first: Date, count: usize) -> Vec<Date> {
    let repeat = Repeat::new(parts).expect("valid");
    let mut current = Occurrence::first(due(first));
    let following = std::iter::from_fn(|| {
        current = repeat.next(current, current.due_date.date())?;
        Some(current.due_date.date())
    });
    following.take(count).collect()
}

#[test]
fn a_short_month_does_not_lose_the_day_that_was_chosen() {
    let months = dates(rule(Every::Month, 1), date!(2027 - 01 - 31), 4);
    assert_eq!(
        months,
        [
            date!(2027 - 02 - 28),
            date!(2027 - 03 - 31),
            date!(2027 - 04 - 30),
            date!(2027 - 05 - 31)
        ]
    );
    let quarters = dates(rule(Every::Month, 3), date!(2026 - 11 - 30), 3);
    assert_eq!(
        quarters,
        [
            date!(2027 - 02 - 28),
            date!(2027 - 05 - 30),
            date!(2027 - 08 - 30)
        ]
    );
}

#[test]
fn the_29th_of_february_returns_in_leap_years() {
    let years = dates(rule(Every::Year, 1), date!(2096 - 02 - 29), 8);
    let expected = [2097, 2098, 2099, 2100, 2101, 2102, 2103]
        .map(|year| Date::from_calendar_date(year, Month::February, 28).expect("a day"));
    assert_eq!(years[..7], expected, "2100 is no leap year");
    assert_eq!(years[7], date!(2104 - 02 - 29));
}

#[test]
fn weekdays_come_in_the_weeks_that_the_interval_names() {
    let weekdays = Weekdays::parse(["fr", "mo", "mo"]).expect("valid");
    assert_eq!(weekdays.names().collect::<Vec<_>>(), ["mo", "fr"]);
    let parts = RepeatParts {
        weekdays,
        ..rule(Every::Week, 2)
    };
    // A Wednesday.
    assert_eq!(
        dates(parts, date!(2026 - 12 - 02), 4),
        [
            date!(2026 - 12 - 04),
            date!(2026 - 12 - 14),
            date!(2026 - 12 - 18),
            date!(2026 - 12 - 28)
        ]
    );
}

#[test]
fn a_to_do_that_is_late_by_many_periods_is_completed_once() {
    let repeat = Repeat::new(rule(Every::Day, 2)).expect("valid");
    let late = Occurrence::first(due(date!(2026 - 11 - 01)));
    let next = repeat.next(late, date!(2026 - 11 - 28)).expect("goes on");
    assert_eq!(next.due_date, due(date!(2026 - 11 - 29)));
}

#[test]
fn a_to_do_that_is_completed_early_moves_on_from_its_due_date() {
    let repeat = Repeat::new(rule(Every::Week, 1)).expect("valid");
    let early = Occurrence::first(due(date!(2026 - 12 - 24)));
    let next = repeat.next(early, date!(2026 - 11 - 28)).expect("goes on");
    assert_eq!(next.due_date, due(date!(2026 - 12 - 31)));
}

#[test]
fn counted_from_completion_the_due_date_does_not_matter() {
    let parts = RepeatParts {
        from: From::Completion,
        ..rule(Every::Month, 1)
    };
    let repeat = Repeat::new(parts).expect("valid");
    for first in [date!(2026 - 01 - 01), date!(2027 - 06 - 15)] {
        let current = Occurrence::first(due(first));
        let next = repeat
            .next(current, date!(2027 - 01 - 31))
            .expect("goes on");
        assert_eq!(
            (next.due_date, next.anchor_day),
            (due(date!(2027 - 02 - 28)), 31)
        );
    }
}

#[test]
fn a_repeat_ends_after_its_last_date() {
    let until = |date| RepeatParts {
        until: Some(due(date)),
        ..rule(Every::Day, 1)
    };
    let first = date!(2026 - 11 - 28);
    assert_eq!(dates(until(date!(2026 - 11 - 30)), first, 9).len(), 2);
    assert_eq!(dates(until(date!(2026 - 11 - 28)), first, 9).len(), 0);
    assert_eq!(
        dates(rule(Every::Year, 99), date!(2100 - 01 - 01), 9).len(),
        1
    );
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    for interval in [0, 100, u32::MAX] {
        let refused = Repeat::new(rule(Every::Day, interval)).map_err(|it| it.code);
        assert_eq!(refused, Err(FieldCode::OutOfRange));
    }
    let weekdays = Weekdays::parse(["mo"]).expect("valid");
    for every in [Every::Day, Every::Month, Every::Year] {
        let parts = RepeatParts {
            weekdays,
            ..rule(every, 1)
        };
        assert!(Repeat::new(parts).is_err());
    }
    assert!(Weekdays::parse(["monday"]).is_err());
    assert!(Every::parse("hour").is_err() && From::parse("start").is_err());
}

#[test]
fn each_word_is_the_one_that_it_is_parsed_from() {
    for name in Every::NAMES {
        assert_eq!(Every::parse(name).map(Every::as_str), Ok(name));
    }
    for name in From::NAMES {
        assert_eq!(From::parse(name).map(From::as_str), Ok(name));
    }
    let all = Weekdays::parse(Weekdays::NAMES).expect("valid");
    assert_eq!(Weekdays::from_bits(all.bits()), all);
    assert!(all.names().eq(Weekdays::NAMES));
}

/// Whether the rule meets that day, by looking at the calendar alone.
fn meets(parts: &RepeatParts, start: Date, anchor_day: u8, day: Date) -> bool {
    let months = (day.year() - start.year()) * 12 + i32::from(u8::from(day.month()))
        - i32::from(u8::from(start.month()));
    let interval = i64::from(parts.interval);
    let is_last = day.next_day().is_none_or(|next| next.day() == 1);
    let is_day_of_month = day.day() == anchor_day || (is_last && day.day() < anchor_day);
    match parts.every {
        Every::Day => (day - start).whole_days() % interval == 0,
        Every::Week if parts.weekdays.is_empty() => {
            (day - start).whole_days() % (interval * 7) == 0
        }
        Every::Week => {
            let week = |date: Date| {
                (date.to_julian_day() - i32::from(date.weekday().number_days_from_monday())) / 7
            };
            parts.weekdays.contains(day.weekday())
                && i64::from(week(day) - week(start)) % interval == 0
        }
        Every::Month => is_day_of_month && i64::from(months) % interval == 0 && months > 0,
        Every::Year => is_day_of_month && i64::from(months) % (interval * 12) == 0 && months > 0,
    }
}

/// The next due date, by walking.
fn walked(parts: &RepeatParts, current: Occurrence, completed_on: Date) -> Option<Date> {
    let (start, anchor_day) = match parts.from {
        From::Due => (current.due_date.date(), current.anchor_day),
        From::Completion => (completed_on, completed_on.day()),
    };
    let last = parts.until.unwrap_or(DueDate::MAX).date();
    let mut day = start.max(completed_on);
    while day < last {
        day = day.next_day()?;
        if meets(parts, start, anchor_day, day) {
            return Some(day);
        }
    }
    None
}

prop_compose! {
    fn any_rule()(
        every in select(&[Every::Day, Every::Week, Every::Month, Every::Year][..]),
        interval in prop_oneof![9 => 1..4_u32, 1 => 1..=99_u32],
        bits in 0..128_u8,
        from in select(&[From::Due, From::Completion][..]),
        until in proptest::option::of(0..84_000_i64),
    ) -> RepeatParts {
        let weekdays = Weekdays::from_bits(if every == Every::Week { bits } else { 0 });
        let until = until.map(|days| due(DueDate::MIN.date() + Duration::days(days)));
        RepeatParts { every, interval, weekdays, from, until }
    }
}

proptest! {
    // Each case walks through ten occurrences: at least 2,000 years of the calendar in all.
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn each_date_is_the_one_that_a_walk_finds(
        parts in any_rule(),
        first in 0..80_000_i64,
        delays in prop::collection::vec(prop_oneof![Just(0_i64), -40..40_i64, -1_000..1_000_i64], 10),
    ) {
        let repeat = Repeat::new(parts).expect("valid");
        let mut current = Occurrence::first(due(DueDate::MIN.date() + Duration::days(first)));
        for delay in delays {
            let completed_on = (current.due_date.date() + Duration::days(delay)).max(DueDate::MIN.date());
            let next = repeat.next(current, completed_on);
            prop_assert_eq!(
                next.map(|it| it.due_date.date()),
                walked(&parts, current, completed_on)
            );
            let Some(next) = next else { break };
            current = next;
        }
    }
}

#[test]
fn a_rule_over_the_whole_calendar_takes_no_time() {
    let repeat = Repeat::new(rule(Every::Day, 1)).expect("valid");
    let first = Occurrence::first(DueDate::MIN);
    let next = repeat.next(first, datetime!(2199-12-30 00:00 UTC).date());
    assert_eq!(next.map(|it| it.due_date), Some(DueDate::MAX));
}

proptest! {
    #[test]
    fn a_recurrence_is_read_as_it_was_stored(
        every in 0..4_usize,
        interval in 1..100_u32,
        days in 0..128_u8,
        from in 0..2_usize,
        until in proptest::option::of(0..80_000_i64),
        anchor_day in 1..32_u8,
    ) {
        let every = Every::parse(Every::NAMES[every]).expect("a unit");
        let days = if every == Every::Week { days } else { 0 };
        let until = until.map(|days| DueDate::MIN.date() + Duration::days(days));
        let repeat = Repeat::new(RepeatParts {
            every,
            interval,
            weekdays: Weekdays::from_bits(days),
            from: From::parse(From::NAMES[from]).expect("a name"),
            until: until.map(|date| DueDate::new(date).expect("in range")),
        });
        let recurrence = Recurrence { repeat: repeat.expect("a repeat"), anchor_day };
        let stored = recurrence.to_stored();
        prop_assert!(stored.len() <= 100);
        prop_assert_eq!(Recurrence::from_stored(&stored), Some(recurrence));
    }
}
