//! Registering, logging in, logging out.

use reqwest::Method;
use sqlx::MySqlPool;
use tickbox::web::TrustedProxies;

use crate::support::{browser::Answer, fixture::PASSWORD, log, test_server::Site};

const NEW: [(&str, &str); 5] = [
    ("first_name", "Rūta"),
    ("last_name", "O'Neill <b>"),
    ("username", "Ruta"),
    ("password", "planted-password-teapot"),
    ("password_again", "planted-password-teapot"),
];

fn with<'a>(name: &str, value: &'a str) -> Vec<(&'static str, &'a str)> {
    NEW.into_iter()
        .map(|(found, old)| (found, if found == name { value } else { old }))
        .collect()
}

#[sqlx::test]
async fn who_registers_can_log_in_under_the_name_in_any_case(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    log::register_secret("planted-password-teapot");
    let registered = site.stranger().post("/register", &NEW).await;
    assert_eq!(registered.status, 303);
    assert_eq!(registered.header("location"), "/login?notice=registered");
    let notice = site.stranger().get("/login?notice=registered").await;
    assert_eq!(
        notice.texts(".notice"),
        ["Your account is ready. You can now log in."]
    );

    let form = [
        ("username", "rUTA"),
        ("password", "planted-password-teapot"),
    ];
    let logged_in = site.stranger().post("/login", &form).await;
    assert_eq!((logged_in.status, logged_in.header("location")), (303, "/"));
}

#[sqlx::test]
async fn a_link_of_another_site_cannot_say_that_something_was_done(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let rita = site.browser("ona").await;
    for path in [
        "/account?notice=password_changed",
        "/sessions?notice=others_ended",
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

#[sqlx::test]
async fn a_refused_registration_keeps_what_was_typed_but_never_passwords(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let refused = site
        .stranger()
        .post("/register", &with("username", "r ta"))
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.texts("title"),
        ["Error: Registration form – Tickbox"]
    );
    for (name, value) in [
        ("first_name", "Rūta"),
        ("last_name", "O'Neill <b>"),
        ("username", "r ta"),
    ] {
        assert_eq!(refused.attribute(&format!("#{name}"), "value"), value);
    }
    assert!(refused.attributes("[type=password]", "value").is_empty());
    assert!(!refused.body.contains("planted-password-teapot"));
}

#[sqlx::test]
async fn a_refused_form_says_the_same_at_the_top_and_at_the_field(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let refused = site.stranger().post("/register", &[]).await;
    assert_eq!(refused.status, 422);
    let fields = ["first_name", "last_name", "username", "password"];
    let links: Vec<_> = fields.iter().map(|field| format!("#{field}")).collect();
    assert_eq!(refused.attributes(".errors a", "href"), links);
    let summary = refused.texts(".errors a");
    for (field, words) in fields.iter().zip(summary) {
        assert_eq!(
            refused.texts(&format!("#{field}-error")),
            [format!("Error: {words}")]
        );
        let input = format!("input#{field}");
        assert_eq!(refused.attribute(&input, "aria-invalid"), "true");
        let described = refused.attribute(&input, "aria-describedby");
        assert!(described.contains(&format!("{field}-error")), "{described}");
    }
}

#[sqlx::test]
async fn a_taken_username_is_refused_at_its_field(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let refused = site
        .stranger()
        .post("/register", &with("username", "ONA"))
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.attribute("[aria-invalid]", "id"), "username");
    assert_eq!(refused.attribute("#username", "value"), "ONA");
}

#[sqlx::test]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answer(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let wrong = |username: &'static str| {
        let form = [
            ("username", username),
            ("password", "planted-wrong-password"),
        ];
        let stranger = site.stranger();
        async move { stranger.post("/login", &form).await }
    };
    log::register_secret("planted-wrong-password");
    let (known, unknown) = (wrong("ona").await, wrong("nix").await);
    assert_eq!(known.status, 401);
    assert_eq!(unknown.status, 401);
    assert_eq!(known.body.replace("\"ona\"", "\"nix\""), unknown.body);
    assert_eq!(known.texts(".errors li").len(), 1, "one message");
    for answer in [&known, &unknown] {
        let cookie = answer.header("set-cookie");
        assert!(
            cookie.starts_with("tickbox-device="),
            "no session: {cookie}"
        );
    }
    assert!(!known.body.contains("planted-wrong-password"));
}

#[sqlx::test]
async fn empty_credentials_are_named_at_both_fields(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let refused = site.stranger().post("/login", &[]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.attributes("[aria-invalid]", "id"),
        ["username", "password"]
    );
}

#[sqlx::test]
async fn login_leads_on_only_to_places_of_ours(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for (next, location) in [
        ("/?show=open", "/?show=open"),
        ("/logout", "/logout"),
        ("", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\r\nX-Evil: 1", "/"),
    ] {
        let form = [("username", "ona"), ("password", PASSWORD), ("next", next)];
        let answer = site.stranger().post("/login", &form).await;
        assert_eq!(answer.header("location"), location, "{next:?}");
    }
}

#[sqlx::test]
async fn a_login_that_fails_does_not_forget_where_it_was_to_lead(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = site.stranger().get("/login?next=/?show=done").await;
    assert_eq!(page.attribute("[name=next]", "value"), "/?show=done");
    let form = [
        ("username", "ona"),
        ("password", "x"),
        ("next", "/?show=done"),
    ];
    let refused = site.stranger().post("/login", &form).await;
    assert_eq!(refused.attribute("[name=next]", "value"), "/?show=done");
}

async fn log_in(site: &Site, cookie: Option<&str>, protocol: Option<&str>) -> Answer {
    let body = format!("username=ona&password={}", PASSWORD.replace(' ', "+"));
    let mut request = site
        .request(reqwest::Method::POST, "/login")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    if let Some(protocol) = protocol {
        request = request.header("x-forwarded-proto", protocol);
    }
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    Answer::to(request).await
}

fn attributes(answer: &Answer) -> (String, Vec<String>) {
    let cookie = answer.header("set-cookie");
    let (pair, rest) = cookie.split_once("; ").expect("attributes");
    let name = pair.split('=').next().expect("a name").to_owned();
    (name, rest.split("; ").map(ToOwned::to_owned).collect())
}

#[sqlx::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (name, found) = attributes(&log_in(&site, None, None).await);
    assert_eq!(name, "tickbox");
    assert_eq!(
        found,
        ["Max-Age=7776000", "HttpOnly", "SameSite=Lax", "Path=/"]
    );
}

#[sqlx::test]
async fn over_https_the_cookie_is_secure_and_bound_to_the_host(pool: MySqlPool) {
    let site = Site::behind(&pool, TrustedProxies(1)).await;
    for protocol in ["https", "http, https"] {
        let answer = log_in(&site, None, Some(protocol)).await;
        let (name, found) = attributes(&answer);
        assert_eq!(name, "__Host-tickbox", "{protocol}");
        assert_eq!(
            found,
            [
                "Max-Age=7776000",
                "HttpOnly",
                "SameSite=Lax",
                "Path=/",
                "Secure"
            ]
        );
        let list = site
            .request(reqwest::Method::GET, "/")
            .header("x-forwarded-proto", "https")
            .header("cookie", answer.session());
        assert_eq!(Answer::to(list).await.status, 200);
    }
    // What the client sent stands left of what the proxy says.
    let (name, _) = attributes(&log_in(&site, None, Some("https, http")).await);
    assert_eq!(name, "tickbox");
}

#[sqlx::test]
async fn without_a_trusted_proxy_nobody_can_claim_https(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (name, found) = attributes(&log_in(&site, None, Some("https")).await);
    assert_eq!(name, "tickbox");
    assert!(!found.contains(&"Secure".to_owned()));
}

#[sqlx::test]
async fn each_login_has_a_new_session_and_ends_the_one_before(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let first = log_in(&site, None, None).await.session();
    let second = log_in(&site, Some(&first), None).await.session();
    assert_ne!(first, second);
    let mut browser = site.stranger();
    browser.cookie = Some(first);
    assert_eq!(browser.get("/").await.status, 303);
    browser.cookie = Some(second);
    assert_eq!(browser.get("/").await.status, 200);
}

#[sqlx::test]
async fn cookies_of_neighbours_do_not_hide_ours(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ours = site.browser("ona").await.cookie.expect("logged in");
    let planted = format!("tickbox={}", "A".repeat(64));
    for cookies in [
        format!("theme=caf\u{e9}; {ours}").into_bytes(),
        [b"theme=\xff; ", ours.as_bytes()].concat(),
        format!("{planted}; {ours}").into_bytes(),
        format!("tickbox=; {ours}; other").into_bytes(),
    ] {
        let cookies = reqwest::header::HeaderValue::from_bytes(&cookies).expect("bytes");
        let request = site
            .request(reqwest::Method::GET, "/")
            .header("cookie", cookies);
        assert_eq!(Answer::to(request).await.status, 200);
    }
}

#[sqlx::test]
async fn logging_out_ends_the_session_and_clears_the_browser(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let page = browser.get("/logout").await;
    assert_eq!(page.attribute("form", "action"), "/logout");
    assert_eq!(browser.get("/").await.status, 200, "a GET changes nothing");

    let out = browser.post("/logout", &[]).await;
    let (name, found) = attributes(&out);
    assert_eq!(name, "tickbox");
    assert_eq!(found, ["Max-Age=0", "HttpOnly", "SameSite=Lax", "Path=/"]);
    assert_eq!(
        out.header("clear-site-data"),
        "",
        "it is slow, and of no use"
    );
    assert_eq!(
        browser.get("/").await.header("location"),
        "/login",
        "the session is gone"
    );
    let notice = site.stranger().get(out.header("location")).await;
    assert_eq!(notice.texts(".notice"), ["You are logged out."]);
}
