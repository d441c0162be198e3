//! What is read does not grow with what the user owns: of a page as many rows as it shows and two, of
//! a delta what has changed, of a purge what it deletes. Counted by the server.

use std::collections::BTreeMap;

use sqlx::{MySqlConnection, MySqlPool};
use tickbox::{
    domain::{
        todo::{
            Cursor, Filter, Limit, ListQuery, OrderCursor, PAGE_SIZE, Position, SyncToken, Tag,
            TodoId,
        },
        user::UserId,
    },
    store::{
        purge,
        todo::{self, Part},
    },
};
use time::{
    Date, PrimitiveDateTime,
    macros::{date, datetime},
};
use uuid::Uuid;

use crate::support::fixture::World;

/// A page, and one to-do more that tells whether there is a next page.
const LIMIT: usize = PAGE_SIZE.as_length() + 1;
/// Behind a place, the engine is first asked for what is equal in all columns of the order but the last ones, and
/// finds the next one. The user's row comes with them.
const ROWS: u64 = LIMIT as u64 + 3;
/// On the one page that goes over from open to done it is also asked where the open ones end.
const ROWS_OF_BOTH: u64 = ROWS + 1;
/// What is due by a day comes with the user's row by itself; and where the place is the last of its minute and of its
/// day, it is asked for these too.
const ROWS_BY_DAY: u64 = ROWS + 3;
/// What the due dates of the test begin with.
const TODAY: Date = date!(2026 - 11 - 28);

#[sqlx::test]
async fn a_page_of_a_list_of_ten_thousand_reads_52_rows(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    for who in [&world.ona, &world.jonas] {
        // Tombstones are the newest: they stand where the list begins.
        fill(&mut connection, who.user_id, "FALSE", "NULL", 1).await;
        fill(&mut connection, who.user_id, "TRUE", "NULL", 2).await;
        fill(&mut connection, who.user_id, "FALSE", "'2026-10-01'", 3).await;
        fill(&mut connection, who.user_id, "TRUE", "'2026-10-01'", 4).await;
    }
    assert_pages_are_cheap(&mut connection, world.ona.user_id, "before ANALYZE").await;
    let analyze = sqlx::raw_sql("ANALYZE TABLE todos").execute(&mut connection);
    analyze.await.expect("analyzed");
    assert_pages_are_cheap(&mut connection, world.ona.user_id, "after ANALYZE").await;
}

/// As many entries of an index, and as many to-dos by their keys.
const ROWS_OF_TAG: u64 = 2 * ROWS + 2;

#[sqlx::test]
async fn a_page_of_a_tag_reads_twice_52_rows(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let user = world.ona.user_id;
    for (is_done, part) in [("FALSE", 1), ("TRUE", 2)] {
        fill(&mut connection, user, is_done, "NULL", part).await;
    }
    for statement in [
        "UPDATE todos SET done_date = IF(isdone, created_date, NULL), due_date = IF(isdone, NULL, created_date)",
        "INSERT INTO todo_tags SELECT user_id, id, ELT(1 + rev % 2, 'home', 'shop'), isdone, list_date, moved_fraction,
             due_date, due_minute, done_date FROM todos",
        "ANALYZE TABLE todos, todo_tags",
    ] {
        let done = sqlx::raw_sql(statement).execute(&mut connection).await;
        done.expect(statement);
    }
    let tag = Tag::parse("home").expect("a tag").key();
    for filter in [Filter::All, Filter::Open, Filter::Today, Filter::Done] {
        let mut after = None;
        for page in 0..4 {
            let query = query(filter, after, PAGE_SIZE);
            let (part, rows) = measure(&mut connection, async |connection| {
                let tagged = todo::tagged(connection, user, &tag, query).await;
                tagged.expect("listed")
            })
            .await;
            let case = format!("page {page} of {filter:?}");
            assert_eq!(part.todos.len(), LIMIT, "{case}");
            assert!(rows <= ROWS_OF_TAG, "{case}: {rows} rows");
            after = part.todos.last().map(|todo| todo.cursor(filter));
        }
    }
}

#[sqlx::test]
async fn an_empty_list_reads_none_of_ten_thousand_tombstones(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let user = world.ona.user_id;
    fill(&mut connection, user, "FALSE", "'2026-10-01'", 1).await;
    let (todos, rows) = measure(&mut connection, async |connection| {
        let listed = todo::list(connection, user, query(Filter::All, None, PAGE_SIZE)).await;
        listed.expect("listed")
    })
    .await;
    assert!(todos.todos.is_empty());
    assert!(rows <= 2, "{rows} rows");
}

#[sqlx::test]
async fn a_delta_of_twenty_changes_reads_few_more_rows(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let user = world.ona.user_id;
    fill(&mut connection, user, "FALSE", "NULL", 1).await;
    let behind = SyncToken::start(world.ona.public_id, 0).at_revision(9_979);
    let (found, rows) = measure(&mut connection, async |connection| {
        let changes = todo::changes(connection, user, behind, 1_001);
        changes.await.expect("found")
    })
    .await;
    assert_eq!(found.todos.len(), 20);
    // Twice through the table that the server makes of them, once to sort it.
    assert!(rows <= 100, "{rows} rows");
}

/// Of the purge: whom to look at, whether there is something, and one batch of it. All tombstones are of
/// one moment, so that only the rest of the order tells which of them are the oldest.
#[sqlx::test]
async fn a_purge_batch_reads_the_same_for_any_number_of_tombstones(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let user = world.ona.user_id;
    for (is_done, removed, part) in [("FALSE", "NULL", 1), ("TRUE", "'2026-01-01'", 2)] {
        fill(&mut connection, user, is_done, removed, part).await;
    }
    let before = datetime!(2026-02-01 00:00 UTC);
    let candidates = async |connection: &mut MySqlConnection| {
        let candidates = purge::candidates(connection, UserId(0), 500).await;
        candidates.expect("found")
    };
    let (candidates, rows) = measure(&mut connection, candidates).await;
    let first = &candidates[0];
    assert_eq!((candidates.len(), first.user), (2, user));
    assert_eq!(
        first.newest_tombstone,
        Some(datetime!(2026-01-01 00:00 UTC))
    );
    assert!(rows <= 60, "{rows} rows to look at two users");
    let (found, rows) = measure(&mut connection, async |connection| {
        let found = purge::has_tombstones(connection, user, before).await;
        found.expect("found")
    })
    .await;
    assert!(found && rows <= 2, "{rows} rows");
    let (oldest, rows) = measure(&mut connection, async |connection| {
        let oldest = purge::oldest_tombstones(connection, user, before, BATCH).await;
        oldest.expect("found")
    })
    .await;
    assert_eq!(oldest.number, u64::from(BATCH));
    assert!(rows <= 2 * oldest.number + 10, "{rows} rows");
    let kept = tombstones_at(&mut connection, user, oldest.last_rev).await;
    let (deleted, rows) = measure(&mut connection, async |connection| {
        let deleted = purge::delete_tombstones(connection, user, before, BATCH).await;
        deleted.expect("deleted")
    })
    .await;
    assert_eq!(deleted, oldest.number);
    // Through the table that the server makes of them, and each once more by its key.
    assert!(rows <= 6 * deleted + 20, "{rows} rows");
    let left = tombstones_at(&mut connection, user, oldest.last_rev).await;
    assert_eq!((kept, left), (1, 0), "these were noted");
}

const BATCH: u32 = 100;

/// How many tombstones have that revision.
async fn tombstones_at(connection: &mut MySqlConnection, user: UserId, rev: Option<u64>) -> i64 {
    let count = "SELECT COUNT(*) FROM todos
        WHERE user_id = ? AND rev = ? AND removed_date IS NOT NULL";
    let count = sqlx::query_scalar(count).bind(user.0).bind(rev);
    count.fetch_one(connection).await.expect("counted")
}

/// The first page of each view, and those behind its beginning, its middle and its end.
async fn assert_pages_are_cheap(connection: &mut MySqlConnection, user: UserId, when: &str) {
    for filter in FILTERS {
        let first = check(connection, user, (filter, None), when).await;
        assert_eq!(first.todos.len(), LIMIT, "{filter:?} {when}");
        let all = todo::list(connection, user, query(filter, None, Limit::default())).await;
        let all = all.expect("listed").todos;
        for index in [0, 400, 900, 960, 999] {
            let after = all[index].cursor(filter);
            check(connection, user, (filter, Some(after)), when).await;
        }
    }
    for (is_done, count) in [(false, 10_000), (true, 20_000)] {
        // The last ones of each state: the end of what is open, and of all.
        let edge = nth(connection, user, is_done).await;
        let part = check(connection, user, (Filter::All, Some(edge)), when).await;
        let expected = if is_done { 9 } else { LIMIT };
        assert_eq!(part.todos.len(), expected, "{count} {when}");
    }
}

async fn check(
    connection: &mut MySqlConnection,
    user: UserId,
    (filter, after): (Filter, Option<Cursor>),
    when: &str,
) -> Part {
    let (part, rows) = measure(connection, async |connection| {
        let listed = todo::list(connection, user, query(filter, after, PAGE_SIZE)).await;
        listed.expect("listed")
    })
    .await;
    let is_crossing = filter == Filter::All
        && part.todos.iter().any(|it| !it.is_done)
        && part.todos.iter().any(|it| it.is_done);
    let most = match filter {
        Filter::Today | Filter::Upcoming => ROWS_BY_DAY,
        Filter::All if is_crossing => ROWS_OF_BOTH,
        _ => ROWS,
    };
    assert!(
        rows <= most,
        "{filter:?} after {after:?} {when}: {rows} rows"
    );
    part
}

/// The place before the last ten of a state.
async fn nth(connection: &mut MySqlConnection, user: UserId, is_done: bool) -> Cursor {
    let date =
        "SELECT created_date FROM todos WHERE user_id = ? AND isdone = ? AND removed_date IS NULL
        ORDER BY created_date LIMIT 1 OFFSET 9";
    let date: PrimitiveDateTime = sqlx::query_scalar(date)
        .bind(user.0)
        .bind(is_done)
        .fetch_one(connection)
        .await
        .expect("one");
    Cursor::Order(OrderCursor {
        is_done,
        position: Position::of_added(date.assume_utc()),
        id: TodoId(Uuid::nil()),
    })
}

fn query(filter: Filter, after: Option<Cursor>, limit: Limit) -> ListQuery {
    ListQuery {
        filter,
        today: TODAY,
        after,
        limit,
    }
}

const FILTERS: [Filter; 5] = [
    Filter::All,
    Filter::Open,
    Filter::Today,
    Filter::Upcoming,
    Filter::Done,
];

/// Runs a statement and counts the rows that the server's engine was asked for. The look at the
/// counters asks for some, too: what two looks in a row differ by is taken off.
pub(super) async fn measure<T>(
    connection: &mut MySqlConnection,
    statement: impl AsyncFnOnce(&mut MySqlConnection) -> T,
) -> (T, u64) {
    let first = rows_read(connection).await;
    let second = rows_read(connection).await;
    let found = statement(connection).await;
    let third = rows_read(connection).await;
    (found, (third - second) - (second - first))
}

async fn rows_read(connection: &mut MySqlConnection) -> u64 {
    let rows: Vec<(String, String)> = sqlx::query_as("SHOW SESSION STATUS LIKE 'Handler\\_read%'")
        .fetch_all(connection)
        .await
        .expect("read");
    let counters: BTreeMap<_, u64> = rows
        .into_iter()
        .map(|(name, value)| (name, value.parse().expect("a number")))
        .collect();
    // MariaDB counts what it skips under this name a second time.
    counters
        .iter()
        .filter(|(name, _)| !name.ends_with("_deleted"))
        .map(|(_, count)| count)
        .sum()
}

/// Ten thousand to-dos, a minute apart, each `part` a year later.
pub(super) async fn fill(
    connection: &mut MySqlConnection,
    user: UserId,
    is_done: &str,
    removed: &str,
    part: u32,
) {
    let digits = "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4
        UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    let insert = format!(
        "INSERT INTO todos (user_id, id, description, isdone, created_date, done_date, removed_date, rev, due_date,
                            due_time)
         SELECT {user}, UNHEX(LEFT(SHA2(CONCAT('{part}.', n), 256), 32)), 'one of many', {is_done},
                TIMESTAMPADD(MINUTE, n, '{year}-01-01'), IF({is_done}, TIMESTAMPADD(MINUTE, -n, '2026-01-01'), NULL),
                {removed}, n, IF(n % 10, DATE_ADD('2026-11-24', INTERVAL n % 9 DAY), NULL), IF(n % 3, MAKETIME(n % 24, 0, 0), NULL)
         FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n
               FROM {digits} a, {digits} b, {digits} c, {digits} e) AS numbers",
        user = user.0,
        year = 2020 + part,
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(insert))
        .execute(connection)
        .await
        .expect("inserted");
}
