//! Tags: words of a to-do's text that begin with `#`.

use unicode_normalization::char::is_combining_mark;

use crate::domain::text::{folded, is_invisible};

/// A tag, as it was written first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

/// What tags are compared by: the word without case and accents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagKey(String);

impl TagKey {
    /// Maximum characters: some letters are two or more when they are folded.
    pub const MAX: usize = 2 * Tag::MAX;

    /// The stored form.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The folded word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tag {
    /// Maximum characters, without the `#`.
    pub const MAX: usize = 50;

    /// A tag, with or without its `#`; none when the text is no tag.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.strip_prefix('#').unwrap_or(text);
        let is_tag = (1..=Self::MAX).contains(&word.chars().count())
            && word.chars().all(is_of_a_tag)
            && word.chars().any(char::is_alphanumeric)
            && !is_invisible(word);
        let tag = is_tag.then(|| Self(word.to_owned()))?;
        let TagKey(key) = tag.key();
        let is_key = (1..=TagKey::MAX).contains(&key.chars().count());
        // Some letters leave a blank, which databases ignore at the end of a text.
        (is_key && !key.contains(char::is_whitespace)).then_some(tag)
    }

    /// The tags of a text, in its order, each once. `\#` begins none, nor does a `#` within a word, such as that
    /// of `C#` or of a link.
    #[must_use]
    pub fn all_of(text: &str) -> Vec<Self> {
        let mut tags: Vec<Self> = Vec::new();
        if !text.contains('#') {
            return tags;
        }
        let mut before = None;
        for (position, character) in text.char_indices() {
            if character == '#' && before.is_none_or(begins_a_word_after) {
                let word = &text[position + 1..];
                let length = word.find(|it| !is_of_a_tag(it)).unwrap_or(word.len());
                let tag = Self::parse(&word[..length]);
                tags.extend(tag.filter(|tag| tags.iter().all(|it| it.key() != tag.key())));
            }
            before = Some(character);
        }
        tags
    }

    /// The word, without its `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is compared by.
    #[must_use]
    pub fn key(&self) -> TagKey {
        TagKey(folded(&self.0))
    }
}

fn is_of_a_tag(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character) || matches!(character, '_' | '-')
}

fn begins_a_word_after(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '(' | '[' | '{' | '"' | '\'' | '„' | '“' | '«' | ',' | ';'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all_of(text: &str) -> Vec<String> {
        Tag::all_of(text).into_iter().map(|tag| tag.0).collect()
    }

    #[test]
    fn tags_are_the_words_that_begin_with_a_number_sign() {
        for (text, tags) in [
            ("Buy milk #home", vec!["home"]),
            (
                "#home Buy milk (#shop,#Today)",
                vec!["home", "shop", "Today"],
            ),
            ("#žąsis-1_a, #2026", vec!["žąsis-1_a", "2026"]),
            ("Milk #Home #home #HOME", vec!["Home"]),
            (r"Milk \#home", vec![]),
            ("Learn C# and F#", vec![]),
            ("https://example.org/#part a#b ##c", vec![]),
            ("# alone #- #_ #!", vec![]),
            ("#a\u{301}b #कि", vec!["a\u{301}b", "कि"]),
        ] {
            assert_eq!(all_of(text), tags, "{text}");
        }
    }

    #[test]
    fn a_tag_has_at_most_fifty_characters() {
        let longest = "ž".repeat(50);
        assert_eq!(all_of(&format!("#{longest}")), [longest.as_str()]);
        assert!(all_of(&format!("#{longest}ž")).is_empty());
    }

    #[test]
    fn tags_are_compared_without_case_and_accents() {
        let key = |text| Tag::parse(text).map(|tag| tag.key());
        assert_eq!(key("#Žąsis"), key("zasis"));
        assert_ne!(key("home"), key("homes"));
        assert_eq!(key("two words"), None);
    }

    #[test]
    fn a_tag_of_letters_that_fold_to_nothing_or_to_a_lot_is_none() {
        assert!(all_of("#\u{345} #\u{363} #\u{3164}").is_empty());
        assert_eq!(all_of(&format!("#{}", "ß".repeat(50))).len(), 1);
        assert!(all_of(&format!("#{}", "\u{fdfa}".repeat(50))).is_empty());
        assert_eq!(all_of("#home #home\u{37a}"), ["home"]);
    }

    proptest! {
        #[test]
        fn each_tag_of_a_text_is_a_tag_by_itself(text in "[#a-cž\\\\ _-]{0,30}") {
            for tag in Tag::all_of(&text) {
                let written = format!("#{}", tag.as_str());
                prop_assert!(text.contains(&written));
                prop_assert_eq!(Tag::parse(tag.as_str()), Some(tag));
            }
        }
    }
}
