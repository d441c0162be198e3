//! Data transfer objects: the JSON that calls about to-dos take and answer, and how it is written.
//! May import `domain` and `service` only, so that every other module of the API can use it.

mod plan;
mod tag;
mod timestamp;
mod todo;
mod todo_change;

pub(super) use self::{
    plan::SetRepeat,
    tag::TagList,
    timestamp::serialize as serialize_timestamp,
    todo::{AddTodo, MoveTodo, Todo, TodoList, TodoReference, UpdateTodo, UpdateTodoStatus},
    todo_change::{SyncChanges, TodoChanges},
};
