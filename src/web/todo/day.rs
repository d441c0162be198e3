//! The headings between the to-dos of a list by due date.

use maud::{Markup, Render, html};
use time::{Date, Duration};

use super::{super::timestamp::long_date, list_view::ListView};
use crate::domain::todo::{Cursor, DueDate, Todo};

/// What a heading stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// Before today, however long.
    Overdue,
    Today,
    Tomorrow,
    Later(DueDate),
}

impl Day {
    /// That of a to-do; none in a list that is not by due date.
    pub(super) fn of(todo: &Todo, view: ListView<'_>, today: Date) -> Option<Self> {
        let is_by_day = view.filter.is_by_day();
        let date = todo.plan.due_date.filter(|_| is_by_day)?;
        Some(Self::on(date, today))
    }

    /// That of the to-do before the first one of a page.
    pub(super) fn before(view: ListView<'_>, today: Date) -> Option<Self> {
        match view.after {
            Some(Cursor::Due(after)) => Some(Self::on(after.due_date, today)),
            _ => None,
        }
    }

    fn on(due: DueDate, today: Date) -> Self {
        let date = due.date();
        if date < today {
            Self::Overdue
        } else if date == today {
            Self::Today
        } else if date - today == Duration::DAY {
            Self::Tomorrow
        } else {
            Self::Later(due)
        }
    }
}

impl Render for Day {
    fn render(&self) -> Markup {
        let (id, name) = match self {
            Self::Overdue => ("overdue".to_owned(), "Overdue".to_owned()),
            Self::Today => ("today".to_owned(), "Today".to_owned()),
            Self::Tomorrow => ("tomorrow".to_owned(), "Tomorrow".to_owned()),
            Self::Later(due) => (due.to_string(), long_date(due.date())),
        };
        html! { li.day #{ "day-" (id) } { h2 { (name) } } }
    }
}
