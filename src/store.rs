//! The database: the pool, transactions, migrations, and every SQL statement, one function each.
//! A function takes the connection first and decides nothing; it may be called inside or outside a
//! transaction. May import `domain` only.

mod address;
pub mod limit;
pub mod migrations;
pub mod pool;
pub mod purge;
pub mod session;
pub mod todo;
pub mod user;

use time::{OffsetDateTime, PrimitiveDateTime};

pub use address::{Address, Host, Tls};
pub use pool::{Connection, Database, Ending, Options, Status, connect, deadline, within_budget};

/// `DATETIME` columns hold UTC.
fn to_database(moment: OffsetDateTime) -> PrimitiveDateTime {
    let utc = moment.to_offset(time::UtcOffset::UTC);
    PrimitiveDateTime::new(utc.date(), utc.time())
}
