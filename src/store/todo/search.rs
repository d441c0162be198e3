//! The statements of searches. Each looks at a bounded number of to-dos and returns those that are candidates: their
//! folded texts match the patterns, or are of an older revision, or none, and the caller has to look.
//!
//! All of a list are looked at along the primary key, which takes some 0.6 µs for each, and then sorted; a part of one
//! along the index of its view, some 2.5 µs for each, as each is found by its key.

use uuid::Uuid;

use super::{super::to_database, position};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{
        Candidate, Cursor, DoneCursor, DueCursor, DueDate, Filter, ListQuery, OrderCursor,
        PATTERNS, SEARCHED_MAX, TodoId,
    },
    user::UserId,
};

/// Patterns of folded texts, in which `!` is the escape character.
type Patterns = [String; PATTERNS];

/// All to-dos of a user that are not removed: columns, conditions and order of the view.
macro_rules! query_all {
    ($columns:literal, $conditions:literal, $order:literal, [$($argument:expr),+], $patterns:ident, $limit:expr) => {
        sqlx::query!(
            r#"SELECT id AS "id: Uuid", "# + $columns + r#"
           FROM todos FORCE INDEX (PRIMARY)
           WHERE user_id = ? AND removed_date IS NULL AND "# + $conditions + r#"
             AND ((folded LIKE ? ESCAPE '!' AND folded LIKE ? ESCAPE '!' AND folded LIKE ? ESCAPE '!')
                  OR folded IS NULL OR indexed_rev IS NULL OR indexed_rev <> rev)
           ORDER BY "# + $order + " LIMIT ?",
            $($argument,)+
            $patterns[0].as_bytes(),
            $patterns[1].as_bytes(),
            $patterns[2].as_bytes(),
            $limit,
        )
    };
}

/// The next to-dos of a view, and the last of them in any case: index, columns, conditions and order of the view, and
/// the order and the columns once more as those of `part`.
macro_rules! query_part {
    (
        $index:literal, $columns:literal, $conditions:literal, $order:literal, $part_columns:literal,
        $part_order:literal, [$user:expr, $($argument:expr),+], $patterns:ident, $limit:expr
    ) => {
        sqlx::query!(
            r#"SELECT part.id AS "id: Uuid", last.id IS NOT NULL AS "is_end!: bool", "# + $part_columns + r#"
           FROM (SELECT id, "# + $columns + " FROM todos FORCE INDEX (" + $index + ")
                 WHERE user_id = ? AND removed_date IS NULL AND " + $conditions + "
                 ORDER BY " + $order + " LIMIT ?) AS part
           STRAIGHT_JOIN todos ON todos.user_id = ? AND todos.id = part.id
           LEFT JOIN (SELECT id FROM todos FORCE INDEX (" + $index + ")
                      WHERE user_id = ? AND removed_date IS NULL AND " + $conditions + "
                      ORDER BY " + $order + r#" LIMIT 1 OFFSET ?) AS last ON last.id = part.id
           WHERE (folded LIKE ? ESCAPE '!' AND folded LIKE ? ESCAPE '!' AND folded LIKE ? ESCAPE '!')
              OR folded IS NULL OR indexed_rev IS NULL OR indexed_rev <> rev OR last.id IS NOT NULL
           ORDER BY "# + $part_order + " LIMIT ?",
            $user,
            $($argument,)+
            SEARCHED_MAX,
            $user,
            $user,
            $($argument,)+
            SEARCHED_MAX - 1,
            $patterns[0].as_bytes(),
            $patterns[1].as_bytes(),
            $patterns[2].as_bytes(),
            $limit,
        )
    };
}

/// The candidates of a part of a list, at most one more than its limit: among all to-dos of the user, who has few, or
/// among the next [`SEARCHED_MAX`] of the view.
pub async fn candidates(
    connection: &mut Connection,
    user: UserId,
    query: ListQuery,
    patterns: &Patterns,
    is_among_all: bool,
) -> Result<Vec<Candidate>, Error> {
    match (query.place(), is_among_all) {
        (Some(Cursor::Order(after)), true) => {
            all_in_order(connection, user, query, after, patterns).await
        }
        (Some(Cursor::Order(after)), false) => {
            part_in_order(connection, user, query, after, patterns).await
        }
        (Some(Cursor::Due(after)), true) => all_due(connection, user, query, after, patterns).await,
        (Some(Cursor::Due(after)), false) => {
            part_due(connection, user, query, after, patterns).await
        }
        (Some(Cursor::Done(after)), true) => {
            all_done(connection, user, query, after, patterns).await
        }
        (Some(Cursor::Done(after)), false) => {
            part_done(connection, user, query, after, patterns).await
        }
        (None, _) => Err(Error::internal("a cursor of another filter")),
    }
}

/// The order is by the columns that `list_date` is made of, since it would be made for each row.
async fn all_in_order(
    connection: &mut Connection,
    user: UserId,
    query: ListQuery,
    after: OrderCursor,
    patterns: &Patterns,
) -> Result<Vec<Candidate>, Error> {
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_all!(
        r#"isdone AS "isdone: bool", IFNULL(moved_date, created_date) AS "list_date!", moved_fraction"#,
        "isdone <= ? AND (isdone > ? OR (isdone = ?
             AND (IFNULL(moved_date, created_date) < ? OR (IFNULL(moved_date, created_date) = ?
             AND (moved_fraction < ? OR (moved_fraction = ? AND id < ?))))))",
        "isdone, IFNULL(moved_date, created_date) DESC, moved_fraction DESC, id DESC",
        [
            user.0,
            query.filter == Filter::All,
            after.is_done,
            after.is_done,
            date,
            date,
            fraction,
            fraction,
            after.id.0
        ],
        patterns,
        query.limit.get() + 1
    );
    let rows = rows.fetch_all(connection).await?.into_iter();
    let candidates = rows.map(|row| Candidate {
        place: Cursor::Order(OrderCursor {
            is_done: row.isdone,
            position: position(row.list_date, row.moved_fraction),
            id: TodoId(row.id),
        }),
        is_end: false,
    });
    Ok(candidates.collect())
}

async fn part_in_order(
    connection: &mut Connection,
    user: UserId,
    query: ListQuery,
    after: OrderCursor,
    patterns: &Patterns,
) -> Result<Vec<Candidate>, Error> {
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_part!(
        "todos_order",
        "isdone, list_date, moved_fraction",
        "isdone <= ? AND (isdone > ? OR (isdone = ? AND (list_date < ? OR (list_date = ?
             AND (moved_fraction < ? OR (moved_fraction = ? AND id < ?))))))",
        "isdone, list_date DESC, moved_fraction DESC, id DESC",
        r#"part.isdone AS "isdone: bool", part.list_date AS "list_date!", part.moved_fraction"#,
        "part.isdone, part.list_date DESC, part.moved_fraction DESC, part.id DESC",
        [
            user.0,
            query.filter == Filter::All,
            after.is_done,
            after.is_done,
            date,
            date,
            fraction,
            fraction,
            after.id.0
        ],
        patterns,
        query.limit.get() + 1
    );
    let rows = rows.fetch_all(connection).await?.into_iter();
    let candidates = rows.map(|row| Candidate {
        place: Cursor::Order(OrderCursor {
            is_done: row.isdone,
            position: position(row.list_date, row.moved_fraction),
            id: TodoId(row.id),
        }),
        is_end: row.is_end,
    });
    Ok(candidates.collect())
}

async fn all_due(
    connection: &mut Connection,
    user: UserId,
    query: ListQuery,
    after: DueCursor,
    patterns: &Patterns,
) -> Result<Vec<Candidate>, Error> {
    let (first, last) = query.days();
    let (day, minute) = (after.due_date.date(), after.due_minute);
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_all!(
        r#"due_date AS "due_date!", due_minute AS "due_minute!", list_date AS "list_date!", moved_fraction"#,
        "isdone = FALSE AND due_date >= ? AND due_date <= ? AND (due_date > ? OR (due_date = ?
             AND (due_minute > ? OR (due_minute = ? AND (list_date < ? OR (list_date = ?
             AND (moved_fraction < ? OR (moved_fraction = ? AND id < ?))))))))",
        "due_date, due_minute, list_date DESC, moved_fraction DESC, id DESC",
        [
            user.0, first, last, day, day, minute, minute, date, date, fraction, fraction,
            after.id.0
        ],
        patterns,
        query.limit.get() + 1
    );
    let rows = rows.fetch_all(connection).await?.into_iter();
    let candidates = rows.map(|row| Candidate {
        place: Cursor::Due(DueCursor {
            due_date: DueDate::from_stored(row.due_date),
            due_minute: row.due_minute,
            position: position(row.list_date, row.moved_fraction),
            id: TodoId(row.id),
        }),
        is_end: false,
    });
    Ok(candidates.collect())
}

async fn part_due(
    connection: &mut Connection,
    user: UserId,
    query: ListQuery,
    after: DueCursor,
    patterns: &Patterns,
) -> Result<Vec<Candidate>, Error> {
    let (first, last) = query.days();
    let (day, minute) = (after.due_date.date(), after.due_minute);
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_part!(
        "todos_due",
        "due_date, due_minute, list_date, moved_fraction",
        "isdone = FALSE AND due_date >= ? AND due_date <= ? AND (due_date > ? OR (due_date = ?
             AND (due_minute > ? OR (due_minute = ? AND (list_date < ? OR (list_date = ?
             AND (moved_fraction < ? OR (moved_fraction = ? AND id < ?))))))))",
        "due_date, due_minute, list_date DESC, moved_fraction DESC, id DESC",
        r#"part.due_date AS "due_date!", part.due_minute AS "due_minute!", part.list_date AS "list_date!",
           part.moved_fraction"#,
        "part.due_date, part.due_minute, part.list_date DESC, part.moved_fraction DESC, part.id DESC",
        [
            user.0, first, last, day, day, minute, minute, date, date, fraction, fraction,
            after.id.0
        ],
        patterns,
        query.limit.get() + 1
    );
    let rows = rows.fetch_all(connection).await?.into_iter();
    let candidates = rows.map(|row| Candidate {
        place: Cursor::Due(DueCursor {
            due_date: DueDate::from_stored(row.due_date),
            due_minute: row.due_minute,
            position: position(row.list_date, row.moved_fraction),
            id: TodoId(row.id),
        }),
        is_end: row.is_end,
    });
    Ok(candidates.collect())
}

async fn all_done(
    connection: &mut Connection,
    user: UserId,
    query: ListQuery,
    after: DoneCursor,
    patterns: &Patterns,
) -> Result<Vec<Candidate>, Error> {
    let done_date = to_database(after.done_date);
    let rows = query_all!(
        r#"done_date AS "done_date!""#,
        "isdone = TRUE AND (done_date < ? OR (done_date = ? AND id < ?))",
        "done_date DESC, id DESC",
        [user.0, done_date, done_date, after.id.0],
        patterns,
        query.limit.get() + 1
    );
    let rows = rows.fetch_all(connection).await?.into_iter();
    let candidates = rows.map(|row| Candidate {
        place: Cursor::Done(DoneCursor {
            done_date: row.done_date.assume_utc(),
            id: TodoId(row.id),
        }),
        is_end: false,
    });
    Ok(candidates.collect())
}

async fn part_done(
    connection: &mut Connection,
    user: UserId,
    query: ListQuery,
    after: DoneCursor,
    patterns: &Patterns,
) -> Result<Vec<Candidate>, Error> {
    let done_date = to_database(after.done_date);
    let rows = query_part!(
        "todos_done",
        "done_date",
        "isdone = TRUE AND (done_date < ? OR (done_date = ? AND id < ?))",
        "done_date DESC, id DESC",
        r#"part.done_date AS "done_date!""#,
        "part.done_date DESC, part.id DESC",
        [user.0, done_date, done_date, after.id.0],
        patterns,
        query.limit.get() + 1
    );
    let rows = rows.fetch_all(connection).await?.into_iter();
    let candidates = rows.map(|row| Candidate {
        place: Cursor::Done(DoneCursor {
            done_date: row.done_date.assume_utc(),
            id: TodoId(row.id),
        }),
        is_end: row.is_end,
    });
    Ok(candidates.collect())
}
