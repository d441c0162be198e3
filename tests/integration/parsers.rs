//! What strangers can send to a parser: none panics, and what is accepted has the form that was
//! promised. The parsers of pages and of the address header have theirs beside them.

use proptest::prelude::*;
use secrecy::ExposeSecret as _;
use tickbox::{
    domain::{
        session::{DeviceToken, RefreshToken, SessionToken},
        user::{Credentials, Username},
    },
    service::TokenSigner,
};

use crate::support::fixture::{SECRET, signer};

/// Anything, and what looks like what is wanted.
fn text(like: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), like, "\\PC{0,80}"]
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 3_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

const SECRET_TEXT: &str = "[A-Za-z0-9_-]{60,68}";

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_username_is_trimmed_lowercase_ascii_or_refused(text in text("[ \t]{0,2}[A-Za-z0-9._-]{0,104}[ \n]{0,2}")) {
        if let Ok(username) = Username::parse(&text) {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
            prop_assert!(username.as_str().chars().all(allowed));
            prop_assert!((Username::MIN..=Username::MAX).contains(&username.as_str().len()));
            prop_assert!(username.as_str().eq_ignore_ascii_case(text.trim()));
        }
    }

    #[test]
    fn any_credentials_count_against_the_typed_username(
        username in text("[ \t]{0,2}[A-Za-z0-9._-]{0,104}[ \n]{0,2}"),
        password in any::<String>(),
    ) {
        match Credentials::parse(&username, &password) {
            Ok(credentials) => {
                let attempted = credentials.attempted_username.expose_secret();
                prop_assert!(attempted.eq_ignore_ascii_case(username.trim()));
                if let Some(username) = credentials.username {
                    prop_assert_eq!(attempted, username.as_str());
                }
            }
            Err(errors) => {
                let empty = [&username, &password].into_iter().filter(|it| it.is_empty());
                prop_assert_eq!(errors.len(), empty.count());
            }
        }
    }

    #[test]
    fn any_session_token_round_trips_or_is_refused(text in text(SECRET_TEXT)) {
        if let Some(token) = SessionToken::parse(&text) {
            prop_assert_eq!(token.expose(), text.as_str());
        }
    }

    #[test]
    fn any_refresh_token_round_trips_or_is_refused(text in text("[A-Za-z0-9_-]{105,109}")) {
        if let Some(token) = RefreshToken::parse(&text) {
            let read = token.text();
            prop_assert_eq!(read.expose_secret(), text.as_str());
        }
    }

    #[test]
    fn a_device_token_is_valid_for_one_username_only(text in text(SECRET_TEXT)) {
        if let Some(device) = DeviceToken::parse(&text) {
            let read = device.text();
            prop_assert_eq!(read.expose_secret(), text.as_str());
            let ona = Username::parse("ona").expect("valid");
            prop_assert!(!signer().is_known_device(&device, &ona), "nobody signed it");
        }
    }

    #[test]
    fn only_access_tokens_signed_by_us_are_accepted(
        text in text("[A-Za-z0-9_=-]{0,80}\\.[A-Za-z0-9_=-]{0,200}\\.[A-Za-z0-9_=-]{0,50}"),
        payload in any::<Vec<u8>>(),
    ) {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let signer: TokenSigner = signer();
        let now = tickbox::domain::clock::Clock::default().now();
        prop_assert!(signer.verify(&text, now).is_err());
        // A payload of theirs under a header of ours.
        let session = tickbox::domain::session::SessionId(uuid::Uuid::nil());
        let ours = signer.sign(uuid::Uuid::nil(), session, now).expect("signed");
        let mut parts = ours.expose_secret().splitn(3, '.');
        let (header, _) = (parts.next().expect("three"), parts.next());
        let signature = parts.next().expect("three");
        let forged = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(payload));
        prop_assert!(signer.verify(&forged, now).is_err());
        prop_assert!(!forged.contains(SECRET));
    }
}
