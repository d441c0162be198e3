//! A client that knows nothing but the document.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::openapi::{Document, Operation},
    support::{browser::Answer, log, test_server::Site},
};

/// In an order in which each finds what it needs: the revisions of the examples come from it.
pub(crate) const ORDER: [&str; 23] = [
    "register_user",
    "login",
    "me",
    "update_me",
    "add_todo",
    "get_todo",
    "todo_list",
    "tag_list",
    "todo_changes",
    "update_todo",
    "update_todo_status",
    "remove_todo",
    // Once more, now with `since`.
    "todo_changes",
    "restore_todo",
    "sync",
    // With the to-do that the batch has added.
    "move_todo",
    "refresh_token",
    "session_list",
    // Another session, which ends the first one.
    "login",
    "end_session",
    "end_other_sessions",
    "change_password",
    "logout",
];

/// A client that follows the document.
pub(crate) struct Client<'a> {
    pub(crate) site: &'a Site,
    pub(crate) document: Document,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    pub(crate) since: String,
    /// The session of this login and that of the one before it.
    sessions: [String; 2],
}

impl<'a> Client<'a> {
    pub(crate) fn of(site: &'a Site) -> Self {
        Self {
            site,
            document: Document::committed(),
            token: String::new(),
            refresh_token: String::new(),
            since: String::new(),
            sessions: <[String; 2]>::default(),
        }
    }

    /// What is sent where nothing else is said: the example, with what the server has made since in
    /// its place.
    pub(crate) fn example(&self, operation: &Operation) -> Sent {
        let body = &operation.body["requestBody"]["content"]["application/json"]["example"];
        let mut body = body.clone();
        if body.get("refresh_token").is_some() {
            body["refresh_token"] = json!(self.refresh_token);
        }
        let [_, other] = &self.sessions;
        if body.get("session_id").is_some() && !other.is_empty() {
            body["session_id"] = json!(other);
        }
        Sent {
            body: (!body.is_null()).then(|| body.to_string()),
            query: match operation.id.as_str() {
                "todo_changes" => vec![("since".into(), self.since.clone())],
                _ => needed_parameters(operation),
            },
            token: Some(self.token.clone()),
            ..Sent::default()
        }
    }

    pub(crate) async fn send(&self, operation: &Operation, sent: Sent) -> (Answer, Value) {
        let method = Method::from_bytes(operation.method.to_ascii_uppercase().as_bytes());
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&sent.query)
            .finish();
        let path = format!("/api/v1{}?{query}", operation.path);
        let mut request = self.site.request(method.expect("a method"), &path);
        if let Some(token) = sent.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(etag) = sent.etag {
            request = request.header("if-none-match", etag);
        }
        if let Some(body) = sent.body {
            let kind = sent.kind.unwrap_or("application/json");
            request = request.header("content-type", kind).body(body);
        }
        let answer = Answer::to(request).await;
        let json = serde_json::from_str(&answer.body).unwrap_or_default();
        self.check(operation, &answer, &json);
        (answer, json)
    }

    /// The status, the media type and the shape are documented.
    pub(crate) fn check(&self, operation: &Operation, answer: &Answer, json: &Value) {
        let id = &operation.id;
        let status = answer.status;
        assert!(
            operation.body["responses"]
                .get(status.to_string())
                .is_some(),
            "{id}: {status} is not documented: {}",
            answer.body
        );
        if answer.body.is_empty() {
            return;
        }
        let described = operation.answer(status, answer.header("content-type"));
        assert!(described.is_object(), "{id} {status}: media type");
        let complaints = self.document.complaints(&described["schema"], json);
        assert!(complaints.is_empty(), "{id} {status}: {complaints:?}");
    }

    pub(crate) async fn log_in(&mut self) {
        let login = self.document.operation("login");
        let (answer, tokens) = self.send(&login, self.example(&login)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.keep("login", &tokens);
    }

    pub(crate) async fn fails(&self, operation: &Operation, sent: Sent, example: &Value) {
        let (answer, problem) = self.send(operation, sent).await;
        assert_eq!(masked(&problem), masked(example), "{}", operation.id);
        assert_eq!(example["status"], answer.status, "{}", operation.id);
        let headers = &answer.headers;
        assert_eq!(
            headers.contains_key("www-authenticate"),
            answer.status == 401
        );
        let says_when = [429, 503].contains(&answer.status);
        assert_eq!(headers.contains_key("retry-after"), says_when);
    }

    /// Sends the example of each call that the document says may fail so.
    pub(crate) async fn all_fail_with(&self, wanted: &str) {
        let mut tried = 0;
        for operation in self.document.operations() {
            for (code, example) in operation.failures() {
                if code == wanted {
                    let mut sent = self.example(&operation);
                    // With a refresh token it needs no access token.
                    if operation.id == "logout" {
                        sent.body = None;
                    }
                    self.fails(&operation, sent, &example).await;
                    tried += 1;
                }
            }
        }
        assert!(tried > 0, "no call fails with {wanted}");
    }

    pub(crate) fn keep(&mut self, id: &str, answer: &Value) {
        for (name, place) in [
            ("token", &mut self.token),
            ("refresh_token", &mut self.refresh_token),
        ] {
            if let Some(secret) = answer.get(name).and_then(Value::as_str) {
                log::register_secret(secret);
                secret.clone_into(place);
            }
        }
        if id == "login" {
            let session = answer["session_id"].as_str().expect("an id");
            self.sessions.swap(0, 1);
            session.clone_into(&mut self.sessions[0]);
        }
        if id == "todo_changes" {
            answer["next"]
                .as_str()
                .expect("a text")
                .clone_into(&mut self.since);
        }
    }

    /// Sends the examples up to and with `last`.
    pub(crate) async fn follow(&mut self, last: &str) {
        for id in ORDER {
            let operation = self.document.operation(id);
            let sent = self.example(&operation);
            let (answer, json) = self.send(&operation, sent).await;
            assert!((200..300).contains(&answer.status), "{id} {}", answer.body);
            let examples = operation.answer_examples(answer.status);
            // A full copy has an example of its own.
            if let Some(example) = examples.iter().find(|it| it["full"] == json["full"]) {
                let (found, expected) = (masked(&json), masked(example));
                assert_eq!(found, expected, "{id}");
            } else {
                assert!(answer.body.is_empty(), "{id} has no such example: {json}");
            }
            self.keep(id, &json);
            if id == last {
                return;
            }
        }
    }
}

/// The parameters that a call needs, with their examples.
fn needed_parameters(operation: &Operation) -> Vec<(String, String)> {
    let parameters = operation.body["parameters"]
        .as_array()
        .into_iter()
        .flatten();
    let needed = parameters.filter(|parameter| parameter["required"] == true);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    needed
        .map(|parameter| (text(&parameter["name"]), text(&parameter["example"])))
        .collect()
}

/// A request that is not quite the example.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) body: Option<String>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) token: Option<String>,
    pub(crate) etag: Option<String>,
}

/// What no example can foresee, replaced by what kind of value it is.
fn masked(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().map(|(name, value)| {
                let is_random = matches!(
                    name.as_str(),
                    "public_id"
                        | "token"
                        | "refresh_token"
                        | "session_id"
                        | "created_date"
                        | "done_date"
                        | "last_seen_date"
                        | "position"
                );
                let value = match value {
                    Value::String(_) if is_random => json!("masked"),
                    Value::String(token) if ["next", "snapshot"].contains(&name.as_str()) => {
                        json!(token[8..])
                    }
                    value => masked(value),
                };
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.iter().map(masked).collect(),
        value => value.clone(),
    }
}
