//! The list of a user's tags.

use std::fmt;

use super::{Limit, PAGE_SIZE, TagKey};
use crate::domain::error::{FieldCode, FieldError};

/// Tags on a web page.
pub const TAG_PAGE_SIZE: Limit = PAGE_SIZE;

/// A tag, and how many to-dos have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagCount {
    /// What it is compared by.
    pub key: TagKey,
    /// As it was written first.
    pub name: String,
    /// Open to-dos.
    pub open: i32,
    /// All to-dos.
    pub all: i32,
}

/// A position in the list of tags, which is in the order of what they are compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagCursor(TagKey);

impl TagCursor {
    /// Behind a tag.
    #[must_use]
    pub fn after(tag: &TagCount) -> Self {
        Self(tag.key.clone())
    }

    /// Parses the text form.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let is_key = (1..=TagKey::MAX).contains(&text.chars().count())
            && !text.contains(|it: char| it.is_whitespace() || it.is_control());
        if is_key {
            return Ok(Self(TagKey::from_stored(text.to_owned())));
        }
        Err(FieldError::new(
            "cursor",
            FieldCode::InvalidCursor,
            "There is no such place in the list. Begin at its start",
        ))
    }

    /// The tag before it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for TagCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A page of the list of tags.
#[derive(Clone, Debug)]
pub struct TagPage {
    /// In order, at most as many as requested.
    pub tags: Vec<TagCount>,
    /// Start of the next page; none when this is the last.
    pub next: Option<TagCursor>,
    /// The user's revision, as it was before they were read.
    pub rev: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_cursor_is_the_folded_tag_before_it() {
        let cursor = TagCursor::parse("zasis-1_a").expect("a cursor");
        assert_eq!(cursor.to_string(), "zasis-1_a");
        for text in ["", " ", "a b", "a\0", "a ", &"a".repeat(101)] {
            assert!(TagCursor::parse(text).is_err(), "{text:?}");
        }
    }
}
