//! `tickbox migrate`: brings the database up to date.

use tickbox::{config::Config, database::migrations, telemetry};
use tokio::runtime::Runtime;

use super::CommandError;

pub(crate) fn migrate(config: Config) -> Result<(), CommandError> {
    telemetry::start(config.log_format, config.log_filter.clone());
    let options = config.database.into();
    Runtime::new()?.block_on(migrations::migrate(&options))?;
    tracing::info!("the database is up to date");
    Ok(())
}
