//! Quick add: words in the text of a new to-do that set its other fields, such as `due:fri` and `!high`. Only these
//! words count, never a guess from natural language.

use time::{Date, Weekday};

use super::{
    DueDate, DueTime, Priority, Repeat, RepeatParts,
    repeat::{Every, From, Weekdays},
};

/// A text taken apart: the text that is left, and the fields that its words set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuickAdd {
    /// The text without the words that were understood.
    pub text: String,
    /// `!high`, `!medium`, `!low`.
    pub priority: Option<Priority>,
    /// `due:2026-12-24`, `due:today`, `due:tomorrow`, `due:fri`.
    pub due_date: Option<DueDate>,
    /// `at:17:00`, with a due date.
    pub due_time: Option<DueTime>,
    /// `every:week`, `every:2months`, `every:mon,thu`, with a due date.
    pub repeat: Option<Repeat>,
    /// Words that look like these but are not; they stay in the text.
    pub unread: Vec<Unread>,
}

/// A word that was nearly understood, with the reason, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The word, as it stays in the text.
    pub word: String,
    /// What is wrong with it.
    pub message: &'static str,
}

const PRIORITY: &str = "The priority is !high, !medium or !low";
const DUE_DATE: &str =
    "After due: comes a day without a blank: 2026-12-24, today, tomorrow, or a day such as fri";
const DUE_TIME: &str = "After at: comes a time without a blank, such as 17:00";
const REPEAT: &str =
    "After every: comes what to repeat without a blank: day, 2weeks, month, year or mon,thu";
const TWICE: &str = "The word before it says this already";
const NEEDS_DATE: &str = "It needs a due date too, such as due:today";

/// A word that sets a field.
#[derive(Clone, Copy)]
enum Word {
    Priority(Priority),
    DueDate(DueDate),
    DueTime(DueTime),
    Repeat(Repeat),
}

impl QuickAdd {
    /// Takes a text apart. Days are counted from `today`, the user's. A backslash before a word keeps it as text.
    #[must_use]
    pub fn parse(text: &str, today: Date) -> Self {
        let has_date =
            words(text).any(|word| matches!(read(word, today), Ok(Some(Word::DueDate(_)))));
        let mut parsed = Self::default();
        for piece in text.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            let kept = match read(word, today) {
                Ok(None) => Ok(()),
                Ok(Some(found)) => match parsed.set(found, has_date) {
                    Ok(()) => continue,
                    Err(message) => Err(message),
                },
                Err(message) => Err(message),
            };
            if let Err(message) = kept {
                let word = word.to_owned();
                parsed.unread.push(Unread { word, message });
            }
            let is_escaped = word.starts_with('\\') && is_special(word, today);
            parsed
                .text
                .push_str(if is_escaped { &piece[1..] } else { piece });
        }
        parsed.text = parsed.text.trim().to_owned();
        parsed
    }

    /// The text that parses to this again, whatever was unread before.
    #[must_use]
    pub fn to_text(&self, today: Date) -> String {
        let escaped = self.text.split_inclusive(char::is_whitespace).map(|piece| {
            let escape = if is_special(piece.trim_end(), today) {
                "\\"
            } else {
                ""
            };
            format!("{escape}{piece}")
        });
        let text: String = escaped.collect();
        let priority = self.priority.map(|it| format!("!{}", it.as_str()));
        let due_date = self.due_date.map(|it| format!("due:{it}"));
        let due_time = self.due_time.map(|it| format!("at:{it}"));
        let repeat = self.repeat.map(|it| format!("every:{}", written(it)));
        let text = (!text.is_empty()).then_some(text);
        let parts = [text, due_date, due_time, repeat, priority];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Whether a word sets a field.
    #[must_use]
    pub fn sets_a_field(&self) -> bool {
        // A time and a repeat need a date.
        self.due_date.is_some() || self.priority.is_some()
    }

    /// Sets the field of the word, the first time.
    fn set(&mut self, word: Word, has_date: bool) -> Result<(), &'static str> {
        match word {
            Word::Priority(priority) => set_once(&mut self.priority, priority),
            Word::DueDate(due_date) => set_once(&mut self.due_date, due_date),
            Word::DueTime(_) | Word::Repeat(_) if !has_date => Err(NEEDS_DATE),
            Word::DueTime(due_time) => set_once(&mut self.due_time, due_time),
            Word::Repeat(repeat) => set_once(&mut self.repeat, repeat),
        }
    }
}

fn set_once<T>(field: &mut Option<T>, value: T) -> Result<(), &'static str> {
    if field.is_some() {
        return Err(TWICE);
    }
    *field = Some(value);
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(char::is_whitespace)
}

/// Whether the word, without the backslashes before it, is one that is understood, or nearly.
fn is_special(word: &str, today: Date) -> bool {
    !matches!(read(word.trim_start_matches('\\'), today), Ok(None))
}

/// The word's meaning: none for plain text.
fn read(word: &str, today: Date) -> Result<Option<Word>, &'static str> {
    let word = word.to_ascii_lowercase();
    let Some((key, value)) = word.split_once(':') else {
        let name = word.strip_prefix('!').unwrap_or_default();
        if name.is_empty() || !name.chars().all(char::is_alphabetic) {
            return Ok(None);
        }
        let priority = Priority::parse(name)
            .ok()
            .filter(|it| *it != Priority::None);
        return priority.map(Word::Priority).map(Some).ok_or(PRIORITY);
    };
    match key {
        "due" => day(value, today)
            .map(Word::DueDate)
            .map(Some)
            .ok_or(DUE_DATE),
        "at" => time_of_day(value)
            .map(Word::DueTime)
            .map(Some)
            .ok_or(DUE_TIME),
        "every" => repeat(value).map(Word::Repeat).map(Some).ok_or(REPEAT),
        _ => Ok(None),
    }
}

/// A date, or the next day of that name. The name of today is a week away: for today there is a word.
fn day(text: &str, today: Date) -> Option<DueDate> {
    let date = match text {
        "today" => today,
        "tomorrow" => today.next_day()?,
        _ => match weekday(text) {
            Some(weekday) => today.next_occurrence(weekday),
            None => return DueDate::parse(text).ok(),
        },
    };
    DueDate::new(date).ok()
}

/// A time of a clock with 24 hours; the hour may have one digit.
fn time_of_day(text: &str) -> Option<DueTime> {
    let missing = if text.find(':') == Some(1) { "0" } else { "" };
    DueTime::parse(&format!("{missing}{text}")).ok()
}

/// A number and a unit, or names of days.
fn repeat(text: &str) -> Option<Repeat> {
    let parts = |every, interval, weekdays| RepeatParts {
        every,
        interval,
        weekdays,
        from: From::Due,
        until: None,
    };
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let number = &text[..text.len() - unit.len()];
    let interval = if number.is_empty() {
        Some(1)
    } else {
        number.parse().ok()
    };
    let parts = if let Ok(every) = Every::parse(unit.strip_suffix('s').unwrap_or(unit)) {
        parts(every, interval?, Weekdays::default())
    } else {
        let names = text
            .split(',')
            .map(|name| Some(WEEKDAYS[weekday_number(name)?].1));
        let names: Option<Vec<_>> = names.collect();
        parts(Every::Week, 1, Weekdays::parse(names?).ok()?)
    };
    Repeat::new(parts).ok()
}

/// The repeat as [`repeat`] reads it.
fn written(repeat: Repeat) -> String {
    let parts = repeat.parts();
    if !parts.weekdays.is_empty() {
        let days = parts.weekdays.names().collect::<Vec<_>>();
        let days = WEEKDAYS.iter().filter(|(_, name, _)| days.contains(name));
        return days
            .map(|(_, _, word)| &word[..3])
            .collect::<Vec<_>>()
            .join(",");
    }
    let unit = parts.every.as_str();
    match parts.interval {
        1 => unit.to_owned(),
        interval => format!("{interval}{unit}s"),
    }
}

/// The days of the week, with their names in a repeat and in a text.
const WEEKDAYS: [(Weekday, &str, &str); 7] = [
    (Weekday::Monday, "mo", "monday"),
    (Weekday::Tuesday, "tu", "tuesday"),
    (Weekday::Wednesday, "we", "wednesday"),
    (Weekday::Thursday, "th", "thursday"),
    (Weekday::Friday, "fr", "friday"),
    (Weekday::Saturday, "sa", "saturday"),
    (Weekday::Sunday, "su", "sunday"),
];

fn weekday(name: &str) -> Option<Weekday> {
    weekday_number(name).map(|number| WEEKDAYS[number].0)
}

/// The position in [`WEEKDAYS`] of a day's whole name, or of its first three letters.
fn weekday_number(name: &str) -> Option<usize> {
    let mut days = WEEKDAYS.iter();
    days.position(|(_, _, whole)| name == *whole || name == &whole[..3])
}

#[cfg(test)]
mod tests;
