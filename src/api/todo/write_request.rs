//! Bodies of writes, parsed: the same whether they come by themselves or in a batch.

use super::plan_request::{ChangedPlan, NewPlan};
use crate::{
    api::{
        problem::FieldErrors,
        schema::{AddTodo, TodoReference, UpdateTodo, UpdateTodoStatus},
    },
    domain::{
        clock::Clock,
        error::FieldError,
        session::CallId,
        todo::{Change, CreatedDate, Description, Edit, NewTodo, TodoId, Write},
    },
};

/// A to-do to be added; ours is the id of one that has none.
pub(super) fn add(body: &AddTodo, clock: &Clock) -> Result<Write, FieldErrors> {
    let (mut errors, now) = (FieldErrors::default(), clock.now());
    let id = errors.collect(body.id.as_deref().map(TodoId::parse).transpose());
    let description = errors.collect(Description::parse(&body.description));
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
    let (Some(id), Some(description), Some(created_date), Some(call_id), Some(plan)) =
        (id, description, created_date, call_id, plan)
    else {
        return Err(errors);
    };
    let new = NewTodo {
        description,
        is_done: body.is_done.unwrap_or_default(),
        created_date,
        has_our_id: id.is_none(),
        plan,
    };
    Ok(Write {
        call_id,
        ..Write::new(id.unwrap_or_else(|| TodoId::new_v7(now)), Change::Add(new))
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
