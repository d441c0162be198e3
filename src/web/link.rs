//! Every address and every id of an element, in one place.

use std::fmt;

use form_urlencoded::Serializer;

use crate::domain::{
    error::FieldError,
    todo::{Cursor, Filter, Todo, TodoId},
};

/// The list; also takes new to-dos.
pub const LIST: &str = "/";
/// Where strangers are sent.
pub const LOGIN: &str = "/login";
/// Where accounts are made.
pub const REGISTER: &str = "/register";
/// Where a session ends.
pub const LOGOUT: &str = "/logout";
/// Who one is, and the way to what can be done about it.
pub const ACCOUNT: &str = "/account";
/// Takes another password.
pub const CHANGE_PASSWORD: &str = "/change-password";
/// Where one is logged in.
pub const SESSIONS: &str = "/sessions";
/// Ends one of these.
pub const END_SESSION: &str = "/end-session";
/// Ends all of these but the one that asks.
pub const END_OTHER_SESSIONS: &str = "/end-other-sessions";
/// Sets a to-do done or open.
pub const UPDATE: &str = "/update-todo";
/// Removes a to-do.
pub const REMOVE: &str = "/remove-todo";
/// Brings a removed to-do back.
pub const RESTORE: &str = "/restore-todo";

/// The main part of every page.
pub(super) const MAIN: &str = "main";
/// What is wrong with the form, at the top of the page.
pub(super) const ERRORS: &str = "errors";
/// The form that adds.
pub(super) const ADD: &str = "add";
/// The rows.
pub(super) const TODOS: &str = "todos";
/// The way to the next rows.
pub(super) const MORE: &str = "more";
/// How many are open.
pub(super) const COUNT: &str = "count";
/// What just happened; a live region.
pub(super) const STATUS: &str = "status";
/// Asks for the list again when another tab changed it.
pub(super) const REFRESH: &str = "refresh";

/// The row of a to-do, with its id behind it.
pub(super) const ROW: &str = "todo-";

/// The row of that to-do.
pub(super) fn row(id: TodoId) -> String {
    format!("{ROW}{id}")
}

/// Which part of the list a page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// All, open or done ones.
    pub(super) filter: Filter,
    /// Behind this place; none for the beginning.
    pub(super) after: Option<Cursor>,
}

impl View {
    /// Reads the fields of a link of ours.
    pub(super) fn parse(show: &str, cursor: &str) -> Result<Self, FieldError> {
        let filter = match show {
            "" => Filter::All,
            show => Filter::parse(show)?,
        };
        let after = match cursor {
            "" => None,
            cursor => Some(cursor.parse()?),
        };
        Ok(Self { filter, after })
    }

    /// The word for the filter in links; none for the whole list.
    pub(super) fn show(self) -> Option<&'static str> {
        match self.filter {
            Filter::All => None,
            Filter::Open => Some("open"),
            Filter::Done => Some("done"),
        }
    }

    /// Whether a new to-do belongs to what this part shows: it is open, and the newest.
    pub(super) fn shows_new(self) -> bool {
        self.after.is_none() && self.filter != Filter::Done
    }

    /// Whether this part has a place at its top for a to-do that was just added, once more perhaps.
    pub(super) fn shows(self, todo: &Todo) -> bool {
        let passes = match self.filter {
            Filter::All => true,
            Filter::Open => !todo.is_done,
            Filter::Done => todo.is_done,
        };
        self.after.is_none() && passes
    }

    /// The same filter, another part of the list.
    pub(super) fn at(self, after: Option<Cursor>) -> Self {
        Self { after, ..self }
    }
}

/// The address of a part of the list, with what else the page is to show; never with a text that somebody typed.
#[derive(Clone, Copy, Default)]
pub(super) struct ListLink {
    /// Which part.
    pub(super) view: View,
    /// What to say happened.
    pub(super) notice: Option<Notice>,
}

impl fmt::Display for ListLink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut query = Serializer::new(String::new());
        if let Some(show) = self.view.show() {
            query.append_pair("show", show);
        }
        if let Some(after) = self.view.after {
            query.append_pair("cursor", &after.to_string());
        }
        if let Some(notice) = self.notice {
            query.append_pair("notice", notice.word());
            if let Some(id) = notice.id() {
                query.append_pair("id", &id.to_string());
            }
        }
        let query = query.finish();
        formatter.write_str(LIST)?;
        if query.is_empty() {
            return Ok(());
        }
        write!(formatter, "?{query}")
    }
}

/// The login page, to come back from to `next`.
pub(super) fn login_and_back(next: &str) -> String {
    if next == LIST {
        return LOGIN.to_owned();
    }
    let query = Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    format!("{LOGIN}?{query}")
}

/// The login page with a notice.
pub(super) fn login_with(notice: Notice) -> String {
    with_notice(LOGIN, notice)
}

/// A page with a notice.
pub(super) fn with_notice(page: &str, notice: Notice) -> String {
    format!("{page}?notice={}", notice.word())
}

/// `next` if it leads to a place of ours, else the list: a link must not send people elsewhere.
pub(super) fn local(next: &str) -> &str {
    let foreign = next.starts_with("//") || next.contains(['\\', '\u{7f}']);
    let printable = next.chars().all(|c| c.is_ascii_graphic());
    if next.starts_with('/') && !foreign && printable {
        next
    } else {
        LIST
    }
}

/// What just happened, for a page that is loaded after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// An account was made.
    Registered,
    /// The session ended.
    LoggedOut,
    /// The password is another one, and all other sessions ended.
    PasswordChanged,
    /// A session on another device ended.
    SessionEnded,
    /// All other sessions ended.
    OthersEnded,
    /// A to-do was added.
    Added,
    /// A to-do was completed.
    Completed,
    /// A to-do is open again.
    Reopened,
    /// A to-do was removed, and may come back.
    Removed(TodoId),
    /// A removed to-do came back.
    Restored,
}

impl Notice {
    /// Reads the fields of a link of ours; a notice that is none of ours says nothing.
    pub(super) fn parse(word: &str, id: &str) -> Option<Self> {
        Some(match word {
            "registered" => Self::Registered,
            "logged_out" => Self::LoggedOut,
            "password_changed" => Self::PasswordChanged,
            "session_ended" => Self::SessionEnded,
            "others_ended" => Self::OthersEnded,
            "added" => Self::Added,
            "completed" => Self::Completed,
            "reopened" => Self::Reopened,
            "removed" => Self::Removed(TodoId::parse(id).ok()?),
            "restored" => Self::Restored,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoggedOut => "logged_out",
            Self::PasswordChanged => "password_changed",
            Self::SessionEnded => "session_ended",
            Self::OthersEnded => "others_ended",
            Self::Added => "added",
            Self::Completed => "completed",
            Self::Reopened => "reopened",
            Self::Removed(_) => "removed",
            Self::Restored => "restored",
        }
    }

    fn id(self) -> Option<TodoId> {
        match self {
            Self::Removed(id) => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_followed() {
        for next in ["/", "/?show=open", "/logout", "/?cursor=a%20b"] {
            assert_eq!(local(next), next);
        }
        for next in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/\tevil",
            "/\r\nSet-Cookie: a=b",
            "/ž",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(next), LIST, "{next:?}");
        }
    }
}
