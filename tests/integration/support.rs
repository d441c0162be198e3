//! Fixtures, servers and clients that the tests share.

pub(crate) mod api_client;
pub(crate) mod api_session;
pub(crate) mod bearer_calls;
pub(crate) mod browser;
pub(crate) mod document_client;
pub(crate) mod fixture;
pub(crate) mod log;
pub(crate) mod process;
pub(crate) mod processlist;
pub(crate) mod proxy;
pub(crate) mod snapshot;
pub(crate) mod test_server;
pub(crate) mod tokens;
