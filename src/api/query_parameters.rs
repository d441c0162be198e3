//! Rejection of unknown and repeated query parameters: a misspelt one would otherwise be ignored in silence.

use std::collections::BTreeSet;

use poem::Request;

use super::{
    openapi,
    problem::{ApiError, excerpt},
};
use crate::domain::error::{FieldCode, FieldError};

/// Most errors of one response.
const ERRORS_MAX: usize = 10;

/// Checks the query against the parameters of the call.
///
/// # Errors
/// One for each unknown or repeated parameter, up to ten.
pub(super) fn check(request: &Request) -> Result<(), ApiError> {
    let path = request.original_uri().path();
    let Some(known) = openapi::parameters(path, request.method()) else {
        return Ok(());
    };
    let query = request.uri().query().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let errors = form_urlencoded::parse(query.as_bytes()).filter_map(|(name, _)| {
        let name = excerpt(&name);
        if !known.contains(&name) {
            let message = format!("This call has no parameter {name}. Leave it out");
            Some(FieldError::new(name, FieldCode::UnknownField, message))
        } else if seen.insert(name.clone()) {
            None
        } else {
            let message = format!("The parameter {name} is given twice. Send it once");
            Some(FieldError::new(name, FieldCode::DuplicateField, message))
        }
    });
    let errors: Vec<_> = errors.take(ERRORS_MAX).collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
}
