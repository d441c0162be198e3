//! Every route for everybody: nobody, the owner, a stranger, and an owner whose session has ended.
//! The table must name each route, so that a new one cannot be forgotten.

use sqlx::MySqlPool;
use std::collections::BTreeSet;

use time::Duration;

use crate::support::{browser::Browser, test_server::Site};

/// What one kind of visitor gets: a status and, with 303, where it leads.
type Expected = (u16, &'static str);

struct Row {
    route: (&'static str, &'static str),
    nobody: Expected,
    owner: Expected,
    stranger: Expected,
    expired: Expected,
}

const LOGIN: Expected = (303, "/login");
const SHOWN: Expected = (200, "");
const NOT_FOUND: Expected = (404, "");
const LOGIN_TO_SESSIONS: Expected = (303, "/login?next=%2Fsessions");
const LOGIN_TO_SETTINGS: Expected = (303, "/login?next=%2Fsettings");
const LOGIN_TO_TAGS: Expected = (303, "/login?next=%2Ftags");
const LOGIN_TO_EDIT: Expected = (303, "/login?next=%2Fedit-todo%3Fid%3D");
const LOGIN_TO_CHANGE: Expected = (303, "/login?next=%2Fchange-password");

const TABLE: [Row; 23] = [
    Row {
        route: ("GET", "/register"),
        nobody: SHOWN,
        owner: (303, "/"),
        stranger: (303, "/"),
        expired: SHOWN,
    },
    Row {
        route: ("POST", "/register"),
        nobody: (422, ""),
        owner: (422, ""),
        stranger: (422, ""),
        expired: (422, ""),
    },
    Row {
        route: ("GET", "/login"),
        nobody: SHOWN,
        owner: (303, "/"),
        stranger: (303, "/"),
        expired: SHOWN,
    },
    Row {
        route: ("POST", "/login"),
        nobody: (422, ""),
        owner: (422, ""),
        stranger: (422, ""),
        expired: (422, ""),
    },
    Row {
        route: ("GET", "/"),
        nobody: LOGIN,
        owner: SHOWN,
        stranger: SHOWN,
        expired: LOGIN,
    },
    Row {
        route: ("POST", "/"),
        nobody: LOGIN,
        owner: (303, "/?notice=added"),
        stranger: (303, "/?notice=added"),
        expired: LOGIN,
    },
    Row {
        route: ("POST", "/update-todo"),
        nobody: LOGIN,
        owner: (303, "/?notice=completed"),
        stranger: NOT_FOUND,
        expired: LOGIN,
    },
    Row {
        route: ("GET", "/edit-todo"),
        nobody: LOGIN_TO_EDIT,
        owner: SHOWN,
        stranger: NOT_FOUND,
        expired: LOGIN_TO_EDIT,
    },
    Row {
        route: ("POST", "/edit-todo"),
        nobody: LOGIN,
        owner: (303, "/?notice=saved"),
        stranger: NOT_FOUND,
        expired: LOGIN,
    },
    Row {
        route: ("POST", "/remove-todo"),
        nobody: LOGIN,
        owner: (303, "/?notice=removed&id="),
        stranger: NOT_FOUND,
        expired: LOGIN,
    },
    Row {
        route: ("POST", "/move-todo"),
        nobody: LOGIN,
        // Nowhere is said where to.
        owner: (422, ""),
        stranger: (422, ""),
        expired: LOGIN,
    },
    Row {
        route: ("POST", "/restore-todo"),
        nobody: LOGIN,
        owner: (303, "/?notice=restored"),
        stranger: NOT_FOUND,
        expired: LOGIN,
    },
    Row {
        route: ("GET", "/account"),
        nobody: (303, "/login?next=%2Faccount"),
        owner: SHOWN,
        stranger: SHOWN,
        expired: (303, "/login?next=%2Faccount"),
    },
    Row {
        route: ("GET", "/settings"),
        nobody: LOGIN_TO_SETTINGS,
        owner: SHOWN,
        stranger: SHOWN,
        expired: LOGIN_TO_SETTINGS,
    },
    Row {
        route: ("POST", "/settings"),
        nobody: LOGIN_TO_SETTINGS,
        owner: (422, ""),
        stranger: (422, ""),
        expired: LOGIN_TO_SETTINGS,
    },
    Row {
        route: ("GET", "/change-password"),
        nobody: LOGIN_TO_CHANGE,
        owner: SHOWN,
        stranger: SHOWN,
        expired: LOGIN_TO_CHANGE,
    },
    Row {
        route: ("POST", "/change-password"),
        nobody: LOGIN_TO_CHANGE,
        owner: (422, ""),
        stranger: (422, ""),
        expired: LOGIN_TO_CHANGE,
    },
    Row {
        route: ("GET", "/tags"),
        nobody: LOGIN_TO_TAGS,
        owner: SHOWN,
        stranger: SHOWN,
        expired: LOGIN_TO_TAGS,
    },
    Row {
        route: ("GET", "/sessions"),
        nobody: LOGIN_TO_SESSIONS,
        owner: SHOWN,
        stranger: SHOWN,
        expired: LOGIN_TO_SESSIONS,
    },
    Row {
        route: ("POST", "/end-session"),
        nobody: LOGIN_TO_SESSIONS,
        owner: (303, "/sessions?notice=session_ended"),
        stranger: (303, "/sessions?notice=session_ended"),
        expired: LOGIN_TO_SESSIONS,
    },
    Row {
        route: ("POST", "/end-other-sessions"),
        nobody: LOGIN_TO_SESSIONS,
        owner: (303, "/sessions?notice=others_ended"),
        stranger: (303, "/sessions?notice=others_ended"),
        expired: LOGIN_TO_SESSIONS,
    },
    Row {
        route: ("GET", "/logout"),
        nobody: (303, "/login?next=%2Flogout"),
        owner: SHOWN,
        stranger: SHOWN,
        expired: (303, "/login?next=%2Flogout"),
    },
    Row {
        route: ("POST", "/logout"),
        nobody: (303, "/login?notice=logged_out"),
        owner: (303, "/login?notice=logged_out"),
        stranger: (303, "/login?notice=logged_out"),
        expired: (303, "/login?notice=logged_out"),
    },
];

#[test]
fn the_table_has_every_route() {
    let pages = tickbox::web::pages();
    let routes: BTreeSet<_> = pages
        .iter()
        .flat_map(|page| page.methods.iter().map(|method| (*method, page.path)))
        .collect();
    let table: BTreeSet<_> = TABLE.iter().map(|row| row.route).collect();
    assert_eq!(routes, table);
}

#[sqlx::test]
async fn each_visitor_gets_the_documented_status(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let owner = site.browser("ona").await;
    let id = owner.add("Water the cactus").await;
    let ended = site.browser("ona").await;
    site.world.clock.advance(Duration::days(31));
    let (owner, stranger) = (site.browser("ona").await, site.browser("jonas").await);
    let session = site.session_of("ona", "Ona's cactus phone").await;
    let targets = [("todo_id", id.as_str()), ("session_id", &session)];

    for row in TABLE {
        for (who, browser, expected) in [
            ("nobody", &site.stranger(), row.nobody),
            ("stranger", &stranger, row.stranger),
            ("expired", &ended, row.expired),
            ("owner", &owner, row.owner),
        ] {
            let (method, path) = row.route;
            let answer = visit(browser, method, path, &targets).await;
            let (status, location) = expected;
            assert_eq!(answer.status, status, "{method} {path} for {who}");
            let place = answer.header("location");
            if location.ends_with('=') || location.ends_with("%3D") {
                assert_eq!(
                    place,
                    format!("{location}{id}"),
                    "{method} {path} for {who}"
                );
            } else {
                assert_eq!(place, location, "{method} {path} for {who}");
            }
            if who != "owner" {
                assert!(
                    !answer.body.contains("cactus"),
                    "{method} {path} shows {who} the to-do or the phone"
                );
            }
        }
    }
}

#[sqlx::test]
async fn an_unknown_id_and_another_users_id_are_the_same_404(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let owner = site.browser("ona").await;
    let stranger = site.browser("jonas").await;
    let id = owner.add("Water the cactus").await;
    let session = site.session_of("ona", "a phone").await;
    let unknown = uuid::Uuid::new_v4().to_string();
    for browser in [stranger.clone(), stranger.with_htmx()] {
        for (path, field, theirs) in [
            ("/update-todo", "todo_id", &id),
            ("/remove-todo", "todo_id", &id),
            ("/restore-todo", "todo_id", &id),
            ("/edit-todo", "todo_id", &id),
        ] {
            let foreign = browser.post(path, &[(field, theirs)]).await;
            let nothing = browser.post(path, &[(field, &unknown)]).await;
            assert_eq!(foreign.status, 404);
            assert_eq!(foreign.body, nothing.body, "{path}");
        }
        let foreign = browser.get(&format!("/edit-todo?id={id}")).await;
        let nothing = browser.get(&format!("/edit-todo?id={unknown}")).await;
        assert_eq!((foreign.status, nothing.status), (404, 404));
        assert_eq!(foreign.body, nothing.body);
        // TxOutcome twice must not fail, so whatever cannot be ended counts as ended: nothing tells them apart.
        for id in [&session, &unknown] {
            let ended = browser.post("/end-session", &[("session_id", id)]).await;
            let location = ended.header("location");
            assert_eq!(
                (ended.status, location),
                (303, "/sessions?notice=session_ended")
            );
        }
    }
    assert_eq!(owner.get("/").await.todos(), ["Water the cactus"]);
    assert!(
        owner.get("/sessions").await.body.contains(&session),
        "it lives"
    );
}

async fn visit(
    browser: &Browser<'_>,
    method: &str,
    path: &str,
    targets: &[(&str, &str)],
) -> crate::support::browser::Answer {
    match (method, path) {
        ("GET", "/edit-todo") => {
            let (_, id) = targets[0];
            browser.get(&format!("{path}?id={id}")).await
        }
        ("GET", _) => browser.get(path).await,
        // Each visitor sends the form that its page has, but to the owner's to-do or session.
        ("POST", "/") => browser.post(path, &[("description", "Bread")]).await,
        ("POST", "/register" | "/login" | "/change-password") => {
            browser.post(path, &[("username", "x")]).await
        }
        _ => browser.post(path, targets).await,
    }
}
