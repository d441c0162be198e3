//! The calls of to-dos: a file for each.

mod add_todo;
mod todo_changes;
