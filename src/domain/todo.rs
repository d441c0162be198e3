//! To-dos: their text, their ids, their order, and the counts of a list.

mod batch;
mod counts;
mod cursor;
mod description;
mod due_date;
mod field_revs;
mod notes;
pub mod own_order;
mod pagination;
mod place;
mod plan;
mod position;
mod priority;
mod quick_add;
pub mod repeat;
mod search;
mod search_index;
mod sync_token;
mod tag;
mod tag_list;
#[cfg(test)]
mod tests;
mod typed;
mod write;

use std::fmt;

use time::{Date, Duration, OffsetDateTime};
use uuid::{NoContext, Timestamp, Uuid};

pub use self::{
    batch::{
        Batch, BatchChanges, CALL_LIFE, CALLS_MAX, CALLS_SURPLUS, CallOutcome, FoundPosition,
        RememberedCall, TodoUpdate, WriteOutcome,
    },
    counts::{CountsDelta, QUOTA, TOMBSTONES_MAX, TOMBSTONES_SURPLUS, TodoCounts},
    cursor::{Cursor, DoneCursor, DueCursor, OrderCursor, RemovedCursor},
    description::Description,
    due_date::{DueDate, DueTime},
    field_revs::{Field, FieldRevs, Writer},
    notes::Notes,
    pagination::{Filter, Limit, ListQuery, NEIGHBOURS, PAGE_SIZE, Page, RemovedPage, Shown},
    place::Place,
    plan::{Plan, PlanEdit, Setting},
    position::Position,
    priority::Priority,
    quick_add::{QuickAdd, Unread},
    repeat::{Recurrence, Repeat, RepeatParts},
    search::{Candidate, Narrowing, PATTERNS, SEARCHED_MAX, Search},
    search_index::{TagChange, TagEntry, Tagging},
    sync_token::SyncToken,
    tag::{Tag, TagKey},
    tag_list::{TAG_PAGE_SIZE, TagCount, TagCursor, TagPage},
    typed::Typed,
    write::{Change, Circumstances, CreatedDate, Edit, NewTodo, Write, WriteRefusal},
};
use super::{
    error::{FieldCode, FieldError},
    text::parse_uuid,
};

/// How long a removed to-do can be restored. Its tombstone is purged some time after that.
pub const TOMBSTONE_LIFE: Duration = Duration::days(30);

/// How long the completion of a repeated to-do is taken for the one before, unless its client names it.
const REPETITION: Duration = Duration::minutes(1);

/// A to-do's id, which is also the idempotency key of adding it: a UUID made by the client, so that sending
/// twice cannot add twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TodoId(pub Uuid);

impl TodoId {
    /// Regular expression of the text form.
    pub const PATTERN: &'static str = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";

    /// Parses any version of UUID in the form of RFC 9562, in either case.
    ///
    /// # Errors
    /// When the text is not a UUID.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        if text.is_empty() {
            let message = "The id of the to-do is missing";
            return Err(FieldError::new("id", FieldCode::Required, message));
        }
        parse_uuid(text).map(Self).ok_or_else(|| {
            FieldError::new(
                "id",
                FieldCode::InvalidId,
                "The id must be a UUID, such as 0195f3a2-7c1e-7b3a-9d52-3f1f6f0c2a11",
            )
        })
    }

    /// A new id that sorts by its time.
    #[must_use]
    pub fn new_v7(now: OffsetDateTime) -> Self {
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        let timestamp = Timestamp::from_unix(NoContext, seconds, now.nanosecond());
        Self(Uuid::new_v7(timestamp))
    }
}

impl fmt::Display for TodoId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One to-do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    /// Unique among its user's to-dos.
    pub id: TodoId,
    /// The text.
    pub description: Description,
    /// Whether it is done.
    pub is_done: bool,
    /// When it was added (UTC).
    pub created_date: OffsetDateTime,
    /// Where it stands in the user's own order.
    pub position: Position,
    /// When it was completed (UTC); none while it is open.
    pub done_date: Option<OffsetDateTime>,
    /// When it was removed (UTC); a removed to-do is only its tombstone.
    pub removed_date: Option<OffsetDateTime>,
    /// The user's revision that last changed it.
    pub rev: u64,
    /// The text it was added with, if it was edited since: it identifies a repeated add.
    pub added_as: Option<Description>,
    /// Notes, due date, priority and repeat.
    pub plan: Plan,
    /// When each of its fields last changed; lists and deltas leave it out.
    pub revs: FieldRevs,
    /// Whether its tags and its text for searches are stored as of its revision, which a version that does not know them
    /// leaves undone; lists and deltas leave it out.
    pub is_indexed: bool,
}

impl Todo {
    /// An open to-do, not stored yet.
    #[must_use]
    pub fn new(id: TodoId, description: Description, now: OffsetDateTime) -> Self {
        Self {
            id,
            description,
            is_done: false,
            created_date: now,
            position: Position::of_added(now),
            done_date: None,
            removed_date: None,
            rev: 0,
            added_as: None,
            plan: Plan::default(),
            revs: FieldRevs::at(0),
            is_indexed: false,
        }
    }

    /// Completed on that day of the user's calendar: a repeated to-do stays open and is due again, any other is done.
    /// The date of an earlier completion stays.
    #[must_use]
    pub fn completed(self, now: OffsetDateTime, today: Date) -> Self {
        let open = (!self.is_done).then_some(&self.plan);
        if let Some(plan) = open.and_then(|plan| plan.completed(now, today)) {
            return Self { plan, ..self };
        }
        Self {
            is_done: true,
            done_date: self.done_date.or(Some(now)),
            ..self
        }
    }

    /// Marked as open, without a date of completion.
    #[must_use]
    pub fn reopened(self) -> Self {
        Self {
            is_done: false,
            done_date: None,
            ..self
        }
    }

    /// With the edit applied, on that day of the user's calendar.
    ///
    /// # Errors
    /// When the fields do not fit together.
    pub fn edited(self, edit: Edit, now: OffsetDateTime, today: Date) -> Result<Self, FieldError> {
        let plan = self.plan.edited(edit.plan)?;
        let todo = Self { plan, ..self };
        let todo = match edit.is_done {
            Some(true) => todo.completed(now, today),
            Some(false) => todo.reopened(),
            None => todo,
        };
        Ok(match edit.description {
            Some(description) if description != todo.description => Self {
                added_as: todo.added_as.or(Some(todo.description)),
                description,
                ..todo
            },
            _ => todo,
        })
    }

    /// Whether it was completed so shortly before that this is the same completion, sent once more: a to-do that repeats
    /// is open again after it.
    #[must_use]
    pub fn was_just_completed(&self, now: OffsetDateTime) -> bool {
        let last = self.plan.last_done_date;
        let repeats = self.plan.recurrence.is_some();
        repeats && last.is_some_and(|last| (now - last).abs() < REPETITION)
    }

    /// Whether adding it with this text is a retry of the same request.
    #[must_use]
    pub fn was_added_as(&self, description: &Description) -> bool {
        self.description == *description || self.added_as.as_ref() == Some(description)
    }

    /// Marked as removed; the date of an earlier removal stays.
    #[must_use]
    pub fn removed(self, now: OffsetDateTime) -> Self {
        Self {
            removed_date: self.removed_date.or(Some(now)),
            ..self
        }
    }

    /// As it was before it was removed.
    #[must_use]
    pub fn restored(self) -> Self {
        Self {
            removed_date: None,
            ..self
        }
    }

    /// Whether it was removed [`TOMBSTONE_LIFE`] ago or earlier and cannot be restored, purged or not.
    #[must_use]
    pub fn is_lost(&self, now: OffsetDateTime) -> bool {
        let removed = self.removed_date;
        removed.is_some_and(|removed| now - removed >= TOMBSTONE_LIFE)
    }

    /// Whether a field has another value in the other to-do.
    #[must_use]
    pub fn differs(&self, other: &Self, field: Field) -> bool {
        match field {
            Field::Description => self.description != other.description,
            Field::IsDone => self.is_done != other.is_done,
            Field::Removed => self.removed_date.is_some() != other.removed_date.is_some(),
            Field::Notes => self.plan.notes != other.plan.notes,
            Field::DueDate => self.plan.due_date != other.plan.due_date,
            Field::DueTime => self.plan.due_time != other.plan.due_time,
            Field::Priority => self.plan.priority != other.plan.priority,
            Field::Repeat => self.plan.repeat() != other.plan.repeat(),
            Field::Position => self.position != other.position,
        }
    }

    /// As it was added at a revision.
    #[must_use]
    pub fn added_at(self, rev: u64, writer: Writer) -> Self {
        Self {
            rev,
            revs: FieldRevs::added(rev, writer),
            is_indexed: true,
            ..self
        }
    }

    /// As it was changed at a revision from what is stored.
    #[must_use]
    pub fn changed_at(mut self, stored: &Self, rev: u64, writer: Writer) -> Self {
        for field in Field::ALL {
            if self.differs(stored, field) {
                self.revs.stamp(field, rev, writer);
            }
        }
        Self {
            rev,
            is_indexed: true,
            ..self
        }
    }

    /// Its contribution to the counts of its list.
    #[must_use]
    pub fn contribution(&self) -> CountsDelta {
        let present = self.removed_date.is_none();
        CountsDelta {
            open: i32::from(present && !self.is_done),
            all: i32::from(present),
            removed: i32::from(!present),
        }
    }

    /// Its position, if it was moved to it.
    #[must_use]
    pub fn moved_to(&self) -> Option<Position> {
        Some(self.position).filter(|it| *it != Position::of_added(self.created_date))
    }

    /// Its place in a list of that filter.
    #[must_use]
    pub fn cursor(&self, filter: Filter) -> Cursor {
        let (position, id) = (self.position, self.id);
        match (filter, self.plan.due_date) {
            (Filter::Today | Filter::Upcoming, Some(due_date)) => Cursor::Due(DueCursor {
                due_date,
                due_minute: self.plan.due_time.map_or(DueTime::MINUTES, DueTime::minute),
                position,
                id,
            }),
            (Filter::Done, _) => Cursor::Done(DoneCursor {
                done_date: self.done_date.unwrap_or(OffsetDateTime::UNIX_EPOCH),
                id,
            }),
            _ => Cursor::Order(OrderCursor {
                is_done: self.is_done,
                position,
                id,
            }),
        }
    }

    /// Its place among the removed; none for one that is there.
    #[must_use]
    pub fn removed_cursor(&self) -> Option<RemovedCursor> {
        let removed_date = self.removed_date?;
        Some(RemovedCursor {
            removed_date,
            is_done: self.is_done,
            created_date: self.created_date,
            id: self.id,
        })
    }
}
