//! Changing the password: its fields and rules.

use super::{Password, PasswordAttempt, password::normalised, same_password};
use crate::domain::error::{FieldCode, FieldError};

/// The fields of a change of the password, unparsed.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "the fields of the form")]
pub struct PasswordChangeInput<'a> {
    pub current_password: &'a str,
    pub new_password: &'a str,
    /// The confirmation; none where the client does not ask for it.
    pub new_password_again: Option<&'a str>,
}

/// A valid change of the password; the current password is not verified yet.
#[derive(Clone)]
pub struct PasswordChange {
    /// The current password, unverified.
    pub current: PasswordAttempt,
    /// Not hashed yet.
    pub new: Password,
}

impl PasswordChange {
    /// Parses all fields for the user of that name.
    ///
    /// # Errors
    /// Every broken rule, in the order of the form: at most one a field.
    pub fn parse(input: PasswordChangeInput<'_>, username: &str) -> Result<Self, Vec<FieldError>> {
        let PasswordChangeInput {
            current_password: current,
            new_password: new,
            new_password_again: again,
        } = input;
        let missing = current.is_empty().then(|| {
            let words = "Enter your current password";
            FieldError::new("current_password", FieldCode::Required, words)
        });
        let chosen = choose(new, current, username);
        let same = same_password(new, again, "new_password_again");
        match (missing, chosen, same) {
            (None, Ok(new), Ok(())) => Ok(Self {
                current: current.into(),
                new,
            }),
            (missing, chosen, same) => Err([missing, chosen.err(), same.err()]
                .into_iter()
                .flatten()
                .collect()),
        }
    }
}

fn choose(new: &str, current: &str, username: &str) -> Result<Password, FieldError> {
    let error = |code, words| FieldError::new("new_password", code, words);
    if new.is_empty() {
        return Err(error(FieldCode::Required, "Enter a new password"));
    }
    let chosen = Password::new(new, username).map_err(|error| FieldError {
        field: "new_password".into(),
        ..error
    })?;
    if normalised(new) == normalised(current) {
        let words = "The new password must differ from the current one";
        return Err(error(FieldCode::Unchanged, words));
    }
    Ok(chosen)
}

/// The error of a wrong current password.
#[must_use]
pub fn wrong_password() -> FieldError {
    FieldError::new(
        "current_password",
        FieldCode::WrongPassword,
        "This is not your current password. Type it again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: PasswordChangeInput<'static> = PasswordChangeInput {
        current_password: "seven green bottles",
        new_password: "eight blue kettles",
        new_password_again: Some("eight blue kettles"),
    };

    fn codes(input: PasswordChangeInput<'_>) -> Vec<String> {
        PasswordChange::parse(input, "ona.p")
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|error| format!("{} {}", error.field, error.code.as_str()))
            .collect()
    }

    fn code(new: &str) -> String {
        let input = PasswordChangeInput {
            new_password: new,
            new_password_again: None,
            ..GOOD
        };
        codes(input).join(", ")
    }

    #[test]
    fn a_valid_change_is_accepted_with_or_without_confirmation() {
        assert!(codes(GOOD).is_empty());
        assert_eq!(code("eight blue kettles"), "");
    }

    #[test]
    fn all_errors_are_reported_in_the_order_of_the_form() {
        let all_wrong = PasswordChangeInput {
            current_password: "",
            new_password: "short",
            new_password_again: Some("other"),
        };
        assert_eq!(
            codes(all_wrong),
            [
                "current_password required",
                "new_password too_short",
                "new_password_again mismatch",
            ]
        );
    }

    #[test]
    fn the_new_password_must_meet_the_password_rules() {
        for (new, expected) in [
            ("", "new_password required"),
            ("password1", "new_password too_common"),
            ("my ONA.P password", "new_password contains_username"),
            ("seven green bottles", "new_password unchanged"),
            ("ｓeven green bottles", "new_password unchanged"),
            ("Seven green bottles", ""),
            ("  spaces count  ", ""),
            ("ž 🥛 \u{202e}\t\"<'&;--", ""),
            ("aaaaaaaaab", ""),
        ] {
            assert_eq!(code(new), expected, "{new:?}");
        }
    }

    #[test]
    fn the_current_password_must_only_be_present() {
        let old_rules = PasswordChangeInput {
            current_password: "x",
            ..GOOD
        };
        assert!(codes(old_rules).is_empty());
    }
}
