//! The state of a form on a page: a value and an error for each field.

use super::{form::Form, layout::error_of};
use crate::domain::error::FieldError;

/// Values as typed, and the errors that refuse them. Passwords are never rendered again: see `Field`.
#[derive(Clone, Copy, Default)]
pub(super) struct FormState<'a> {
    values: Values<'a>,
    errors: &'a [FieldError],
}

#[derive(Clone, Copy, Default)]
enum Values<'a> {
    /// A fresh form.
    #[default]
    None,
    /// A form that was submitted.
    Submitted(&'a Form),
    /// A form with one value, as of a draft.
    Draft(&'static str, &'a str),
}

impl<'a> FormState<'a> {
    /// A submitted form, refused by these errors.
    pub(super) fn refused(form: &'a Form, errors: &'a [FieldError]) -> Self {
        let values = Values::Submitted(form);
        Self { values, errors }
    }

    /// A form that is filled in, but was not submitted here.
    pub(super) fn draft(field: &'static str, value: &'a str) -> Self {
        let values = Values::Draft(field, value);
        Self {
            values,
            errors: &[],
        }
    }

    /// The same values, refused by these errors.
    pub(super) fn with_errors(self, errors: &'a [FieldError]) -> Self {
        Self { errors, ..self }
    }

    /// The value of a field; empty when it has none.
    pub(super) fn value(&self, field: &str) -> &'a str {
        match self.values {
            Values::Submitted(form) => form.get(field),
            Values::Draft(name, value) if name == field => value,
            Values::Draft(..) | Values::None => "",
        }
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
    fn ten_fields_each_have_their_own_value_and_error() {
        let names: Vec<_> = (0..10).map(|number| format!("field_{number}")).collect();
        let body: Vec<_> = names
            .iter()
            .map(|name| format!("{name}=value+{name}"))
            .collect();
        let form = Form::parse(body.join("&").as_bytes()).expect("a form");
        let errors: Vec<_> = names
            .iter()
            .step_by(2)
            .map(|name| FieldError::new(name.clone(), FieldCode::Required, format!("Enter {name}")))
            .collect();
        let state = FormState::refused(&form, &errors);
        for (number, name) in names.iter().enumerate() {
            assert_eq!(state.value(name), format!("value {name}"));
            let message = state.error(name).map(|error| error.message.as_str());
            let expected = format!("Enter {name}");
            assert_eq!(message, (number % 2 == 0).then_some(expected.as_str()));
        }
        assert_eq!(state.errors().len(), 5);
        assert_eq!((state.value("other"), state.error("other")), ("", None));
    }

    #[test]
    fn a_draft_fills_its_field_without_an_error() {
        let state = FormState::draft("description", "milk");
        assert_eq!(state.value("description"), "milk");
        assert_eq!(state.value("due_date"), "");
        assert!(!state.is_refused());
        assert!(!FormState::default().is_refused());
    }
}
