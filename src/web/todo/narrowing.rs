//! What narrows the list: the search form, the heading of a tag, and the words about what is found.

use maud::{Markup, html};

use super::{
    super::{
        layout::{described_by, field_error},
        url,
    },
    list_view::{ListUrl, ListView},
};
use crate::domain::todo::{PAGE_SIZE, Page, SEARCHED_MAX};

/// The field with what is searched for.
const SEARCH: &str = "q";

/// The search form, the link to the tags, and what the list is narrowed to. The form is a plain one, also with a script:
/// its page has another address, which can be kept, and other links.
pub(super) fn forms(view: ListView<'_>) -> Markup {
    let errors = view.narrowing().err().unwrap_or_default();
    let error = |field| errors.iter().find(|error| error.field == field);
    let start = view.at(None);
    let without = |view| ListUrl { view, flash: None };
    html! {
        form.search role="search" action=(url::LIST) {
            @if let Some(show) = view.show() { input type="hidden" name="show" value=(show); }
            @if !view.tag.is_empty() { input type="hidden" name="tag" value=(view.tag); }
            label.hidden for=(SEARCH) { "Search" }
            (field_error(error(SEARCH)))
            div.line {
                input #(SEARCH) name=(SEARCH) type="search" value=(view.search) dir="auto"
                    enterkeyhint="search" autocomplete="off" aria-invalid=[error(SEARCH).map(|_| "true")]
                    aria-describedby=[described_by(SEARCH, false, error(SEARCH).is_some())];
                button.button.quiet type="submit" { "Search" }
            }
        }
        p.narrowed {
            @if !view.search.is_empty() {
                a href=(without(ListView { search: "", ..start })) { "Clear the search" } " "
            }
            a href=(url::TAGS) { "All tags" }
        }
        @if !view.tag.is_empty() {
            div.bar {
                h2 { "Tagged " bdi { "#" (view.tag) } }
                a href=(without(ListView { tag: "", ..start })) { "Show other to-dos too" }
            }
            (field_error(error("tag")))
        }
    }
}

/// Whether a search has looked at as many to-dos as it may before the page was full.
pub(super) fn is_unfinished(view: ListView<'_>, page: &Page) -> bool {
    let is_short = page.todos.len() < PAGE_SIZE.as_length();
    !view.search.is_empty() && is_short && page.next.is_some()
}

/// The words for a part of a narrowed list that holds nothing.
pub(super) fn empty_state(view: ListView<'_>, page: &Page) -> &'static str {
    match (view.search, view.after) {
        _ if view.narrowing().is_err() => "Nothing was searched for.",
        ("", None) => "Nothing here has this tag.",
        ("", Some(_)) => "No more to-dos.",
        _ if is_unfinished(view, page) => "Nothing found so far.",
        (_, None) => "Nothing was found.",
        (_, Some(_)) => "Nothing more was found.",
    }
}

/// How far a search has come, when more to-dos have been looked at; none when it ends with a full page.
pub(super) fn progress(view: ListView<'_>, page: &Page) -> Option<String> {
    let found = match page.todos.len() {
        0 => "Nothing more found".to_owned(),
        number => format!("{number} more found"),
    };
    if is_unfinished(view, page) {
        let thousands = SEARCHED_MAX / 1_000;
        return Some(format!("{found} in the next {thousands},000 to-dos."));
    }
    let is_search = !view.search.is_empty() && page.next.is_none();
    is_search.then(|| format!("{found}. That was all."))
}
