//! Bodies of writes, parsed: the same whether they come by themselves or in a batch.

use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::plan_request::{ChangedPlan, NewPlan};
use crate::{
    api::{
        problem::FieldErrors,
        schema::{AddTodo, MoveTodo, TodoReference, UpdateTodo, UpdateTodoStatus},
    },
    domain::{
        error::FieldError,
        session::CallId,
        todo::{
            Change, CreatedDate, Description, Edit, NewTodo, Place, Plan, PlanEdit, TodoId, Write,
        },
        user::Account,
    },
    service::Service,
};

/// When a call is made.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    now: OffsetDateTime,
    /// The day of the user's calendar.
    today: Date,
}

impl Moment {
    pub(super) fn of(service: &Service, account: &Account) -> Self {
        let now = service.clock().now();
        Self {
            now,
            today: account.time_zone.date(now),
        }
    }
}

/// A to-do to be added; ours is the id of one that has none. Words of its text are read when the client asks for that,
/// with days counted from the user's `today`.
pub(super) fn add(body: &AddTodo, moment: Moment) -> Result<Write, FieldErrors> {
    let (mut errors, now) = (FieldErrors::default(), moment.now);
    let id = errors.collect(body.id.as_deref().map(TodoId::parse).transpose());
    let created_date = body.created_date.as_deref();
    let created_date = created_date.map(|text| CreatedDate::parse(text, now));
    let created_date = errors.collect(created_date.transpose());
    let call_id = errors.collect(call_id(body.call_id.as_deref()));
    let plan = NewPlan {
        notes: body.notes.as_deref(),
        due_date: body.due_date.as_deref(),
        due_time: body.due_time.as_deref(),
        priority: body.priority.as_deref(),
        repeat: body.repeat.as_ref(),
    };
    let plan = plan.parse(&mut errors);
    let new = new_todo(body, plan, moment.today, &mut errors);
    let (Some(id), Some(created_date), Some(call_id), Some(new)) = (id, created_date, call_id, new)
    else {
        return Err(errors);
    };
    let new = NewTodo {
        is_done: body.is_done.unwrap_or_default(),
        created_date,
        has_our_id: id.is_none(),
        ..new
    };
    Ok(Write {
        call_id,
        ..Write::new(id.unwrap_or_else(|| TodoId::new_v7(now)), Change::Add(new))
    })
}

/// Its text and its plan.
fn new_todo(
    body: &AddTodo,
    plan: Option<PlanEdit>,
    today: Date,
    errors: &mut FieldErrors,
) -> Option<NewTodo> {
    let text = &body.description;
    if body.parse == Some(true) {
        // The text's own errors are told beside those of the other fields.
        let new = NewTodo::typed(text, plan.clone().unwrap_or_default(), today);
        return errors.collect_all(new).filter(|_| plan.is_some());
    }
    let description = errors.collect(Description::parse(text));
    let plan = plan.and_then(|plan| errors.collect(Plan::default().edited(plan)));
    Some(NewTodo {
        plan: plan?,
        ..NewTodo::new(description?)
    })
}

/// Fields to be set.
pub(super) fn update(body: &UpdateTodo) -> Result<Write, FieldErrors> {
    let mut errors = FieldErrors::default();
    let id = errors.collect(TodoId::parse(&body.id));
    let description = body.description.as_deref();
    let description = errors.collect(description.map(Description::parse).transpose());
    let call_id = errors.collect(call_id(body.call_id.as_deref()));
    let plan = ChangedPlan {
        notes: &body.notes,
        due_date: &body.due_date,
        due_time: &body.due_time,
        priority: &body.priority,
        repeat: &body.repeat,
    };
    let plan = plan.parse(&mut errors);
    let (Some(id), Some(description), Some(call_id), Some(plan)) = (id, description, call_id, plan)
    else {
        return Err(errors);
    };
    let edit = Edit {
        description,
        is_done: body.is_done,
        plan,
    };
    Ok(Write {
        expected_rev: body.expected_rev,
        call_id,
        ..Write::new(id, Change::Edit(edit))
    })
}

/// A to-do to be set as done or as open.
pub(super) fn update_status(body: &UpdateTodoStatus) -> Result<Write, FieldErrors> {
    let edit = Edit {
        is_done: Some(body.is_done.unwrap_or(true)),
        ..Edit::default()
    };
    let named = (body.id.as_str(), body.expected_rev, body.call_id.as_deref());
    write(named, Change::Edit(edit))
}

/// What to do with a to-do that is only named.
pub(super) fn named(body: &TodoReference, change: Change) -> Result<Write, FieldErrors> {
    let named = (body.id.as_str(), body.expected_rev, body.call_id.as_deref());
    write(named, change)
}

/// A to-do to be moved.
pub(super) fn moved(body: &MoveTodo) -> Result<Write, FieldErrors> {
    let mut errors = FieldErrors::default();
    let id = errors.collect(TodoId::parse(&body.id));
    // Which to-do it is cannot be said yet of one that cannot be read: any other does for its place.
    let own = id.unwrap_or(TodoId(Uuid::nil()));
    let (before, after) = (body.before_id.as_deref(), body.after_id.as_deref());
    let place = errors.collect(Place::parse(own, before, after));
    let call_id = errors.collect(call_id(body.call_id.as_deref()));
    let (Some(id), Some(place), Some(call_id)) = (id, place, call_id) else {
        return Err(errors);
    };
    Ok(Write {
        expected_rev: body.expected_rev,
        call_id,
        ..Write::new(id, Change::Move(place))
    })
}

fn write(
    (id, expected_rev, call): (&str, Option<u64>, Option<&str>),
    change: Change,
) -> Result<Write, FieldErrors> {
    let mut errors = FieldErrors::default();
    let id = errors.collect(TodoId::parse(id));
    let call_id = errors.collect(call_id(call));
    let (Some(id), Some(call_id)) = (id, call_id) else {
        return Err(errors);
    };
    Ok(Write {
        expected_rev,
        call_id,
        ..Write::new(id, change)
    })
}

fn call_id(text: Option<&str>) -> Result<Option<CallId>, FieldError> {
    text.map(CallId::parse).transpose()
}
