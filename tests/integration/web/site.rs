//! A running server over a database of the test's own, and browsers that visit it.

use reqwest::{
    Client, Method, RequestBuilder,
    header::{HeaderMap, SET_COOKIE},
    redirect::Policy,
};
use scraper::{ElementRef, Html, Selector};
use tickbox::{
    app::{self, Front},
    domain::rate_limit::{Allowance, RequestQuota},
    server::{self, Lifecycle, Limits},
    service::Service,
    web::{PublicOrigin, TrustedProxies},
};
use tokio::net::TcpListener;

use crate::{
    log,
    world::{PASSWORD, Place, World, client, credentials},
};

pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) address: String,
    client: Client,
}

impl Site {
    pub(crate) async fn open(place: impl Place) -> Self {
        Self::behind(place, TrustedProxies(0)).await
    }

    /// A server that trusts that many proxies in front of it.
    pub(crate) async fn behind(place: impl Place, proxies: TrustedProxies) -> Self {
        log::plant(PASSWORD);
        let world = Box::pin(World::new(place)).await;
        let address = listen(world.service.clone(), behind(proxies)).await;
        let client = Client::builder().redirect(Policy::none()).no_proxy();
        Self {
            world,
            address,
            client: client.build().expect("a client"),
        }
    }

    /// A server with limits, and with that many requests for each address.
    pub(crate) async fn limited(
        place: impl Place,
        proxies: TrustedProxies,
        requests: RequestQuota,
    ) -> Self {
        let site = Self::open(place).await;
        let service = site.world.with_limits().with_rate_limits(requests);
        let address = listen(service, behind(proxies)).await;
        Self { address, ..site }
    }

    /// The same, where each account may cost only so much.
    pub(crate) async fn frugal(place: impl Place, requests: RequestQuota, work: Allowance) -> Self {
        let site = Self::open(place).await;
        let service = site.world.with_limits().with_rate_limits(requests);
        let service = service.with_work_allowance(work);
        let address = listen(service, behind(TrustedProxies(0))).await;
        Self { address, ..site }
    }

    /// The same world, reached in another way.
    pub(crate) async fn reached(
        self,
        public_origin: Option<&str>,
        hsts: Option<&'static str>,
    ) -> Self {
        let front = Front {
            public_origin: public_origin.map(|it| PublicOrigin(it.into())),
            hsts,
            ..behind(TrustedProxies(0))
        };
        let address = listen(self.world.service.clone(), front).await;
        Self { address, ..self }
    }

    /// The same world, with a server over another service.
    pub(crate) async fn serve(self, service: Service) -> Self {
        let address = listen(service, behind(TrustedProxies(0))).await;
        Self { address, ..self }
    }

    /// A browser that nobody has logged in with.
    pub(crate) fn stranger(&self) -> Browser<'_> {
        Browser {
            site: self,
            cookie: None,
            htmx: false,
        }
    }

    /// A browser that this person has logged in with, through the page.
    pub(crate) async fn browser(&self, username: &str) -> Browser<'_> {
        let mut browser = self.stranger();
        let form = [("username", username), ("password", PASSWORD)];
        let answer = browser.post("/login", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser.cookie = Some(answer.session());
        browser
    }

    /// The id of a session that this person has begun on a phone of that name.
    pub(crate) async fn session_of(&self, username: &str, device: &str) -> String {
        let credentials = credentials(username, PASSWORD);
        let login = self
            .world
            .service
            .log_in_device(credentials, client(device));
        login
            .await
            .expect("right password")
            .session_id
            .0
            .to_string()
    }

    /// A request without anything that a browser adds by itself.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url)
    }
}

fn behind(proxies: TrustedProxies) -> Front {
    Front {
        proxies,
        public_origin: None,
        hsts: Some("max-age=63072000; includeSubDomains"),
    }
}

async fn listen(service: Service, front: Front) -> String {
    let lifecycle = Lifecycle::default();
    let endpoint = app::endpoint(service, front, lifecycle.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    tokio::spawn(server::run(
        listener,
        endpoint,
        Limits::default(),
        lifecycle,
    ));
    address
}

#[derive(Clone)]
pub(crate) struct Browser<'a> {
    site: &'a Site,
    /// Name and value, as in a `Cookie` header.
    pub(crate) cookie: Option<String>,
    htmx: bool,
}

impl Browser<'_> {
    /// The same browser with JavaScript.
    pub(crate) fn with_htmx(&self) -> Self {
        Self {
            htmx: true,
            ..self.clone()
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, form: Option<String>) -> Answer {
        let mut request = self.site.request(method, path);
        request = request.header("sec-fetch-site", "same-origin");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if self.htmx {
            request = request.header("hx-request", "true");
        }
        if let Some(form) = form {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form);
        }
        Answer::to(request).await
    }

    /// Adds a to-do and gives its id.
    pub(crate) async fn add(&self, description: &str) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let form = [("todo_id", id.as_str()), ("description", description)];
        let answer = self.post("/", &form).await;
        assert!([200, 303].contains(&answer.status), "{}", answer.body);
        id
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let answer = Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.expect("text"),
        };
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("visible ASCII");
            let value = cookie.split([';', '=']).nth(1).unwrap_or_default();
            if !value.is_empty() {
                log::plant(value);
            }
        }
        answer
    }

    /// A header's value; empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("visible ASCII"))
    }

    /// The session cookie it sets, as the browser sends it back.
    pub(crate) fn session(&self) -> String {
        let cookie = self.header("set-cookie");
        cookie.split(';').next().expect("a cookie").to_owned()
    }

    pub(crate) fn html(&self) -> Html {
        if self.body.starts_with("<!DOCTYPE html>") {
            Html::parse_document(&self.body)
        } else {
            Html::parse_fragment(&self.body)
        }
    }

    /// The texts of all elements that match.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        let text = |element: ElementRef<'_>| element.text().collect();
        self.html().select(&selector).map(text).collect()
    }

    /// The values of that attribute of all elements that match and have it.
    pub(crate) fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        let value = |element: ElementRef<'_>| element.attr(name).map(ToOwned::to_owned);
        self.html().select(&selector).filter_map(value).collect()
    }

    /// The names of all attributes on the page.
    pub(crate) fn attribute_names(&self) -> Vec<String> {
        let all = Selector::parse("*").expect("a selector");
        let html = self.html();
        let names = html
            .select(&all)
            .flat_map(|element| element.value().attrs());
        names.map(|(name, _)| name.to_owned()).collect()
    }

    /// The only element that matches: its attribute.
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> String {
        let mut values = self.attributes(selector, name);
        assert_eq!(values.len(), 1, "{selector} in {}", self.body);
        values.remove(0)
    }

    /// The descriptions of the rows, in order.
    pub(crate) fn todos(&self) -> Vec<String> {
        self.texts("li .text > span")
    }

    /// What the fragments are for.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.attributes("hx-partial", "hx-target")
    }
}
