//! Quick add on the page: what the words of a new to-do have set is said, with a button that makes plain text of them
//! again; and the help for these words.

use maud::{Markup, PreEscaped, html};

use super::{
    super::{layout::quoted, timestamp::long_date, url},
    list_view::{ListUrl, ListView},
    row::{Reader, list_fields},
    words,
};
use crate::domain::todo::{Description, Plan, Priority, QuickAdd, Todo, Typed, Unread};

/// The help for the words, beside the form that adds: outside of what answers replace, since that would shut it.
pub(super) const HELP: PreEscaped<&str> = PreEscaped(concat!(
    "<details class=\"help\"><summary>Words that plan it</summary><p>",
    "<code>due:fri</code>, <code>due:tomorrow</code> or <code>due:2026-12-24</code> sets the day, ",
    "<code>at:17:00</code> its time; <code>every:week</code>, <code>every:2months</code> or ",
    "<code>every:mon,thu</code> repeats it; <code>!high</code>, <code>!medium</code> or <code>!low</code> ",
    "says how urgent it is. A <code>\\</code> before such a word keeps it as text.</p></details>",
));

/// A to-do that was added, with what its words have set, and what they have not.
pub(super) struct AddedByWords<'a> {
    todo: &'a Todo,
    /// What the button makes of it; none when it would be too long, or there is nothing to take back.
    plain: Option<String>,
    unread: Vec<Unread>,
}

impl<'a> AddedByWords<'a> {
    /// That of a text that was just sent; none without such words.
    pub(super) fn of_typed(todo: &'a Todo, typed: &Typed) -> Option<Self> {
        let says_something = typed.has_words || !typed.unread.is_empty();
        says_something.then(|| Self {
            todo,
            plain: typed.has_words.then(|| typed.text.as_str().to_owned()),
            unread: typed.unread.clone(),
        })
    }

    /// The same from what is stored, for the page that a redirect led to: nothing typed stands in its address.
    pub(super) fn of_stored(todo: &'a Todo, reader: Reader<'_>, is_all_read: bool) -> Self {
        let (text, today) = (todo.description.as_str(), reader.today);
        let words = words_of(&todo.plan);
        let plain = format!("{text} {}", words.to_text(today));
        let plain = Some(plain).filter(|plain| words.sets_a_field() && is_description(plain));
        let unread = if is_all_read {
            Vec::new()
        } else {
            QuickAdd::parse(text, today).unread
        };
        Self {
            todo,
            plain,
            unread,
        }
    }

    /// The status message.
    pub(super) fn render(&self, reader: Reader<'_>, view: ListView<'_>) -> Markup {
        let todo = self.todo;
        html! {
            span {
                "Added " (quoted(todo.description.as_str())) (said(&todo.plan)) "."
                @for Unread { word, message } in &self.unread {
                    " " (quoted(word)) " stays text. " (message) "."
                }
            }
            @if !view.contains(todo, reader.today) { " " a href=(ListUrl::default()) { "Show it" } }
            @if let Some(plain) = &self.plain { " " (take_back(todo, plain, reader, view)) }
        }
    }
}

/// The form of the button: an edit of the revision that was shown, so that nothing newer is overwritten.
fn take_back(todo: &Todo, plain: &str, reader: Reader<'_>, view: ListView<'_>) -> Markup {
    // Where the list has no row for the answer, it is a page.
    let is_shown = view.contains(todo, reader.today);
    let by_htmx = is_shown.then_some(url::EDIT);
    html! {
        form.back method="post" action=(url::EDIT) hx-post=[by_htmx] hx-swap="none" hx-sync="this:drop" {
            input type="hidden" name="todo_id" value=(todo.id);
            (list_fields(reader.account, view))
            input type="hidden" name="expected_rev" value=(todo.rev);
            input type="hidden" name="description" value=(plain);
            @for (name, value) in [("due_date", ""), ("due_time", ""), ("priority", "none"), ("repeat_every", "")] {
                input type="hidden" name=(name) value=(value);
            }
            button.button.quiet type="submit" { "Keep it as plain text" }
        }
    }
}

fn words_of(plan: &Plan) -> QuickAdd {
    QuickAdd {
        priority: Some(plan.priority).filter(|it| *it != Priority::None),
        due_date: plan.due_date,
        due_time: plan.due_time,
        repeat: plan.repeat(),
        ..QuickAdd::default()
    }
}

fn is_description(text: &str) -> bool {
    Description::parse(text).is_ok()
}

/// The plan within a sentence.
fn said(plan: &Plan) -> String {
    let mut said = String::new();
    if let Some(date) = plan.due_date {
        said.push_str(", due ");
        said.push_str(&long_date(date.date()));
    }
    if let Some(time) = plan.due_time {
        said.push_str(" at ");
        said.push_str(&time.to_string());
    }
    if let Some(rule) = plan.repeat() {
        said.push_str(", ");
        said.push_str(&words::repeat(rule).replacen("Every", "every", 1));
    }
    if plan.priority != Priority::None {
        said.push_str(", ");
        said.push_str(plan.priority.as_str());
        said.push_str(" priority");
    }
    said
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};
    use time::macros::date;

    use super::*;

    #[test]
    fn each_word_of_the_help_is_understood() {
        let help = Html::parse_fragment(HELP.0);
        let codes = Selector::parse("code").expect("a selector");
        let words: Vec<String> = help.select(&codes).map(|it| it.text().collect()).collect();
        assert_eq!(words.len(), 11);
        for word in words.iter().filter(|word| *word != "\\") {
            let parsed = QuickAdd::parse(&format!("due:fri {word}"), date!(2026 - 11 - 28));
            // A second day is said twice.
            let is_understood = parsed.text.is_empty() || word.starts_with("due:");
            assert!(is_understood, "{word}: {parsed:?}");
            let alone = QuickAdd::parse(word, date!(2026 - 11 - 28));
            assert!(!word.starts_with("due:") || alone.due_date.is_some());
        }
    }
}
