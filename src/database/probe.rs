//! Whether the server at the other end of a new connection takes writes, and what its sessions need.

use std::time::Duration;

use sqlx::{Executor as _, MySqlConnection, Row as _};

use super::galera;

/// What says that a server takes no writes: replicas, members of a group besides its primary, Aurora
/// readers, servers taken out for maintenance. And by what the server knows the session, and how it
/// limits statements. Each server shows those that it has.
const VARIABLES: &str = "SHOW SESSION VARIABLES WHERE Variable_name IN ('read_only', \
    'super_read_only', 'innodb_read_only', 'offline_mode', 'wsrep_on', 'wsrep_reject_queries', \
    'pseudo_thread_id', 'max_execution_time', 'max_statement_time')";
/// Asked of Galera alone: collecting the status costs a server more than its variables.
const GALERA_STATUS: &str =
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_status')";

/// Longer than anybody waits for a statement, a transaction that was left behind included: what an
/// instance was at that died, or lost its way to the server, ends there by itself.
pub(super) const LONGEST_STATEMENT: Duration = Duration::from_secs(66);

/// For a row that another transaction holds, in seconds: well below the time limit, so that it ends
/// in a conflict and not in a doubt.
const SET_LOCK_WAIT: &str = "SET SESSION innodb_lock_wait_timeout = 2";
/// And [`LONGEST_STATEMENT`] where reads are limited, in milliseconds.
const SET_MYSQL: &str = "SET SESSION innodb_lock_wait_timeout = 2, max_execution_time = 66000";
/// And where all statements are, in seconds.
const SET_MARIADB: &str = "SET SESSION innodb_lock_wait_timeout = 2, max_statement_time = 66";
/// And reads that wait until the node has applied what any other had acknowledged before.
const SET_GALERA: &str = "SET SESSION innodb_lock_wait_timeout = 2, wsrep_sync_wait = 1";

/// What a server says about itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// Why it takes no writes, if so.
    pub(super) refusal: Option<String>,
    /// By which it knows this session; none where it does not say.
    pub(super) thread: Option<u64>,
    kind: Kind,
}

/// What its sessions need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// MySQL since 5.7.8.
    MySql,
    MariaDb,
    /// A node of MariaDB's cluster.
    Galera,
    #[default]
    Other,
}

pub(super) async fn ask(connection: &mut MySqlConnection) -> Result<Server, sqlx::Error> {
    let mut said = settings(connection, VARIABLES).await?;
    if is_galera(&said) {
        said.extend(settings(connection, GALERA_STATUS).await?);
    }
    Ok(judge(&said))
}

/// Makes the session what the statements of this layer count on.
pub(super) async fn prepare(
    connection: &mut MySqlConnection,
    server: &Server,
) -> Result<(), sqlx::Error> {
    let set = match server.kind {
        Kind::MySql => SET_MYSQL,
        Kind::MariaDb => SET_MARIADB,
        Kind::Galera => SET_GALERA,
        Kind::Other => SET_LOCK_WAIT,
    };
    connection.execute(set).await?;
    if server.kind == Kind::Galera {
        galera::prepare_all(connection).await?;
    }
    Ok(())
}

async fn settings(
    connection: &mut MySqlConnection,
    sql: &'static str,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = connection.fetch_all(sql).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

fn is_galera(said: &[(String, String)]) -> bool {
    said.iter()
        .any(|(name, value)| name == "wsrep_on" && value == "ON")
}

/// A setting that is absent is fine, except those by which a node of Galera says that it is ready.
fn judge(said: &[(String, String)]) -> Server {
    let galera = is_galera(said);
    let value = |name: &str| {
        let found = said.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    };
    let wanted = [
        ("read_only", "OFF", true),
        ("super_read_only", "OFF", true),
        ("innodb_read_only", "OFF", true),
        ("offline_mode", "OFF", true),
        ("wsrep_reject_queries", "NONE", true),
        ("wsrep_ready", "ON", !galera),
        ("wsrep_cluster_status", "Primary", !galera),
    ];
    let refusal = wanted.into_iter().find_map(|(name, wanted, may_lack)| {
        let value = match value(name) {
            None if may_lack => return None,
            value => value.unwrap_or("unknown"),
        };
        (value != wanted).then(|| format!("takes no writes ({name} is {value})"))
    });
    let kind = if galera {
        Kind::Galera
    } else if value("max_execution_time").is_some() {
        Kind::MySql
    } else if value("max_statement_time").is_some() {
        Kind::MariaDb
    } else {
        Kind::Other
    };
    let thread = value("pseudo_thread_id").and_then(|id| id.parse().ok());
    Server {
        refusal,
        thread,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GALERA: [(&str, &str); 5] = [
        ("read_only", "OFF"),
        ("wsrep_on", "ON"),
        ("wsrep_reject_queries", "NONE"),
        ("wsrep_ready", "ON"),
        ("wsrep_cluster_status", "Primary"),
    ];

    fn judged(said: &[(&str, &str)]) -> Server {
        let said: Vec<_> = said
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        judge(&said)
    }

    #[test]
    fn a_server_of_its_own_takes_writes() {
        let mysql = [
            ("innodb_read_only", "OFF"),
            ("offline_mode", "OFF"),
            ("read_only", "OFF"),
            ("super_read_only", "OFF"),
        ];
        assert_eq!(judged(&mysql), Server::default());
        let mariadb = [
            ("read_only", "OFF"),
            ("wsrep_on", "OFF"),
            ("wsrep_reject_queries", "NONE"),
        ];
        assert_eq!(judged(&mariadb), Server::default());
    }

    #[test]
    fn each_reason_not_to_write_is_enough() {
        for (name, value) in [
            ("read_only", "ON"),
            ("read_only", "NO_LOCK"),
            ("super_read_only", "ON"),
            ("innodb_read_only", "ON"),
            ("offline_mode", "ON"),
        ] {
            let refusal = judged(&[(name, value)]).refusal.expect(name);
            assert!(refusal.contains(name), "{refusal}");
        }
    }

    #[test]
    fn a_node_of_galera_takes_writes_while_it_is_ready_and_of_the_majority() {
        let ready = Server {
            kind: Kind::Galera,
            ..Server::default()
        };
        assert_eq!(judged(&GALERA), ready);
        for (name, value) in [
            ("wsrep_ready", "OFF"),
            ("wsrep_cluster_status", "non-Primary"),
            ("wsrep_reject_queries", "ALL"),
        ] {
            let said = GALERA.map(|(found, it)| (found, if found == name { value } else { it }));
            assert!(judged(&said).refusal.is_some(), "{name}");
        }
        assert!(judged(&GALERA[..3]).refusal.is_some(), "it says nothing");
    }
}
