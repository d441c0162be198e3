//! Whether the server at the other end of a new connection takes writes, and what its sessions need.

use std::time::Duration;

use sqlx::{Executor as _, MySqlConnection, Row as _};

use super::galera;

/// The variables that tell whether a server is read-only (replicas, members of a group besides its primary,
/// Aurora readers, servers taken out for maintenance), the id of the session, and which limits of statements
/// the server knows. Each server shows those that it has.
const VARIABLES: &str = "SHOW SESSION VARIABLES WHERE Variable_name IN ('read_only', \
    'super_read_only', 'innodb_read_only', 'offline_mode', 'wsrep_on', 'wsrep_reject_queries', \
    'pseudo_thread_id', 'max_execution_time', 'max_statement_time')";
/// Queried on Galera alone: collecting the status costs a server more than its variables.
const GALERA_STATUS: &str =
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_status')";

/// Longer than a statement is ever waited for, in a detached transaction too: the statements of an instance
/// that died, or lost its route to the server, end there by themselves.
pub(super) const LONGEST_STATEMENT: Duration = Duration::from_secs(66);

/// Time limit of a row lock, in seconds: well below that of the operation, so that waiting ends in a conflict
/// and not in a suspect primary.
const SET_LOCK_WAIT: &str = "SET SESSION innodb_lock_wait_timeout = 2";
/// [`SET_LOCK_WAIT`], and [`LONGEST_STATEMENT`] for reads, in milliseconds.
const SET_MYSQL: &str = "SET SESSION innodb_lock_wait_timeout = 2, max_execution_time = 66000";
/// [`SET_LOCK_WAIT`], and [`LONGEST_STATEMENT`] for all statements, in seconds.
const SET_MARIADB: &str = "SET SESSION innodb_lock_wait_timeout = 2, max_statement_time = 66";
/// [`SET_LOCK_WAIT`], and reads that wait until the node has applied all writes acknowledged by any other.
const SET_GALERA: &str = "SET SESSION innodb_lock_wait_timeout = 2, wsrep_sync_wait = 1";

/// The state of a server, as it reports it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ServerState {
    /// Why it takes no writes, if so.
    pub(super) read_only: Option<String>,
    /// The id of this session; none where the server does not say.
    pub(super) thread: Option<u64>,
    product: Product,
}

/// The server product, which decides how a session is prepared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Product {
    /// MySQL since 5.7.8.
    MySql,
    MariaDb,
    /// A node of MariaDB's cluster.
    Galera,
    #[default]
    Other,
}

pub(super) async fn inspect(connection: &mut MySqlConnection) -> Result<ServerState, sqlx::Error> {
    let mut variables = read_variables(connection, VARIABLES).await?;
    if is_galera(&variables) {
        variables.extend(read_variables(connection, GALERA_STATUS).await?);
    }
    Ok(classify(&variables))
}

/// Sets the session variables that the statements of `store` rely on.
pub(super) async fn prepare(
    connection: &mut MySqlConnection,
    server: &ServerState,
) -> Result<(), sqlx::Error> {
    let set = match server.product {
        Product::MySql => SET_MYSQL,
        Product::MariaDb => SET_MARIADB,
        Product::Galera => SET_GALERA,
        Product::Other => SET_LOCK_WAIT,
    };
    connection.execute(set).await?;
    if server.product == Product::Galera {
        galera::prepare_all(connection).await?;
    }
    Ok(())
}

async fn read_variables(
    connection: &mut MySqlConnection,
    sql: &'static str,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = connection.fetch_all(sql).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

fn is_galera(variables: &[(String, String)]) -> bool {
    variables
        .iter()
        .any(|(name, value)| name == "wsrep_on" && value == "ON")
}

/// A variable that is absent is fine, except those by which a node of Galera says that it is ready.
fn classify(variables: &[(String, String)]) -> ServerState {
    let galera = is_galera(variables);
    let value = |name: &str| {
        let found = variables.iter().find(|(found, _)| found == name);
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
    let read_only = wanted.into_iter().find_map(|(name, wanted, may_lack)| {
        let value = match value(name) {
            None if may_lack => return None,
            value => value.unwrap_or("unknown"),
        };
        (value != wanted).then(|| format!("takes no writes ({name} is {value})"))
    });
    let product = if galera {
        Product::Galera
    } else if value("max_execution_time").is_some() {
        Product::MySql
    } else if value("max_statement_time").is_some() {
        Product::MariaDb
    } else {
        Product::Other
    };
    let thread = value("pseudo_thread_id").and_then(|id| id.parse().ok());
    ServerState {
        read_only,
        thread,
        product,
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

    fn judged(variables: &[(&str, &str)]) -> ServerState {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        classify(&variables)
    }

    #[test]
    fn a_standalone_server_accepts_writes() {
        let mysql = [
            ("innodb_read_only", "OFF"),
            ("offline_mode", "OFF"),
            ("read_only", "OFF"),
            ("super_read_only", "OFF"),
        ];
        assert_eq!(judged(&mysql), ServerState::default());
        let mariadb = [
            ("read_only", "OFF"),
            ("wsrep_on", "OFF"),
            ("wsrep_reject_queries", "NONE"),
        ];
        assert_eq!(judged(&mariadb), ServerState::default());
    }

    #[test]
    fn any_single_reason_makes_a_server_read_only() {
        for (name, value) in [
            ("read_only", "ON"),
            ("read_only", "NO_LOCK"),
            ("super_read_only", "ON"),
            ("innodb_read_only", "ON"),
            ("offline_mode", "ON"),
        ] {
            let read_only = judged(&[(name, value)]).read_only.expect(name);
            assert!(read_only.contains(name), "{read_only}");
        }
    }

    #[test]
    fn a_galera_node_accepts_writes_when_ready_in_the_majority() {
        let ready = ServerState {
            product: Product::Galera,
            ..ServerState::default()
        };
        assert_eq!(judged(&GALERA), ready);
        for (name, value) in [
            ("wsrep_ready", "OFF"),
            ("wsrep_cluster_status", "non-Primary"),
            ("wsrep_reject_queries", "ALL"),
        ] {
            let variables =
                GALERA.map(|(found, it)| (found, if found == name { value } else { it }));
            assert!(judged(&variables).read_only.is_some(), "{name}");
        }
        assert!(judged(&GALERA[..3]).read_only.is_some(), "it says nothing");
    }
}
