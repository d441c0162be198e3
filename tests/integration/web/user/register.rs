//! `GET` and `POST /register`

use sqlx::MySqlPool;

use crate::support::{log, snapshot, test_server::Site};

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
async fn a_registered_user_can_log_in_with_the_name_in_any_case(pool: MySqlPool) {
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
async fn a_refused_registration_keeps_the_input_but_no_passwords(pool: MySqlPool) {
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
async fn an_error_is_shown_in_the_summary_and_at_the_field(pool: MySqlPool) {
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
async fn a_taken_username_is_an_error_of_its_field(pool: MySqlPool) {
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
async fn a_refused_registration_is_as_recorded(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let refused = with("username", "r ta");
    let page = site.stranger().post("/register", &refused).await;
    insta::assert_snapshot!(snapshot::html(&page));
}
