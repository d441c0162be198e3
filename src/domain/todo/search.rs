//! What narrows a list: a tag, and words that are searched for in text and notes.

use std::{cmp::Reverse, ops::Range};

use super::{Cursor, Tag, TagKey, Todo};
use crate::domain::{
    error::{FieldCode, FieldError},
    text::{folded, hits, parse_line},
};

/// Number of to-dos that one search looks at: all of most lists, within some 10 ms; of longer ones the next part of the
/// view, within 100 ms (`./ops/test measured`).
pub const SEARCHED_MAX: u32 = 20_000;

/// Number of patterns that the database looks for; what else is searched for is looked at when these are found.
pub const PATTERNS: usize = 3;

/// Words that are searched for: all of them, in any order, without case and accents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    typed: String,
    words: Vec<String>,
}

impl Search {
    /// Maximum characters.
    pub const MAX: usize = 100;

    /// Parses what was typed.
    ///
    /// # Errors
    /// When nothing of it can be seen, when it is too long, or holds control characters.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let missing = "Type what to search for";
        let typed = parse_line(text, Self::MAX, "q", "The search", missing)?;
        let folded = folded(&typed);
        let words: Vec<_> = folded.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(FieldError::new("q", FieldCode::Required, missing));
        }
        Ok(Self { typed, words })
    }

    /// As it was typed, without blanks around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// Whether a text has all words.
    fn finds(&self, folded: &str) -> bool {
        self.words.iter().all(|word| folded.contains(word))
    }

    /// Where words are found in a text, as ranges of its bytes, in order and without overlaps.
    #[must_use]
    pub fn hits(&self, text: &str) -> Vec<Range<usize>> {
        let words = self.words.iter();
        let mut found: Vec<_> = words.flat_map(|word| hits(text, word)).collect();
        found.sort_unstable_by_key(|hit| (hit.start, Reverse(hit.end)));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for hit in found {
            match merged.last_mut() {
                Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
                _ => merged.push(hit),
            }
        }
        merged
    }
}

/// What narrows a list; with both, to-dos that have the tag and in which the words are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// A tag.
    pub tag: Option<Tag>,
    /// Words.
    pub search: Option<Search>,
}

impl Narrowing {
    /// Parses a tag and words; an empty text is none.
    ///
    /// # Errors
    /// Each that is neither.
    pub fn parse(tag: &str, search: &str) -> Result<Self, Vec<FieldError>> {
        let tag = some(tag).map(|tag| Tag::parse(tag).ok_or_else(no_tag));
        let search = some(search).map(Search::parse);
        match (tag.transpose(), search.transpose()) {
            (Ok(tag), Ok(search)) => Ok(Self { tag, search }),
            (tag, search) => Err(tag.err().into_iter().chain(search.err()).collect()),
        }
    }

    /// Whether it narrows nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.tag.is_none() && self.search.is_none()
    }

    /// Whether a to-do belongs to the list.
    #[must_use]
    pub fn finds(&self, todo: &Todo) -> bool {
        let has = |key: TagKey| {
            let tags = Tag::all_of(todo.description.as_str());
            tags.iter().any(|tag| tag.key() == key)
        };
        let search = self.search.as_ref();
        self.tag.as_ref().is_none_or(|tag| has(tag.key()))
            && search.is_none_or(|search| search.finds(&todo.folded_whole()))
    }

    /// Patterns for `LIKE ... ESCAPE '!'` that the folded text of each to-do matches which it finds: of the tag, and of
    /// the longest words.
    #[must_use]
    pub fn patterns(&self) -> [String; PATTERNS] {
        let tag = self
            .tag
            .iter()
            .map(|tag| format!("#{}", tag.key().as_str()));
        let words = self.search.iter().flat_map(|search| &search.words);
        let mut words: Vec<_> = words.cloned().collect();
        words.sort_by_key(|word| Reverse(word.len()));
        let mut patterns = tag.chain(words).map(|part| format!("%{}%", escaped(&part)));
        std::array::from_fn(|_| patterns.next().unwrap_or_else(|| "%".to_owned()))
    }
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn no_tag() -> FieldError {
    let message = "A tag has letters, digits, _ and -, up to 50 of them";
    FieldError::new("tag", FieldCode::InvalidValue, message)
}

/// A text as a part of a pattern, in which nothing of it has a meaning.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern
}

/// A to-do that a search has to look at, or the last one that it has looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the view.
    pub place: Cursor,
    /// Whether the search has looked at as many as it may, and this was the last one.
    pub is_end: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;
    use crate::domain::todo::{Description, Notes, TodoId};

    fn search(text: &str) -> Search {
        Search::parse(text).expect("valid")
    }

    fn narrowing(tag: &str, text: &str) -> Narrowing {
        Narrowing::parse(tag, text).expect("valid")
    }

    fn todo(text: &str, notes: &str) -> Todo {
        let now = datetime!(2026-01-01 00:00 UTC);
        let mut todo = Todo::new(
            TodoId::new_v7(now),
            Description::parse(text).expect("valid"),
            now,
        );
        todo.plan.notes = Notes::parse(notes).expect("valid");
        todo
    }

    #[test]
    fn all_words_are_found_in_any_order_in_text_or_notes() {
        let goose = todo("Keptas Žąsis #Home", "su obuoliais\n100% a_b");
        for words in ["zasis", "ZASIS kept", "obuol žąs", "100%", "a_b", "home"] {
            assert!(narrowing("", words).finds(&goose), "{words}");
        }
        for words in ["zasis bulve", "10%", "a%b", "axb", "obuoliais 100 zasys"] {
            assert!(!narrowing("", words).finds(&goose), "{words}");
        }
        assert!(narrowing("#home", "zasis").finds(&goose));
        assert!(!narrowing("hom", "zasis").finds(&goose));
        assert!(!narrowing("home", "bulve").finds(&goose));
    }

    #[test]
    fn a_search_has_1_to_100_characters_that_can_be_seen() {
        assert!(Search::parse(&"ž".repeat(100)).is_ok());
        for (text, code) in [
            ("", FieldCode::Required),
            (" \u{3164} ", FieldCode::Required),
            ("\u{301}", FieldCode::Required),
            ("a\0b", FieldCode::ControlCharacters),
            ("a\nb", FieldCode::ControlCharacters),
            ("x".repeat(101).as_str(), FieldCode::TooLong),
        ] {
            let error = Search::parse(text).expect_err(text);
            assert_eq!((error.field.as_ref(), error.code), ("q", code), "{text:?}");
        }
        let errors = Narrowing::parse("two words", "a\0").expect_err("both");
        assert_eq!(errors.len(), 2);
        assert!(narrowing("", "").is_none());
    }

    #[test]
    fn hits_of_several_words_are_marked_once() {
        let text = "Žąsis, žąsiukai ir antis";
        let marked = |words| {
            let hits = search(words).hits(text).into_iter();
            hits.map(|hit| &text[hit]).collect::<Vec<_>>()
        };
        assert_eq!(marked("zas sis"), ["Žąsis", "žąs"]);
        assert_eq!(marked("IR ant"), ["ir", "ant"]);
        assert_eq!(marked("xyz"), Vec::<&str>::new());
    }

    #[test]
    fn patterns_are_of_the_tag_and_the_longest_words() {
        let patterns = narrowing("Home", "a 100% longest_").patterns();
        assert_eq!(patterns, ["%#home%", "%longest!_%", "%100!%%"]);
        assert_eq!(narrowing("", "50!").patterns(), ["%50!!%", "%", "%"]);
    }

    proptest! {
        #[test]
        fn whatever_is_a_part_of_a_text_is_found_in_it(
            before in "\\PC{0,10}", part in "[\\PC&&[^\\p{Z}\\p{M}\\p{C}]]{1,9}", after in "\\PC{0,10}",
        ) {
            let text = format!("{before}{part}{after}");
            if let Ok(search) = Search::parse(&part) {
                let folded = folded(&text);
                prop_assert!(search.finds(&folded), "{:?} in {:?}", search, folded);
                prop_assert!(!search.hits(&text).is_empty());
            }
        }
    }
}
