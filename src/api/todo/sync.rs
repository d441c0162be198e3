//! The call that a phone makes when it is online: all that waits in its outbox, and all that has changed.

use poem::web::Data;
use poem_openapi::{
    Enum, Object, OpenApi,
    registry::{MetaSchemaRef, Registry},
    types::{MaybeUndefined, Type},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::write_request::{self, Moment};
use crate::{
    api::{
        Tag,
        bearer::Caller,
        json::{self, Json},
        problem::{ApiError, FieldErrors, Problem},
        schema::{
            AddTodo, MoveTodo, SetRepeat, SyncChanges, Todo, TodoReference, UpdateTodo,
            UpdateTodoStatus,
        },
    },
    domain::{
        error::{FieldCode, FieldError},
        todo::{Change, Limit, SyncToken, Write},
    },
    service::Service,
};

pub(in crate::api) struct SyncApi;

/// Most calls of one batch.
pub(in crate::api) const CALLS_MAX: usize = 100;

/// What waits to be sent, and how far the client's copy goes.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct SyncBatch {
    /// The `next` of the answer before; without it, or when it has expired, the changes begin a first copy.
    since: Option<String>,
    /// Most to-dos of the changes.
    limit: Option<u32>,
    /// Done one after the other, each by itself.
    calls: Option<Vec<SyncCall>>,
}

/// The calls are read one by one, so that one that cannot be read does not keep the others from being done.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SyncRequest {
    since: Option<String>,
    limit: Option<u64>,
    calls: Option<Vec<Box<RawValue>>>,
}

impl Type for SyncRequest {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> std::borrow::Cow<'static, str> {
        SyncBatch::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        SyncBatch::schema_ref()
    }

    fn register(registry: &mut Registry) {
        SyncBatch::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

/// The calls that a batch may hold.
#[derive(Clone, Copy, Debug, Deserialize, Enum, PartialEq, Eq)]
#[oai(rename = "CallName", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum Verb {
    AddTodo,
    UpdateTodo,
    UpdateTodoStatus,
    RemoveTodo,
    RestoreTodo,
    MoveTodo,
}

/// A call and its body. Each takes the fields of the call that it names, and no others.
#[derive(Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
struct SyncCall {
    /// Names this call, so that a repetition is known for two days; a UUID of any version, a new one for each call and
    /// for each that is made of a refused one.
    call_id: String,
    /// Which call.
    #[serde(deserialize_with = "json::word")]
    call: Verb,
    /// Which to-do.
    id: Option<String>,
    /// See `add_todo` and `update_todo`.
    description: Option<String>,
    /// See `add_todo`, `update_todo` and `update_todo_status`.
    is_done: Option<bool>,
    /// See `add_todo`.
    created_date: Option<String>,
    /// See `add_todo` and `update_todo`.
    #[serde(default)]
    notes: MaybeUndefined<String>,
    /// See `add_todo` and `update_todo`.
    #[serde(default)]
    due_date: MaybeUndefined<String>,
    /// See `add_todo` and `update_todo`.
    #[serde(default)]
    due_time: MaybeUndefined<String>,
    /// See `add_todo` and `update_todo`.
    #[serde(default)]
    priority: MaybeUndefined<String>,
    /// See `add_todo` and `update_todo`.
    #[serde(default)]
    repeat: MaybeUndefined<SetRepeat>,
    /// See `add_todo`.
    parse: Option<bool>,
    /// See `move_todo`.
    before_id: Option<String>,
    /// See `move_todo`.
    after_id: Option<String>,
    /// See each call but `add_todo`.
    expected_rev: Option<u64>,
}

/// What became of a call.
#[derive(Object, Serialize)]
struct SyncAnswer {
    /// The call, as it was named; left out if that cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<String>,
    /// The status that the call would have had by itself.
    status: u16,
    /// The to-do as it is stored now; left out if the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    todo: Option<Todo>,
    /// Why the call failed; left out if it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// What became of the calls, and what has changed.
#[derive(Object, Serialize)]
struct SyncAnswers {
    /// As many as there were calls, in their order.
    answers: Vec<SyncAnswer>,
    /// What has changed since, by these calls and by others.
    changes: SyncChanges,
}

#[OpenApi(tag = "Tag::Todo")]
impl SyncApi {
    /// Send what waits, and fetch what has changed
    ///
    /// Up to 100 calls, done in their order and answered each by itself: one that fails keeps none of the others
    /// from being done. If no answer arrives, send the same batch again, or any part of it: what was done is
    /// remembered by its `call_id` for two days (unless 20,000 more are named), answered as it was the first time
    /// with the to-do as it is now, and not done again, whatever other clients did meanwhile. What was refused with
    /// `rev_conflict`, `todo_removed`, `todo_not_found`, `neighbour_gone` or `neighbour_state` is remembered as long and
    /// never done, also when the to-do could be changed by now; it is refused by what is stored then, so that one of the
    /// first two may follow any of them. When the person has decided, send it with a new `call_id`. All other refusals, such as
    /// `todo_quota_reached`, are judged anew. Leave `expected_rev` as it was when the person made the change: what this
    /// session has changed itself since is no conflict. In the changes, store `todos`, delete `removed`, and go on as
    /// with `todo_changes`; a `since` that has expired is answered with a first copy.
    #[oai(path = "/sync", method = "post", operation_id = "sync")]
    async fn sync(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<SyncRequest>,
    ) -> Result<Json<SyncAnswers>, ApiError> {
        let Json(SyncRequest {
            since,
            limit,
            calls,
        }) = body;
        let mut errors = FieldErrors::default();
        let limit = errors.collect(limit.map_or_else(|| Ok(Limit::default()), parse_limit));
        let calls = errors.collect(parse_number(calls.unwrap_or_default()));
        let (Some(limit), Some(calls)) = (limit, calls) else {
            return Err(errors.into());
        };
        let since = since.filter(|text| !text.is_empty());
        // A token that cannot be read has the remedy of one that has expired: a first copy.
        let since = since.and_then(|text| text.parse::<SyncToken>().ok());
        let moment = Moment::of(&service, &caller.0);
        let calls = calls.iter().map(|call| read(call.get(), moment));
        let calls: Vec<_> = calls.collect();
        let writes = calls.iter().filter_map(|(_, write)| write.as_ref().ok());
        let writes = writes.cloned().collect();
        let (outcomes, changes) = service.sync(&caller.0, writes, since, limit).await?;
        let mut outcomes = outcomes.into_iter();
        let answers = calls.into_iter().map(|(call_id, write)| {
            let outcome = write.and_then(|write| {
                let outcome = outcomes.next().expect("one for each write");
                let status = match write.change {
                    Change::Add(_) if outcome.as_ref().is_ok_and(|it| it.changed) => 201,
                    _ => 200,
                };
                outcome.map(|it| (status, it.todo)).map_err(ApiError::from)
            });
            SyncAnswer::new(call_id, outcome)
        });
        Ok(Json(SyncAnswers {
            answers: answers.collect(),
            changes: changes.into(),
        }))
    }
}

impl SyncAnswer {
    fn new(
        call_id: Option<String>,
        outcome: Result<(u16, crate::domain::todo::Todo), ApiError>,
    ) -> Self {
        let (status, todo, problem) = match outcome {
            Ok((status, todo)) => (status, Some(todo.into()), None),
            Err(error) => (error.problem.status, None, Some(*error.problem)),
        };
        Self {
            call_id,
            status,
            todo,
            problem,
        }
    }
}

fn parse_limit(limit: u64) -> Result<Limit, FieldError> {
    Limit::parse(&limit.to_string())
}

fn parse_number(calls: Vec<Box<RawValue>>) -> Result<Vec<Box<RawValue>>, FieldError> {
    if calls.len() > CALLS_MAX {
        let words = "A batch has at most 100 calls. Send the rest in another one";
        return Err(FieldError::new("calls", FieldCode::TooLong, words));
    }
    Ok(calls)
}

/// A call of a batch: how it is named, if that can be read, and what it writes.
fn read(text: &str, moment: Moment) -> (Option<String>, Result<Write, ApiError>) {
    let call = json::read::<SyncCall>(text.as_bytes());
    let name = if let Ok(call) = &call {
        Some(call.call_id.clone())
    } else {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        value["call_id"].as_str().map(str::to_owned)
    };
    // No answer repeats more of its request than that.
    let name = name.filter(|name| name.len() <= 36);
    (name, call.and_then(|call| Ok(call.write(moment)?)))
}

impl SyncCall {
    fn write(self, moment: Moment) -> Result<Write, FieldErrors> {
        self.check_fields()?;
        let (id, call_id) = (self.id, Some(self.call_id));
        match self.call {
            Verb::AddTodo => {
                let body = AddTodo {
                    description: self.description.unwrap_or_default(),
                    id,
                    created_date: self.created_date,
                    is_done: self.is_done,
                    notes: self.notes.take(),
                    due_date: self.due_date.take(),
                    due_time: self.due_time.take(),
                    priority: self.priority.take(),
                    repeat: self.repeat.take(),
                    parse: self.parse,
                    call_id,
                };
                write_request::add(&body, moment)
            }
            Verb::UpdateTodo => write_request::update(&UpdateTodo {
                id: id.unwrap_or_default(),
                description: self.description,
                is_done: self.is_done,
                notes: self.notes,
                due_date: self.due_date,
                due_time: self.due_time,
                priority: self.priority,
                repeat: self.repeat,
                expected_rev: self.expected_rev,
                call_id,
            }),
            Verb::UpdateTodoStatus => write_request::update_status(&UpdateTodoStatus {
                id: id.unwrap_or_default(),
                is_done: self.is_done,
                expected_rev: self.expected_rev,
                call_id,
            }),
            Verb::MoveTodo => write_request::moved(&MoveTodo {
                id: id.unwrap_or_default(),
                before_id: self.before_id,
                after_id: self.after_id,
                expected_rev: self.expected_rev,
                call_id,
            }),
            Verb::RemoveTodo | Verb::RestoreTodo => {
                let change = match self.call {
                    Verb::RemoveTodo => Change::Remove,
                    _ => Change::Restore,
                };
                let body = TodoReference {
                    id: id.unwrap_or_default(),
                    expected_rev: self.expected_rev,
                    call_id,
                };
                write_request::named(&body, change)
            }
        }
    }

    /// Refuses the fields of other calls.
    fn check_fields(&self) -> Result<(), FieldErrors> {
        use Verb::{AddTodo, MoveTodo, UpdateTodo, UpdateTodoStatus};
        let verb = self.call;
        let [edits, sets, adds, moves, judged] = [
            matches!(verb, AddTodo | UpdateTodo),
            matches!(verb, AddTodo | UpdateTodo | UpdateTodoStatus),
            verb == AddTodo,
            verb == MoveTodo,
            verb != AddTodo,
        ];
        let fields = [
            ("description", self.description.is_some(), edits),
            ("notes", self.notes.is_value(), edits),
            ("due_date", self.due_date.is_value(), edits),
            ("due_time", self.due_time.is_value(), edits),
            ("priority", self.priority.is_value(), edits),
            ("repeat", self.repeat.is_value(), edits),
            ("is_done", self.is_done.is_some(), sets),
            ("created_date", self.created_date.is_some(), adds),
            ("parse", self.parse.is_some(), adds),
            ("before_id", self.before_id.is_some(), moves),
            ("after_id", self.after_id.is_some(), moves),
            ("expected_rev", self.expected_rev.is_some(), judged),
        ];
        let mut errors = FieldErrors::default();
        for (field, is_sent, is_taken) in fields {
            if is_sent && !is_taken {
                let message = format!("This call has no field {field}. Leave it out");
                let error = FieldError::new(field, FieldCode::UnknownField, message);
                errors.collect::<()>(Err(error));
            }
        }
        errors.into_result()
    }
}
