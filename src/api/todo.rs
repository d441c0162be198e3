//! Calls about to-dos: each by itself here, several at once in `sync`.

mod plan_request;
pub(super) mod sync;
mod write_request;

use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Query},
};

use self::write_request::Moment;
use super::{
    Tag,
    bearer::Caller,
    etag::{Conditional, ListEtag},
    json::Json,
    problem::{ApiError, FieldErrors},
    read_request::ReadRequest,
    schema::{
        AddTodo, MoveTodo, Todo, TodoChanges, TodoList, TodoReference, UpdateTodo, UpdateTodoStatus,
    },
};
use crate::{
    domain::{
        error::{FieldCode, FieldError},
        todo::{
            Change, Cursor, Filter, Limit, ListQuery, Narrowing, Page, RemovedCursor, Shown,
            SyncToken, TodoId,
        },
    },
    service::Service,
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

/// A place in the list, or among the removed.
enum Place {
    Present(Filter, Option<Cursor>, Narrowing),
    Removed(Option<RemovedCursor>),
}

impl Place {
    fn parse(
        shown: Shown,
        cursor: Option<&str>,
        narrowing: Narrowing,
    ) -> Result<Self, Vec<FieldError>> {
        let cursor = cursor.filter(|text| !text.is_empty());
        match shown {
            Shown::Present(filter) => {
                let after = cursor.map(|it| Cursor::parse(it, filter)).transpose();
                after
                    .map(|after| Self::Present(filter, after, narrowing))
                    .map_err(|error| vec![error])
            }
            Shown::Removed if narrowing.is_none() => {
                let after = cursor.map(RemovedCursor::parse).transpose();
                after.map(Self::Removed).map_err(|error| vec![error])
            }
            Shown::Removed => {
                let words =
                    "What was removed has no tags and cannot be searched. Leave out tag and q";
                Err(vec![FieldError::new(
                    "filter",
                    FieldCode::InvalidValue,
                    words,
                )])
            }
        }
    }
}

#[OpenApi(tag = "Tag::Todo")]
impl TodoApi {
    /// Add a to-do
    ///
    /// Make the `id` where the to-do is typed, and keep it until an answer arrives: with the same `id`
    /// and text this call may be repeated as often as need be. With neither an `id` nor a `call_id`, each repetition
    /// adds another to-do. With `parse`, words of the text set other fields: the guide lists them.
    #[oai(path = "/add_todo", method = "post", operation_id = "add_todo")]
    async fn add_todo(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<AddTodo>,
    ) -> Result<Added, ApiError> {
        let write = write_request::add(&body.0, Moment::of(&service, &caller.0))?;
        let outcome = service.write(&caller.0, write).await??;
        let todo = Json(outcome.todo.into());
        Ok(if outcome.changed {
            Added::Created(todo)
        } else {
            Added::Replayed(todo)
        })
    }

    /// One to-do
    ///
    /// Also one that was removed, with `removed`, as long as it can be restored.
    #[oai(path = "/get_todo", method = "get", operation_id = "get_todo")]
    async fn get_todo(
        &self,
        caller: Caller,
        service: Data<&Service>,
        /// Which to-do.
        id: Query<String>,
        /// The `ETag` of an earlier answer to the same request: if nothing has changed, the answer is
        /// 304 and empty.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Conditional<Todo>, ApiError> {
        let id = TodoId::parse(&id)?;
        // Read first: what can no longer be restored is gone without a change of the revision.
        let todo = service.get(&caller.0, id).await?;
        let etag = ListEtag::of(&caller.0, caller.0.counts.rev);
        if etag.matches(if_none_match.as_deref()) {
            return Ok(Conditional::NotModified(etag));
        }
        Ok(Conditional::Full(etag, todo.into()))
    }

    /// The list
    ///
    /// Open before done, each in the user's own order, which is that of `position`, the highest first. Without
    /// parameters every to-do, up to 1,000; then `next_cursor` leads to the next part. `filter=today` is what is open
    /// and due today or was before, `filter=upcoming` what is due later, both by due date, on a day those with a time
    /// first; what today is says the user's time zone. `filter=done` shows the last done first, `filter=removed` what
    /// was removed and can be restored, the last first. To keep a copy up to date, use `sync` or `todo_changes`.
    ///
    /// `tag` and `q` narrow each of these but the last, and may be combined: to what has a tag, and to what has all words
    /// of `q` somewhere in its description or notes, also as parts of words, without regard to case and accents. A search
    /// looks at 20,000 to-dos and then answers: there may be a `next_cursor` although few or no to-dos have been found.
    #[oai(path = "/todo_list", method = "get", operation_id = "todo_list")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each parameter of the call is one, and poem-openapi takes no struct of them"
    )]
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
        /// Only what has this tag; with or without its `#`. An empty one is none.
        tag: Query<Option<String>>,
        /// Only what has these words; up to 100 characters. An empty one is none.
        q: Query<Option<String>>,
        /// The `ETag` of an earlier answer to the same request: if nothing has changed, the answer is
        /// 304 and empty.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Conditional<TodoList>, ApiError> {
        let mut errors = FieldErrors::default();
        let shown = errors.collect(filter.as_deref().map(Shown::parse).transpose());
        let limit = errors.collect(limit.as_deref().map(Limit::parse).transpose());
        let (tag, q) = (tag.as_deref().unwrap_or(""), q.as_deref().unwrap_or(""));
        let narrowing = errors.collect_all(Narrowing::parse(tag, q));
        let place = Place::parse(
            shown.flatten().unwrap_or_default(),
            cursor.as_deref(),
            narrowing.clone().unwrap_or_default(),
        );
        let place = errors.collect_all(place);
        let (Some(_), Some(limit), Some(_), Some(place)) = (shown, limit, narrowing, place) else {
            return Err(errors.into());
        };
        let (account, limit) = (&caller.0, limit.unwrap_or_default());
        let (filter, after, narrowing) = match place {
            // Never 304: what was removed long ago leaves this list although nothing is changed.
            Place::Removed(after) => {
                let page = read.service.removed(account, after, limit).await?;
                let etag = ListEtag::of(account, account.counts.rev);
                return Ok(Conditional::Full(etag, page.into()));
            }
            Place::Present(filter, after, narrowing) => (filter, after, narrowing),
        };
        let today = read.service.today(account);
        let etag = |rev| ListEtag::of(account, rev).on(today, filter);
        let known = etag(account.counts.rev);
        if known.matches(if_none_match.as_deref()) {
            return Ok(Conditional::NotModified(known));
        }
        let page = if read.head_only {
            Page::unread(account.counts)
        } else {
            let query = ListQuery {
                filter,
                today,
                after,
                limit,
            };
            let page = read.service.narrowed_list(account, query, narrowing);
            page.await?
        };
        Ok(Conditional::Full(
            etag(page.counts.rev),
            TodoList::new(page),
        ))
    }

    /// What has changed
    ///
    /// Without `since` a first copy of the whole list (`full` is true). Store `next` after what the
    /// answer brought, and send it as `since` the next time: the answer is then what has changed,
    /// removed to-dos among it as `id`, `rev` and `removed`. While `has_more` is true, go on at once,
    /// also when a part of a first copy holds less than `limit` or nothing: what was removed is left out
    /// of it.
    /// After the last part of a first copy, forget what it did not bring, except what you have not
    /// sent yet: note the answer's `snapshot` with each to-do that it brings, and forget those that have another.
    /// A `since` is good for 30 days at least, unless 20,000 to-dos are removed meanwhile or the server had to go
    /// back to a backup. One that has expired, or is damaged, is answered with 410: call again without it.
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
        let Some(limit) = errors.collect(limit.as_deref().map(Limit::parse).transpose()) else {
            return Err(errors.into());
        };
        let since = since.as_deref().filter(|text| !text.is_empty());
        let since = since.map(str::parse::<SyncToken>).transpose()?;
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
    /// `expected_rev` says: an answer may have been lost. What others have changed in other fields is no conflict.
    #[oai(path = "/update_todo", method = "post", operation_id = "update_todo")]
    async fn update_todo(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<UpdateTodo>,
    ) -> Result<Json<Todo>, ApiError> {
        let write = write_request::update(&body.0)?;
        let outcome = service.write(&caller.0, write).await??;
        Ok(Json(outcome.todo.into()))
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
        let write = write_request::update_status(&body.0)?;
        let outcome = service.write(&caller.0, write).await??;
        Ok(Json(outcome.todo.into()))
    }

    /// Move a to-do
    ///
    /// Puts it directly above or below another one, open ones among open ones and done ones among done ones; what is
    /// added next still comes on top. It gets another `position`, in rare cases others near it do too: `sync` and
    /// `todo_changes` bring them. Where it stands already, nothing changes, whatever `expected_rev` says.
    #[oai(path = "/move_todo", method = "post", operation_id = "move_todo")]
    async fn move_todo(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<MoveTodo>,
    ) -> Result<Json<Todo>, ApiError> {
        let write = write_request::moved(&body.0)?;
        let outcome = service.write(&caller.0, write).await??;
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
        let write = write_request::named(&body.0, Change::Remove)?;
        let outcome = service.write(&caller.0, write).await??;
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
        let write = write_request::named(&body.0, Change::Restore)?;
        let outcome = service.write(&caller.0, write).await??;
        Ok(Json(outcome.todo.into()))
    }
}
