//! The pages: routes, forms, HTML and the session cookie. Works without JavaScript; to htmx the same
//! handlers answer fragments, made by the functions that the pages themselves call. May import
//! `service`, `domain` and `assets`; knows neither SQL nor the API.

mod account;
pub mod error;
mod form;
mod layout;
pub mod link;
mod origin;
mod session;
mod todo;

use poem::{EndpointExt as _, Route, RouteMethod, endpoint::BoxEndpoint, get};

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
    let both = &["GET", "POST"];
    let post = &["POST"];
    vec![
        PageRoute {
            path: link::REGISTER,
            methods: both,
            endpoint: get(account::show_registration).post(account::register),
        },
        PageRoute {
            path: link::LOGIN,
            methods: both,
            endpoint: get(account::show_login).post(account::log_in),
        },
        PageRoute {
            path: link::LOGOUT,
            methods: both,
            endpoint: get(account::show_logout).post(account::log_out),
        },
        PageRoute {
            path: link::LIST,
            methods: both,
            endpoint: get(todo::show_list).post(todo::add),
        },
        PageRoute {
            path: link::UPDATE,
            methods: post,
            endpoint: poem::post(todo::update),
        },
        PageRoute {
            path: link::REMOVE,
            methods: post,
            endpoint: poem::post(todo::remove),
        },
        PageRoute {
            path: link::RESTORE,
            methods: post,
            endpoint: poem::post(todo::restore),
        },
    ]
}

/// All pages with the check of their origin around them; failures are left to [`error::pages`].
pub fn routes(proxies: Proxies) -> BoxEndpoint<'static> {
    let mut route = Route::new();
    for page in pages() {
        let allow = page.methods.join(", ");
        route = route.at(page.path, error::with_allow(page.endpoint, &allow));
    }
    let checked = route.around(origin::check).data(proxies);
    checked.boxed()
}
