//! What was typed into the list when its session had ended, on its way back to that list: in a hidden
//! field of the login form, and from the login to the list in a cookie. Never in an address.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use maud::{Markup, html};
use time::Duration;
use uuid::Uuid;

use super::form::{ACCOUNT_FIELD, Form};
use crate::domain::{
    todo::{Description, TodoId},
    user::Account,
};

/// How long the cookie is kept, unless the text is added before: long enough to read it once more.
pub(super) const KEPT: Duration = Duration::minutes(10);

/// Most bytes of a text: what fits into a cookie, of which browsers take 4,096 bytes, name included. The
/// longest to-do has 800.
const BYTES_MAX: usize = 2_800;
const _: () = assert!(BYTES_MAX >= 4 * Description::MAX);

/// The field of the login form that names the author.
pub(super) const DRAFTER_FIELD: &str = "drafter";

/// A text, and the to-do that it is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    /// The public id of the author: nobody else gets it back.
    pub(super) drafter: Uuid,
    /// The id of the to-do: if it was added after all, adding it again changes nothing.
    pub(super) id: TodoId,
    /// As typed.
    pub(super) text: String,
}

impl Draft {
    /// What the form that adds was sent with.
    pub(super) fn of_list(form: &Form) -> Option<Self> {
        Self::read(form, form.either("todo_id", "id"), ACCOUNT_FIELD)
    }

    /// The same, brought along by the login form.
    pub(super) fn of_login(form: &Form) -> Option<Self> {
        Self::read(form, form.get("todo_id"), DRAFTER_FIELD)
    }

    /// None when nothing was typed, or by nobody: a form that somebody wrote by hand is theirs to keep.
    fn read(form: &Form, id: &str, drafter: &str) -> Option<Self> {
        let text = form.get("description");
        let end = text.floor_char_boundary(BYTES_MAX);
        Some(Self {
            drafter: Uuid::try_parse(form.get(drafter)).ok()?,
            id: TodoId::parse(id).ok()?,
            text: text
                .get(..end)
                .filter(|text| !text.trim().is_empty())?
                .to_owned(),
        })
    }

    /// For the login form.
    pub(super) fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="description" value=(self.text);
            input type="hidden" name="todo_id" value=(self.id);
            input type="hidden" name=(DRAFTER_FIELD) value=(self.drafter);
        }
    }

    /// For the cookie.
    pub(super) fn token(&self) -> String {
        let (drafter, id) = (self.drafter.as_bytes(), self.id.0.as_bytes());
        URL_SAFE_NO_PAD.encode([drafter.as_slice(), id, self.text.as_bytes()].concat())
    }

    /// Reads the cookie; none when it is none of ours.
    pub(super) fn parse(token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (drafter, rest) = bytes.split_first_chunk()?;
        let (id, text) = rest.split_first_chunk()?;
        Some(Self {
            drafter: Uuid::from_bytes(*drafter),
            id: TodoId(Uuid::from_bytes(*id)),
            text: str::from_utf8(text).ok()?.to_owned(),
        })
    }

    /// Whether that account may see it.
    pub(super) fn is_of(&self, account: &Account) -> bool {
        self.drafter == account.public_id
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
        fn a_cookie_gives_back_what_was_put_into_it(drafter: u128, id: u128, text: String) {
            let draft = Draft {
                drafter: Uuid::from_u128(drafter),
                id: TodoId(Uuid::from_u128(id)),
                text,
            };
            prop_assert_eq!(Draft::parse(&draft.token()), Some(draft));
        }

        #[test]
        fn a_cookie_of_somebody_elses_is_read_as_text_or_not_at_all(token in "[A-Za-z0-9_=.%-]{0,80}") {
            if let Some(draft) = Draft::parse(&token) {
                prop_assert_eq!(draft.token(), token);
            }
        }
    }

    #[test]
    fn the_longest_draft_fits_into_a_cookie() {
        let draft = Draft {
            drafter: Uuid::nil(),
            id: TodoId(Uuid::nil()),
            text: "x".repeat(BYTES_MAX),
        };
        let name = "__Host-tickbox-draft".len();
        assert!(name + 1 + draft.token().len() <= 4_096);
    }
}
