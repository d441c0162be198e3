//! What is kept beside a to-do so that it is found: its folded text, and its tags with the number of to-dos that each
//! has.

use std::collections::BTreeMap;

use super::{Tag, TagKey, Todo, TodoId};
use crate::domain::text::folded;

/// Maximum bytes of a folded text. Only texts of letters that fold to many are longer; these are looked at when they are
/// searched.
const FOLDED_MAX: usize = 65_535;

/// The tags of a to-do that has been written, as far as they are to be stored anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagging {
    /// The to-do.
    pub id: TodoId,
    /// Its tags; none of one that was removed.
    pub tags: Vec<Tag>,
    /// Whether it is open.
    pub is_open: bool,
}

/// A tag of a to-do, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagEntry {
    /// The tag.
    pub key: TagKey,
    /// Whether its to-do is open.
    pub is_open: bool,
}

/// A change in the number of to-dos that have a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    /// The tag.
    pub key: TagKey,
    /// As it is written now; none if no to-do has got it.
    pub name: Option<String>,
    /// Change in open to-dos.
    pub open: i32,
    /// Change in all to-dos.
    pub all: i32,
}

impl Todo {
    /// Its text and its notes, folded; none of a removed one, and none where that is too long to be stored.
    #[must_use]
    pub fn folded(&self) -> Option<String> {
        if self.removed_date.is_some() {
            return None;
        }
        Some(self.folded_whole()).filter(|text| text.len() <= FOLDED_MAX)
    }

    /// The same of any to-do, however long it is.
    #[must_use]
    pub fn folded_whole(&self) -> String {
        let mut text = folded(self.description.as_str());
        if let Some(notes) = &self.plan.notes {
            text.push('\n');
            text.push_str(&folded(notes.as_str()));
        }
        text
    }

    /// The tags to be stored when it has been written; none if what is stored of them is right.
    #[must_use]
    pub fn tagging(&self, stored: Option<&Self>) -> Option<Tagging> {
        let tags = self.present_tags();
        let is_right = match stored {
            None => tags.is_empty(),
            Some(stored) => {
                let before = stored.present_tags();
                let has_none = tags.is_empty() && before.is_empty();
                let is_same = tags == before && self.place_in_views() == stored.place_in_views();
                stored.is_indexed && (has_none || is_same)
            }
        };
        let (id, is_open) = (self.id, !self.is_done);
        (!is_right).then_some(Tagging { id, tags, is_open })
    }

    fn present_tags(&self) -> Vec<Tag> {
        if self.removed_date.is_some() {
            return Vec::new();
        }
        Tag::all_of(self.description.as_str())
    }

    /// By what the views of the list are ordered.
    fn place_in_views(&self) -> impl PartialEq + use<> {
        let due = (self.plan.due_date, self.plan.due_time);
        (self.is_done, self.position, due, self.done_date)
    }
}

impl TagChange {
    /// What changes when these entries are replaced by the tags, in the order of the tags.
    #[must_use]
    pub fn between(before: &[TagEntry], after: &[Tagging]) -> Vec<Self> {
        let mut changes = BTreeMap::<TagKey, Self>::new();
        for entry in before {
            let change = change_of(&mut changes, entry.key.clone());
            change.open -= i32::from(entry.is_open);
            change.all -= 1;
        }
        for tagging in after {
            for tag in &tagging.tags {
                let change = change_of(&mut changes, tag.key());
                change.open += i32::from(tagging.is_open);
                change.all += 1;
                change.name.get_or_insert_with(|| tag.as_str().to_owned());
            }
        }
        let all = changes.into_values();
        all.filter(|it| (it.open, it.all) != (0, 0)).collect()
    }
}

fn change_of(changes: &mut BTreeMap<TagKey, TagChange>, key: TagKey) -> &mut TagChange {
    changes.entry(key.clone()).or_insert(TagChange {
        key,
        name: None,
        open: 0,
        all: 0,
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::todo::{Description, Notes};

    const NOW: time::OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn todo(text: &str) -> Todo {
        let text = Description::parse(text).expect("valid");
        let todo = Todo::new(TodoId::new_v7(NOW), text, NOW);
        Todo {
            is_indexed: true,
            ..todo
        }
    }

    fn with_notes(notes: &str) -> Todo {
        let mut todo = todo("Žąsis");
        todo.plan.notes = Notes::parse(notes).expect("valid");
        todo
    }

    #[test]
    fn text_and_notes_are_searched_and_nothing_of_a_tombstone() {
        assert_eq!(todo("Žąsis").folded().as_deref(), Some("zasis"));
        let noted = with_notes("Du\nKilogramai");
        assert_eq!(noted.folded().as_deref(), Some("zasis\ndu\nkilogramai"));
        assert_eq!(noted.removed(NOW).folded(), None);
        let long = with_notes(&"\u{fdfa}".repeat(5_000));
        assert_eq!(long.folded(), None, "it would not fit");
    }

    #[test]
    fn tags_are_stored_only_where_something_of_them_changes() {
        let plain = todo("Milk");
        assert_eq!(plain.tagging(None), None);
        assert_eq!(
            plain
                .clone()
                .completed(NOW, NOW.date())
                .tagging(Some(&plain)),
            None
        );
        let tagged = todo("Milk #home");
        let added = tagged.tagging(None).expect("it has a tag");
        assert_eq!((added.tags.len(), added.is_open), (1, true));
        let mut noted = tagged.clone();
        noted.plan.notes = Notes::parse("fresh").expect("valid");
        assert_eq!(noted.tagging(Some(&tagged)), None);
        let done = tagged.clone().completed(NOW, NOW.date());
        assert!(done.tagging(Some(&tagged)).is_some_and(|it| !it.is_open));
        let removed = tagged.clone().removed(NOW).tagging(Some(&tagged));
        assert!(removed.is_some_and(|it| it.tags.is_empty()));
        assert!(plain.tagging(Some(&tagged)).is_some(), "it had one");
        let stale = Todo {
            is_indexed: false,
            ..plain.clone()
        };
        assert!(plain.tagging(Some(&stale)).is_some(), "who knows");
    }

    #[test]
    fn counts_change_by_what_was_and_what_is() {
        let tagged = |text, is_done| {
            let todo = Todo {
                is_done,
                ..todo(text)
            };
            todo.tagging(None).expect("it has tags")
        };
        let before: Vec<_> = [("home", true), ("shop", true)]
            .map(|(key, is_open)| TagEntry {
                key: TagKey::from_stored(key.to_owned()),
                is_open,
            })
            .into();
        let after = [tagged("a #Home #work", true), tagged("b #WORK", false)];
        let changes = TagChange::between(&before, &after);
        let told = |it: &TagChange| (it.key.as_str().to_owned(), it.open, it.all);
        let told: Vec<_> = changes.iter().map(told).collect();
        let expected = [("home", -1, 0), ("shop", -1, -1), ("work", 1, 2)];
        assert_eq!(
            told,
            expected.map(|(key, open, all)| (key.to_owned(), open, all))
        );
        assert_eq!(changes[2].name.as_deref(), Some("work"));
        assert_eq!(TagChange::between(&[], &[]), []);
    }
}
