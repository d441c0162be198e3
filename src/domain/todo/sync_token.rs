//! Sync tokens: a client's position in a user's change log.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use super::TodoId;
use crate::domain::error::{Error, Gone};

/// The position of a client in one user's changes: all up to a revision, and of that revision all up to an id,
/// since one change may stamp many to-dos. Written as `<user>.<rev>[.<id>[.<snapshot_rev>]]`; it is
/// opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncToken {
    /// Prefix of the user's public id: another account on the same device must not continue here.
    user: u32,
    /// The revision of the last to-do that was seen.
    pub rev: u64,
    /// The id of that to-do.
    pub id: TodoId,
    /// During a first copy: the user's revision when it started.
    snapshot_rev: Option<u64>,
}

/// After every to-do of a revision.
const MAX_ID: TodoId = TodoId(Uuid::max());

impl SyncToken {
    /// The start of a first copy, when the user is at `rev`.
    #[must_use]
    pub fn start(public_id: Uuid, rev: u64) -> Self {
        Self {
            user: user(public_id),
            rev: 0,
            id: MAX_ID,
            snapshot_rev: Some(rev),
        }
    }

    /// The position after a to-do.
    #[must_use]
    pub fn after_todo(self, rev: u64, id: TodoId) -> Self {
        Self { rev, id, ..self }
    }

    /// The position after everything up to a revision.
    #[must_use]
    pub fn at_revision(self, rev: u64) -> Self {
        Self {
            rev,
            id: MAX_ID,
            snapshot_rev: None,
            ..self
        }
    }

    /// Whether a first copy is in progress.
    #[must_use]
    pub fn is_initial(self) -> bool {
        self.snapshot_rev.is_some()
    }

    /// The name of the first copy in progress, the same in all its parts; another copy has another one, unless
    /// nothing has changed in between.
    #[must_use]
    pub fn snapshot(&self) -> Option<String> {
        let rev = self.snapshot_rev?;
        Some(format!("{:08x}.{rev}", self.user))
    }

    /// The revision after which tombstones matter: a first copy needs none from before its start. After a to-do,
    /// more of its own revision may follow.
    #[must_use]
    pub fn tombstones_after(self) -> u64 {
        match self.snapshot_rev {
            Some(snapshot_rev) => snapshot_rev,
            None if self.id == MAX_ID => self.rev,
            None => self.rev.saturating_sub(1),
        }
    }

    /// Checks that all changes after it are still known.
    ///
    /// # Errors
    /// [`Error::Gone`] when tombstones after it were purged, when it is another user's, or when it
    /// is ahead of `rev`, as it is after the database was set back.
    pub fn ensure_valid(self, public_id: Uuid, rev: u64, purged_rev: u64) -> Result<(), Error> {
        let knows = self.tombstones_after();
        let is_theirs = self.user == user(public_id);
        if is_theirs && self.rev <= rev && (purged_rev..=rev).contains(&knows) {
            Ok(())
        } else {
            Err(Error::Gone(Gone::SyncToken))
        }
    }
}

fn user(public_id: Uuid) -> u32 {
    public_id.as_fields().0
}

impl fmt::Display for SyncToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}.{}", self.user, self.rev)?;
        match self.snapshot_rev {
            Some(snapshot_rev) => write!(formatter, ".{}.{snapshot_rev}", self.id),
            None if self.id != MAX_ID => write!(formatter, ".{}", self.id),
            None => Ok(()),
        }
    }
}

impl FromStr for SyncToken {
    type Err = Error;

    /// A damaged token has the same remedy as an expired one: to start over.
    fn from_str(text: &str) -> Result<Self, Error> {
        read(text).ok_or(Error::Gone(Gone::SyncToken))
    }
}

fn read(text: &str) -> Option<SyncToken> {
    let mut parts = text.split('.');
    let token = SyncToken {
        user: parts
            .next()
            .filter(|part| part.len() == 8)
            .and_then(|part| u32::from_str_radix(part, 16).ok())?,
        rev: parts.next()?.parse().ok()?,
        id: match parts.next() {
            Some(id) => TodoId::parse(id).ok()?,
            None => MAX_ID,
        },
        snapshot_rev: match parts.next() {
            Some(rev) => Some(rev.parse().ok()?),
            None => None,
        },
    };
    // One text per position: no leading zeros, no signs, no upper case.
    (token.to_string() == text).then_some(token)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONA: Uuid = Uuid::from_u128(0x2f1d_6b8e_7a43_4c59_9d0e_5b7c_1a2f_3e4d);
    const JONAS: Uuid = Uuid::from_u128(1);

    proptest! {
        #[test]
        fn a_token_round_trips_through_text(rev: u64, id: u128, snapshot_rev: Option<u64>) {
            let token = SyncToken { user: user(ONA), rev, id: TodoId(Uuid::from_u128(id)), snapshot_rev };
            prop_assert_eq!(token.to_string().parse().ok(), Some(token));
        }

        #[test]
        fn only_the_canonical_text_parses_as_a_token(text in "[0-9a-f.+-]{0,40}") {
            if let Ok(token) = text.parse::<SyncToken>() {
                prop_assert_eq!(token.to_string(), text);
            }
        }
    }

    #[test]
    fn a_token_is_valid_until_later_changes_are_purged() {
        let token = SyncToken::start(ONA, 9).at_revision(7);
        assert!(token.ensure_valid(ONA, 9, 7).is_ok());
        assert!(token.ensure_valid(ONA, 9, 8).is_err(), "purged");
        assert!(
            token.ensure_valid(ONA, 6, 0).is_err(),
            "the database was set back"
        );
        assert!(token.ensure_valid(JONAS, 9, 0).is_err(), "another account");
    }

    #[test]
    fn a_token_within_a_revision_needs_its_tombstones() {
        let token = SyncToken::start(ONA, 9)
            .at_revision(7)
            .after_todo(8, TodoId(ONA));
        assert_eq!(token.tombstones_after(), 7);
        assert!(token.ensure_valid(ONA, 9, 7).is_ok());
        assert!(
            token.ensure_valid(ONA, 9, 8).is_err(),
            "some may have been purged"
        );
    }

    #[test]
    fn a_first_copy_needs_only_tombstones_since_its_start() {
        let token = SyncToken::start(ONA, 9).after_todo(2, TodoId(ONA));
        assert!(token.is_initial());
        assert!(token.ensure_valid(ONA, 12, 9).is_ok());
        assert!(token.ensure_valid(ONA, 12, 10).is_err());
        assert!(!token.at_revision(12).is_initial());
    }
}
