//! `POST /api/v1/register_user`

use reqwest::Method;
use sqlx::MySqlPool;

use crate::api::problem::{body, register};
use crate::support::{browser::Answer, test_server::Site};

#[sqlx::test]
async fn registering_returns_the_user_without_secrets(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (answer, user) = register(&site, &body()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/json")
    );
    assert_eq!(user["user_name"], "ruta");
    let fields: Vec<_> = user.as_object().expect("an object").keys().collect();
    assert_eq!(
        fields,
        [
            "public_id",
            "first_name",
            "last_name",
            "user_name",
            "time_zone"
        ]
    );
}

#[sqlx::test]
async fn the_api_neither_reads_nor_sets_cookies(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let request = site
        .request(Method::POST, "/api/v1/register_user")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/json")
        .body(body().to_string());
    let answer = Answer::to(request).await;
    assert_eq!(answer.status, 201, "nothing to forge: no cookie is read");
    assert!(answer.headers.get("set-cookie").is_none());
}
