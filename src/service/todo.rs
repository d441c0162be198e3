//! Verbs of to-dos, all idempotent; another user's to-do is not found, like one that never existed.

mod list;
mod removed;
mod write;

pub use self::{list::ChangeSet, write::WriteOutcome};
