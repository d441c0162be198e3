//! The pages and the API refuse the same input in the same words.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{
    browser::{Answer, Browser},
    fixture::PASSWORD,
    log,
    test_server::Site,
};

/// A form and the call that does the same.
struct Twins {
    form: &'static str,
    call: &'static str,
    /// What both take, and what they are refused for.
    cases: Vec<Value>,
}

const ID: &str = "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11";

fn twins() -> Vec<Twins> {
    let long = "x".repeat(201);
    let texts = ["", " ", "\t", "a\tb", "a\0b", "\u{feff}", &long];
    let ids = ["17", "0199a0c27d1e7c3a9f102b6f0e5c8a11", "{}", ""];
    let by_id = |form, call| Twins {
        form,
        call,
        cases: ids.map(|id| json!({ "id": id })).into(),
    };
    vec![
        Twins {
            form: "/register",
            call: "register_user",
            cases: people(),
        },
        Twins {
            form: "/login",
            call: "login",
            cases: logins(),
        },
        Twins {
            form: "/",
            call: "add_todo",
            cases: texts
                .map(|text| json!({ "description": text, "id": ID }))
                .into(),
        },
        Twins {
            form: "/",
            call: "add_todo",
            cases: ["!high", "due:fri at:9:00", &format!("{} !high", &long[5..])]
                .map(|text| json!({ "description": text, "id": ID, "parse": true }))
                .into(),
        },
        Twins {
            form: "/settings",
            call: "update_me",
            cases: ["", "Vilnius", "localtime", "Factory", "+02:00"]
                .map(|zone| json!({ "time_zone": zone }))
                .into(),
        },
        Twins {
            form: "/change-password",
            call: "change_password",
            cases: changes(),
        },
        Twins {
            form: "/end-session",
            call: "end_session",
            cases: ids.map(|id| json!({ "session_id": id })).into(),
        },
        by_id("/update-todo", "update_todo_status"),
        by_id("/remove-todo", "remove_todo"),
        by_id("/restore-todo", "restore_todo"),
    ]
}

fn logins() -> Vec<Value> {
    let login = |username, password| json!({ "username": username, "password": password });
    vec![
        login("", ""),
        login("ona", ""),
        login("", PASSWORD),
        login("ona", "wrong one"),
        login("nobody", PASSWORD),
        login("no body", PASSWORD),
    ]
}

/// Somebody good, each time with one wrong field.
fn people() -> Vec<Value> {
    let (long_name, long) = ("x".repeat(51), "x1".repeat(65));
    let wrong = [
        ("first_name", ""),
        ("first_name", " "),
        ("first_name", "\u{200b}"),
        ("first_name", long_name.as_str()),
        ("last_name", "a\u{7}b"),
        ("username", ""),
        ("username", "ab"),
        ("username", "a b c"),
        ("username", &long),
        ("username", "rūta"),
        ("username", "ONA"),
        ("password", ""),
        ("password", "short"),
        ("password", &long),
        ("password", "password123"),
        ("password", "my ruta password"),
        ("password_again", "another one"),
        ("password_again", ""),
    ];
    let people = wrong.map(|(field, value)| {
        let mut person = json!({
            "first_name": "Rūta", "last_name": "Rūtaitė", "username": "Ruta",
            "password": PASSWORD, "password_again": PASSWORD,
        });
        person[field] = json!(value);
        person
    });
    people.into()
}

/// A good change, each time with one wrong field.
fn changes() -> Vec<Value> {
    let long = "x1".repeat(65);
    let wrong = [
        ("current_password", ""),
        ("current_password", "violet teapot 8"),
        ("new_password", ""),
        ("new_password", "short"),
        ("new_password", &long),
        ("new_password", "password123"),
        ("new_password", "my ONA password"),
        ("new_password", PASSWORD),
        ("new_password_again", "another one"),
        ("new_password_again", ""),
    ];
    let changes = wrong.map(|(field, value)| {
        let mut change = json!({
            "current_password": PASSWORD,
            "new_password": "amber kettle 8",
            "new_password_again": "amber kettle 8",
        });
        change[field] = json!(value);
        change
    });
    changes.into()
}

async fn call(site: &Site, token: &str, call: &str, body: &Value) -> (Answer, Value) {
    let path = format!("/api/v1/{call}");
    let request = site
        .request(Method::POST, &path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.to_string());
    let answer = Answer::to(request).await;
    let json = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer, json)
}

async fn submit(browser: &Browser<'_>, path: &str, fields: &Value) -> Answer {
    let fields = fields.as_object().expect("fields");
    let fields: Vec<_> = fields
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect();
    browser.post(path, &fields).await
}

#[sqlx::test]
async fn a_form_and_its_call_refuse_the_same_input(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let credentials = json!({ "username": "ona", "password": PASSWORD });
    let (_, tokens) = call(&site, "", "login", &credentials).await;
    let token = tokens["token"].as_str().expect("a token");
    log::register_secret(token);
    for twins in twins() {
        for case in &twins.cases {
            let (answer, problem) = call(&site, token, twins.call, case).await;
            let page = submit(&browser, twins.form, case).await;
            let place = format!("{} {case}", twins.call);
            assert!(
                (400..500).contains(&answer.status),
                "{place} {}",
                answer.body
            );
            // A page keeps 409 for what cannot be helped by another word in the form.
            let statuses = (page.status, answer.status);
            let alike = page.status == answer.status || statuses == (422, 409);
            assert!(alike, "{place}: {statuses:?} {}", page.body);
            let errors = problem["errors"].as_array();
            let messages: Vec<_> = match errors {
                Some(errors) => errors.iter().map(|error| &error["message"]).collect(),
                None => vec![&problem["detail"]],
            };
            let words = page.texts("main").join(" ");
            for message in messages {
                let message = message.as_str().expect("words").trim_end_matches('.');
                assert!(words.contains(message), "{place}: {message} in {words}");
            }
        }
    }
}
