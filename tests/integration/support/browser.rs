//! A browser that keeps its cookies, and what it is answered.

use reqwest::{
    Method, RequestBuilder,
    header::{HeaderMap, SET_COOKIE},
};
use scraper::{ElementRef, Html, Selector};

use super::{log, test_server::Site};

#[derive(Clone)]
pub(crate) struct Browser<'a> {
    pub(super) site: &'a Site,
    /// Name and value, as in a `Cookie` header.
    pub(crate) cookie: Option<String>,
    pub(super) htmx: bool,
}

impl Browser<'_> {
    /// The same browser with JavaScript.
    pub(crate) fn with_htmx(&self) -> Self {
        Self {
            htmx: true,
            ..self.clone()
        }
    }

    /// The same browser without it.
    pub(crate) fn without_htmx(&self) -> Self {
        Self {
            htmx: false,
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
                log::register_secret(value);
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
        self.texts("li .text > a")
    }

    /// What the fragments are for.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.attributes("hx-partial", "hx-target")
    }
}
