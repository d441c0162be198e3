//! The revisions at which the fields of a to-do last changed: `expected_rev` is compared with those of the fields
//! that a call sets, so that a tick on one device does not refuse a text of another (optimistic concurrency).

use crate::domain::session::SessionId;

/// A field that two clients may change at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The text.
    Description,
    /// Done or open.
    IsDone,
    /// Removed or there.
    Removed,
    /// The notes.
    Notes,
    /// The day on which it is due.
    DueDate,
    /// The time of that day.
    DueTime,
    /// How urgent it is.
    Priority,
    /// What names its next due date.
    Repeat,
    /// Where it stands in the user's own order.
    Position,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 9] = [
        Self::Description,
        Self::IsDone,
        Self::Removed,
        Self::Notes,
        Self::DueDate,
        Self::DueTime,
        Self::Priority,
        Self::Repeat,
        Self::Position,
    ];

    /// Its code in the stored form. Codes are added, never used again for another field.
    fn code(self) -> u8 {
        match self {
            Self::Description => 1,
            Self::IsDone => 2,
            Self::Removed => 3,
            Self::Notes => 4,
            Self::DueDate => 5,
            Self::DueTime => 6,
            Self::Priority => 7,
            Self::Repeat => 8,
            Self::Position => 9,
        }
    }
}

/// The session whose outbox made a change: its own changes are no conflicts for its later calls, which were
/// made on top of them before any was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writer(u32);

impl Writer {
    /// Any other: pages, and calls without a `call_id`.
    pub const UNNAMED: Self = Self(0);

    /// The session of a call with a `call_id`.
    #[must_use]
    pub fn of(session: SessionId) -> Self {
        let bytes = session.0.into_bytes();
        // The end of a UUID is random, whatever its version.
        let end = u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
        Self(end.max(1))
    }

    fn is_same(self, other: Self) -> bool {
        self != Self::UNNAMED && self == other
    }
}

/// When something changed, and by whose outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    rev: u64,
    writer: Writer,
}

/// The last change of each field. A field without a stamp of its own is as it was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRevs {
    added: Stamp,
    /// By the code of the field; also those of fields that only a newer version knows.
    fields: Vec<(u8, Stamp)>,
}

/// The code of the last respacing: the to-do has another revision, and nothing that anybody had set is another.
const RESPACED: u8 = 10;

/// Bytes of a stamp: the code of its field, 0 for all others; its revision; its writer.
const STAMP: usize = 1 + 8 + 4;

impl FieldRevs {
    /// Every field changed at that revision, by no outbox.
    #[must_use]
    pub fn at(rev: u64) -> Self {
        Self::added(rev, Writer::UNNAMED)
    }

    /// The fields of a to-do that was added at that revision.
    #[must_use]
    pub fn added(rev: u64, writer: Writer) -> Self {
        Self {
            added: Stamp { rev, writer },
            fields: Vec::new(),
        }
    }

    /// Whether somebody else has changed the field after `expected_rev`.
    #[must_use]
    pub fn has_changed(&self, field: Field, expected_rev: u64, writer: Writer) -> bool {
        let named = self.fields.iter().find(|(code, _)| *code == field.code());
        let last = named.map_or(self.added, |(_, stamp)| *stamp);
        last.rev > expected_rev && !last.writer.is_same(writer)
    }

    /// With another last change of a field.
    pub fn stamp(&mut self, field: Field, rev: u64, writer: Writer) {
        self.stamp_code(field.code(), Stamp { rev, writer });
    }

    /// Of a to-do that made way for another one, without being moved among its neighbours.
    pub fn stamp_respaced(&mut self, rev: u64) {
        let writer = Writer::UNNAMED;
        self.stamp_code(RESPACED, Stamp { rev, writer });
    }

    fn stamp_code(&mut self, code: u8, stamp: Stamp) {
        match self.fields.iter_mut().find(|it| it.0 == code) {
            Some((_, last)) => *last = stamp,
            None => self.fields.push((code, stamp)),
        }
    }

    /// The stored form; none when [`Self::at`] the row's revision says the same.
    #[must_use]
    pub fn to_stored(&self) -> Option<Vec<u8>> {
        if self.fields.is_empty() && self.added.writer == Writer::UNNAMED {
            return None;
        }
        let all = std::iter::once((0, self.added)).chain(self.fields.iter().copied());
        let mut bytes = Vec::with_capacity(STAMP * (1 + self.fields.len()));
        for (code, stamp) in all {
            bytes.push(code);
            bytes.extend(stamp.rev.to_be_bytes());
            bytes.extend(stamp.writer.0.to_be_bytes());
        }
        Some(bytes)
    }

    /// Reads the stored form of a to-do at `rev`. A version that does not know these revisions changes the to-do
    /// and leaves them as they are: none of them is then `rev`, and any field may have changed at it.
    #[must_use]
    pub fn from_stored(bytes: Option<&[u8]>, rev: u64) -> Self {
        bytes
            .and_then(read)
            .filter(|read| read.last_rev() == rev)
            .unwrap_or_else(|| Self::at(rev))
    }

    fn last_rev(&self) -> u64 {
        let fields = self.fields.iter().map(|(_, stamp)| stamp.rev);
        fields.fold(self.added.rev, u64::max)
    }
}

fn read(bytes: &[u8]) -> Option<FieldRevs> {
    let (stamps, rest) = bytes.as_chunks::<STAMP>();
    let mut stamps = stamps.iter().map(|stamp| {
        let (code, rest) = stamp.split_first().expect("not empty");
        let (rev, writer) = rest.split_at(8);
        let rev = u64::from_be_bytes(rev.try_into().expect("eight"));
        let writer = Writer(u32::from_be_bytes(writer.try_into().expect("four")));
        (*code, Stamp { rev, writer })
    });
    let (_, added) = stamps.next().filter(|(code, _)| *code == 0)?;
    let fields = stamps.collect();
    rest.is_empty().then_some(FieldRevs { added, fields })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const PHONE: Writer = Writer(7);

    #[test]
    fn a_field_has_changed_when_somebody_else_wrote_it_later() {
        let mut revs = FieldRevs::at(2);
        revs.stamp(Field::IsDone, 5, PHONE);
        let changed = |field, expected| revs.has_changed(field, expected, Writer::UNNAMED);
        assert!(!changed(Field::Description, 2), "only the state has");
        assert!(changed(Field::Description, 1));
        assert!(changed(Field::IsDone, 4) && !changed(Field::IsDone, 5));
        assert!(!revs.has_changed(Field::IsDone, 2, PHONE), "its own change");
        let pages = FieldRevs::at(2);
        assert!(
            pages.has_changed(Field::IsDone, 1, Writer::UNNAMED),
            "the unnamed are not one"
        );
    }

    #[test]
    fn the_stored_form_is_read_as_it_was_written() {
        let mut revs = FieldRevs::added(1, PHONE);
        assert_eq!(FieldRevs::from_stored(revs.to_stored().as_deref(), 1), revs);
        revs.stamp(Field::Description, 3, Writer::UNNAMED);
        revs.stamp(Field::Removed, 1 << 60, PHONE);
        let stored = revs.to_stored().expect("more than one revision");
        assert_eq!(FieldRevs::from_stored(Some(&stored), 1 << 60), revs);
        assert_eq!(FieldRevs::at(4).to_stored(), None);
        assert_eq!(FieldRevs::from_stored(None, 4), FieldRevs::at(4));
    }

    #[test]
    fn after_an_older_version_any_field_may_have_changed() {
        let mut revs = FieldRevs::at(1);
        revs.stamp(Field::Description, 3, PHONE);
        let stored = revs.to_stored();
        assert_eq!(
            FieldRevs::from_stored(stored.as_deref(), 4),
            FieldRevs::at(4)
        );
    }

    #[test]
    fn what_makes_way_has_another_revision_and_no_changed_field() {
        let mut revs = FieldRevs::at(1);
        revs.stamp_respaced(5);
        let read = FieldRevs::from_stored(revs.to_stored().as_deref(), 5);
        assert_eq!(read, revs);
        for field in Field::ALL {
            assert!(!read.has_changed(field, 1, PHONE), "{field:?}");
        }
    }

    #[test]
    fn a_field_that_only_a_newer_version_knows_is_kept() {
        let mut revs = FieldRevs::at(1);
        revs.fields.push((
            200,
            Stamp {
                rev: 2,
                writer: PHONE,
            },
        ));
        let mut read = FieldRevs::from_stored(revs.to_stored().as_deref(), 2);
        read.stamp(Field::IsDone, 3, PHONE);
        assert_eq!(read.fields[0], revs.fields[0]);
    }

    #[test]
    fn a_damaged_form_says_nothing() {
        for bytes in [&[][..], &[0; 5], &[1; STAMP], &[0; STAMP + 1]] {
            assert_eq!(FieldRevs::from_stored(Some(bytes), 4), FieldRevs::at(4));
        }
    }

    #[test]
    fn every_session_is_a_writer() {
        for id in [Uuid::nil(), Uuid::from_u128(1 << 32), Uuid::max()] {
            assert!(Writer::of(SessionId(id)).is_same(Writer::of(SessionId(id))));
        }
    }
}
