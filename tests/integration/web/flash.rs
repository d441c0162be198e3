//! Flash messages: only links of our own pages show one.

use reqwest::Method;
use sqlx::MySqlPool;

use crate::support::{browser::Answer, test_server::Site};

#[sqlx::test]
async fn a_cross_site_link_cannot_show_a_flash_message(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let rita = site.browser("ona").await;
    for path in [
        "/account?notice=password_changed",
        "/sessions?notice=others_ended",
        "/settings?notice=time_zone_set",
        "/login?notice=registered",
    ] {
        for (from, shown) in [
            ("same-origin", 1),
            ("none", 1),
            ("same-site", 0),
            ("cross-site", 0),
        ] {
            let request = site.request(Method::GET, path);
            let mut request = request.header("sec-fetch-site", from);
            if !path.starts_with("/login") {
                request = request.header("cookie", rita.cookie.as_deref().expect("one"));
            }
            let answer = Answer::to(request).await;
            assert_eq!(answer.texts(".notice").len(), shown, "{path} {from}");
        }
    }
}
