//! Migrations on filled tables: the rows of every older version are kept, and the program can use them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, MySqlConnection, MySqlPool, raw_sql};
use tickbox::{
    database::Database,
    domain::{
        clock::Clock,
        todo::{Filter, Limit},
    },
    service::{Hasher, Service},
};

use super::{files, migrate};
use crate::support::fixture::{
    CHEAP, PASSWORD, client, connect, credentials, options, part_of, signer,
};

/// Rows as the versions of the program stored them, each after the migration with that number.
const ROWS: [(i64, &str); 11] = [
    (
        1,
        "INSERT INTO users (public_id, firstname, lastname, username, password, rev, open_count, todo_count, created_date) VALUES
         (REPEAT('a', 16), 'Ona', 'Petraitė', 'ona', '$argon2id$v=19$m=64,t=1,p=1$b2YgYW4gb2xkZXIgcm93IQ$jlErGTYD87KyR4B+qgfOfQACn0CACzSxsV4jPQK4xRw', 2, 1, 2, '2026-01-01 10:00:00.123456'),
         (REPEAT('b', 16), 'Jonas', 'Kazlauskas', 'jonas', '$argon2id$', 0, 0, 0, '2026-01-02 10:00:00')",
    ),
    (
        2,
        "INSERT INTO todos (user_id, id, description, isdone, created_date, done_date, removed_date, rev) VALUES
         (1, REPEAT('c', 16), 'Buy milk', FALSE, '2026-01-03 10:00:00', NULL, NULL, 1),
         (1, REPEAT('d', 16), 'Žemės riešutai 🥜', TRUE, '2026-01-04 10:00:00', '2026-01-05 10:00:00', NULL, 2),
         (2, REPEAT('e', 16), 'Removed', FALSE, '2026-01-04 10:00:00', NULL, '2026-01-05 10:00:00', 1)",
    ),
    (
        3,
        "INSERT INTO sessions (id, user_id, kind, secret_hash, created_date, seen_date, expires_date, user_agent) VALUES
         (REPEAT('f', 16), 1, 'web', REPEAT('g', 32), '2026-01-03', '2026-01-04', '2036-01-03', 'Firefox'),
         (REPEAT('h', 16), 1, 'api', REPEAT('i', 32), '2026-01-03', '2026-01-04', '2036-01-03', '')",
    ),
    (4, "UPDATE todos SET original_description = 'Buy tea' WHERE id = REPEAT('c', 16)"),
    (6, "INSERT INTO jobs (name, run_date) VALUES ('another', '2026-01-06 10:00:00')"),
    (
        8,
        "INSERT INTO rate_limits (bucket, hits, ends_date) VALUES (REPEAT('j', 32), 3, '2026-01-06'), (REPEAT('k', 32), 1, '2026-01-06')",
    ),
    (
        13,
        "INSERT INTO calls (user_id, id, todo_id, fingerprint, outcome, created_date) SELECT user_id, id, id, REPEAT('f', 8), 1, '2026-01-06 10:00:00' FROM todos",
    ),
    (
        16,
        "UPDATE todos JOIN users ON users.id = user_id SET notes = 'two bottles', due_date = '2027-01-31', due_time = '17:00', priority = 3, repeat_rule = 'month 1 - due 31 -', last_done_date = '2026-12-31 10:00:00', time_zone = 'Europe/Vilnius' WHERE todos.id = REPEAT('c', 16)",
    ),
    (
        20,
        "UPDATE todos SET folded = 'buy milk\ntwo bottles', indexed_rev = rev WHERE todos.id = REPEAT('c', 16)",
    ),
    (
        21,
        "INSERT INTO todo_tags (user_id, todo_id, tag, isdone, list_date, moved_fraction, due_minute) SELECT user_id, id, 'home', isdone, list_date, 0, due_minute FROM todos WHERE removed_date IS NULL",
    ),
    (
        22,
        "INSERT INTO tags (user_id, tag, name, open_count, all_count) VALUES (1, 'home', 'Home', 1, 2)",
    ),
];

#[sqlx::test(migrations = false)]
async fn rows_of_every_older_version_are_kept_and_used(pool: MySqlPool) {
    let options = options(&pool);
    let mut connection = connect(&options).await;
    let mut migrator = sqlx::migrate!();
    migrator.set_locking(false); // waits with a timeout that MariaDB refuses
    let versions: Vec<_> = migrator.iter().map(|migration| migration.version).collect();
    let mut before = BTreeMap::<(String, Vec<String>), BTreeSet<String>>::new();
    for version in versions {
        let migrated = migrator.run_to(version, &mut connection).await;
        migrated.expect("a migration on the rows of the versions before it");
        for ((table, columns), rows) in &before {
            let after = contents(&mut connection, table, columns).await;
            assert!(
                after.is_superset(rows),
                "{version} changed {table}: {rows:?}, {after:?}"
            );
        }
        for (_, rows) in ROWS.iter().filter(|(after, _)| *after == version) {
            let inserted = raw_sql(*rows).execute(&mut connection).await;
            inserted.expect(rows);
        }
        before.clear();
        for (table, columns) in columns(&mut connection).await {
            let rows = contents(&mut connection, &table, &columns).await;
            assert!(
                !rows.is_empty(),
                "{version} needs rows of {table}, as it stores them"
            );
            before.insert((table, columns), rows);
        }
    }
    migrate(&options).await.expect("nothing is left to do");
    let texts = list(Database::new(options, 1)).await;
    assert_eq!(texts, ["Buy milk", "Žemės riešutai 🥜"]);
}

/// What the first user sees after logging in.
async fn list(database: Database) -> Vec<String> {
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let service = Service::new(database, Clock::default(), hasher, signer());
    let login = service.log_in(credentials("ona", PASSWORD), None, client("a test"));
    let token = login.await.expect("the password of the older row").token;
    let user = service.authenticate(&token).await.expect("no fault");
    let user = user.expect("a session");
    let page = service.list(&user, part_of(Filter::All, None, Limit::default()));
    let todos = page.await.expect("listed").todos.into_iter();
    todos.map(|todo| todo.description.into()).collect()
}

/// The columns of each table.
async fn columns(connection: &mut MySqlConnection) -> BTreeMap<String, Vec<String>> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR) FROM information_schema.columns
         WHERE table_schema = DATABASE() AND table_name <> '_sqlx_migrations' ORDER BY ordinal_position",
    )
    .fetch_all(connection)
    .await
    .expect("read");
    let mut tables = BTreeMap::<_, Vec<_>>::new();
    for (table, column) in columns {
        tables.entry(table).or_default().push(column);
    }
    tables
}

/// All that is stored in those columns of a table, row by row.
async fn contents(
    connection: &mut MySqlConnection,
    table: &str,
    columns: &[String],
) -> BTreeSet<String> {
    let texts = columns
        .iter()
        .map(|column| format!("IFNULL(HEX({column}), '-')"));
    let row = texts.collect::<Vec<_>>().join(", ");
    let rows = AssertSqlSafe(format!("SELECT CONCAT_WS(' ', {row}) FROM {table}"));
    let rows = sqlx::query_scalar(rows).fetch_all(connection).await;
    rows.expect("read").into_iter().collect()
}

/// While a release is rolled out, instances of the one before insert rows without the new column.
#[test]
fn an_added_column_is_optional_for_inserts() {
    for (name, text) in files() {
        for column in text.split("ADD COLUMN ").skip(1) {
            let column = column.split([',', ';']).next().unwrap_or_default();
            let may_be_left_out = !column.contains("NOT NULL") || column.contains("DEFAULT");
            assert!(may_be_left_out, "{name}: {column}");
        }
    }
}
