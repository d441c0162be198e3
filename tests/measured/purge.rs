//! Two million old tombstones of one account, and ten thousand others who have some, are purged within ten
//! minutes while the owner goes on adding. Here a tenth of it; `PURGE_SCALE=10` gives all.

use std::{
    env,
    time::{Duration, Instant},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, MySqlConnection, MySqlPool, mysql::MySqlConnectOptions,
};
use tickbox::{
    database::Database,
    domain::{
        client_ip::ClientIp,
        clock::Clock,
        todo::{Description, TodoId},
        user::{Account, Credentials, Registration, RegistrationInput},
    },
    service::{Argon2Cost, ClientInfo, Hasher, Service, TokenSigner},
};
use tokio::time::sleep;

use crate::{options, process::SECRET, statistics::quantile};

/// Of one account, at the smallest scale.
const TOMBSTONES: u64 = 200_000;
/// Others, who have one each.
const USERS: u64 = 1_000;
/// At the smallest scale: ten minutes for all.
const WITHIN: Duration = Duration::from_mins(1);
/// For an add of the owner, but for one in a hundred.
const ADD_WITHIN: Duration = Duration::from_millis(100);
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(20);
const PASSWORD: &str = "violet teapot 7";

#[sqlx::test]
async fn a_heavy_account_is_purged_without_delaying_its_owner(pool: MySqlPool) {
    let options = options(&pool);
    let scale = env::var("PURGE_SCALE").map_or(1, |it| it.parse().expect("a number"));
    let service = service(&options);
    let owner = owner(&service).await;
    let mut connection = options.connect().await.expect("the database answers");
    fill(&mut connection, &owner, scale).await;

    let purge = tokio::spawn({
        let service = service.clone();
        async move {
            let began = Instant::now();
            let purged = service.purge_if_due().await;
            (
                purged.expect("no fault").expect("it was due"),
                began.elapsed(),
            )
        }
    });
    let mut adds = Vec::new();
    while !purge.is_finished() {
        let began = Instant::now();
        add(&service, &owner).await;
        adds.push(began.elapsed());
        sleep(PAUSE).await;
    }
    let (purged, taken) = purge.await.expect("no panic");
    let (median, slow) = (quantile(&adds, 0.5), quantile(&adds, 0.99));
    println!(
        "purge: {} tombstones of {} users in {taken:?}; {} adds of the owner meanwhile, median {median:?}, p99 {slow:?}",
        purged.tombstones,
        USERS * scale + 1,
        adds.len(),
    );
    assert_eq!(purged.tombstones, (TOMBSTONES + USERS) * scale);
    assert_eq!(purged.passed_by, 0);
    assert!(
        taken < WITHIN * u32::try_from(scale).expect("small"),
        "{taken:?}"
    );
    assert!(slow < ADD_WITHIN, "{slow:?}");
}

pub(super) fn service(options: &MySqlConnectOptions) -> Service {
    let cheap = Argon2Cost {
        memory: 64,
        passes: 1,
    };
    let hasher = Hasher::new(cheap).expect("argon2 can do that");
    let signer = TokenSigner::new(&SECRET.into(), None);
    let database = Database::new(options.clone(), 8);
    Service::new(database, Clock::default(), hasher, signer)
}

async fn owner(service: &Service) -> Account {
    let input = RegistrationInput {
        first_name: "Ona",
        last_name: "Onaitė",
        username: "ona",
        password: PASSWORD,
        password_again: None,
    };
    let registration = Registration::parse(input).expect("valid");
    let registered = service.register(registration, ClientIp::UNKNOWN).await;
    registered.expect("the name is free");
    let credentials = Credentials::parse("ona", PASSWORD).expect("both fields");
    let login = service
        .log_in(credentials, None, ClientInfo::default())
        .await;
    let account = service.authenticate(&login.expect("right").token).await;
    account.expect("no fault").expect("a session")
}

async fn add(service: &Service, owner: &Account) {
    let id = TodoId::new_v7(service.clock().now());
    let text = Description::parse("Buy milk").expect("valid");
    service.add(owner, id, text).await.expect("added");
}

/// In statements of a hundred thousand rows: of more, the server's log of changes would be one piece.
async fn fill(connection: &mut MySqlConnection, owner: &Account, scale: u64) {
    let (ona, users, tombstones) = (owner.user_id.0, USERS * scale, TOMBSTONES * scale);
    let mut statements = vec![
        "CREATE TABLE numbers (n INT NOT NULL PRIMARY KEY) AS
         WITH RECURSIVE few (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM few WHERE n < 316)
         SELECT a.n * 317 + b.n AS n FROM few AS a CROSS JOIN few AS b WHERE a.n * 317 + b.n < 100000"
            .to_owned(),
        format!(
            "INSERT INTO users (public_id, firstname, lastname, username, password, rev, removed_count, created_date)
             SELECT UNHEX(REPLACE(UUID(), '-', '')), 'a', 'b', CONCAT('user', n), 'c', 2, 1, UTC_TIMESTAMP()
             FROM numbers WHERE n < {users}"
        ),
        "INSERT INTO todos (user_id, id, description, created_date, removed_date, rev)
         SELECT id, UNHEX(REPLACE(UUID(), '-', '')), 'old', UTC_TIMESTAMP(), UTC_TIMESTAMP() - INTERVAL 31 DAY, 2
         FROM users WHERE username LIKE 'user%'"
            .to_owned(),
        format!("UPDATE users SET rev = {tombstones}, removed_count = {tombstones} WHERE id = {ona}"),
    ];
    for part in 0..tombstones / 100_000 {
        statements.push(format!(
            "INSERT INTO todos (user_id, id, description, created_date, removed_date, rev)
             SELECT {ona}, UNHEX(REPLACE(UUID(), '-', '')), 'one of many that were removed', UTC_TIMESTAMP(),
                    UTC_TIMESTAMP() - INTERVAL 40 DAY + INTERVAL {part} * 1000 + n DIV 100 SECOND,
                    {part} * 100000 + n + 1
             FROM numbers"
        ));
    }
    for statement in statements {
        let filled = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection);
        filled.await.expect("filled");
    }
}
