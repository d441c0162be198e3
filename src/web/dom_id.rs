//! The `id` attributes of elements that links, scripts, styles and fragments name.

use crate::domain::todo::TodoId;

/// The main part of every page.
pub(super) const MAIN: &str = "main";
/// The error summary at the top of the page.
pub(super) const ERRORS: &str = "errors";
/// The form that adds a to-do.
pub(super) const ADD: &str = "add";
/// The list of to-dos.
pub(super) const TODOS: &str = "todos";
/// The link to the next page of the list.
pub(super) const MORE: &str = "more";
/// The counts of the list.
pub(super) const COUNT: &str = "count";
/// The number of to-dos of a list by due date.
pub(super) const COUNT_BY_DAY: &str = "count-by-day";
/// The status message, a live region.
pub(super) const STATUS: &str = "status";
/// The element that reloads the list when another tab changed it.
pub(super) const REFRESH: &str = "refresh";

/// The word that describes the link of each row.
pub(super) const EDIT_HINT: &str = "edit-hint";

/// The prefix of the id of a row, before the id of its to-do.
pub(super) const ROW: &str = "todo-";

/// The id of the row of a to-do.
pub(super) fn row(id: TodoId) -> String {
    format!("{ROW}{id}")
}
