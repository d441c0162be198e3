//! Verbs of to-dos, all idempotent; another user's to-do is not found, like one that never existed.

mod batch;
mod list;
mod order;
mod removed;
mod search;
mod tag;
mod write;

pub use self::list::ChangeSet;
pub(in crate::service) use self::tag::store_tags;
