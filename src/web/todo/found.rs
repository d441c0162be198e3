//! What a search has found in a to-do, marked.

use std::ops::Range;

use maud::{Markup, html};

use crate::domain::todo::{Search, Todo};

/// Characters of a line of notes before its first hit, and after that.
const CONTEXT: usize = 60;

/// A text with its hits marked.
pub(super) fn marked(search: &Search, text: &str) -> Markup {
    let mut end = 0;
    html! {
        @for Range { start, end: next } in search.hits(text) {
            (text[std::mem::replace(&mut end, next)..start]) mark { (text[start..next]) }
        }
        (text[end..])
    }
}

/// The first line of the notes in which something is found, cut around it; none without one.
pub(super) fn marked_notes(search: &Search, todo: &Todo) -> Option<Markup> {
    let notes = todo.plan.notes.as_ref()?;
    let mut lines = notes.as_str().lines().map(|line| (line, search.hits(line)));
    let (line, hits) = lines.find(|(_, hits)| !hits.is_empty())?;
    let first = hits.first()?;
    let start = line[..first.start].char_indices().rev().nth(CONTEXT - 1);
    let start = start.map_or(0, |(start, _)| start);
    let end = line[first.end..].char_indices().nth(CONTEXT);
    let end = end.map_or(line.len(), |(length, _)| first.end + length);
    Some(html! {
        span.found dir="auto" {
            @if start > 0 { "… " }
            (marked(search, &line[start..end]))
            @if end < line.len() { " …" }
        }
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::todo::{Description, Notes, TodoId};

    fn search(text: &str) -> Search {
        Search::parse(text).expect("valid")
    }

    #[test]
    fn hits_are_marked_and_everything_is_escaped() {
        let marked = |words, text| marked(&search(words), text).into_string();
        assert_eq!(
            marked("zas sis", "<b>Žąsis & žąsiukai"),
            "&lt;b&gt;<mark>Žąsis</mark> &amp; <mark>žąs</mark>iukai"
        );
        assert_eq!(marked("<b>", "a<b>c"), "a<mark>&lt;b&gt;</mark>c");
        assert_eq!(marked("x", "milk"), "milk");
    }

    #[test]
    fn of_long_notes_the_line_around_the_first_hit_is_shown() {
        let now = datetime!(2026-01-01 00:00 UTC);
        let mut todo = Todo::new(
            TodoId::new_v7(now),
            Description::parse("Milk").expect("valid"),
            now,
        );
        let shown = |todo: &Todo, words| {
            let notes = marked_notes(&search(words), todo);
            notes.map(Markup::into_string)
        };
        assert_eq!(shown(&todo, "two"), None);
        let line = format!("{}two{}", "ž".repeat(100), "ą".repeat(100));
        todo.plan.notes = Notes::parse(&format!("first\n{line}\nlast two")).expect("valid");
        let (before, after) = ("ž".repeat(60), "ą".repeat(60));
        assert_eq!(
            shown(&todo, "two").expect("found"),
            format!(
                "<span class=\"found\" dir=\"auto\">… {before}<mark>two</mark>{after} …</span>"
            )
        );
        assert_eq!(shown(&todo, "milk"), None);
    }
}
