//! A labelled input of a form, with its hint and its error.

use maud::{Markup, html};

use super::{
    form_state::FormState,
    layout::{described_by, field_error},
};

/// A labelled text field with its hint and its error.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    pub(super) hint: &'a str,
    pub(super) autocomplete: &'a str,
    /// As typed; none for a password, which is never sent back.
    pub(super) value: Option<&'a str>,
}

impl<'a> Field<'a> {
    pub(super) fn text(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Self {
            name,
            label,
            hint: "",
            autocomplete: "off",
            value: Some(value),
        }
    }

    pub(super) fn password(name: &'a str, label: &'a str) -> Self {
        Self {
            autocomplete: "new-password",
            value: None,
            ..Self::text(name, label, "")
        }
    }

    pub(super) fn render<F>(&self, form: &FormState<'_, F>) -> Markup {
        let (name, error) = (self.name, form.error(self.name));
        let kind = if self.value.is_some() {
            "text"
        } else {
            "password"
        };
        html! {
            div.field {
                label for=(name) { (self.label) }
                @if !self.hint.is_empty() { p.hint id={ (name) "-hint" } { (self.hint) } }
                (field_error(error))
                input id=(name) name=(name) type=(kind) autocomplete=(self.autocomplete) required
                    value=[self.value]
                    // No `maxlength`: it would cut what is pasted without a word.
                    autocapitalize=[(name == "username").then_some("none")]
                    spellcheck="false"
                    aria-invalid=[error.map(|_| "true")]
                    aria-describedby=[described_by(name, !self.hint.is_empty(), error.is_some())];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::error::{FieldCode, FieldError},
        web::form::Form,
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
}
