//! However much a user owns or has removed, and whatever token or cursor somebody makes by hand: no more
//! rows are read than the answer may hold, and a few. Counted by the server, which has nothing pushed down
//! to its engine here, so that rows which are read and dropped are counted too.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, MySqlConnection, MySqlPool};
use tickbox::{
    domain::{
        todo::{Cursor, Filter, Limit, PAGE_SIZE, SyncToken},
        user::{Account, UserId},
    },
    store::todo,
};
use uuid::Uuid;

use super::query_cost::measure;
use crate::support::fixture::{World, part_of};

const TOMBSTONES: u64 = 300_000;
/// Of one revision, behind the tombstones.
const AT_ONCE: u64 = 20_000;
/// The last revision.
const REV: u64 = TOMBSTONES + 1;
/// Looks of the engine that find where a range begins or ends, and the user's row.
const LOOKS: u64 = 10;

#[sqlx::test]
async fn any_token_or_cursor_reads_at_most_one_page_of_rows(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let (mut connection, ona) = burdened(&world).await;
    for limit in [Limit::default(), PAGE_SIZE] {
        for since in tokens(&ona) {
            check_token(&mut connection, ona.user_id, since, limit.get() + 1).await;
        }
        for place in places() {
            check_place(&mut connection, ona.user_id, place, limit).await;
        }
    }
    check_first_copy(&world, &ona).await;
}

async fn check_token(connection: &mut MySqlConnection, user: UserId, since: SyncToken, limit: u32) {
    let (found, rows) = measure(connection, async |connection| {
        let found = todo::changes(connection, user, since, limit).await;
        found.expect("found").todos.len()
    })
    .await;
    // Each row is read once, and up to three times more from the tables that a server puts them into.
    let most = 4 * (u64::from(limit) + LOOKS);
    assert!(rows <= most, "{since} by {limit}: {rows} rows");
    assert!(found <= limit as usize);
}

async fn check_place(
    connection: &mut MySqlConnection,
    user: UserId,
    (filter, after): (Filter, Option<Cursor>),
    limit: Limit,
) {
    let (part, rows) = measure(connection, async |connection| {
        let part = todo::list(connection, user, part_of(filter, after, limit)).await;
        part.expect("listed")
    })
    .await;
    let most = u64::from(limit.get()) + 1 + LOOKS;
    let case = format!("{filter:?} after {after:?} by {limit:?}");
    assert!(rows <= most, "{case}: {rows} rows");
    assert!(part.todos.len() <= limit.as_length() + 1, "{case}");
}

/// Three hundred parts of nothing, then what there is.
async fn check_first_copy(world: &World, ona: &Account) {
    let (mut since, mut brought, mut parts) = (None, BTreeSet::new(), 0);
    loop {
        let part = world.service.changes(ona, since, Limit::default()).await;
        let part = part.expect("nothing was purged");
        parts += 1;
        assert!(part.snapshot.is_some());
        for todo in part.todos {
            assert!(todo.removed_date.is_none() && todo.rev == REV);
            assert!(brought.insert(todo.id.0), "brought twice");
        }
        since = Some(part.next);
        if !part.has_more {
            break;
        }
    }
    assert_eq!(brought.len() as u64, AT_ONCE);
    assert_eq!(parts, (TOMBSTONES + AT_ONCE).div_ceil(Limit::MAX.into()));
    let delta = world.service.changes(ona, since, Limit::default()).await;
    let delta = delta.expect("nothing was purged");
    assert!(delta.todos.is_empty() && delta.snapshot.is_none() && !delta.has_more);
}

/// Ona with all that, and a connection that counts.
async fn burdened(world: &World) -> (MySqlConnection, Account) {
    let mut connection = world.connect().await;
    let user = world.ona.user_id;
    fill(&mut connection, user, TOMBSTONES, "'2026-10-01'", "1 + n").await;
    fill(&mut connection, user, AT_ONCE, "NULL", &REV.to_string()).await;
    let counts = format!(
        "UPDATE users SET rev = {REV}, todo_count = {AT_ONCE}, open_count = {AT_ONCE} / 2 WHERE id = {}",
        user.0
    );
    run(&mut connection, counts).await;
    run(&mut connection, "ANALYZE TABLE todos".into()).await;
    let no_pushdown = "SET SESSION optimizer_switch = 'index_condition_pushdown=off'";
    run(&mut connection, no_pushdown.into()).await;
    let ona = world.service.authenticate(&world.cookie).await;
    let ona = ona.expect("no fault").expect("a session");
    assert_eq!(ona.counts.rev, REV);
    (connection, ona)
}

/// So many, half of them done, a second apart.
async fn fill(connection: &mut MySqlConnection, user: UserId, many: u64, removed: &str, rev: &str) {
    let digits = "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4
        UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    let insert = format!(
        "INSERT INTO todos (user_id, id, description, isdone, created_date, done_date, removed_date, rev, due_date,
                            due_time)
         SELECT {user}, UNHEX(LEFT(SHA2(CONCAT({removed} IS NULL, '.', n), 256), 32)), 'one of many', n % 2,
                TIMESTAMPADD(SECOND, n, '2026-01-01'), IF(n % 2, TIMESTAMPADD(SECOND, n, '2026-02-01'), NULL),
                {removed}, {rev}, IF(n % 10, DATE_ADD('2026-11-24', INTERVAL n % 9 DAY), NULL),
                IF(n % 3, MAKETIME(n % 24, 0, 0), NULL)
         FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS n
               FROM {digits} a, {digits} b, {digits} c, {digits} e, {digits} f, {digits} g) AS numbers
         WHERE n < {many} ORDER BY n",
        user = user.0,
    );
    run(connection, insert).await;
}

async fn run(connection: &mut MySqlConnection, sql: String) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    done.expect("done");
}

/// Of every form, real ones and such as nobody was ever given.
fn tokens(account: &Account) -> Vec<SyncToken> {
    let user = account.public_id.as_fields().0;
    let revs = [0, TOMBSTONES / 2, TOMBSTONES, REV, u64::MAX];
    let ids = [Uuid::nil(), Uuid::from_u128(u128::MAX / 2), Uuid::max()];
    let mut texts = Vec::new();
    for rev in revs {
        texts.push(format!("{user:08x}.{rev}"));
        for id in ids {
            texts.push(format!("{user:08x}.{rev}.{id}"));
            for began in [0, TOMBSTONES / 2, u64::MAX] {
                texts.push(format!("{user:08x}.{rev}.{id}.{began}"));
            }
        }
    }
    // The largest id alone is left out of its token.
    let tokens: Vec<_> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    assert_eq!(tokens.len(), texts.len() - revs.len());
    tokens
}

/// The start of each list, and places before, among and behind all to-dos, by each of their parts.
fn places() -> Vec<(Filter, Option<Cursor>)> {
    // Microseconds of 1970, of the first to-do, of one in the middle and of one that is far off.
    let dates: [i64; 4] = [
        0,
        1_767_225_600_000_000,
        1_767_235_600_000_000,
        253_370_764_800_000_000 - 1,
    ];
    let ids = [Uuid::nil(), Uuid::from_u128(u128::MAX / 2), Uuid::max()];
    let mut texts = Vec::new();
    for id in ids {
        for date in dates {
            for fraction in [0, u64::MAX] {
                for is_done in [0, 1] {
                    let text = format!("{is_done}.{date}.{fraction}.{id}");
                    texts.push((Filter::All, text.clone()));
                    texts.push((Filter::Open, text));
                }
                for day in ["1970-01-01", "2026-11-28", "2199-12-31"] {
                    for minute in [540, 1440] {
                        let text = format!("{day}.{minute}.{date}.{fraction}.{id}");
                        texts.push((Filter::Today, text.clone()));
                        texts.push((Filter::Upcoming, text));
                    }
                }
            }
            texts.push((Filter::Done, format!("{date}.{id}")));
        }
    }
    let filters = Filter::NAMES.map(|name| Filter::parse(name).expect("its name"));
    let starts = filters.into_iter().map(|filter| (filter, None));
    let places = texts.into_iter().map(|(filter, text)| {
        let cursor = Cursor::parse(&text, filter).expect("a place");
        (filter, Some(cursor))
    });
    starts.chain(places).collect()
}
