//! A browser with the list open, sometimes an old one, with and without htmx.

use fastrand::Rng;
use reqwest::Method;
use scraper::{ElementRef, Html, Selector};
use serde_json::json;

use super::reference_model::{Ledger, WORDS};
use crate::support::{
    browser::{Answer, Browser},
    test_server::Site,
};

pub(super) struct Tab<'a> {
    site: &'a Site,
    browser: Browser<'a>,
    /// Ids, texts and states as the page shows them.
    rows: Vec<(String, String, bool)>,
    /// The id in the form that adds; none before a page is open.
    form: Option<String>,
    /// What was removed here and may be undone.
    removed: Vec<String>,
}

/// A page, read.
struct Page {
    rows: Vec<(String, String, bool)>,
    form: Option<String>,
    count: Vec<String>,
    more: Option<String>,
}

impl<'a> Tab<'a> {
    pub(super) async fn new(site: &'a Site) -> Self {
        Self {
            site,
            browser: site.browser("ona").await,
            rows: Vec::new(),
            form: None,
            removed: Vec::new(),
        }
    }

    /// The page is closed.
    pub(super) fn close(&mut self) {
        self.form = None;
    }

    /// Somebody does something on the page. Gives the id of a new to-do.
    pub(super) async fn act(
        &mut self,
        ledger: &mut Ledger,
        random: &mut Rng,
        number: usize,
    ) -> Option<String> {
        let Some(form) = self.form.clone() else {
            self.load(ledger, random).await;
            return None;
        };
        let htmx = random.bool();
        match random.u8(..8) {
            0 | 1 => return self.add(ledger, random, number, form).await,
            2..5 if !self.rows.is_empty() => {
                let (id, _, is_done) = random.choice(&self.rows).expect("not empty").clone();
                self.press(ledger, htmx, "update_todo_status", &id, !is_done)
                    .await;
            }
            5 if !self.rows.is_empty() => {
                let (id, ..) = random.choice(&self.rows).expect("not empty").clone();
                self.press(ledger, htmx, "remove_todo", &id, true).await;
                self.removed.push(id);
            }
            6 if !self.removed.is_empty() => {
                let id = random.choice(&self.removed).expect("not empty").clone();
                self.press(ledger, htmx, "restore_todo", &id, true).await;
            }
            _ => self.load(ledger, random).await,
        }
        None
    }

    /// Opens the list or a part of it.
    async fn load(&mut self, ledger: &Ledger, random: &mut Rng) {
        let (path, only) = *random
            .choice(&[
                ("/", None),
                ("/?show=open", Some(false)),
                ("/?show=done", Some(true)),
            ])
            .expect("three");
        let page = self.open(ledger, path).await;
        let mut rows = page.rows;
        if let Some(more) = page.more.filter(|_| random.bool()) {
            let more = read(&self.send(true, Method::GET, &more, &[]).await);
            rows.extend(more.rows);
        }
        let expected = ledger.rows(only);
        if only == Some(true) {
            assert!(rows.iter().all(|row| expected.contains(row)), "{rows:?}");
        } else {
            assert_eq!(rows, expected[..rows.len()]);
        }
        self.rows = rows;
        self.form = page.form;
    }

    async fn open(&mut self, ledger: &Ledger, path: &str) -> Page {
        let answer = self.send(false, Method::GET, path, &[]).await;
        assert_eq!(answer.status, 200);
        let page = read(&answer);
        assert_eq!(page.count, [words(ledger)]);
        page
    }

    /// Everything that the links lead to is what it must be.
    pub(super) async fn check(&mut self, ledger: &Ledger) {
        for (path, only) in [
            ("/", None),
            ("/?show=open", Some(false)),
            ("/?show=done", Some(true)),
        ] {
            let mut rows = Vec::new();
            let mut next = Some(path.to_owned());
            while let Some(path) = next {
                let page = self.open(ledger, &path).await;
                rows.extend(page.rows);
                next = page.more;
            }
            let mut expected = ledger.rows(only);
            if only == Some(true) {
                // In the order of moments, which the model does not know.
                rows.sort();
                expected.sort();
            }
            assert_eq!(rows, expected, "{path}");
        }
    }

    /// Sends the form that adds: once, or twice as a double click does, or with an id that was used,
    /// as the way back in the history does.
    async fn add(
        &mut self,
        ledger: &mut Ledger,
        random: &mut Rng,
        number: usize,
        form: String,
    ) -> Option<String> {
        let words = if random.bool() { WORDS } else { "" };
        let text = format!("Number {number}{words}");
        let mut new = None;
        for _ in 0..random.u8(1..=2) {
            // The field of the page always reads words.
            let body = json!({"id": form, "description": text, "parse": true});
            let expected = ledger.apply("add_todo", &body);
            let is_there = expected.status < 300
                && expected
                    .todo
                    .is_some_and(|todo| todo.get("removed").is_none());
            let htmx = random.bool();
            let fields = [("todo_id", form.as_str()), ("description", &text)];
            let answer = self.send(htmx, Method::POST, "/", &fields).await;
            let status = match (is_there, htmx) {
                (true, true) => 200,
                (true, false) => 303,
                (false, _) => 422,
            };
            assert_eq!(answer.status, status, "{}", answer.body);
            if expected.status == 201 {
                new = Some(form.clone());
            }
            if status != 303 && random.u8(..4) > 0 {
                self.form = read(&answer).form;
            }
        }
        new
    }

    /// Presses a button of a row, which may have changed or gone since the page was loaded.
    async fn press(
        &mut self,
        ledger: &mut Ledger,
        htmx: bool,
        operation: &str,
        id: &str,
        is_done: bool,
    ) {
        let body = json!({"id": id, "is_done": is_done});
        let expected = ledger.apply(operation, &body);
        let path = format!("/{}", operation.replace("_status", "").replace('_', "-"));
        let is_done = is_done.to_string();
        let fields = [("todo_id", id), ("is_done", &is_done)];
        let answer = self.send(htmx, Method::POST, &path, &fields).await;
        let status = match expected.status {
            200 if !htmx => 303,
            // A page says of a removed to-do that it is not there.
            409 => 404,
            status => status,
        };
        assert_eq!(answer.status, status, "{operation}: {}", answer.body);
        if status == 200 {
            assert_eq!(read(&answer).count, [words(ledger)]);
        }
    }

    /// Sends, and logs in again where that has become necessary.
    async fn send(
        &mut self,
        htmx: bool,
        method: Method,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        loop {
            let browser = if htmx {
                self.browser.with_htmx()
            } else {
                self.browser.clone()
            };
            let answer = if method == Method::GET {
                browser.get(path).await
            } else {
                browser.post(path, fields).await
            };
            if answer.status != 401 && !answer.header("location").starts_with("/login") {
                return answer;
            }
            self.browser = self.site.browser("ona").await;
        }
    }
}

/// How many are open, as the page says it.
fn words(ledger: &Ledger) -> String {
    let (open, all) = ledger.counts();
    format!("{open} of {all} open")
}

fn read(answer: &Answer) -> Page {
    let html = answer.html();
    let value = |element: ElementRef<'_>, name| element.attr(name).map(ToOwned::to_owned);
    let row = |row: ElementRef<'_>| {
        let id = row.attr("id").and_then(|id| id.strip_prefix("todo-"));
        let text = row.select(&selector(".text > a")).next()?;
        let is_done = row
            .select(&selector(".check"))
            .next()?
            .attr("aria-checked")?;
        Some((id?.to_owned(), text.text().collect(), is_done == "true"))
    };
    Page {
        rows: all(&html, "li").into_iter().filter_map(row).collect(),
        form: all(&html, "#add [name=todo_id]")
            .first()
            .and_then(|it| value(*it, "value")),
        count: all(&html, "p#count")
            .into_iter()
            .map(|it| it.text().collect())
            .collect(),
        more: all(&html, "#more a")
            .first()
            .and_then(|it| value(*it, "href")),
    }
}

fn all<'a>(html: &'a Html, what: &str) -> Vec<ElementRef<'a>> {
    html.select(&selector(what)).collect()
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector")
}
