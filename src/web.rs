//! The pages: routes, forms, HTML and the session cookie. Works without JavaScript; to htmx the same
//! handlers answer fragments, made by the functions that the pages themselves call. May import
//! `service`, `domain` and `assets`; knows neither SQL nor the API.

mod auth;
mod cookie;
mod csrf;
mod dom_id;
mod draft;
pub mod error_page;
mod failure;
mod field;
mod flash;
mod form;
mod form_error;
mod form_state;
mod htmx;
mod layout;
mod pending_edit;
mod session;
mod tag;
mod timestamp;
mod todo;
pub mod url;
mod user;

use poem::{
    EndpointExt as _, Request, Response, Route, RouteMethod,
    endpoint::{BoxEndpoint, make_sync},
    get,
    http::{Method, StatusCode, header},
};
use time::Date;

use crate::{
    domain::{
        INPUT_MAX, NOTES_INPUT_MAX,
        todo::{Page, TodoId},
        user::{Account, UserId},
    },
    http::origin::{PublicOrigin, TrustedProxies},
    service::Service,
};

pub use htmx::is_from_htmx;

/// A path with its methods.
pub struct PageRoute {
    /// The path, without a trailing slash.
    pub path: &'static str,
    /// The methods, for `Allow` and for tests that must not miss a route.
    pub methods: &'static [&'static str],
    endpoint: RouteMethod,
}

/// The routes of all pages.
#[must_use]
pub fn pages() -> Vec<PageRoute> {
    let (show, post, both): (&[_], &[_], &[_]) = (&["GET"], &["POST"], &["GET", "POST"]);
    let page = |path, methods, endpoint| PageRoute {
        path,
        methods,
        endpoint,
    };
    let registration = get(user::registration::show).post(user::registration::register);
    let login = get(session::login::show).post(session::login::log_in);
    let logout = get(session::logout::show).post(session::logout::log_out);
    let change_password = get(user::password_change::show).post(user::password_change::change);
    let settings = get(user::settings::show).post(user::settings::save);
    let end_others = poem::post(session::active::end_others);
    vec![
        page(url::REGISTER, both, registration),
        page(url::LOGIN, both, login),
        page(url::LOGOUT, both, logout),
        page(url::LIST, both, get(todo::show_list).post(todo::add)),
        page(url::UPDATE, post, poem::post(todo::update)),
        page(
            url::EDIT,
            both,
            get(todo::edit::show).post(todo::edit::save),
        ),
        page(url::REMOVE, post, poem::post(todo::remove)),
        page(url::MOVE, post, poem::post(todo::own_order::move_todo)),
        page(url::RESTORE, post, poem::post(todo::restore)),
        page(url::TAGS, show, get(tag::show)),
        page(url::ACCOUNT, show, get(user::profile::show)),
        page(url::SETTINGS, both, settings),
        page(url::CHANGE_PASSWORD, both, change_password),
        page(url::SESSIONS, show, get(session::active::show)),
        page(url::END_SESSION, post, poem::post(session::active::end)),
        page(url::END_OTHER_SESSIONS, post, end_others),
    ]
}

/// All pages behind the CSRF check; failures are left to [`error_page::with_error_pages`].
pub fn routes(
    proxies: TrustedProxies,
    public_origin: Option<PublicOrigin>,
) -> BoxEndpoint<'static> {
    let mut route = Route::new();
    for page in pages() {
        route = route.at(page.path, page.endpoint);
        if page.path != url::LIST {
            let with_slash = format!("{}/", page.path);
            route = route.at(
                with_slash,
                make_sync(move |request: Request| redirect_slash(page.path, &request)),
            );
        }
    }
    let checked = route.around(csrf::check);
    checked.data(proxies).data(public_origin).boxed()
}

/// Redirects a path with a trailing slash to its page. Method and body of a form stay.
fn redirect_slash(page: &str, request: &Request) -> Response {
    let query = request.uri().query();
    let place = query.map_or_else(|| page.to_owned(), |query| format!("{page}?{query}"));
    Response::builder()
        .status(StatusCode::PERMANENT_REDIRECT)
        .header(header::LOCATION, place)
        .finish()
}

/// The first page of the list, as `GET /` answers it.
pub(crate) fn list_page(account: &Account, today: Date, page: &Page, id: TodoId) -> String {
    todo::list_page(account, today, page, id).into_string()
}

/// Maximum bytes of the body of a request: more for a form with notes.
#[must_use]
pub fn body_max(request: &Request) -> usize {
    let path = request.uri().path();
    let is_edit =
        request.method() == Method::POST && path.strip_suffix('/').unwrap_or(path) == url::EDIT;
    if is_edit { NOTES_INPUT_MAX } else { INPUT_MAX }
}

/// The user of a request's session.
///
/// # Errors
/// When there is none, and those of the database.
pub async fn authenticated_user(request: &Request, service: &Service) -> poem::Result<UserId> {
    Ok(auth::authenticated_user(request, service).await?)
}

/// The number of fields of a form, if it is text.
pub(crate) fn form_fields(body: &[u8]) -> Option<usize> {
    let fields = form::Fields::parse(body).ok()?;
    Some(fields.0.len())
}
