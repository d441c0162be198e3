//! Tickbox's page of the list and what it answers to htmx, to the byte: its first page, unfiltered.

use maud::{DOCTYPE, Markup, html};
use time::{PrimitiveDateTime, format_description::BorrowedFormatItem, macros};
use uuid::Uuid;

use crate::store::{Session, Todo};

/// Where style, icon and script are: their names change with their content, and Tickbox serves them.
pub(crate) struct Assets([String; 3]);

impl Assets {
    /// Style, icon, script, with spaces between them.
    pub(crate) fn parse(text: &str) -> Self {
        let urls: Vec<_> = text.split(' ').map(str::to_owned).collect();
        Self(urls.try_into().expect("three addresses"))
    }
}

const HTMX_CONFIG: &str =
    r#"{"includeIndicatorCSS":false,"noSwap":[204,304,"5xx"],"defaultTimeout":15000}"#;
const FOR_PROGRAMS: &[BorrowedFormatItem<'_>] = macros::format_description!(
    version = 2,
    "[year]-[month]-[day]T[hour]:[minute]:[second]Z"
);
const FOR_PEOPLE: &[BorrowedFormatItem<'_>] = macros::format_description!(
    version = 2,
    "[day padding:none] [month repr:short] [year] [hour]:[minute] UTC"
);

fn moment(date: PrimitiveDateTime) -> Markup {
    let format = |format| date.format(format).expect("a date");
    html! { time datetime=(format(FOR_PROGRAMS)) { (format(FOR_PEOPLE)) } }
}

fn row(todo: &Todo) -> Markup {
    let id = todo.id;
    html! {
        li #{ "todo-" (id) } class=[todo.isdone.then_some("done")] {
            form method="post" action="/update-todo" hx-post="/update-todo" hx-swap="none" hx-sync="this:drop" {
                input type="hidden" name="id" value=(id);
                input type="hidden" name="is_done" value=(!todo.isdone);
                button.check #{ "check-" (id) } role="checkbox" aria-checked=(todo.isdone)
                    aria-labelledby={ "text-" (id) } {
                    span aria-hidden="true" {}
                }
            }
            div.text {
                span #{ "text-" (id) } dir="auto" { (todo.description) }
                small {
                    span { "Added " (moment(todo.created_date)) }
                    @if let Some(done) = todo.done_date { " " span { "Done " (moment(done)) } }
                }
            }
            form method="post" action="/remove-todo" hx-post="/remove-todo" hx-swap="none" hx-sync="this:drop" {
                input type="hidden" name="id" value=(id);
                button.remove #{ "remove-" (id) } {
                    span aria-hidden="true" { "×" }
                    span.hidden { "Remove “" bdi { (todo.description) } "”" }
                }
            }
        }
    }
}

fn add_form(id: Uuid, focus: bool) -> Markup {
    html! {
        form #add method="post" action="/" hx-post="/" hx-swap="none" hx-sync="this:drop" novalidate {
            input type="hidden" name="id" value=(id) autocomplete="off";
            label for="description" { "New to-do" }
            div.line {
                input #description name="description" type="text" value="" required autocomplete="off"
                    enterkeyhint="done" dir="auto" maxlength="400" data-focus[focus];
                button.button type="submit" { "Add" }
            }
        }
    }
}

/// The whole page.
pub(crate) fn list(
    assets: &Assets,
    session: &Session,
    todos: &[Todo],
    next: Option<&str>,
    id: Uuid,
) -> Markup {
    let [style, icon, script] = &assets.0;
    let keys = [
        ("n", "write a new to-do"),
        ("Enter", "add it"),
        ("Space", "complete a to-do, or open it again"),
        ("?", "show these keys"),
        ("Esc", "close this"),
    ];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "My to-do list – Tickbox" }
                meta name="description" content="Tickbox keeps your to-do list.";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX_CONFIG);
                link rel="stylesheet" href=(style);
                link rel="icon" type="image/svg+xml" href=(icon);
                script src=(script) defer {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                main.card #main tabindex="-1" {
                    header.bar {
                        h1 { "My to-do list" }
                        div.who {
                            span.name { (session.firstname) }
                            a href="/account" { "Account" }
                            form method="post" action="/logout" {
                                button class="button quiet" type="submit" { "Log out" }
                            }
                        }
                    }
                    div #errors {}
                    (add_form(id, false))
                    div #status role="status" {}
                    div.bar {
                        p #count { (session.open_count) " of " (session.todo_count) " open" }
                        nav aria-label="Show" {
                            a href="/" aria-current="true" { "All" }
                            a href="/?show=open" { "Open" }
                            a href="/?show=done" { "Done" }
                        }
                    }
                    ul #todos role="list" aria-label="To-dos" { @for todo in todos { (row(todo)) } }
                    p.empty { "Nothing to do. Add your first to-do above." }
                    p #more {
                        @if let Some(next) = next {
                            @let link = format!("/?after={next}");
                            a.button.quiet href=(link) hx-get=(link) hx-swap="none" hx-sync="this:drop" { "Show more" }
                        }
                    }
                    div #refresh hidden hx-get="/" hx-trigger="refresh" hx-swap="none" hx-sync="this:replace" {}
                    p.foot { button #keys-open type="button" hidden { "Keyboard keys" } }
                    dialog #keys aria-labelledby="keys-title" {
                        h2 #keys-title { "Keyboard keys" }
                        dl { @for (key, effect) in keys { dt { kbd { (key) } } dd { (effect) } } }
                        form method="dialog" {
                            label { input #keys-letters type="checkbox" checked; "Use the single keys n and ?" }
                            button.button.quiet { "Close" }
                        }
                    }
                }
            }
        }
    }
}

fn fragment(id: &str, swap: &str, content: &Markup) -> Markup {
    html! { hx-partial hx-target={ "#" (id) } hx-swap=(swap) { (content) } }
}

/// What changes on the page when a to-do was added.
pub(crate) fn added(session: &Session, todo: &Todo, id: Uuid) -> Markup {
    let (open, all) = (session.open_count + 1, session.todo_count + 1);
    let count = html! { (open) " of " (all) " open" };
    let said = html! { span { "Added “" bdi { (todo.description) } "”." } };
    html! {
        (fragment("todos", "afterbegin", &row(todo)))
        (fragment("errors", "innerHTML", &html! {}))
        (fragment("add", "outerHTML", &add_form(id, true)))
        (fragment("count", "innerHTML", &count))
        (fragment("status", "innerHTML", &said))
    }
}
