//! The list of removed to-dos, by its statements: what is read does not grow with what was removed.

use sqlx::MySqlPool;
use tickbox::{domain::todo::RemovedCursor, store::todo};
use time::{OffsetDateTime, macros::datetime};

use super::query_cost::{fill, measure};
use crate::support::fixture::World;

#[sqlx::test]
async fn a_part_of_what_was_removed_reads_no_more_than_it_may_hold(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let user = world.ona.user_id;
    let mut connection = world.connect().await;
    // Ten thousand of one moment, and as many that are there.
    for (removed, part) in [("'2026-10-01'", 1), ("NULL", 2)] {
        fill(&mut connection, user, "FALSE", removed, part).await;
    }
    let (since, end) = (OffsetDateTime::UNIX_EPOCH, datetime!(2030-01-01 00:00 UTC));
    let (first, rows) = measure(&mut connection, async |connection| {
        let part = todo::removed_between(connection, user, since, end, 51).await;
        part.expect("found")
    })
    .await;
    assert!(first.len() == 51 && rows <= 60, "{rows} rows");
    let moment = first[0].removed_date.expect("removed");
    let start = RemovedCursor::at_start(moment);
    let first = todo::removed_at(&mut connection, user, start, 51).await;
    let mut last = first.expect("found").pop().expect("one");
    for _ in 0..5 {
        let position = last.removed_cursor().expect("removed");
        let (part, rows) = measure(&mut connection, async |connection| {
            let part = todo::removed_at(connection, user, position, 1_001).await;
            part.expect("found")
        })
        .await;
        assert!(part.len() == 1_001 && rows <= 1_010, "{rows} rows");
        last = part.into_iter().next_back().expect("one");
    }
}
