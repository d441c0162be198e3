//! What differs between clients and means the same is answered the same; what means something else is
//! still refused.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;

use super::openapi::Document;
use crate::support::{api_client::Phone, browser::Answer, fixture::PASSWORD, test_server::Site};

async fn log_in(site: &Site, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> (u16, Value) {
    let mut request = site.request(Method::POST, "/api/v1/login");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = Answer::to(request.body(body.into())).await;
    let json = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer.status, json)
}

fn credentials() -> String {
    json!({ "username": "ona", "password": PASSWORD }).to_string()
}

#[sqlx::test]
async fn json_is_accepted_as_utf_8_under_any_of_its_names(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for (kind, expected) in [
        ("application/json", 200),
        ("application/json; charset=utf8", 200),
        ("application/json;charset=UTF-8", 200),
        ("application/json; charset=\"utf-8\"", 200),
        ("application/json; charset=\"Utf8\"", 200),
        ("Application/Json; Charset=UTF8", 200),
        ("application/json; odata=minimal", 200),
        ("application/json; charset=iso-8859-1", 415),
        ("application/json; charset=utf-16", 415),
        ("application/jsonp", 415),
        ("text/plain; charset=utf8", 415),
    ] {
        let (status, json) = log_in(&site, &[("content-type", kind)], credentials()).await;
        assert_eq!(status, expected, "{kind} {json}");
    }
    let json = ("content-type", "application/json");
    for (encoding, expected) in [("identity", 200), ("gzip", 415)] {
        let headers = [json, ("content-encoding", encoding)];
        let (status, _) = log_in(&site, &headers, credentials()).await;
        assert_eq!(status, expected, "{encoding}");
    }
}

#[sqlx::test]
async fn a_byte_order_mark_before_json_is_ignored(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let headers = [("content-type", "application/json")];
    let marked = |mark: &[u8]| [mark, credentials().as_bytes()].concat();
    for (mark, expected) in [
        (b"".as_slice(), 200),
        (b"\xef\xbb\xbf", 200),
        (b"\xef\xbb\xbf \r\n", 200),
        (b"\xef\xbb\xbf\xef\xbb\xbf", 400),
        (b"\xff\xfe", 400),
        (b"\xef\xbb", 400),
    ] {
        let (status, json) = log_in(&site, &headers, marked(mark)).await;
        assert_eq!(status, expected, "{mark:x?} {json}");
    }
    let (status, _) = log_in(&site, &headers, b"\xef\xbb\xbf".as_slice()).await;
    assert_eq!(status, 400, "nothing but the mark");
}

#[sqlx::test]
async fn blanks_around_a_username_are_ignored(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::stranger(&site);
    for username in ["ona ", " Ona", "\tONA\u{a0}", "\u{3000}ona\n"] {
        let login = json!({ "username": username, "password": PASSWORD });
        let reply = phone.post("login", login).await;
        assert_eq!(reply.status, 200, "{username:?} {}", reply.answer.body);
        let person = json!({
            "first_name": "Jonas", "last_name": "Onaitė", "username": username, "password": PASSWORD,
        });
        let reply = phone.post("register_user", person).await;
        assert_eq!(reply.json["code"], "username_taken", "{username:?}");
    }
    let person = json!({
        "first_name": "Rūta", "last_name": "Rūtaitė", "username": " Ruta ", "password": PASSWORD,
    });
    let reply = phone.post("register_user", person).await;
    assert_eq!(reply.json["user_name"], "ruta");
    for username in ["o na", "on\u{a0}a", "ona\u{200b}"] {
        let login = json!({ "username": username, "password": PASSWORD });
        assert_eq!(phone.post("login", login).await.status, 401, "{username:?}");
    }
}

#[sqlx::test]
async fn the_bearer_scheme_is_case_insensitive(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let token = &phone.token;
    for (authorization, expected) in [
        (format!("Bearer {token}"), 200),
        (format!("bearer {token}"), 200),
        (format!("BEARER {token}"), 200),
        (format!("Bearer   {token}"), 200),
        (format!("Bearer {token}  "), 200),
        (format!("Bearer{token}"), 401),
        (format!("Token {token}"), 401),
        (format!("Bearer \"{token}\""), 401),
        (token.clone(), 401),
    ] {
        let request = site.request(Method::GET, "/api/v1/me");
        let answer = Answer::to(request.header("authorization", &authorization)).await;
        let shown = authorization.replace(token, "TOKEN");
        assert_eq!(answer.status, expected, "{shown}");
    }
}

#[sqlx::test]
async fn a_response_is_json_whatever_the_accept_header(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for accept in [
        "*/*",
        "text/html",
        "application/xml;q=0.9, image/*",
        "",
        "nonsense",
    ] {
        let reply = phone
            .call(Method::GET, "me", Value::Null, &[("accept", accept)])
            .await;
        assert_eq!(reply.status, 200, "{accept}");
        assert_eq!(reply.json["user_name"], "ona", "{accept}");
    }
}

#[sqlx::test]
async fn a_trailing_slash_does_not_change_a_call(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let operations = Document::committed().operations();
    for operation in &operations {
        let method: Method = operation.method.to_uppercase().parse().expect("a method");
        for (path, other) in [
            (format!("/api/v1{}", operation.path), Method::PUT),
            (format!("/api/v1{}?cursor=", operation.path), Method::PUT),
        ] {
            let slashed = path.replacen(&operation.path, &format!("{}/", operation.path), 1);
            for method in [method.clone(), other] {
                let kind = ("content-type", "application/json");
                let ask = |path: &str| {
                    let request = site.request(method.clone(), path);
                    Answer::to(request.header(kind.0, kind.1).body("{}"))
                };
                let (plain, slashed) = (ask(&path).await, ask(&slashed).await);
                let place = format!("{method} {path}");
                assert_eq!(slashed.status, plain.status, "{place}");
                assert_eq!(slashed.body, plain.body, "{place}");
                assert_eq!(slashed.header("allow"), plain.header("allow"), "{place}");
                assert!([401, 405, 422].contains(&plain.status), "{place}");
            }
        }
    }
    let phone = Phone::log_in(&site, "ona").await;
    let added = phone
        .post("add_todo/", json!({ "description": "Milk" }))
        .await;
    assert_eq!(added.status, 201, "{}", added.answer.body);
    let list = phone.get("todo_list/", json!({ "filter": "open" })).await;
    assert_eq!(list.json["todos"][0]["description"], "Milk");
    let unknown = phone.get("todo_list/", json!({ "filtre": "open" })).await;
    assert_eq!(unknown.json["errors"][0]["code"], "unknown_field");
    for path in ["nothing/", "", "/", "todo_list//", "//evil.example/"] {
        assert_eq!(phone.get(path, json!({})).await.status, 404, "{path}");
    }
}

#[sqlx::test]
async fn an_empty_cursor_or_since_means_the_start(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    phone
        .post("add_todo", json!({ "description": "Milk" }))
        .await;
    for (call, parameter) in [("todo_list", "cursor"), ("todo_changes", "since")] {
        let plain = phone.get(call, json!({})).await;
        let empty = phone.get(call, json!({ parameter: "" })).await;
        assert_eq!((empty.status, &empty.json), (200, &plain.json), "{call}");
        let wrong = phone.get(call, json!({ parameter: " " })).await;
        assert!([410, 422].contains(&wrong.status), "{call}");
    }
    for parameter in ["filter", "limit"] {
        let empty = phone.get("todo_list", json!({ parameter: "" })).await;
        assert_eq!(empty.status, 422, "{parameter} says what it may be");
    }
}

#[sqlx::test]
async fn ids_are_case_insensitive_and_hyphenated(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11";
    let add = |id: String| phone.post("add_todo", json!({ "id": id, "description": "Milk" }));
    assert_eq!(add(id.to_uppercase()).await.json["id"], id);
    assert_eq!(add(id.into()).await.status, 200, "it was added before");
    for other in [
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        id.replace('-', ""),
        format!(" {id}"),
    ] {
        assert_eq!(add(other.clone()).await.status, 422, "{other}");
    }
}
