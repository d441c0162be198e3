//! The controls of the edit form: one for each field.

use maud::{Markup, html};

use super::field::EditField;
use crate::domain::todo::{Description, DueDate, Notes, Repeat};

/// The days of the week, as they are sent and as they are called.
const DAYS: [(&str, &str); 7] = [
    ("mo", "Mon"),
    ("tu", "Tue"),
    ("we", "Wed"),
    ("th", "Thu"),
    ("fr", "Fri"),
    ("sa", "Sat"),
    ("su", "Sun"),
];

/// What a field of the form is shown with.
pub(super) struct Control<'a> {
    pub(super) field: EditField,
    /// The id of its element.
    pub(super) id: &'a str,
    pub(super) value: &'a str,
    pub(super) is_invalid: bool,
    /// The ids of its hint and its error.
    pub(super) described_by: Option<&'a str>,
    /// In the list, where the keyboard goes.
    pub(super) takes_focus: bool,
    /// On a page, the same.
    pub(super) has_autofocus: bool,
}

impl Control<'_> {
    pub(super) fn render(&self) -> Markup {
        let (id, name, value) = (self.id, self.field.name(), self.value);
        let (invalid, described) = (self.is_invalid.then_some("true"), self.described_by);
        // No `required`, no `maxlength`: the server says in words what is wrong, and nothing is cut. What a browser alone
        // can know, a half-typed date, it says itself: the form has no `novalidate`.
        html! {
            @match self.field {
                EditField::Description => {
                    input id=(id) name=(name) type="text" value=(value) aria-required="true" autocomplete="off"
                        enterkeyhint="done" dir="auto" data-max=(Description::MAX) data-focus[self.takes_focus]
                        autofocus[self.has_autofocus] aria-invalid=[invalid] aria-describedby=[described];
                },
                EditField::Notes => {
                    textarea id=(id) name=(name) rows="3" autocomplete="off" dir="auto" data-max=(Notes::MAX)
                        aria-invalid=[invalid] aria-describedby=[described] { "\n" (value) }
                },
                EditField::DueDate | EditField::RepeatUntil => {
                    input id=(id) name=(name) type="date" value=(value) min=(DueDate::MIN) max=(DueDate::MAX)
                        aria-invalid=[invalid] aria-describedby=[described];
                },
                EditField::DueTime => {
                    input id=(id) name=(name) type="time" value=(value) aria-invalid=[invalid] aria-describedby=[described];
                },
                EditField::RepeatInterval => {
                    input id=(id) name=(name) type="number" value=(value) min="1" max=(Repeat::INTERVAL_MAX)
                        aria-invalid=[invalid] aria-describedby=[described];
                },
                EditField::RepeatWeekdays => {
                    // Says that the form has these fields, also when no box is ticked.
                    input type="hidden" name=(name) value="";
                    @for (day, words) in DAYS {
                        label.choice {
                            input type="checkbox" name=(name) value=(day) checked[value.split(',').any(|it| it == day)];
                            (words)
                        }
                    }
                },
                EditField::Priority => (self.select(&[("none", "None"), ("low", "Low"), ("medium", "Medium"), ("high", "High")])),
                EditField::RepeatEvery => (self.select(&[
                    ("", "Never"), ("day", "By days"), ("week", "By weeks"), ("month", "By months"), ("year", "By years"),
                ])),
                EditField::RepeatFrom => (self.select(&[("due", "The due date"), ("completion", "The day it is done")])),
            }
        }
    }

    fn select(&self, options: &[(&str, &str)]) -> Markup {
        html! {
            select id=(self.id) name=(self.field.name()) aria-invalid=[self.is_invalid.then_some("true")]
                aria-describedby=[self.described_by] {
                @for (value, words) in options {
                    option value=(value) selected[*value == self.value] { (words) }
                }
            }
        }
    }
}
