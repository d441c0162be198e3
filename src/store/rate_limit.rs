//! Statements on `rate_limits`. Those on several buckets lock their rows in the given order: callers that share
//! some must give them in the same order, so that they cannot deadlock.

use time::{OffsetDateTime, PrimitiveDateTime};

use super::to_database;
use crate::database::Connection;
use crate::domain::{
    error::Error,
    rate_limit::{Bucket, Count},
};

/// Maximum buckets of one statement.
pub const BUCKETS_MAX: usize = 4;

/// Counts one more attempt and returns their number in this window; the first one, and the first after the end of
/// a window, start one that ends at `ends`. The bucket stays locked until the transaction ends.
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
    // A new row sets no insert id.
    Ok(counted.last_insert_id().max(1))
}

/// The end of the window of an existing bucket.
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

/// Refunds attempts, unless their window, which ended at `ends` or earlier, was followed by another.
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

/// Empties a bucket if it still holds this number of attempts in this window; returns whether it did: of two
/// concurrent calls only one does.
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

/// Counts one more attempt in flight in each bucket, which lapses at `lapses`. The buckets stay locked until the
/// transaction ends.
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

/// Counts the attempt in flight since `began` as failed in each bucket: in the current window, or in a new one
/// that ends at `ends`.
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

/// Releases the attempt in flight since `began` in each bucket.
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

/// The states of those buckets that have a row, in any order.
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

/// Deletes buckets whose window is over and in which nothing is in flight, and those whose window ends after
/// `latest`, started by a clock that was ahead; at most `limit`. Returns their number.
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

/// Parameters for any number of buckets: the unused ones are NULL.
fn keys(buckets: &[Bucket]) -> [Option<&[u8]>; BUCKETS_MAX] {
    assert!(buckets.len() <= BUCKETS_MAX, "too many buckets at once");
    let mut keys = [None; BUCKETS_MAX];
    for (place, bucket) in keys.iter_mut().zip(buckets) {
        *place = Some(bucket.key.as_slice());
    }
    keys
}
