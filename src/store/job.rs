//! Statements on `jobs`: the lease of a job that one instance at a time runs.

use time::OffsetDateTime;

use super::to_database;
use crate::{database::Connection, domain::error::Error};

/// Claims a job whose last run was before `due`, or after `latest`, as written by a clock that was ahead: writes
/// `run` as the last one. Of several concurrent instances one succeeds.
pub async fn claim(
    connection: &mut Connection,
    job: &str,
    run: OffsetDateTime,
    due: OffsetDateTime,
    latest: OffsetDateTime,
) -> Result<bool, Error> {
    let claimed = sqlx::query!(
        "UPDATE jobs SET run_date = ? WHERE name = ? AND (run_date <= ? OR run_date > ?)",
        to_database(run),
        job,
        to_database(due),
        to_database(latest),
    )
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() > 0)
}

/// Writes another last run, if the stored one is still `held`, that is, if no other instance has claimed the job.
pub async fn renew(
    connection: &mut Connection,
    job: &str,
    held: OffsetDateTime,
    run: OffsetDateTime,
) -> Result<bool, Error> {
    let renewed = sqlx::query!(
        "UPDATE jobs SET run_date = ? WHERE name = ? AND run_date = ?",
        to_database(run),
        job,
        to_database(held),
    )
    .execute(connection)
    .await?;
    Ok(renewed.rows_affected() > 0)
}
