//! An edit that was sent when the session had ended: the login page holds it in hidden fields, and the login
//! answers with it, to be saved. Longer than a cookie may be, and never in a URL.

use form_urlencoded::Serializer;
use maud::{Markup, html};
use poem::{IntoResponse as _, Response};
use uuid::Uuid;

use super::{
    draft::{AUTHOR_FIELD, PENDING_FIELD},
    error_page::retry_form,
    failure::Failure,
    form::{ACCOUNT_FIELD, Fields, Form},
    layout::{self, Width},
    url,
};
use crate::domain::INPUT_MAX;

/// Most bytes of its fields, so that the form that logs in with them is within the limit of all requests.
const BYTES_MAX: usize = INPUT_MAX - 4 * 1024;

/// The fields of an edit form.
pub(super) struct PendingEdit {
    author: Uuid,
    fields: Fields,
}

impl PendingEdit {
    /// That of an edit form; none when it names no author, as a hand-written one.
    ///
    /// # Errors
    /// When it is too long to be sent once more by a stranger.
    pub(super) fn of_edit(form: &Form) -> Result<Option<Self>, Failure> {
        let pending = Self::read(form, ACCOUNT_FIELD);
        let is_long = pending.as_ref().is_some_and(|it| it.length() > BYTES_MAX);
        if is_long {
            return Err(Failure::UnreadForm);
        }
        Ok(pending)
    }

    /// That in the hidden fields of the login form.
    pub(super) fn of_login(form: &Form) -> Option<Self> {
        form.find(PENDING_FIELD)?;
        Self::read(form, AUTHOR_FIELD)
    }

    fn read(form: &Form, author: &str) -> Option<Self> {
        Some(Self {
            author: Uuid::try_parse(form.get(author)).ok()?,
            fields: retry_form::known(form.fields()),
        })
    }

    /// The bytes that its fields add to a form.
    fn length(&self) -> usize {
        let fields = self.fields.0.iter();
        let sent = Serializer::new(String::new()).extend_pairs(fields).finish();
        sent.len()
    }

    /// The hidden fields of the login form.
    pub(super) fn fields(&self) -> Markup {
        html! {
            input type="hidden" name=(PENDING_FIELD) value=(url::EDIT);
            input type="hidden" name=(AUTHOR_FIELD) value=(self.author);
            @for (name, value) in &self.fields.0 { input type="hidden" name=(name) value=(value); }
        }
    }

    /// The public id of the author, the only user that gets it back.
    pub(super) fn author(&self) -> Uuid {
        self.author
    }

    /// The page that gives it back after the login.
    pub(super) fn page(&self) -> Response {
        let title = "Your edit is not saved yet";
        let account = self.author.to_string();
        let body = html! {
            h1 { (title) }
            p { "You are logged in again. Look at what you typed, then save it." }
            (retry_form::form(url::EDIT, Some(&account), &self.fields, "Save"))
            p { a href=(url::LIST) { "Back to the list" } }
        };
        layout::page_of(title, Width::Narrow, Some(self.author), &body).into_response()
    }
}
