//! The state of a form on a page: its values as typed, and an error for each field that is refused.

use super::layout::error_of;
use crate::domain::error::FieldError;

/// Values of the form `F`, which has a member for each field, and the errors that refuse them. `F::default()` is
/// the fresh form.
#[derive(Clone, Copy, Default)]
pub(super) struct FormState<'a, F> {
    /// As typed.
    pub(super) values: F,
    errors: &'a [FieldError],
}

impl<'a, F> FormState<'a, F> {
    /// A form that is filled in, but was not submitted here.
    pub(super) fn filled(values: F) -> Self {
        let errors = &[];
        Self { values, errors }
    }

    /// A submitted form, refused by these errors if there are any.
    pub(super) fn refused(values: F, errors: &'a [FieldError]) -> Self {
        Self { values, errors }
    }

    /// The error of a field, if it has one.
    pub(super) fn error(&self, field: &str) -> Option<&'a FieldError> {
        error_of(self.errors, field)
    }

    /// The errors of all fields.
    pub(super) fn errors(&self) -> &'a [FieldError] {
        self.errors
    }

    /// Whether the form was refused.
    pub(super) fn is_refused(&self) -> bool {
        !self.errors.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::FieldCode;

    #[test]
    fn a_filled_form_is_not_refused() {
        let state = FormState::filled("milk");
        assert_eq!((state.values, state.error("a")), ("milk", None));
        assert!(!state.is_refused());
        let error = FieldError::new("a", FieldCode::Required, "Enter it");
        assert!(FormState::refused("milk", &[error]).is_refused());
    }
}
