//! The filter and the position of a list page, what narrows it, and its URL.

use std::fmt;

use form_urlencoded::Serializer;
use time::Date;

use super::super::{flash::Flash, url};
use crate::domain::{
    error::FieldError,
    todo::{Cursor, Filter, Narrowing, Todo},
};

/// The part of the list that a page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct ListView<'a> {
    /// All, open or done to-dos.
    pub(in crate::web) filter: Filter,
    /// The to-dos after this position; none for the beginning.
    pub(in crate::web) after: Option<Cursor>,
    /// The tag of the to-dos, as it stands in the address; empty for none.
    pub(in crate::web) tag: &'a str,
    /// What is searched for, as it was typed; empty for nothing.
    pub(in crate::web) search: &'a str,
}

impl<'a> ListView<'a> {
    /// Reads the fields of a query or a form; [`Self::narrowed`] adds the others.
    pub(in crate::web) fn parse(show: &str, cursor: &str) -> Result<Self, FieldError> {
        let filter = match show {
            "" => Filter::All,
            show => Filter::parse(show)?,
        };
        let after = match cursor {
            "" => None,
            cursor => Some(Cursor::parse(cursor, filter)?),
        };
        Ok(Self {
            filter,
            after,
            ..Self::default()
        })
    }

    /// Narrowed to a tag and to what is searched for.
    pub(in crate::web) fn narrowed(self, tag: &'a str, search: &'a str) -> Self {
        let (tag, search) = (tag.trim(), search.trim());
        Self {
            tag: tag.strip_prefix('#').unwrap_or(tag),
            search,
            ..self
        }
    }

    /// What narrows it.
    ///
    /// # Errors
    /// When the tag is none, or nothing can be searched for by that text.
    pub(in crate::web) fn narrowing(self) -> Result<Narrowing, Vec<FieldError>> {
        Narrowing::parse(self.tag, self.search)
    }

    /// Whether a tag or a search narrows it.
    pub(in crate::web) fn is_narrowed(self) -> bool {
        !self.tag.is_empty() || !self.search.is_empty()
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
        if !self.tag.is_empty() {
            query.append_pair("tag", self.tag);
        }
        if !self.search.is_empty() {
            query.append_pair("q", self.search);
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
        self.after.is_none()
            && !self.is_narrowed()
            && matches!(self.filter, Filter::All | Filter::Open)
    }

    /// Whether a to-do that was just added, or added again, belongs at the top of this part.
    pub(in crate::web) fn shows(self, todo: &Todo) -> bool {
        if self.is_narrowed() && !self.narrowing().is_ok_and(|it| it.finds(todo)) {
            return false;
        }
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
        self.search.is_empty() && matches!(self.filter, Filter::All | Filter::Open)
    }

    /// Whether the page says how many to-dos are due: not of a search, which may not have looked at all of them.
    pub(in crate::web) fn is_counted_by_day(self) -> bool {
        self.filter.is_by_day() && self.after.is_none() && self.search.is_empty()
    }

    /// The same filter at another position.
    pub(in crate::web) fn at(self, after: Option<Cursor>) -> Self {
        Self { after, ..self }
    }
}

/// The URL of a part of the list, with a flash message; of what a user typed it holds only what is searched for.
#[derive(Clone, Copy, Default)]
pub(in crate::web) struct ListUrl<'a> {
    /// The part of the list.
    pub(in crate::web) view: ListView<'a>,
    /// The flash message.
    pub(in crate::web) flash: Option<Flash>,
}

impl fmt::Display for ListUrl<'_> {
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
