//! A hundred thousand to-dos of an older version, of a hundred users, are indexed within a minute. `REINDEX_SCALE=10` does it
//! with a million within ten.

use std::{
    env,
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, MySqlPool};

use crate::{options, purge::service};

/// At the smallest scale.
const TODOS: u64 = 100_000;
const WITHIN: Duration = Duration::from_mins(1);

#[sqlx::test]
async fn to_dos_of_an_older_version_are_indexed_in_minutes(pool: MySqlPool) {
    let options = options(&pool);
    let scale = env::var("REINDEX_SCALE").map_or(1, |it| it.parse().expect("a number"));
    let count = TODOS * u64::from(scale);
    let mut connection = options.connect().await.expect("the database answers");
    let digits = "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4
        UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    for statement in [
        format!(
            "INSERT INTO users (id, public_id, firstname, lastname, username, password, created_date)
             SELECT n, UNHEX(LEFT(SHA2(n, 256), 32)), 'a', 'b', CONCAT('user', n), 'x', NOW()
             FROM (SELECT 1 + a.d + 10 * b.d AS n FROM {digits} a, {digits} b) AS numbers"
        ),
        format!(
            "INSERT INTO todos (user_id, id, description, isdone, created_date, rev)
             SELECT 1 + n % 100, UNHEX(LEFT(SHA2(n, 256), 32)),
                    CONCAT('Žąsis number ', n, IF(n % 5 = 0, ' #home', '')), FALSE, '2026-01-01', n
             FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS n
                   FROM {digits} a, {digits} b, {digits} c, {digits} e, {digits} f, {digits} g) AS numbers
             WHERE n < {count}"
        ),
    ] {
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection);
        done.await.expect("filled");
    }
    let service = service(&options);
    let began = Instant::now();
    let done = service.reindex_if_due(true).await;
    let took = began.elapsed();
    println!("{count} to-dos indexed in {took:?}");
    let done = done.expect("no fault").expect("nobody else does it");
    assert_eq!((done.todos, done.passed_by), (count, 0));
    assert!(took < WITHIN * scale, "{took:?}");
    let began = Instant::now();
    let again = service.reindex_if_due(true).await;
    println!("found done in {:?}", began.elapsed());
    assert_eq!(
        again.expect("no fault").expect("nobody else does it").todos,
        0
    );
}
