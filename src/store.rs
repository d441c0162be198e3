//! Every SQL statement, one function each. Functions take the connection as first argument and contain no
//! business rules; they may be called inside or outside a transaction. May import `database` and `domain`
//! only.

#![expect(
    clippy::missing_errors_doc,
    reason = "each fails as the database does; what else may fail is documented"
)]

pub mod job;
pub mod purge;
pub mod rate_limit;
pub mod session;
pub mod todo;
pub mod user;

use time::{OffsetDateTime, PrimitiveDateTime};

/// Converts to the UTC that `DATETIME` columns hold.
fn to_database(moment: OffsetDateTime) -> PrimitiveDateTime {
    let utc = moment.to_offset(time::UtcOffset::UTC);
    PrimitiveDateTime::new(utc.date(), utc.time())
}
