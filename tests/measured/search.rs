//! A search of ten thousand to-dos takes at most 10 ms, of two hundred thousand at most 100 ms, whatever it finds, by the
//! program as it is delivered (`cargo test --release --test measured search:: -- --nocapture`). Without its optimisation,
//! which reading 50 rows takes milliseconds for, at most [`TIMES`] a bare `LIKE` on the same server.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, ConnectOptions as _, MySqlConnection, MySqlPool};
use tickbox::{
    domain::{
        todo::{Filter, Limit, ListQuery, Narrowing, SEARCHED_MAX},
        user::UserId,
    },
    store,
};
use time::macros::date;

use crate::{options, statistics::quantile};

const RUNS: usize = 21;
/// What a search finds is read in the order of the list, and once more by its keys.
const TIMES: u32 = 4;

#[sqlx::test]
async fn a_search_takes_10_ms_and_of_the_longest_list_100_ms_or_a_few_times_a_bare_like(
    pool: MySqlPool,
) {
    let mut connection = options(&pool)
        .connect()
        .await
        .expect("the database answers");
    for (user, count, within) in [(1, 10_000, 10), (2, 200_000, 100)] {
        fill(&mut connection, user, count).await;
        for words in ["nothing of it", "needle", "milk"] {
            let bare = bare(&mut connection, user, words).await;
            let found = search(&mut connection, user, count, words).await;
            println!(
                "{count} to-dos, \"{words}\": bare LIKE {bare:?}, search {found:?} (median of {RUNS})"
            );
            let most = if cfg!(debug_assertions) {
                bare * TIMES
            } else {
                Duration::from_millis(within)
            };
            assert!(found <= most, "{count}, {words}: {found:?} of {most:?}");
        }
    }
}

/// Of all of them, of which it counts those that match.
async fn bare(connection: &mut MySqlConnection, user: u64, words: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        let count = "SELECT COUNT(*) FROM todos WHERE user_id = ? AND folded LIKE ?";
        let count = sqlx::query_scalar::<_, i64>(count)
            .bind(user)
            .bind(format!("%{words}%"));
        count.fetch_one(&mut *connection).await.expect("counted");
        times.push(began.elapsed());
    }
    quantile(&times, 0.5)
}

/// The statements of a page of what is found.
async fn search(connection: &mut MySqlConnection, user: u64, count: u32, words: &str) -> Duration {
    let patterns = Narrowing::parse("", words).expect("valid").patterns();
    let query = ListQuery {
        filter: Filter::All,
        today: date!(2026 - 11 - 28),
        after: None,
        limit: Limit::new(50).expect("within limits"),
    };
    let is_among_all = count <= SEARCHED_MAX;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        let found =
            store::todo::candidates(connection, UserId(user), query, &patterns, is_among_all);
        let found = found.await.expect("found");
        let ids = found.iter().map(|candidate| candidate.place.id());
        let todos = store::todo::find_all(connection, UserId(user), ids).await;
        todos.expect("found");
        times.push(began.elapsed());
    }
    quantile(&times, 0.5)
}

/// To-dos as they are: some words each, every fifth with notes; their ids grow with time.
async fn fill(connection: &mut MySqlConnection, user: u64, count: u32) {
    let digits = "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4
        UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    for statement in [
        format!(
            "INSERT INTO users (id, public_id, firstname, lastname, username, password, created_date)
             VALUES ({user}, UNHEX(LEFT(SHA2('{user}', 256), 32)), 'a', 'b', 'user{user}', 'x', NOW())"
        ),
        format!(
            "INSERT INTO todos (user_id, id, description, notes, isdone, created_date, done_date, rev, folded, indexed_rev)
             SELECT {user}, UNHEX(CONCAT(LPAD(HEX(n), 12, '0'), LEFT(SHA2(n, 256), 20))), text, notes, n % 3 = 0,
                    TIMESTAMPADD(SECOND, n * 30, '2026-01-01'), IF(n % 3 = 0, '2026-11-01', NULL), n,
                    CONCAT_WS('\n', text, notes), n
             FROM (SELECT n, CONCAT('call mum about the report ', n, IF(n % 3 = 1, ' milk', ' bread'),
                                    IF(n % 1009 = 0, ' needle', '')) AS text,
                          IF(n % 5 = 0, REPEAT('some words of notes ', 12), NULL) AS notes
                   FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS n
                         FROM {digits} a, {digits} b, {digits} c, {digits} e, {digits} f, {digits} g) AS numbers
                   WHERE n < {count}) AS texts ORDER BY n"
        ),
        "ANALYZE TABLE todos".to_owned(),
    ] {
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection);
        done.await.expect("filled");
    }
}
