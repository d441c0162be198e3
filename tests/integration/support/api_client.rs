//! A phone: calls the API over HTTP with the tokens it holds.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{browser::Answer, fixture::PASSWORD, log, test_server::Site};

#[derive(Clone)]
pub(crate) struct Phone<'a> {
    site: &'a Site,
    /// Opens the API for ten minutes.
    pub(crate) token: String,
    /// Is exchanged for the next pair.
    pub(crate) refresh_token: String,
}

/// What a phone gets to see.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Null when the body is empty or no JSON.
    pub(crate) json: Value,
    /// Headers and body as they came.
    pub(crate) answer: Answer,
}

impl<'a> Phone<'a> {
    /// A phone that nobody has logged in with.
    pub(crate) fn stranger(site: &'a Site) -> Self {
        Self {
            site,
            token: String::new(),
            refresh_token: String::new(),
        }
    }

    /// A phone that this person has logged in with.
    pub(crate) async fn log_in(site: &'a Site, username: &str) -> Self {
        let mut phone = Self::stranger(site);
        let body = json!({"username": username, "password": PASSWORD, "device_name": "a test"});
        let reply = phone.post("login", body).await;
        phone.keep(&reply);
        phone
    }

    /// Exchanges its refresh token, as it has to every ten minutes.
    pub(crate) async fn refresh(&mut self) {
        let reply = self.ask_to_refresh().await;
        self.keep(&reply);
    }

    /// The same, with an answer that gets lost.
    pub(crate) async fn ask_to_refresh(&self) -> Reply {
        let body = json!({"refresh_token": self.refresh_token});
        self.post("refresh_token", body).await
    }

    /// Takes the tokens of an answer.
    pub(crate) fn keep(&mut self, reply: &Reply) {
        assert_eq!(reply.status, 200, "{}", reply.answer.body);
        let text = |name: &str| {
            let text = reply.json[name].as_str().expect("a text").to_owned();
            log::register_secret(&text);
            text
        };
        self.token = text("token");
        self.refresh_token = text("refresh_token");
    }

    /// A GET with these parameters, given as an object of texts and numbers.
    pub(crate) async fn get(&self, operation: &str, query: Value) -> Reply {
        self.call(Method::GET, operation, query, &[]).await
    }

    /// A POST with this body.
    pub(crate) async fn post(&self, operation: &str, body: Value) -> Reply {
        self.call(Method::POST, operation, body, &[]).await
    }

    /// What is sent goes into the query of a GET and into the body of everything else; null is
    /// nothing.
    pub(crate) async fn call(
        &self,
        method: Method,
        operation: &str,
        sent: Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut path = format!("/api/v1/{operation}");
        if method == Method::GET {
            path.push_str(&query(&sent));
        }
        let mut request = self.site.request(method.clone(), &path);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method != Method::GET && !sent.is_null() {
            request = request
                .header("content-type", "application/json")
                .body(sent.to_string());
        }
        let answer = Answer::to(request).await;
        Reply {
            status: answer.status,
            json: serde_json::from_str(&answer.body).unwrap_or_default(),
            answer,
        }
    }
}

fn query(parameters: &Value) -> String {
    let mut query = form_urlencoded::Serializer::new(String::from("?"));
    for (name, value) in parameters.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => query.append_pair(name, text),
            other => query.append_pair(name, &other.to_string()),
        };
    }
    query.finish()
}
