//! The filter and the position of a list page, and its URL.

use std::fmt;

use form_urlencoded::Serializer;
use time::Date;

use super::super::{flash::Flash, url};
use crate::domain::{
    error::FieldError,
    todo::{Cursor, Filter, Todo},
};

/// The part of the list that a page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct ListView {
    /// All, open or done to-dos.
    pub(in crate::web) filter: Filter,
    /// The to-dos after this position; none for the beginning.
    pub(in crate::web) after: Option<Cursor>,
}

impl ListView {
    /// Reads the fields of a query or a form.
    pub(in crate::web) fn parse(show: &str, cursor: &str) -> Result<Self, FieldError> {
        let filter = match show {
            "" => Filter::All,
            show => Filter::parse(show)?,
        };
        let after = match cursor {
            "" => None,
            cursor => Some(Cursor::parse(cursor, filter)?),
        };
        Ok(Self { filter, after })
    }

    /// The word for the filter in URLs; none for the whole list.
    pub(in crate::web) fn show(self) -> Option<&'static str> {
        Some(self.filter)
            .filter(|filter| *filter != Filter::All)
            .map(Filter::as_str)
    }

    /// Its fields in a query, after `separator`; empty for the beginning of the whole list.
    pub(in crate::web) fn query(self, separator: &str) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(show) = self.show() {
            query.append_pair("show", show);
        }
        if let Some(after) = self.after {
            query.append_pair("cursor", &after.to_string());
        }
        let query = query.finish();
        if query.is_empty() {
            return query;
        }
        format!("{separator}{query}")
    }

    /// Whether a to-do that was just added belongs at the top of this part, where nothing else is known of it than
    /// that it is open.
    pub(in crate::web) fn shows_new(self) -> bool {
        self.after.is_none() && matches!(self.filter, Filter::All | Filter::Open)
    }

    /// Whether a to-do that was just added, or added again, belongs at the top of this part.
    pub(in crate::web) fn shows(self, todo: &Todo) -> bool {
        match self.filter {
            Filter::All => self.after.is_none(),
            Filter::Open => self.after.is_none() && !todo.is_done,
            Filter::Done => self.after.is_none() && todo.is_done,
            Filter::Today | Filter::Upcoming => false,
        }
    }

    /// Whether a to-do that is not removed belongs to the beginning of this list, wherever in it.
    pub(in crate::web) fn contains(self, todo: &Todo, today: Date) -> bool {
        self.after.is_none() && self.filter.contains(todo, today)
    }

    /// Whether it is in the user's own order, in which to-dos can be moved.
    pub(in crate::web) fn is_in_own_order(self) -> bool {
        matches!(self.filter, Filter::All | Filter::Open)
    }

    /// The same filter at another position.
    pub(in crate::web) fn at(self, after: Option<Cursor>) -> Self {
        Self { after, ..self }
    }
}

/// The URL of a part of the list, with a flash message; never with user input.
#[derive(Clone, Copy, Default)]
pub(in crate::web) struct ListUrl {
    /// The part of the list.
    pub(in crate::web) view: ListView,
    /// The flash message.
    pub(in crate::web) flash: Option<Flash>,
}

impl fmt::Display for ListUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = self.view.query("");
        let mut query = Serializer::new(view);
        if let Some(flash) = self.flash {
            query.append_pair("notice", flash.word());
            if let Some(id) = flash.id() {
                query.append_pair("id", &id.to_string());
            }
        }
        let query = query.finish();
        formatter.write_str(url::LIST)?;
        if query.is_empty() {
            return Ok(());
        }
        write!(formatter, "?{query}")
    }
}
