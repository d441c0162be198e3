//! What happens that somebody who watches over accounts wants to know. Each is one event in the log,
//! with its name in the field `event`: the names are promised to whoever searches for them.

/// A kind of security event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityEvent {
    /// Somebody logged in.
    Login,
    /// Somebody tried to, with a wrong password or an unknown username.
    LoginFailed,
    /// An attempt was refused because there had been too many.
    RateLimited,
    /// Somebody made an account.
    Registered,
    /// A refresh token was used again by whoever should not have it; its session has ended.
    RefreshReused,
    /// Somebody ended a session.
    Logout,
    /// Somebody changed the password.
    PasswordChanged,
    /// Somebody ended other sessions of theirs.
    SessionEnded,
    /// A form that another site had sent was refused.
    CrossSiteRefused,
}

impl SecurityEvent {
    /// The name, as it stands in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginFailed => "login_failed",
            Self::RateLimited => "rate_limited",
            Self::Registered => "registered",
            Self::RefreshReused => "refresh_reused",
            Self::Logout => "logout",
            Self::PasswordChanged => "password_changed",
            Self::SessionEnded => "session_ended",
            Self::CrossSiteRefused => "cross_site_refused",
        }
    }
}
