//! Drafts: a to-do typed in a page whose session had ended, kept until its author is back at the list. A hidden
//! field of the login form holds it, then a cookie; never a URL.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use maud::{Markup, html};
use time::Duration;
use uuid::Uuid;

use super::form::{ACCOUNT_FIELD, Form};
use crate::domain::{
    todo::{Description, TodoId},
    user::Account,
};

/// Lifetime of the cookie, unless the to-do is added before.
pub(super) const COOKIE_TTL: Duration = Duration::minutes(10);

/// Most bytes of the text, so that it fits into a cookie: browsers accept 4,096 bytes, name included. The longest
/// to-do has 800.
const BYTES_MAX: usize = 2_800;
const _: () = assert!(BYTES_MAX >= 4 * Description::MAX);

/// The field of the login form that names the author of the draft.
pub(super) const AUTHOR_FIELD: &str = "drafter";

/// The field of the login form that says that it holds an edit, not a draft.
pub(super) const PENDING_FIELD: &str = "pending";

/// A text, and the id of the to-do that it will become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    /// The public id of the author, the only user that gets it back.
    pub(super) author: Uuid,
    /// The id of the to-do, which makes adding it idempotent.
    pub(super) id: TodoId,
    pub(super) text: String,
}

impl Draft {
    /// The draft in the form that adds a to-do.
    pub(super) fn of_list(form: &Form) -> Option<Self> {
        Self::read(form, form.either("todo_id", "id"), ACCOUNT_FIELD)
    }

    /// The draft in the hidden fields of the login form.
    pub(super) fn of_login(form: &Form) -> Option<Self> {
        if form.find(PENDING_FIELD).is_some() {
            return None;
        }
        Self::read(form, form.get("todo_id"), AUTHOR_FIELD)
    }

    /// None when nothing was typed, or the form names no author, as a hand-written one.
    fn read(form: &Form, id: &str, author: &str) -> Option<Self> {
        let text = form.get("description");
        let end = text.floor_char_boundary(BYTES_MAX);
        Some(Self {
            author: Uuid::try_parse(form.get(author)).ok()?,
            id: TodoId::parse(id).ok()?,
            text: text
                .get(..end)
                .filter(|text| !text.trim().is_empty())?
                .to_owned(),
        })
    }

    /// The hidden fields of the login form.
    pub(super) fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="description" value=(self.text);
            input type="hidden" name="todo_id" value=(self.id);
            input type="hidden" name=(AUTHOR_FIELD) value=(self.author);
        }
    }

    /// The value of the cookie.
    pub(super) fn token(&self) -> String {
        let (author, id) = (self.author.as_bytes(), self.id.0.as_bytes());
        URL_SAFE_NO_PAD.encode([author.as_slice(), id, self.text.as_bytes()].concat())
    }

    /// Reads the value of a cookie; none when this server did not write it.
    pub(super) fn parse(token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (author, rest) = bytes.split_first_chunk()?;
        let (id, text) = rest.split_first_chunk()?;
        Some(Self {
            author: Uuid::from_bytes(*author),
            id: TodoId(Uuid::from_bytes(*id)),
            text: str::from_utf8(text).ok()?.to_owned(),
        })
    }

    /// Whether the account is that of the author.
    pub(super) fn is_of(&self, account: &Account) -> bool {
        self.author == account.public_id
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 1_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_draft_round_trips_through_its_cookie(author: u128, id: u128, text: String) {
            let draft = Draft {
                author: Uuid::from_u128(author),
                id: TodoId(Uuid::from_u128(id)),
                text,
            };
            prop_assert_eq!(Draft::parse(&draft.token()), Some(draft));
        }

        #[test]
        fn a_foreign_draft_cookie_is_read_as_text_or_ignored(token in "[A-Za-z0-9_=.%-]{0,80}") {
            if let Some(draft) = Draft::parse(&token) {
                prop_assert_eq!(draft.token(), token);
            }
        }
    }

    #[test]
    fn the_longest_draft_fits_into_a_cookie() {
        let draft = Draft {
            author: Uuid::nil(),
            id: TodoId(Uuid::nil()),
            text: "x".repeat(BYTES_MAX),
        };
        let name = "__Host-tickbox-draft".len();
        assert!(name + 1 + draft.token().len() <= 4_096);
    }
}
