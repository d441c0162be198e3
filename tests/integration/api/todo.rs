//! The calls of to-dos: a file for each.

mod add_todo;
mod get_todo;
mod move_todo;
mod remove_todo;
mod restore_todo;
mod sync;
mod tag_list;
mod todo_changes;
mod todo_list;
mod update_todo;
mod update_todo_status;
