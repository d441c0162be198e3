//! Statements on `rate_limits`.

use time::{OffsetDateTime, PrimitiveDateTime};

use super::{Connection, to_database};
use crate::domain::{error::Error, limit::Bucket};

/// Counts one more try, and says how many there are in this window; the first one, and the first
/// behind the end of a window, begin one that ends at `ends`. Nobody else counts in that bucket until
/// the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn count(
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
///
/// # Errors
/// Those of the database.
pub async fn ends(connection: &mut Connection, bucket: &Bucket) -> Result<OffsetDateTime, Error> {
    let ends = sqlx::query_scalar!(
        "SELECT ends_date FROM rate_limits WHERE bucket = ?",
        bucket.key.as_slice(),
    )
    .fetch_one(connection)
    .await?;
    Ok(PrimitiveDateTime::assume_utc(ends))
}

/// Takes one try back, unless its window, which ended at `ends` or earlier, is over and another has
/// begun.
///
/// # Errors
/// Those of the database.
pub async fn take_back(
    connection: &mut Connection,
    bucket: &Bucket,
    ends: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE rate_limits SET hits = hits - 1 WHERE bucket = ? AND hits > 0 AND ends_date <= ?",
        bucket.key.as_slice(),
        to_database(ends),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes buckets whose window is over, at most `limit`, and says how many.
///
/// # Errors
/// Those of the database.
pub async fn delete_ended(
    connection: &mut Connection,
    now: OffsetDateTime,
    limit: u32,
) -> Result<u64, Error> {
    let deleted = sqlx::query!(
        "DELETE FROM rate_limits WHERE ends_date <= ? ORDER BY ends_date LIMIT ?",
        to_database(now),
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
