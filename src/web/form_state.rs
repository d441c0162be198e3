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
    use crate::{
        domain::error::FieldCode,
        web::{field::Field, form::Form},
    };

    /// A form of ten fields.
    struct Ten<'a>([&'a str; 10]);

    const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

    #[test]
    fn ten_fields_each_have_their_own_value_and_error() {
        let body = NAMES.map(|name| format!("{name}=value+{name}")).join("&");
        let form = Form::parse(body.as_bytes()).expect("a form");
        let refused = NAMES.iter().step_by(2);
        let errors: Vec<_> = refused
            .map(|name| FieldError::new(*name, FieldCode::Required, format!("Enter {name}")))
            .collect();
        let state = FormState::refused(Ten(NAMES.map(|name| form.get(name))), &errors);
        for (number, (name, value)) in NAMES.iter().zip(state.values.0).enumerate() {
            let field = Field::text(name, "Label", value).render(&state);
            let shown = field.into_string();
            assert!(
                shown.contains(&format!("value=\"value {name}\"")),
                "{shown}"
            );
            let error = shown.contains(&format!("Error: Enter {name}"));
            assert_eq!(error, number % 2 == 0, "{shown}");
        }
        assert_eq!(state.errors().len(), 5);
        assert_eq!(state.error("other"), None);
    }

    #[test]
    fn a_filled_form_is_not_refused() {
        let state = FormState::filled(Ten(["milk"; 10]));
        assert_eq!((state.values.0[0], state.error("a")), ("milk", None));
        assert!(!state.is_refused());
        assert!(FormState::refused(state.values, &[field_error()]).is_refused());
    }

    fn field_error() -> FieldError {
        FieldError::new("a", FieldCode::Required, "Enter it")
    }
}
