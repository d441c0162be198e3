//! The URLs of all pages and forms, and the guard against open redirects.

use form_urlencoded::Serializer;

use super::flash::Flash;

/// The list; also takes new to-dos.
pub const LIST: &str = "/";
/// The login form.
pub const LOGIN: &str = "/login";
/// The registration form.
pub const REGISTER: &str = "/register";
/// Ends the session.
pub const LOGOUT: &str = "/logout";
/// The user's own account.
pub const ACCOUNT: &str = "/account";
/// The settings of the user.
pub const SETTINGS: &str = "/settings";
/// Changes the password.
pub const CHANGE_PASSWORD: &str = "/change-password";
/// The active sessions of the user.
pub const SESSIONS: &str = "/sessions";
/// Ends one of the active sessions.
pub const END_SESSION: &str = "/end-session";
/// Ends all active sessions but the current one.
pub const END_OTHER_SESSIONS: &str = "/end-other-sessions";
/// The tags of the to-dos.
pub const TAGS: &str = "/tags";
/// Sets a to-do done or open.
pub const UPDATE: &str = "/update-todo";
/// Removes a to-do.
pub const REMOVE: &str = "/remove-todo";
/// Edits a to-do: the form, and where it is sent.
pub const EDIT: &str = "/edit-todo";
/// Moves a to-do within the list.
pub const MOVE: &str = "/move-todo";
/// Restores a removed to-do.
pub const RESTORE: &str = "/restore-todo";

/// The login page, which redirects to `next` after the login.
pub(super) fn login_then(next: &str) -> String {
    if next == LIST {
        return LOGIN.to_owned();
    }
    let query = Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    format!("{LOGIN}?{query}")
}

/// The login page with a flash message.
pub(super) fn login_with(flash: Flash) -> String {
    with_flash(LOGIN, flash)
}

/// A page with a flash message.
pub(super) fn with_flash(page: &str, flash: Flash) -> String {
    format!("{page}?notice={}", flash.word())
}

/// Guard against open redirects: `next` if it is a local path, else the list.
pub(super) fn safe_redirect(next: &str) -> &str {
    let foreign = next.starts_with("//") || next.contains(['\\', '\u{7f}']);
    let printable = next.chars().all(|c| c.is_ascii_graphic());
    if next.starts_with('/') && !foreign && printable {
        next
    } else {
        LIST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_redirect_targets() {
        for next in ["/", "/?show=open", "/logout", "/?cursor=a%20b"] {
            assert_eq!(safe_redirect(next), next);
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
            assert_eq!(safe_redirect(next), LIST, "{next:?}");
        }
    }
}
