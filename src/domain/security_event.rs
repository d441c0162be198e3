//! Security events for the audit log. Each is one event in the log with its name in the field `event`; the
//! names are promised to those who search for them.

/// A kind of security event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityEvent {
    /// A user logged in.
    Login,
    /// A login with a wrong password or an unknown username.
    LoginFailed,
    /// An attempt was refused because there had been too many.
    RateLimited,
    /// A user registered.
    Registered,
    /// A refresh token was reused, as after theft; its session has ended.
    RefreshReused,
    /// A user logged out.
    Logout,
    /// A user changed the password.
    PasswordChanged,
    /// A user ended another session, or all others.
    SessionEnded,
    /// A cross-site form submission was rejected (CSRF).
    CrossSiteRefused,
}

impl SecurityEvent {
    /// The name in the log.
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
