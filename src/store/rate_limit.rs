//! Statements on `rate_limits`. Those on several buckets take their rows in the order given: two that
//! share some must give them in the same order, so that neither waits for the other.

use time::{OffsetDateTime, PrimitiveDateTime};

use super::to_database;
use crate::database::Connection;
use crate::domain::{
    error::Error,
    rate_limit::{Bucket, Count},
};

/// Most buckets that one statement takes.
pub const BUCKETS_MAX: usize = 4;

/// Counts one more try, and says how many there are in this window; the first one, and the first
/// behind the end of a window, begin one that ends at `ends`. Nobody else counts in that bucket until
/// the transaction ends.
pub async fn increment(
    connection: &mut Connection,
    bucket: &Bucket,
    now: OffsetDateTime,
    ends: OffsetDateTime,
) -> Result<u64, Error> {
    let (now, ends) = (to_database(now), to_database(ends));
    // Assigned from left to right: the number is still compared with the old end.
    let counted = sqlx::query!(
        "INSERT INTO rate_limits (bucket, hits, ends_date) VALUES (?, 1, ?)
         ON DUPLICATE KEY UPDATE hits = LAST_INSERT_ID(IF(ends_date <= ?, 1, hits + 1)),
                                 ends_date = IF(ends_date <= ?, ?, ends_date)",
        bucket.key.as_slice(),
        ends,
        now,
        now,
        ends,
    )
    .execute(connection)
    .await?;
    // A new row has no number to give back.
    Ok(counted.last_insert_id().max(1))
}

/// When the window of a bucket that has been counted in ends.
pub async fn window_end(
    connection: &mut Connection,
    bucket: &Bucket,
) -> Result<OffsetDateTime, Error> {
    let ends = sqlx::query_scalar!(
        "SELECT ends_date FROM rate_limits WHERE bucket = ?",
        bucket.key.as_slice(),
    )
    .fetch_one(connection)
    .await?;
    Ok(PrimitiveDateTime::assume_utc(ends))
}

/// Takes back `tries`, unless their window, which ended at `ends` or earlier, is over and another has
/// begun.
pub async fn refund(
    connection: &mut Connection,
    bucket: &Bucket,
    tries: u32,
    ends: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE rate_limits SET hits = hits - ? WHERE bucket = ? AND hits >= ? AND ends_date <= ?",
        tries,
        bucket.key.as_slice(),
        tries,
        to_database(ends),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Empties a bucket that still holds so many tries in that window, and says whether it did: of two at
/// once only one does.
pub async fn empty(
    connection: &mut Connection,
    bucket: &Bucket,
    tries: u32,
    ends: OffsetDateTime,
) -> Result<bool, Error> {
    let emptied = sqlx::query!(
        "UPDATE rate_limits SET hits = 0 WHERE bucket = ? AND hits = ? AND ends_date = ?",
        bucket.key.as_slice(),
        tries,
        to_database(ends),
    )
    .execute(connection)
    .await?;
    Ok(emptied.rows_affected() == 1)
}

/// Counts one more try in flight in each bucket, which lapses at `lapses`. Nobody else counts in them
/// until the transaction ends.
pub async fn begin(
    connection: &mut Connection,
    buckets: &[Bucket],
    now: OffsetDateTime,
    lapses: OffsetDateTime,
) -> Result<(), Error> {
    let [first, second, third, fourth] = keys(buckets);
    let (now, lapses) = (to_database(now), to_database(lapses));
    // Assigned from left to right: the old number and its end are needed first.
    sqlx::query!(
        "INSERT INTO rate_limits (bucket, hits, ends_date, in_flight, in_flight_date, in_flight_ends_date)
         SELECT tried.name, 0, ?, 1, ?, ?
         FROM (SELECT CAST(? AS BINARY(32)) AS name UNION ALL SELECT CAST(? AS BINARY(32))
               UNION ALL SELECT CAST(? AS BINARY(32)) UNION ALL SELECT CAST(? AS BINARY(32))) AS tried
         WHERE tried.name IS NOT NULL
         ON DUPLICATE KEY UPDATE
             in_flight_date = IF(in_flight = 0 OR in_flight_ends_date <= ?, ?, LEAST(in_flight_date, ?)),
             in_flight = IF(in_flight_ends_date <= ?, 1, in_flight + 1),
             in_flight_ends_date = GREATEST(in_flight_ends_date, ?)",
        now,
        now,
        lapses,
        first,
        second,
        third,
        fourth,
        now,
        now,
        now,
        now,
        lapses,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A try that began at `began` has failed in each bucket: it is in flight no more, and counts in the
/// window, or begins one that ends at `ends`.
pub async fn fail(
    connection: &mut Connection,
    buckets: &[Bucket],
    began: OffsetDateTime,
    now: OffsetDateTime,
    ends: OffsetDateTime,
) -> Result<(), Error> {
    let [first, second, third, fourth] = keys(buckets);
    let (began, now, ends) = (to_database(began), to_database(now), to_database(ends));
    // Assigned from left to right: the number is still compared with the old end.
    sqlx::query!(
        "INSERT INTO rate_limits (bucket, hits, ends_date)
         SELECT tried.name, 1, ?
         FROM (SELECT CAST(? AS BINARY(32)) AS name UNION ALL SELECT CAST(? AS BINARY(32))
               UNION ALL SELECT CAST(? AS BINARY(32)) UNION ALL SELECT CAST(? AS BINARY(32))) AS tried
         WHERE tried.name IS NOT NULL
         ON DUPLICATE KEY UPDATE
             hits = IF(ends_date <= ?, 1, hits + 1),
             ends_date = IF(ends_date <= ?, ?, ends_date),
             in_flight = IF(in_flight > 0 AND in_flight_date <= ?, in_flight - 1, in_flight)",
        ends,
        first,
        second,
        third,
        fourth,
        now,
        now,
        ends,
        began,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A try that began at `began` is in flight no more, and counts nowhere.
pub async fn release(
    connection: &mut Connection,
    buckets: &[Bucket],
    began: OffsetDateTime,
) -> Result<(), Error> {
    let [first, second, third, fourth] = keys(buckets);
    let began = to_database(began);
    // Not an UPDATE: it could take its rows in another order.
    sqlx::query!(
        "INSERT INTO rate_limits (bucket, hits, ends_date)
         SELECT tried.name, 0, ?
         FROM (SELECT CAST(? AS BINARY(32)) AS name UNION ALL SELECT CAST(? AS BINARY(32))
               UNION ALL SELECT CAST(? AS BINARY(32)) UNION ALL SELECT CAST(? AS BINARY(32))) AS tried
         WHERE tried.name IS NOT NULL
         ON DUPLICATE KEY UPDATE
             in_flight = IF(in_flight > 0 AND in_flight_date <= ?, in_flight - 1, in_flight)",
        began,
        first,
        second,
        third,
        fourth,
        began,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What has been counted in those buckets that have a row, in any order.
pub async fn counts(
    connection: &mut Connection,
    buckets: &[Bucket],
) -> Result<Vec<([u8; 32], Count)>, Error> {
    let [first, second, third, fourth] = keys(buckets);
    let rows = sqlx::query!(
        "SELECT bucket, hits, ends_date, in_flight, in_flight_ends_date FROM rate_limits
         WHERE bucket IN (?, ?, ?, ?)",
        first,
        second,
        third,
        fourth,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = row.bucket.try_into();
            let key = key.map_err(|_| Error::internal("a bucket of another length"))?;
            let count = Count {
                failures: row.hits,
                ends: row.ends_date.assume_utc(),
                in_flight: row.in_flight,
                lapses: row.in_flight_ends_date.assume_utc(),
            };
            Ok((key, count))
        })
        .collect()
}

/// Deletes buckets whose window is over and in which nothing is in flight, and those whose window ends
/// behind `latest`, begun by a clock that was ahead; at most `limit`, and says how many.
pub async fn delete_ended(
    connection: &mut Connection,
    now: OffsetDateTime,
    latest: OffsetDateTime,
    limit: u32,
) -> Result<u64, Error> {
    let now = to_database(now);
    let deleted = sqlx::query!(
        "DELETE FROM rate_limits WHERE (ends_date <= ? AND in_flight_ends_date <= ?) OR ends_date > ?
         ORDER BY ends_date LIMIT ?",
        now,
        now,
        to_database(latest),
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// One statement for however many buckets: the places that are left are NULL.
fn keys(buckets: &[Bucket]) -> [Option<&[u8]>; BUCKETS_MAX] {
    assert!(buckets.len() <= BUCKETS_MAX, "too many buckets at once");
    let mut keys = [None; BUCKETS_MAX];
    for (place, bucket) in keys.iter_mut().zip(buckets) {
        *place = Some(bucket.key.as_slice());
    }
    keys
}
