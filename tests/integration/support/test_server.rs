//! A running server over a database of the test's own, and browsers that visit it.

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use tickbox::{
    app::{self, Front},
    domain::rate_limit::{Allowance, RequestQuota},
    http::origin::{PublicOrigin, TrustedProxies},
    server::{self, Lifecycle, Limits},
    service::Service,
};
use tokio::net::TcpListener;

use crate::support::{
    browser::Browser,
    fixture::{PASSWORD, Place, World, client, credentials},
    log,
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
        log::register_secret(PASSWORD);
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
