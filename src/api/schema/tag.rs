//! Response bodies of the call about tags.

use poem_openapi::Object;
use serde::Serialize;

use crate::domain;

/// A tag.
#[derive(Object, Serialize)]
pub(in crate::api) struct TagCount {
    /// The word, without its `#`, as it was written first.
    name: String,
    /// Number of open to-dos that have it.
    open_count: u32,
    /// Number of all to-dos that have it.
    count: u32,
}

/// A part of the list of tags.
#[derive(Object, Serialize)]
pub(in crate::api) struct TagList {
    /// In alphabetical order, without regard to case and accents.
    tags: Vec<TagCount>,
    /// What to send as `cursor` for the next part; null when this is the last.
    next_cursor: Option<String>,
    /// The user's revision. It changes when any to-do does.
    rev: u64,
}

impl From<domain::todo::TagPage> for TagList {
    fn from(page: domain::todo::TagPage) -> Self {
        let tags = page.tags.into_iter().map(|tag| TagCount {
            name: tag.name,
            open_count: tag.open.max(0).unsigned_abs(),
            count: tag.all.max(0).unsigned_abs(),
        });
        Self {
            tags: tags.collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
            rev: page.rev,
        }
    }
}
