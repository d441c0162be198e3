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
