//! Every SQL statement, one function each. Functions take the connection as first argument and contain no
//! business rules; they may be called inside or outside a transaction. May import `database` and `domain`
//! only.

#![expect(
    clippy::missing_errors_doc,
    reason = "each fails as the database does; what else may fail is documented"
)]

pub mod call;
pub mod job;
pub mod purge;
pub mod rate_limit;
pub mod reindex;
pub mod session;
pub mod tag;
pub mod todo;
pub mod user;

use serde::Serialize;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::domain::error::Error;

/// Rows as the JSON that `JSON_TABLE` makes rows of: one statement of constant text takes any number of them.
fn rows_to_json(rows: &[impl Serialize]) -> Result<String, Error> {
    serde_json::to_string(rows).map_err(Error::internal)
}

/// Converts to the UTC that `DATETIME` columns hold.
fn to_database(moment: OffsetDateTime) -> PrimitiveDateTime {
    let utc = moment.to_offset(time::UtcOffset::UTC);
    PrimitiveDateTime::new(utc.date(), utc.time())
}
