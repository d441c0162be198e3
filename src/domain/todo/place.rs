//! Where a to-do is moved to.

use super::TodoId;
use crate::domain::error::{FieldCode, FieldError};

/// A place in the user's own order: beside another to-do of the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Directly above it.
    Before(TodoId),
    /// Directly below it.
    After(TodoId),
}

impl Place {
    /// Parses the place of the to-do `id`, of which exactly one is given.
    ///
    /// # Errors
    /// When it is not exactly one, no UUID, or the to-do itself.
    pub fn parse(
        id: TodoId,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<Self, FieldError> {
        let beside: fn(TodoId) -> Self;
        let (field, text) = match (before, after) {
            (Some(before), None) => {
                beside = Self::Before;
                ("before_id", before)
            }
            (None, Some(after)) => {
                beside = Self::After;
                ("after_id", after)
            }
            (None, None) => {
                let words = "Say which to-do it shall stand before or after";
                return Err(FieldError::new("before_id", FieldCode::Required, words));
            }
            (Some(_), Some(_)) => {
                let words = "A to-do is moved before or after another one. Leave one of both out";
                return Err(FieldError::new("after_id", FieldCode::InvalidValue, words));
            }
        };
        let neighbour = TodoId::parse(text).map_err(|error| FieldError {
            field: field.into(),
            ..error
        })?;
        if neighbour == id {
            let words = "A to-do cannot be moved beside itself. Name another one";
            return Err(FieldError::new(field, FieldCode::InvalidValue, words));
        }
        Ok(beside(neighbour))
    }

    /// The to-do beside which it is.
    #[must_use]
    pub fn neighbour(self) -> TodoId {
        match self {
            Self::Before(id) | Self::After(id) => id,
        }
    }

    /// Tells it from every other place.
    pub(super) fn fingerprint(self) -> String {
        match self {
            Self::Before(id) => format!("before {id}"),
            Self::After(id) => format!("after {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_place_is_beside_exactly_one_other_to_do() {
        let [own, other] = [1, 2].map(|id| TodoId(Uuid::from_u128(id)));
        let (own_text, other_text) = (own.to_string(), other.to_string());
        let parse = |before, after| Place::parse(own, before, after);
        assert_eq!(parse(Some(&other_text), None), Ok(Place::Before(other)));
        assert_eq!(parse(None, Some(&other_text)), Ok(Place::After(other)));
        for (before, after, field, code) in [
            (None, None, "before_id", FieldCode::Required),
            (Some(""), None, "before_id", FieldCode::Required),
            (None, Some("milk"), "after_id", FieldCode::InvalidId),
            (None, Some(&*own_text), "after_id", FieldCode::InvalidValue),
            (
                Some(&*other_text),
                Some(&*other_text),
                "after_id",
                FieldCode::InvalidValue,
            ),
        ] {
            let error = parse(before, after).expect_err("no place");
            assert_eq!(
                (&*error.field, error.code),
                (field, code),
                "{before:?}, {after:?}"
            );
        }
    }
}
