//! Calls about to-dos.

use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Query},
};

use super::{
    Tag,
    asked::Asked,
    bearer::Caller,
    json::Json,
    problem::{Errors, Failure, failed},
    schema::{AddTodo, Todo, TodoChanges, TodoList, TodoReference, UpdateTodo, UpdateTodoStatus},
    version::{Version, Versioned},
};
use crate::{
    domain::{
        error::Error,
        todo::{Cursor, Description, Edit, Filter, Limit, Page, SyncToken, TodoId},
    },
    service::{EditOutcome, Service, TodoUpdate},
};

pub(super) struct Calls;

#[derive(ApiResponse)]
enum Added {
    /// It was added
    #[oai(status = 201)]
    Created(Json<Todo>),
    /// It had been added before: this is what is stored, edited or removed as it may be
    #[oai(status = 200)]
    Replayed(Json<Todo>),
}

#[OpenApi(tag = "Tag::Todo")]
impl Calls {
    /// Add a to-do
    ///
    /// Make the `id` where the to-do is typed, and keep it until an answer arrives: with the same `id`
    /// and text this call may be repeated as often as need be. Without an `id`, each repetition adds
    /// another to-do.
    #[oai(path = "/add_todo", method = "post", operation_id = "add_todo")]
    async fn add_todo(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<AddTodo>,
    ) -> Result<Added, Failure> {
        let mut errors = Errors::default();
        let id = errors.note(body.0.id.as_deref().map(TodoId::parse).transpose());
        let description = errors.note(Description::parse(&body.0.description));
        let (Some(id), Some(description)) = (id, description) else {
            return Err(errors.into());
        };
        let id = id.unwrap_or_else(|| TodoId::new_v7(service.clock().now()));
        let added = service.add(&caller.0, id, description).await;
        let outcome = added.map_err(failed)?;
        let todo = Json(outcome.todo.into());
        Ok(if outcome.changed {
            Added::Created(todo)
        } else {
            Added::Replayed(todo)
        })
    }

    /// The list
    ///
    /// Open before done, newest first. Without parameters every to-do, up to 1,000; then `next_cursor`
    /// leads to the next part. To keep a copy up to date, use `todo_changes`.
    #[oai(path = "/todo_list", method = "get", operation_id = "todo_list")]
    async fn todo_list(
        &self,
        caller: Caller,
        asked: Asked<'_>,
        /// Which to-dos.
        filter: Query<Option<String>>,
        /// Most to-dos of the answer.
        limit: Query<Option<String>>,
        /// The `next_cursor` of the answer before; an empty one is none.
        cursor: Query<Option<String>>,
        /// The `ETag` of an earlier answer to the same request: if nothing has changed, the answer is
        /// 304 and empty.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Versioned<TodoList>, Failure> {
        let mut errors = Errors::default();
        let filter = errors.note(filter.as_deref().map(Filter::parse).transpose());
        let limit = errors.note(limit.as_deref().map(Limit::parse).transpose());
        let cursor = cursor.as_deref().filter(|text| !text.is_empty());
        let cursor = errors.note(cursor.map(str::parse::<Cursor>).transpose());
        let (Some(filter), Some(limit), Some(cursor)) = (filter, limit, cursor) else {
            return Err(errors.into());
        };
        let version = Version::of(&caller.0, caller.0.counts.rev);
        if version.is_known(if_none_match.as_deref()) {
            return Ok(Versioned::NotModified(version));
        }
        let (filter, limit) = (filter.unwrap_or_default(), limit.unwrap_or_default());
        let page = if asked.for_head {
            Page::unread(caller.0.counts)
        } else {
            let page = asked.service.list(&caller.0, filter, cursor, limit).await;
            page.map_err(failed)?
        };
        let version = Version::of(&caller.0, page.counts.rev);
        Ok(Versioned::Answer(version, TodoList::new(page)))
    }

    /// What has changed
    ///
    /// Without `since` a first copy of the whole list (`full` is true). Store `next` after what the
    /// answer brought, and send it as `since` the next time: the answer is then what has changed,
    /// removed to-dos among it as `id`, `rev` and `removed`. While `has_more` is true, go on at once,
    /// also when a part of a first copy holds less than `limit` or nothing: what was removed is left out
    /// of it.
    /// After the last part of a first copy, forget what it did not bring, except what you have not
    /// sent yet.
    #[oai(path = "/todo_changes", method = "get", operation_id = "todo_changes")]
    async fn todo_changes(
        &self,
        caller: Caller,
        asked: Asked<'_>,
        /// The `next` of the answer before; read nothing into it. An empty one is none.
        since: Query<Option<String>>,
        /// Most to-dos of the answer.
        limit: Query<Option<String>>,
        /// The `ETag` of an earlier answer to the same request: if nothing has changed, the answer is
        /// 304 and empty.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Versioned<TodoChanges>, Failure> {
        let mut errors = Errors::default();
        let since = since.as_deref().filter(|text| !text.is_empty());
        let since = errors.note(since.map(str::parse::<SyncToken>).transpose());
        let limit = errors.note(limit.as_deref().map(Limit::parse).transpose());
        let (Some(since), Some(limit)) = (since, limit) else {
            return Err(errors.into());
        };
        let account = &caller.0;
        let version = Version::of(account, account.counts.rev);
        if version.is_known(if_none_match.as_deref()) {
            return Ok(Versioned::NotModified(version));
        }
        let (rev, changes) = if asked.for_head {
            let rev = asked.service.rev_behind(account, since).await;
            (rev.map_err(failed)?, TodoChanges::unread())
        } else {
            let limit = limit.unwrap_or_default();
            let changes = asked.service.changes(account, since, limit);
            let changes = changes.await.map_err(failed)?;
            (changes.rev, changes.into())
        };
        Ok(Versioned::Answer(Version::of(account, rev), changes))
    }

    /// Change a to-do
    ///
    /// Sets what is sent and leaves the rest. If it is stored already, the answer is 200 whatever
    /// `expected_rev` says: an answer may have been lost.
    #[oai(path = "/update_todo", method = "post", operation_id = "update_todo")]
    async fn update_todo(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<UpdateTodo>,
    ) -> Result<Json<Todo>, Failure> {
        let mut errors = Errors::default();
        let id = errors.note(TodoId::parse(&body.0.id));
        let description = body.0.description.as_deref();
        let description = errors.note(description.map(Description::parse).transpose());
        let (Some(id), Some(description)) = (id, description) else {
            return Err(errors.into());
        };
        let edit = Edit {
            description,
            is_done: body.0.is_done,
        };
        let edited = service.edit(&caller.0, id, edit, body.0.expected_rev).await;
        match edited.map_err(failed)? {
            EditOutcome::Applied(outcome) => Ok(Json(outcome.todo.into())),
            EditOutcome::Conflict(current) => Err(Failure::rev_conflict(current)),
        }
    }

    /// Mark a to-do as done, or as open again
    ///
    /// Sets, never toggles. A to-do that is done keeps its first `done_date`.
    #[oai(
        path = "/update_todo_status",
        method = "post",
        operation_id = "update_todo_status"
    )]
    async fn update_todo_status(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<UpdateTodoStatus>,
    ) -> Result<Json<Todo>, Failure> {
        let id = id(&body.0.id)?;
        stored(if body.0.is_done.unwrap_or(true) {
            service.complete(&caller.0, id).await
        } else {
            service.reopen(&caller.0, id).await
        })
    }

    /// Remove a to-do
    ///
    /// It can be restored for 30 days, unless 20,000 others are removed meanwhile. Removing it again changes
    /// nothing and is no error.
    #[oai(path = "/remove_todo", method = "post", operation_id = "remove_todo")]
    async fn remove_todo(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<TodoReference>,
    ) -> Result<Json<Todo>, Failure> {
        let id = id(&body.0.id)?;
        stored(service.remove(&caller.0, id).await)
    }

    /// Bring a removed to-do back
    ///
    /// As it was. For one that is not removed this changes nothing and is no error.
    #[oai(path = "/restore_todo", method = "post", operation_id = "restore_todo")]
    async fn restore_todo(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<TodoReference>,
    ) -> Result<Json<Todo>, Failure> {
        let id = id(&body.0.id)?;
        stored(service.restore(&caller.0, id).await)
    }
}

fn id(text: &str) -> Result<TodoId, Failure> {
    TodoId::parse(text).map_err(|error| failed(error.into()))
}

fn stored(outcome: Result<TodoUpdate, Error>) -> Result<Json<Todo>, Failure> {
    let outcome = outcome.map_err(failed)?;
    Ok(Json(outcome.todo.into()))
}
