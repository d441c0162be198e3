//! Whether the server at the other end of a new connection takes writes, and what its sessions need.

use sqlx::{Executor as _, MySqlConnection, Row as _};

use super::statements;

/// What says that a server takes no writes: replicas, members of a group besides its primary, Aurora
/// readers, servers taken out for maintenance. Each server shows those that it has.
const VARIABLES: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', \
    'super_read_only', 'innodb_read_only', 'offline_mode', 'wsrep_on', 'wsrep_reject_queries')";
/// Asked of Galera alone: collecting the status costs a server more than its variables.
const GALERA_STATUS: &str =
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_status')";

/// For a row that another transaction holds, in seconds: well below the time limit, so that it ends
/// in a conflict and not in a doubt.
const SET_LOCK_WAIT: &str = "SET SESSION innodb_lock_wait_timeout = 2";
/// And reads that wait until the node has applied what any other had acknowledged before.
const SET_GALERA: &str = "SET SESSION innodb_lock_wait_timeout = 2, wsrep_sync_wait = 1";

/// What a server says about itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// Why it takes no writes, if so.
    pub(super) refusal: Option<String>,
    /// Whether it is a node of Galera.
    galera: bool,
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
    if server.galera {
        connection.execute(SET_GALERA).await?;
        statements::prepare_all(connection).await
    } else {
        connection.execute(SET_LOCK_WAIT).await.map(drop)
    }
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
    Server { refusal, galera }
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
            refusal: None,
            galera: true,
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
