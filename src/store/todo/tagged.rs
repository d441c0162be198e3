//! The statements of the lists of a tag (keyset pagination), as those of all to-dos: along the indexes of `todo_tags`,
//! whose columns are those of the to-dos. Where a version that does not know the table has changed a to-do since, it is
//! left out.

use uuid::Uuid;

use super::{
    super::to_database,
    list::{Part, Row, query_rows, query_rows_and_user},
};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{Cursor, DoneCursor, DueCursor, Filter, ListQuery, OrderCursor, TagKey},
    user::UserId,
};

/// A query for the to-dos of a tag: by which index, which of them, in which order, with the user alone as the last row.
macro_rules! query_tagged {
    ($index:literal, $conditions:literal, $order:literal, $($argument:expr),+ $(,)?) => {
        query_rows_and_user!(
            @ ["STRAIGHT_JOIN todo_tags FORCE INDEX (" + $index + ") ON todo_tags.user_id = users.id
                STRAIGHT_JOIN todos ON todos.user_id = todo_tags.user_id AND todos.id = todo_tags.todo_id"],
            $conditions, $order, $($argument),+
        )
    };
}

/// A part of the list of a tag: one to-do more than its limit, which tells whether there is a next one.
pub async fn tagged(
    connection: &mut Connection,
    user: UserId,
    tag: &TagKey,
    query: ListQuery,
) -> Result<Part, Error> {
    match query.place() {
        Some(Cursor::Order(after)) => in_order(connection, user, tag, query, after).await,
        Some(Cursor::Due(after)) => due(connection, user, tag, query, after).await,
        Some(Cursor::Done(after)) => done(connection, user, tag, query, after).await,
        None => Err(Error::internal("a cursor of another filter")),
    }
}

/// In the user's own order: the open ones, then, unless only those are wanted, the done ones.
async fn in_order(
    connection: &mut Connection,
    user: UserId,
    tag: &TagKey,
    query: ListQuery,
    after: OrderCursor,
) -> Result<Part, Error> {
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_tagged!(
        "todo_tags_order",
        "AND tag = ? AND todos.isdone = todo_tags.isdone AND todo_tags.isdone <= ?
             AND (todo_tags.isdone > ? OR (todo_tags.isdone = ? AND (todo_tags.list_date < ? OR (todo_tags.list_date = ?
             AND (todo_tags.moved_fraction < ? OR (todo_tags.moved_fraction = ? AND todo_id < ?))))))",
        "todo_tags.isdone, todo_tags.list_date DESC, todo_tags.moved_fraction DESC, todo_id DESC",
        user.0,
        tag.as_str(),
        query.filter == Filter::All,
        after.is_done,
        after.is_done,
        date,
        date,
        fraction,
        fraction,
        after.id.0,
        query.limit.get() + 1,
        user.0,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The open ones that are due within the days of the filter.
async fn due(
    connection: &mut Connection,
    user: UserId,
    tag: &TagKey,
    query: ListQuery,
    after: DueCursor,
) -> Result<Part, Error> {
    let (first, last) = query.days();
    let (day, minute) = (after.due_date.date(), after.due_minute);
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_tagged!(
        "todo_tags_due",
        "AND tag = ? AND todo_tags.isdone = FALSE AND todos.isdone = FALSE
             AND todos.due_date = todo_tags.due_date AND todos.due_minute = todo_tags.due_minute
             AND todo_tags.due_date >= ? AND todo_tags.due_date <= ?
             AND (todo_tags.due_date > ? OR (todo_tags.due_date = ?
             AND (todo_tags.due_minute > ? OR (todo_tags.due_minute = ?
             AND (todo_tags.list_date < ? OR (todo_tags.list_date = ?
             AND (todo_tags.moved_fraction < ? OR (todo_tags.moved_fraction = ? AND todo_id < ?))))))))",
        "todo_tags.due_date, todo_tags.due_minute, todo_tags.list_date DESC, todo_tags.moved_fraction DESC, todo_id DESC",
        user.0,
        tag.as_str(),
        first,
        last,
        day,
        day,
        minute,
        minute,
        date,
        date,
        fraction,
        fraction,
        after.id.0,
        query.limit.get() + 1,
        user.0,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The done ones, the last done first.
async fn done(
    connection: &mut Connection,
    user: UserId,
    tag: &TagKey,
    query: ListQuery,
    after: DoneCursor,
) -> Result<Part, Error> {
    let done_date = to_database(after.done_date);
    let rows = query_tagged!(
        "todo_tags_done",
        "AND tag = ? AND todo_tags.isdone = TRUE AND todos.isdone = TRUE
             AND (todo_tags.done_date < ? OR (todo_tags.done_date = ? AND todo_id < ?))",
        "todo_tags.done_date DESC, todo_id DESC",
        user.0,
        tag.as_str(),
        done_date,
        done_date,
        after.id.0,
        query.limit.get() + 1,
        user.0,
    );
    Ok(rows.fetch_all(connection).await?.into())
}
