//! Responses as text for snapshots: a line for each tag or member, without the parts that differ from one
//! run to the next. The snapshots are beside the tests, in `snapshots`; `INSTA_UPDATE=always` records them anew.

use regex::Regex;
use serde_json::Value;

use super::browser::Answer;

/// A page or a fragment, below its status.
pub(crate) fn html(answer: &Answer) -> String {
    let lines = answer.body.replace("><", ">\n<");
    masked(&format!("{}\n{lines}", answer.status))
}

/// A JSON body, below its status and its type.
pub(crate) fn json(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    let kind = answer.header("content-type");
    masked(&format!("{} {kind}\n{body:#}", answer.status))
}

fn masked(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, mask) in [
        (r"<time[^>]*>[^<]*</time>", "<time>[time]</time>"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "[time]"),
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[id]",
        ),
        (r"/assets/([a-z]+)-[0-9a-f]+\.", "/assets/$1-[hash]."),
    ] {
        let pattern = Regex::new(pattern).expect("a pattern");
        text = pattern.replace_all(&text, mask).into_owned();
    }
    text
}
