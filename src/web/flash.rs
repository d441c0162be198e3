//! Flash messages: a word in the query of the redirect that follows a form (Post/Redirect/Get).

use crate::domain::todo::TodoId;

/// The outcome of the last form, shown by the page that the browser is redirected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flash {
    /// An account was made.
    Registered,
    /// The session ended.
    LoggedOut,
    /// The password was changed, and all other sessions ended.
    PasswordChanged,
    /// The time zone was set.
    TimeZoneSet,
    /// A session on another device ended.
    SessionEnded,
    /// All other sessions ended.
    OthersEnded,
    /// A to-do was added.
    Added,
    /// A to-do was added, some of whose words have set other fields.
    AddedByWords(TodoId),
    /// The same, where some words were nearly understood, and stay as text.
    AddedPartly(TodoId),
    /// A to-do was completed.
    Completed,
    /// A to-do was reopened.
    Reopened,
    /// A to-do was edited.
    Saved,
    /// A to-do was removed, and can be restored.
    Removed(TodoId),
    /// A removed to-do was restored.
    Restored,
    /// A to-do was moved.
    Moved,
    /// A to-do was not moved, since the one beside which it was to stand is not there.
    NotMoved,
}

impl Flash {
    /// Reads the query of a redirect; none for an unknown word.
    pub(super) fn parse(word: &str, id: &str) -> Option<Self> {
        Some(match word {
            "registered" => Self::Registered,
            "logged_out" => Self::LoggedOut,
            "password_changed" => Self::PasswordChanged,
            "time_zone_set" => Self::TimeZoneSet,
            "session_ended" => Self::SessionEnded,
            "others_ended" => Self::OthersEnded,
            "added" => Self::Added,
            "added_by_words" => Self::AddedByWords(TodoId::parse(id).ok()?),
            "added_partly" => Self::AddedPartly(TodoId::parse(id).ok()?),
            "completed" => Self::Completed,
            "reopened" => Self::Reopened,
            "saved" => Self::Saved,
            "removed" => Self::Removed(TodoId::parse(id).ok()?),
            "restored" => Self::Restored,
            "moved" => Self::Moved,
            "not_moved" => Self::NotMoved,
            _ => return None,
        })
    }

    /// The word in the query.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoggedOut => "logged_out",
            Self::PasswordChanged => "password_changed",
            Self::TimeZoneSet => "time_zone_set",
            Self::SessionEnded => "session_ended",
            Self::OthersEnded => "others_ended",
            Self::Added => "added",
            Self::AddedByWords(_) => "added_by_words",
            Self::AddedPartly(_) => "added_partly",
            Self::Completed => "completed",
            Self::Reopened => "reopened",
            Self::Saved => "saved",
            Self::Removed(_) => "removed",
            Self::Restored => "restored",
            Self::Moved => "moved",
            Self::NotMoved => "not_moved",
        }
    }

    /// Whether a to-do was added.
    pub(super) fn is_added(self) -> bool {
        matches!(
            self,
            Self::Added | Self::AddedByWords(_) | Self::AddedPartly(_)
        )
    }

    /// The to-do in question, for messages that offer to undo, or say more of it.
    pub(super) fn id(self) -> Option<TodoId> {
        match self {
            Self::Removed(id) | Self::AddedByWords(id) | Self::AddedPartly(id) => Some(id),
            _ => None,
        }
    }
}
