//! Forms and queries: their fields, decoded. The listener bounds their length.

use std::sync::{Arc, OnceLock};

use percent_encoding::percent_decode;
use poem::{FromRequest, Request, RequestBody};

use super::failure::Failure;
use crate::domain::media_type::{is_identity, is_utf8, without_mark};

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// The field that names the account that the page of a form was made for.
pub(super) const ACCOUNT_FIELD: &str = "account";

/// Most fields of a form or of a query; the longest form has nine. Otherwise the largest request could hold
/// thousands of fields.
pub(super) const FIELDS_MAX: usize = 100;

/// Names and values in the order sent.
#[derive(Debug)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

impl Fields {
    /// # Errors
    /// When there are more than [`FIELDS_MAX`]; when they are not UTF-8, since a guess must not be stored.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let fields = bytes.split(|byte| *byte == b'&');
        if fields.count() > FIELDS_MAX {
            return Err(Failure::TooManyFields);
        }
        let is_text = percent_decode(bytes).decode_utf8().is_ok();
        let fields = is_text.then(|| form_urlencoded::parse(bytes).into_owned().collect());
        fields.map(Self).ok_or(Failure::InvalidUtf8)
    }

    /// The first value of that name.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The values of that name, as those of checkboxes.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.0.iter().filter(move |(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The first value of that name; empty when it is missing.
    fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The value under that name, or else under the name in pages of an earlier version.
    fn either(&self, name: &str, earlier: &str) -> &str {
        match self.get(name) {
            "" => self.get(earlier),
            value => value,
        }
    }
}

/// A posted form; one without a body and without a type has no fields.
pub(super) struct Form(Arc<Fields>);

impl Form {
    /// Reads an encoded form.
    ///
    /// # Errors
    /// As [`Fields::parse`].
    #[cfg(test)]
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        Ok(Self(Arc::new(Fields::parse(bytes)?)))
    }

    /// The field's value; a missing one is empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name)
    }

    /// The field's value, if the form has the field.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.find(name)
    }

    /// All fields, in the order sent.
    pub(super) fn fields(&self) -> &Fields {
        &self.0
    }

    /// The field's value under its name or, from a page loaded before an update, under its earlier name.
    pub(super) fn either(&self, name: &str, earlier: &str) -> &str {
        self.0.either(name, earlier)
    }
}

impl<'a> FromRequest<'a> for Form {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let kind = request.content_type();
        let is_form = kind.is_none_or(|kind| is_utf8(kind, CONTENT_TYPE));
        if !is_form || !is_identity(request.header("content-encoding")) {
            return Err(Failure::UnsupportedMediaType.into());
        }
        let bytes = body.take()?.into_bytes().await?;
        if kind.is_none() && !bytes.is_empty() {
            return Err(Failure::UnsupportedMediaType.into());
        }
        let fields = Arc::new(Fields::parse(without_mark(&bytes))?);
        if let Some(sent) = request.data::<SubmittedForm>() {
            sent.0.set(fields.clone()).ok();
        }
        Ok(Self(fields))
    }
}

/// The submitted form, kept so that an error page can render it again.
#[derive(Clone, Debug, Default)]
pub(super) struct SubmittedForm(Arc<OnceLock<Arc<Fields>>>);

impl SubmittedForm {
    /// Names and values; none when no form was read.
    pub(super) fn fields(&self) -> Option<&Fields> {
        self.0.get().map(Arc::as_ref)
    }
}

/// The query of the URL.
pub(super) struct Query {
    fields: Fields,
    /// Whether a link or a redirect of another site led to this page.
    is_from_elsewhere: bool,
}

impl Query {
    /// The field's value; a missing one is empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.get(name)
    }

    /// The field's value under its name or, from a link of an earlier version, under its earlier name.
    pub(super) fn either(&self, name: &str, earlier: &str) -> &str {
        self.fields.either(name, earlier)
    }

    /// The word of the flash message; empty after a link from another site, which could claim anything.
    pub(super) fn flash(&self) -> &str {
        if self.is_from_elsewhere {
            ""
        } else {
            self.get("notice")
        }
    }
}

impl<'a> FromRequest<'a> for Query {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let query = request.uri().query().unwrap_or_default();
        let site = request.header("sec-fetch-site");
        Ok(Self {
            fields: Fields::parse(query.as_bytes())?,
            is_from_elsewhere: matches!(site, Some("cross-site" | "same-site")),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes, and what looks like a form.
    fn sent() -> impl Strategy<Value = Vec<u8>> {
        let bytes = proptest::collection::vec(any::<u8>(), 0..200);
        prop_oneof![
            bytes,
            "([a-z]{0,3}=?(%[0-9a-fA-F]{0,2}|[ +&;é=]|x){0,4}&?){0,9}".prop_map(String::into_bytes)
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 3_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_form_body_is_decoded_exactly_or_refused(sent in sent()) {
            let fields = Fields::parse(&sent);
            let is_text = percent_decode(&sent).decode_utf8().is_ok();
            prop_assert_eq!(fields.is_ok(), is_text);
            for (name, value) in fields.iter().flat_map(|fields| &fields.0) {
                // Only what is decoded by guessing has this character without its having been sent.
                let guessed = [name, value].iter().any(|text| text.contains('\u{fffd}'));
                let was_sent = percent_decode(&sent).decode_utf8_lossy().contains('\u{fffd}');
                prop_assert!(!guessed || was_sent);
            }
        }

        #[test]
        fn a_browsers_encoding_is_decoded_as_typed(
            typed in proptest::collection::vec(any::<(String, String)>(), 0..5),
        ) {
            let body = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&typed)
                .finish();
            let fields = Fields::parse(body.as_bytes()).expect("UTF-8");
            prop_assert_eq!(fields.0, typed);
        }
    }
}
