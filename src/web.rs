//! The pages: routes, forms, HTML and the session cookie. Works without JavaScript; to htmx the same
//! handlers answer fragments, made by the functions that the pages themselves call. May import
//! `service`, `domain` and `assets`; knows neither SQL nor the API.

mod account;
mod draft;
pub mod error_page;
mod failure;
mod form;
mod layout;
pub mod link;
mod moment;
mod origin;
mod session;
mod todo;

use poem::{
    EndpointExt as _, Request, Response, Route, RouteMethod,
    endpoint::{BoxEndpoint, make_sync},
    get,
    http::{StatusCode, header},
};

use crate::domain::{
    todo::{Page, TodoId},
    user::Account,
};

pub use form::is_from_htmx;
pub use origin::PublicOrigin;
pub use session::Proxies;

/// One path with the methods it answers.
pub struct PageRoute {
    /// As in the address bar.
    pub path: &'static str,
    /// For the `Allow` header, and for tests that must not miss a route.
    pub methods: &'static [&'static str],
    endpoint: RouteMethod,
}

/// Every page, in the order of a visit.
#[must_use]
pub fn pages() -> Vec<PageRoute> {
    let (show, post, both): (&[_], &[_], &[_]) = (&["GET"], &["POST"], &["GET", "POST"]);
    let page = |path, methods, endpoint| PageRoute {
        path,
        methods,
        endpoint,
    };
    let registration = get(account::show_registration).post(account::register);
    let login = get(account::login::show).post(account::login::log_in);
    let logout = get(account::show_logout).post(account::log_out);
    let change_password = get(account::password::show).post(account::password::change);
    let end_others = poem::post(account::sessions::end_others);
    vec![
        page(link::REGISTER, both, registration),
        page(link::LOGIN, both, login),
        page(link::LOGOUT, both, logout),
        page(link::LIST, both, get(todo::show_list).post(todo::add)),
        page(link::UPDATE, post, poem::post(todo::update)),
        page(link::REMOVE, post, poem::post(todo::remove)),
        page(link::RESTORE, post, poem::post(todo::restore)),
        page(link::ACCOUNT, show, get(account::profile::show)),
        page(link::CHANGE_PASSWORD, both, change_password),
        page(link::SESSIONS, show, get(account::sessions::show)),
        page(link::END_SESSION, post, poem::post(account::sessions::end)),
        page(link::END_OTHER_SESSIONS, post, end_others),
    ]
}

/// All pages with the check of their origin around them; failures are left to [`error_page::pages`].
pub fn routes(proxies: Proxies, public_origin: Option<PublicOrigin>) -> BoxEndpoint<'static> {
    let mut route = Route::new();
    for page in pages() {
        let allow = page.methods.join(", ");
        route = route.at(page.path, error_page::with_allow(page.endpoint, &allow));
        if page.path != link::LIST {
            let with_slash = format!("{}/", page.path);
            route = route.at(
                with_slash,
                make_sync(move |request: Request| without_slash(page.path, &request)),
            );
        }
    }
    let checked = route.around(origin::check).data(proxies);
    match public_origin {
        Some(origin) => checked.data(origin).boxed(),
        None => checked.boxed(),
    }
}

/// Sends people to the page whose address they typed with a slash behind it. The method and the body of
/// a form stay.
fn without_slash(page: &str, request: &Request) -> Response {
    let query = request.uri().query();
    let place = query.map_or_else(|| page.to_owned(), |query| format!("{page}?{query}"));
    Response::builder()
        .status(StatusCode::PERMANENT_REDIRECT)
        .header(header::LOCATION, place)
        .finish()
}

/// The page of the list; public for `benches` alone.
#[doc(hidden)]
#[must_use]
pub fn list_page(account: &Account, page: &Page, id: TodoId) -> String {
    todo::list_page(account, page, id).into_string()
}

/// How many fields a form has, if it is text; public for `benches` alone.
#[doc(hidden)]
#[must_use]
pub fn form_fields(body: &[u8]) -> Option<usize> {
    let fields = form::Fields::parse(body).ok()?;
    Some(fields.0.len())
}
