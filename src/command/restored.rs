//! `tickbox restored`: after the database was set back to a backup, invalidates all sync tokens.

use tickbox::{
    config::Config,
    database::{self, migrations},
    store, telemetry,
};
use tokio::runtime::Runtime;

use super::CommandError;

pub(crate) fn restored(config: Config) -> Result<(), CommandError> {
    telemetry::start(config.log_format, config.log_filter.clone());
    let options = config.database.into();
    Runtime::new()?.block_on(async {
        let mut connection = database::connect(&options).await?;
        migrations::verify(&mut connection).await?;
        store::user::invalidate_sync_tokens(&mut connection).await
    })?;
    tracing::info!("sync tokens are invalid now: every phone will copy its list again");
    Ok(())
}
