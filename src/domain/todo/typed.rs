//! A new to-do as it was typed: a text whose words may set its other fields.

use time::Date;

use super::{Description, NewTodo, Plan, PlanEdit, QuickAdd, Setting, Unread};
use crate::domain::error::{FieldCode, FieldError};

/// What a client sent of a to-do whose text has words of [`QuickAdd`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The text with these words. Its limit is that of a description, since it can become one.
    pub text: Description,
    /// The fields that were sent beside it.
    pub beside: PlanEdit,
    /// Whether a word set a field.
    pub has_words: bool,
    /// Words that were nearly understood.
    pub unread: Vec<Unread>,
}

impl NewTodo {
    /// A to-do of a text with words that set its fields, and of fields beside it. Days are counted from `today`, the
    /// user's.
    ///
    /// # Errors
    /// When the text is no description, or nothing of it is left without these words; when a word sets a field that
    /// is sent too; when the fields do not fit together.
    pub fn typed(text: &str, beside: PlanEdit, today: Date) -> Result<Self, Vec<FieldError>> {
        let text = Description::parse(text).map_err(|error| vec![error])?;
        let words = QuickAdd::parse(text.as_str(), today);
        let mut errors = Vec::new();
        let description = Description::parse(&words.text).map_err(|_| {
            let message = "Enter what there is to do, too: these words only say when, how often and how urgent";
            errors.push(FieldError::new("description", FieldCode::Required, message));
        });
        errors.extend(said_twice(&words, &beside));
        let (Ok(description), true) = (description, errors.is_empty()) else {
            return Err(errors);
        };
        let has_words = words.sets_a_field();
        let plan = Plan::default().edited(edit(&words, beside.clone()));
        Ok(Self {
            plan: plan.map_err(|error| vec![error])?,
            typed: Some(Typed {
                text,
                beside,
                has_words,
                unread: words.unread,
            }),
            ..Self::new(description)
        })
    }
}

/// The fields of the words and those beside them.
fn edit(words: &QuickAdd, beside: PlanEdit) -> PlanEdit {
    PlanEdit {
        due_date: words.due_date.map_or(beside.due_date, Setting::Set),
        due_time: words.due_time.map_or(beside.due_time, Setting::Set),
        priority: words.priority.or(beside.priority),
        repeat: words.repeat.map_or(beside.repeat, Setting::Set),
        notes: beside.notes,
    }
}

fn said_twice(words: &QuickAdd, beside: &PlanEdit) -> impl Iterator<Item = FieldError> {
    let fields = [
        (
            "due_date",
            words.due_date.is_some() && beside.due_date != Setting::Keep,
        ),
        (
            "due_time",
            words.due_time.is_some() && beside.due_time != Setting::Keep,
        ),
        (
            "priority",
            words.priority.is_some() && beside.priority.is_some(),
        ),
        (
            "repeat",
            words.repeat.is_some() && beside.repeat != Setting::Keep,
        ),
    ];
    let twice = fields.into_iter().filter(|(_, is_twice)| *is_twice);
    twice.map(|(field, _)| {
        let message = format!("A word of the description sets {field} too. Say it only once");
        FieldError::new(field, FieldCode::DuplicateField, message)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;
    use crate::domain::todo::{DueDate, DueTime, Priority};

    const TODAY: Date = date!(2026 - 11 - 28);

    fn typed(text: &str) -> Result<NewTodo, Vec<FieldError>> {
        NewTodo::typed(text, PlanEdit::default(), TODAY)
    }

    fn codes(errors: Vec<FieldError>) -> Vec<(String, &'static str)> {
        let errors = errors.into_iter();
        let code = |error: FieldError| (error.field.into_owned(), error.code.as_str());
        errors.map(code).collect()
    }

    #[test]
    fn words_set_the_plan_and_what_was_typed_is_kept() {
        let new = typed(" Call mum due:fri !high due:x ").expect("valid");
        assert_eq!(new.description.as_str(), "Call mum due:x");
        assert_eq!(new.plan.due_date, DueDate::parse("2026-12-04").ok());
        assert_eq!(new.plan.priority, Priority::High);
        let typed = new.typed.expect("as typed");
        assert_eq!(typed.text.as_str(), "Call mum due:fri !high due:x");
        assert!(typed.has_words);
        assert_eq!(typed.unread[0].word, "due:x");
    }

    proptest! {
        #[test]
        fn any_typed_text_is_a_to_do_that_can_be_taken_back_or_refused(
            words in prop::collection::vec(
                prop_oneof![r"\\?(due:(fri|2028-02-29|x)|at:[0-9]:00|every:week|!(high|lw))", r"\PC{0,9}"],
                0..6,
            ),
        ) {
            let text = words.join(" ");
            match typed(&text) {
                Ok(new) => {
                    let typed = new.typed.expect("as typed");
                    prop_assert_eq!(typed.text.as_str(), text.trim());
                    prop_assert!(!new.description.as_str().is_empty());
                    prop_assert_eq!(typed.has_words, new.plan != Plan::default());
                    for word in typed.unread {
                        prop_assert!(new.description.as_str().contains(&word.word));
                    }
                }
                Err(errors) => prop_assert_eq!(&errors[0].field, "description"),
            }
        }
    }

    #[test]
    fn words_alone_are_no_to_do() {
        for text in ["!high", " due:fri at:9:00 ", "every:day due:today"] {
            let errors = typed(text).expect_err("nothing is left");
            assert!(errors[0].message.contains("these words"), "{errors:?}");
            assert_eq!(codes(errors), [("description".to_owned(), "required")]);
        }
        let long = format!("{} !high", "x".repeat(195));
        let refused = codes(typed(&long).expect_err("too long"));
        assert_eq!(refused, [("description".to_owned(), "too_long")]);
    }

    #[test]
    fn a_field_is_said_by_a_word_or_beside_it() {
        let beside = PlanEdit {
            due_date: Setting::Set(DueDate::parse("2026-12-24").expect("a date")),
            priority: Some(Priority::None),
            ..PlanEdit::default()
        };
        let twice = NewTodo::typed("Call mum due:fri !high", beside, TODAY);
        let wanted = ["due_date", "priority"].map(|field| (field.to_owned(), "duplicate_field"));
        assert_eq!(codes(twice.expect_err("twice")), wanted);
        let time = PlanEdit {
            due_time: Setting::Set(DueTime::parse("17:00").expect("a time")),
            ..PlanEdit::default()
        };
        let both = NewTodo::typed("Call mum due:fri", time.clone(), TODAY).expect("fits");
        assert_eq!(both.plan.due_time, DueTime::parse("17:00").ok());
        let without_date = NewTodo::typed("Call mum", time, TODAY);
        let wanted = [("due_time".to_owned(), "needs_due_date")];
        assert_eq!(codes(without_date.expect_err("no date")), wanted);
    }
}
