//! Writes: what a client wants of one to-do, and whether it may have it.

use time::{Date, Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Description, Field, Place, Plan, PlanEdit, Position, Todo, TodoId, Typed, Writer};
use crate::domain::{
    digest::sha256,
    error::{FieldCode, FieldError},
    session::CallId,
};

/// How far a client's clock may be ahead: more than a clock in the wrong time zone is.
pub(super) const CLOCK_SKEW: Duration = Duration::days(1);

/// A change of one to-do, as a client asks for it.
#[derive(Clone, Debug)]
pub struct Write {
    /// The to-do.
    pub id: TodoId,
    /// What to do with it.
    pub change: Change,
    /// The revision of the to-do that the client had seen.
    pub expected_rev: Option<u64>,
    /// The idempotency key of the call.
    pub call_id: Option<CallId>,
}

/// What to do with a to-do.
#[derive(Clone, Debug)]
pub enum Change {
    /// Add it.
    Add(NewTodo),
    /// Set its fields.
    Edit(Edit),
    /// Leave only its tombstone.
    Remove,
    /// Bring it back as it was.
    Restore,
    /// Put it elsewhere in the user's own order.
    Move(Place),
}

/// A to-do to be added.
#[derive(Clone, Debug)]
pub struct NewTodo {
    /// The text.
    pub description: Description,
    /// Done or open.
    pub is_done: bool,
    /// When it was written, for one that was written offline.
    pub created_date: Option<CreatedDate>,
    /// Whether its id is ours: then only the [`CallId`] tells a repetition.
    pub has_our_id: bool,
    /// Notes, due date, priority and repeat.
    pub plan: Plan,
    /// What was typed, if words of the text were to set fields.
    pub typed: Option<Typed>,
}

/// An edit; absent fields stay unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// The new text.
    pub description: Option<Description>,
    /// Done or open.
    pub is_done: Option<bool>,
    /// Notes, due date, priority and repeat.
    pub plan: PlanEdit,
}

/// The moment at which a client says that a to-do was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedDate(OffsetDateTime);

impl CreatedDate {
    /// Parses the form of RFC 3339. A moment up to [`CLOCK_SKEW`] ahead is taken as now.
    ///
    /// # Errors
    /// When it is none, or lies before 1970 or further in the future.
    pub fn parse(text: &str, now: OffsetDateTime) -> Result<Self, FieldError> {
        let error = |code, message| FieldError::new("created_date", code, message);
        let date = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
            let words = "The date must be one of RFC 3339, such as 2026-11-22T15:04:05.123456Z";
            error(FieldCode::InvalidDate, words)
        })?;
        let beyond = || {
            let words = "The date must not be before 1970, nor more than a day in the future";
            error(FieldCode::OutOfRange, words)
        };
        if date < OffsetDateTime::UNIX_EPOCH || date > now + CLOCK_SKEW {
            return Err(beyond());
        }
        let microseconds = date.unix_timestamp_nanos() / 1_000;
        let date = OffsetDateTime::from_unix_timestamp_nanos(microseconds * 1_000);
        Ok(Self(date.map_err(|_| beyond())?.min(now)))
    }
}

/// Why a write is not made. What is stored comes along wherever the user may decide about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteRefusal {
    /// The user has no such to-do.
    NotFound,
    /// It was removed too long ago to be restored.
    Gone,
    /// It was removed, and can be restored.
    Removed(Box<Todo>),
    /// Another client has changed the same fields.
    Changed(Box<Todo>),
    /// The id names a to-do with another text.
    IdReused(Box<Todo>),
    /// The idempotency key named another call.
    CallIdReused,
    /// Its fields do not fit together.
    Invalid(FieldError),
    /// The list is full.
    QuotaReached,
    /// The to-do beside which it was to stand is not there, or not any more.
    NeighbourGone,
    /// That one is done and this one is open, or the other way round.
    NeighbourState,
    /// There is no number left between the to-dos around that place: see [`own_order`](super::own_order).
    NoRoom,
}

impl WriteRefusal {
    /// Whether a call keeps this answer: what another client had done is the reason, and a person decides about it.
    #[must_use]
    pub fn is_for_good(&self) -> bool {
        matches!(
            self,
            Self::NotFound
                | Self::Removed(_)
                | Self::Changed(_)
                | Self::NeighbourGone
                | Self::NeighbourState
        )
    }
}

/// What a write is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// Whose outbox it comes from.
    pub writer: Writer,
    /// The user's revision.
    pub rev: u64,
    /// The current time.
    pub now: OffsetDateTime,
    /// The current day of the user's calendar.
    pub today: Date,
    /// Whether tombstones of this user have been purged: an unknown id may have been one.
    pub has_purged: bool,
}

impl NewTodo {
    /// An open one whose id its client made, without a plan.
    #[must_use]
    pub fn new(description: Description) -> Self {
        Self {
            description,
            is_done: false,
            created_date: None,
            has_our_id: false,
            plan: Plan::default(),
            typed: None,
        }
    }

    /// The to-do, not stored yet.
    #[must_use]
    pub fn todo(&self, id: TodoId, now: OffsetDateTime, today: Date) -> Todo {
        let created = self.created_date.map_or(now, |created| created.0);
        let todo = Todo {
            plan: self.plan.clone(),
            ..Todo::new(id, self.description.clone(), created)
        };
        if self.is_done {
            todo.completed(now, today)
        } else {
            todo
        }
    }
}

impl From<Description> for NewTodo {
    fn from(description: Description) -> Self {
        Self::new(description)
    }
}

impl Write {
    /// A write without conditions.
    #[must_use]
    pub fn new(id: TodoId, change: Change) -> Self {
        Self {
            id,
            change,
            expected_rev: None,
            call_id: None,
        }
    }

    /// The session whose outbox it comes from, if it is of one.
    #[must_use]
    pub fn writer(&self, session: Writer) -> Writer {
        self.call_id.map_or(Writer::UNNAMED, |_| session)
    }

    /// The place that it moves a to-do to.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self.change {
            Change::Move(place) => Some(place),
            _ => None,
        }
    }

    /// The to-do as it shall be stored; the same when it is so already. What it takes to know where a to-do is moved to is
    /// found after that: see [`Self::placed`].
    ///
    /// # Errors
    /// The reason why it may not.
    pub fn decide(&self, stored: Option<&Todo>, by: Circumstances) -> Result<Todo, WriteRefusal> {
        let Some(stored) = stored else {
            return match &self.change {
                Change::Add(new) => Ok(new.todo(self.id, by.now, by.today)),
                Change::Restore if by.has_purged => Err(WriteRefusal::Gone),
                _ => Err(WriteRefusal::NotFound),
            };
        };
        let current = || Box::new(stored.clone());
        let wanted = match &self.change {
            Change::Add(new) if stored.was_added_as(&new.description) => return Ok(stored.clone()),
            Change::Add(_) => return Err(WriteRefusal::IdReused(current())),
            Change::Edit(_) | Change::Move(_) if stored.is_lost(by.now) => {
                return Err(WriteRefusal::NotFound);
            }
            Change::Edit(_) | Change::Move(_) if stored.removed_date.is_some() => {
                return Err(WriteRefusal::Removed(current()));
            }
            Change::Restore if stored.is_lost(by.now) => return Err(WriteRefusal::Gone),
            Change::Edit(edit) => self.edited(stored, edit, by)?,
            Change::Move(_) => stored.clone(),
            Change::Remove => stored.clone().removed(by.now),
            Change::Restore => stored.clone().restored(),
        };
        if self.is_conflict(stored, &wanted, by) {
            return Err(WriteRefusal::Changed(current()));
        }
        Ok(wanted)
    }

    /// The to-do that is moved, at the position that was found for it.
    ///
    /// # Errors
    /// When another client has moved it meanwhile.
    pub fn placed(
        &self,
        stored: &Todo,
        position: Position,
        by: Circumstances,
    ) -> Result<Todo, WriteRefusal> {
        let wanted = Todo {
            position,
            ..stored.clone()
        };
        if self.is_conflict(stored, &wanted, by) {
            return Err(WriteRefusal::Changed(Box::new(stored.clone())));
        }
        Ok(wanted)
    }

    /// The to-do after an edit. Where only a name could tell a repetition and there is none, completing a to-do that
    /// was completed within the last minute is one.
    fn edited(&self, stored: &Todo, edit: &Edit, by: Circumstances) -> Result<Todo, WriteRefusal> {
        let mut edit = edit.clone();
        if self.call_id.is_none() && stored.was_just_completed(by.now) {
            edit.is_done = edit.is_done.filter(|is_done| !is_done);
        }
        let edited = stored.clone().edited(edit, by.now, by.today);
        edited.map_err(WriteRefusal::Invalid)
    }

    /// Whether another client has changed what this write sets, after the revision that its client had seen. What
    /// is stored already is no conflict. Removing sets all of a to-do but its place: nobody shall lose a text unseen.
    fn is_conflict(&self, stored: &Todo, wanted: &Todo, by: Circumstances) -> bool {
        let Some(expected) = self.expected_rev else {
            return false;
        };
        // Nobody has seen a revision that is to come: it is another's, or of before the database was set back.
        let seen = if expected > by.rev { 0 } else { expected };
        let writer = self.writer(by.writer);
        let takes_all = matches!(self.change, Change::Remove) && wanted != stored;
        Field::ALL
            .into_iter()
            .filter(|field| {
                takes_all && *field != Field::Position || wanted.differs(stored, *field)
            })
            .any(|field| stored.revs.has_changed(field, seen, writer))
    }

    /// Tells a repetition of a call from another one with its [`CallId`]. `expected_rev` is left out, since a client
    /// may have learned another one, and so is the date, which may have been taken as now. Of a text with words that set
    /// fields it is what was typed that counts: `due:tomorrow` is another day after midnight.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 8] {
        let flag = |flag: Option<bool>| [flag.map_or(2, u8::from)];
        let (verb, id, text, is_done, rest) = match &self.change {
            Change::Add(new) => {
                let id = (!new.has_our_id).then_some(self.id);
                let is_done = flag(Some(new.is_done));
                if let Some(typed) = &new.typed {
                    let plan = typed.beside.fingerprint();
                    (b"typ", id, Some(typed.text.as_str()), is_done, plan)
                } else {
                    let plan = PlanEdit::from(new.plan.clone()).fingerprint();
                    (b"add", id, Some(new.description.as_str()), is_done, plan)
                }
            }
            Change::Edit(edit) => {
                let text = edit.description.as_ref().map(Description::as_str);
                let plan = edit.plan.fingerprint();
                (b"set", Some(self.id), text, flag(edit.is_done), plan)
            }
            Change::Remove => (b"rem", Some(self.id), None, flag(None), String::new()),
            Change::Restore => (b"res", Some(self.id), None, flag(None), String::new()),
            Change::Move(place) => {
                let place = place.fingerprint();
                (b"mov", Some(self.id), None, flag(None), place)
            }
        };
        let id = id.map_or([0; 16], |id| *id.0.as_bytes());
        let text = text.unwrap_or_default().as_bytes();
        let hash = sha256(&[verb, &id, &is_done, text, rest.as_bytes()]);
        let mut fingerprint = [0; 8];
        fingerprint.copy_from_slice(&hash[..8]);
        fingerprint
    }
}
