//! Moves: where a to-do goes, and which others make way for it. Under the lock of the user, so that two devices move one
//! after the other.

use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::{
    database::Connection,
    domain::{
        error::Error,
        todo::{
            FoundPosition, Place, Position, Todo, TodoId, WriteRefusal,
            own_order::{self, REACH},
        },
        user::UserId,
    },
    store::{
        self,
        todo::{Neighbour, below, tied},
    },
};

/// What a move has to store.
pub(super) struct FoundPlace {
    /// The position of the to-do that is moved.
    pub(super) position: FoundPosition,
    /// Others that have another position now; most moves need none.
    pub(super) respaced: Vec<Neighbour>,
}

impl From<FoundPosition> for FoundPlace {
    fn from(position: FoundPosition) -> Self {
        Self {
            position,
            respaced: Vec::new(),
        }
    }
}

/// Finds the position beside another to-do. What stands above it stays; the neighbour itself makes way for what is put
/// above it, which gets its position.
pub(super) async fn find_place(
    connection: &mut Connection,
    user: UserId,
    todo: &Todo,
    place: Place,
    now: OffsetDateTime,
) -> Result<FoundPlace, Error> {
    let neighbour = store::todo::find(connection, user, place.neighbour()).await?;
    let Some(neighbour) = neighbour.filter(|it| it.removed_date.is_none()) else {
        return Ok(Err(WriteRefusal::NeighbourGone).into());
    };
    if neighbour.is_done != todo.is_done {
        return Ok(Err(WriteRefusal::NeighbourState).into());
    }
    let gap = Gap {
        user,
        todo,
        neighbour: Neighbour {
            id: neighbour.id,
            position: neighbour.position,
            revs: neighbour.revs,
        },
    };
    match place {
        Place::Before(_) => gap.above_neighbour(connection, now).await,
        Place::After(_) => gap.below_neighbour(connection).await,
    }
}

/// Above all to-dos.
const START: (Position, TodoId) = (
    Position::of_added(datetime!(9998-12-31 00:00 UTC)),
    TodoId(Uuid::max()),
);

/// The to-do that is moved, and the one beside which it goes.
struct Gap<'a> {
    user: UserId,
    todo: &'a Todo,
    neighbour: Neighbour,
}

impl Gap<'_> {
    async fn above_neighbour(
        &self,
        connection: &mut Connection,
        now: OffsetDateTime,
    ) -> Result<FoundPlace, Error> {
        let (user, todo, neighbour) = (self.user, self.todo, &self.neighbour);
        let mut first = below(connection, user, todo.is_done, START, 2).await?;
        first.retain(|it| it.id != todo.id);
        let is_first = first.first().is_some_and(|it| it.id == neighbour.id);
        let now = Position::of_added(now).number();
        let above = own_order::above(neighbour.position.number(), now).filter(|_| is_first);
        let at = (todo.position, todo.id);
        let next = below(connection, user, todo.is_done, at, 1).await?;
        if next.first().is_some_and(|it| it.id == neighbour.id) {
            return Ok(Ok(todo.position).into());
        }
        if let Some(position) = above.and_then(Position::from_number) {
            return Ok(Ok(position).into());
        }
        let at = (neighbour.position, neighbour.id);
        let mut tied = tied(connection, user, todo.is_done, at, 2).await?;
        tied.retain(|id| *id != todo.id);
        let (first, count) = match tied.len() {
            0 => (Some(neighbour.position), 1),
            // Among those, the ids would decide.
            _ => (None, 2),
        };
        let Some((own, mut respaced)) = self.spread(connection, count).await? else {
            return Ok(Err(WriteRefusal::NoRoom).into());
        };
        let mut own = first.into_iter().chain(own);
        let (Some(position), Some(lower)) = (own.next(), own.next()) else {
            return Err(Error::internal("fewer positions than were asked for"));
        };
        respaced.push(Neighbour {
            position: lower,
            ..neighbour.clone()
        });
        Ok(FoundPlace {
            position: Ok(position),
            respaced,
        })
    }

    async fn below_neighbour(&self, connection: &mut Connection) -> Result<FoundPlace, Error> {
        let at = (self.neighbour.position, self.neighbour.id);
        let next = below(connection, self.user, self.todo.is_done, at, 1).await?;
        if next.first().is_some_and(|it| it.id == self.todo.id) {
            return Ok(Ok(self.todo.position).into());
        }
        let spread = self.spread(connection, 1).await?;
        let found = spread.and_then(|(own, respaced)| {
            Some(FoundPlace {
                position: Ok(*own.first()?),
                respaced,
            })
        });
        Ok(found.unwrap_or_else(|| Err(WriteRefusal::NoRoom).into()))
    }

    /// So many positions below the neighbour, and those of others that make way.
    async fn spread(
        &self,
        connection: &mut Connection,
        count: usize,
    ) -> Result<Option<(Vec<Position>, Vec<Neighbour>)>, Error> {
        let ceiling = self.neighbour.position.number();
        let number = |it: &Neighbour| it.position.number();
        let followers = self.followers(connection, 1).await?;
        let near = own_order::between(ceiling, count, followers.first().map(number));
        let (followers, spread) = if near.is_some() {
            (followers, near)
        } else {
            let followers = self.followers(connection, REACH).await?;
            let numbers: Vec<_> = followers.iter().map(number).collect();
            (followers, own_order::respaced(ceiling, count, &numbers))
        };
        let Some(spread) = spread else {
            return Ok(None);
        };
        let position = |number| {
            let position = Position::from_number(number);
            position.ok_or_else(|| Error::internal("a position beyond all dates"))
        };
        let own = spread.own.into_iter().map(position);
        let own = own.collect::<Result<_, _>>()?;
        let respaced = followers.into_iter().zip(spread.followers).map(|(it, to)| {
            let position = position(to)?;
            Ok(Neighbour { position, ..it })
        });
        Ok(Some((own, respaced.collect::<Result<_, Error>>()?)))
    }

    /// Those below the neighbour, without the one that is moved.
    async fn followers(
        &self,
        connection: &mut Connection,
        number: usize,
    ) -> Result<Vec<Neighbour>, Error> {
        let at = (self.neighbour.position, self.neighbour.id);
        let limit = u32::try_from(number + 1).map_err(Error::internal)?;
        let mut found = below(connection, self.user, self.todo.is_done, at, limit).await?;
        found.retain(|it| it.id != self.todo.id);
        found.truncate(number);
        Ok(found)
    }
}
