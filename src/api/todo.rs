//! Calls about to-dos.

use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Query},
};

use super::{
    Tag,
    bearer::Caller,
    etag::{Conditional, ListEtag},
    json::Json,
    problem::{ApiError, FieldErrors},
    read_request::ReadRequest,
    schema::{AddTodo, Todo, TodoChanges, TodoList, TodoReference, UpdateTodo, UpdateTodoStatus},
};
use crate::{
    domain::todo::{Cursor, Description, Edit, Filter, Limit, Page, SyncToken, TodoId},
    service::{EditOutcome, Service},
};

pub(super) struct TodoApi;

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
impl TodoApi {
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
    ) -> Result<Added, ApiError> {
        let mut errors = FieldErrors::default();
        let id = errors.collect(body.0.id.as_deref().map(TodoId::parse).transpose());
        let description = errors.collect(Description::parse(&body.0.description));
        let (Some(id), Some(description)) = (id, description) else {
            return Err(errors.into());
        };
        let id = id.unwrap_or_else(|| TodoId::new_v7(service.clock().now()));
        let outcome = service.add(&caller.0, id, description).await?;
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
        read: ReadRequest<'_>,
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
    ) -> Result<Conditional<TodoList>, ApiError> {
        let mut errors = FieldErrors::default();
        let filter = errors.collect(filter.as_deref().map(Filter::parse).transpose());
        let limit = errors.collect(limit.as_deref().map(Limit::parse).transpose());
        let cursor = cursor.as_deref().filter(|text| !text.is_empty());
        let cursor = errors.collect(cursor.map(str::parse::<Cursor>).transpose());
        let (Some(filter), Some(limit), Some(cursor)) = (filter, limit, cursor) else {
            return Err(errors.into());
        };
        let etag = ListEtag::of(&caller.0, caller.0.counts.rev);
        if etag.matches(if_none_match.as_deref()) {
            return Ok(Conditional::NotModified(etag));
        }
        let (filter, limit) = (filter.unwrap_or_default(), limit.unwrap_or_default());
        let page = if read.head_only {
            Page::unread(caller.0.counts)
        } else {
            let service = read.service;
            service.list(&caller.0, filter, cursor, limit).await?
        };
        let etag = ListEtag::of(&caller.0, page.counts.rev);
        Ok(Conditional::Full(etag, TodoList::new(page)))
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
        read: ReadRequest<'_>,
        /// The `next` of the answer before; read nothing into it. An empty one is none.
        since: Query<Option<String>>,
        /// Most to-dos of the answer.
        limit: Query<Option<String>>,
        /// The `ETag` of an earlier answer to the same request: if nothing has changed, the answer is
        /// 304 and empty.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Conditional<TodoChanges>, ApiError> {
        let mut errors = FieldErrors::default();
        let since = since.as_deref().filter(|text| !text.is_empty());
        let since = errors.collect(since.map(str::parse::<SyncToken>).transpose());
        let limit = errors.collect(limit.as_deref().map(Limit::parse).transpose());
        let (Some(since), Some(limit)) = (since, limit) else {
            return Err(errors.into());
        };
        let account = &caller.0;
        let etag = ListEtag::of(account, account.counts.rev);
        if etag.matches(if_none_match.as_deref()) {
            return Ok(Conditional::NotModified(etag));
        }
        let (rev, changes) = if read.head_only {
            let rev = read.service.rev_behind(account, since).await?;
            (rev, TodoChanges::unread())
        } else {
            let limit = limit.unwrap_or_default();
            let changes = read.service.changes(account, since, limit).await?;
            (changes.rev, changes.into())
        };
        Ok(Conditional::Full(ListEtag::of(account, rev), changes))
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
    ) -> Result<Json<Todo>, ApiError> {
        let mut errors = FieldErrors::default();
        let id = errors.collect(TodoId::parse(&body.0.id));
        let description = body.0.description.as_deref();
        let description = errors.collect(description.map(Description::parse).transpose());
        let (Some(id), Some(description)) = (id, description) else {
            return Err(errors.into());
        };
        let edit = Edit {
            description,
            is_done: body.0.is_done,
        };
        match service
            .edit(&caller.0, id, edit, body.0.expected_rev)
            .await?
        {
            EditOutcome::Applied(outcome) => Ok(Json(outcome.todo.into())),
            EditOutcome::Conflict(current) => Err(ApiError::rev_conflict(current)),
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
    ) -> Result<Json<Todo>, ApiError> {
        let id = TodoId::parse(&body.0.id)?;
        let outcome = if body.0.is_done.unwrap_or(true) {
            service.complete(&caller.0, id).await?
        } else {
            service.reopen(&caller.0, id).await?
        };
        Ok(Json(outcome.todo.into()))
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
    ) -> Result<Json<Todo>, ApiError> {
        let id = TodoId::parse(&body.0.id)?;
        let outcome = service.remove(&caller.0, id).await?;
        Ok(Json(outcome.todo.into()))
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
    ) -> Result<Json<Todo>, ApiError> {
        let id = TodoId::parse(&body.0.id)?;
        let outcome = service.restore(&caller.0, id).await?;
        Ok(Json(outcome.todo.into()))
    }
}
