use time::macros::{date, datetime};

use super::*;
use crate::domain::todo::repeat::{Every, From, RepeatParts, Weekdays};

fn day(text: &str) -> DueDate {
    DueDate::parse(text).expect(text)
}

fn every(every: Every, from: From) -> Repeat {
    Repeat::new(RepeatParts {
        every,
        interval: 1,
        weekdays: Weekdays::default(),
        from,
        until: None,
    })
    .expect("a repeat")
}

fn planned(edit: PlanEdit) -> Plan {
    Plan::default().edited(edit).expect("it fits together")
}

fn monthly(due_date: &str) -> Plan {
    planned(PlanEdit {
        due_date: Setting::Set(day(due_date)),
        repeat: Setting::Set(every(Every::Month, From::Due)),
        ..PlanEdit::default()
    })
}

#[test]
fn a_time_or_a_repeat_needs_a_due_date() {
    let time = DueTime::parse("17:00").expect("a time");
    let refused = |edit| {
        Plan::default()
            .edited(edit)
            .map_err(|it| (it.field, it.code))
    };
    let late = PlanEdit {
        due_time: Setting::Set(time),
        ..PlanEdit::default()
    };
    assert_eq!(
        refused(late),
        Err(("due_time".into(), FieldCode::NeedsDueDate))
    );
    let again = PlanEdit {
        repeat: Setting::Set(every(Every::Day, From::Due)),
        ..PlanEdit::default()
    };
    assert_eq!(
        refused(again),
        Err(("repeat".into(), FieldCode::NeedsDueDate))
    );
}

#[test]
fn a_cleared_due_date_takes_the_time_and_the_repeat_along() {
    let plan = monthly("2026-12-01").edited(PlanEdit {
        due_time: Setting::Set(DueTime::parse("17:00").expect("a time")),
        ..PlanEdit::default()
    });
    let cleared = plan.expect("a date and a time").edited(PlanEdit {
        due_date: Setting::Clear,
        ..PlanEdit::default()
    });
    assert_eq!(cleared, Ok(Plan::default()));
}

#[test]
fn the_day_of_the_month_is_kept_through_short_months() {
    let now = datetime!(2027-01-31 10:00 UTC);
    let mut plan = monthly("2027-01-31");
    let mut dates = Vec::new();
    for _ in 0..4 {
        let today = plan.due_date.expect("it repeats").date();
        plan = plan.completed(now, today).expect("it repeats");
        // Setting what is stored already keeps the day that was chosen.
        let same = PlanEdit {
            due_date: plan.due_date.map_or(Setting::Keep, Setting::Set),
            repeat: plan.repeat().map_or(Setting::Keep, Setting::Set),
            ..PlanEdit::default()
        };
        assert_eq!(plan.clone().edited(same), Ok(plan.clone()));
        dates.push(plan.due_date.expect("a date").to_string());
    }
    assert_eq!(
        dates,
        ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]
    );
    assert_eq!(plan.last_done_date, Some(now));
}

#[test]
fn another_due_date_begins_with_its_own_day_of_the_month() {
    let plan = monthly("2027-01-31").edited(PlanEdit {
        due_date: Setting::Set(day("2027-02-28")),
        ..PlanEdit::default()
    });
    let now = datetime!(2027-02-28 10:00 UTC);
    let next = plan.expect("a date").completed(now, date!(2027 - 02 - 28));
    let next = next.expect("it repeats").due_date;
    assert_eq!(next, Some(day("2027-03-28")));
}

#[test]
fn a_rule_in_months_after_one_in_weeks_goes_by_the_due_date() {
    let weekly = planned(PlanEdit {
        due_date: Setting::Set(day("2027-03-15")),
        repeat: Setting::Set(every(Every::Week, From::Due)),
        ..PlanEdit::default()
    });
    let now = datetime!(2027-03-15 10:00 UTC);
    let later = weekly.completed(now, now.date()).expect("it repeats");
    let monthly = later.edited(PlanEdit {
        repeat: Setting::Set(every(Every::Month, From::Due)),
        ..PlanEdit::default()
    });
    let next = monthly.expect("a date").completed(now, now.date());
    assert_eq!(next.expect("it repeats").due_date, Some(day("2027-04-22")));
}

#[test]
fn what_does_not_repeat_is_done_for_good() {
    let now = datetime!(2027-01-31 10:00 UTC);
    assert_eq!(Plan::default().completed(now, now.date()), None);
    let ended = planned(PlanEdit {
        due_date: Setting::Set(day("2027-01-31")),
        repeat: Setting::Set(
            Repeat::new(RepeatParts {
                until: Some(day("2027-02-01")),
                ..every(Every::Month, From::Due).parts()
            })
            .expect("a repeat"),
        ),
        ..PlanEdit::default()
    });
    assert_eq!(ended.completed(now, now.date()), None);
}

#[test]
fn an_edit_is_known_by_its_fingerprint() {
    let notes = |text: &str| PlanEdit {
        notes: Setting::to(Notes::parse(text).expect("notes")),
        ..PlanEdit::default()
    };
    let cleared = PlanEdit {
        due_date: Setting::Clear,
        ..PlanEdit::default()
    };
    assert_eq!(PlanEdit::default().fingerprint(), "");
    let prints = [notes("a"), notes("b"), notes(""), cleared].map(|edit| edit.fingerprint());
    for (index, print) in prints.iter().enumerate() {
        assert!(
            !print.is_empty() && !prints[..index].contains(print),
            "{print:?}"
        );
    }
}
