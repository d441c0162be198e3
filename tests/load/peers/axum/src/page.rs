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

fn account_field(session: &Session) -> Markup {
    html! { input type="hidden" name="account" value=(session.public_id); }
}

fn count(rev: u64, open: i32, all: i32) -> Markup {
    html! { p #count data-rev=(rev) { (open) " of " (all) " open" } }
}

fn row(todo: &Todo, session: &Session) -> Markup {
    let id = todo.id;
    html! {
        li #{ "todo-" (id) } data-rev=(todo.rev) class=[todo.isdone.then_some("done")] {
            form method="post" action="/update-todo" hx-post="/update-todo" {
                (account_field(session))
                input type="hidden" name="todo_id" value=(id);
                button.check #{ "check-" (id) } name="is_done" value=(!todo.isdone) role="checkbox"
                    aria-checked=(todo.isdone) aria-labelledby={ "text-" (id) } {
                    span aria-hidden="true" { (if todo.isdone { "Reopen" } else { "Complete" }) }
                }
                div.text {
                    span #{ "text-" (id) } dir="auto" { (todo.description) } " "
                    small {
                        span { "Added " (moment(todo.created_date)) }
                        @if let Some(done) = todo.done_date { " " span { "Done " (moment(done)) } }
                    }
                }
                button.remove #{ "remove-" (id) } name="is_removed" value="true" formaction="/remove-todo" hx-post="/remove-todo" {
                    span aria-hidden="true" { "×" } " "
                    span.hidden { "Remove “" bdi { (todo.description) } "”" }
                }
            }
        }
    }
}

fn add_form(session: &Session, id: Uuid, focus: bool) -> Markup {
    html! {
        form #add method="post" action="/" hx-post="/" hx-swap="none" hx-sync="this:drop" novalidate {
            input type="hidden" name="todo_id" value=(id) autocomplete="off";
            (account_field(session))
            label for="description" { "New to-do" }
            div.line {
                input #description name="description" type="text" value="" required
                    enterkeyhint="done" dir="auto" data-max="200" data-focus[focus];
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
    let account = session.public_id;
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
                main.card #main tabindex="-1" data-account=(account) hx-headers:inherited={ "Tickbox-Account:" (account) }
                    hx-target:inherited="#main" {
                    header.bar {
                        h1 { "My to-do list" }
                        div.who {
                            span.name { (session.firstname) } " "
                            a href="/account" { "Account" } " "
                            form method="post" action="/logout" {
                                (account_field(session))
                                button class="button quiet" type="submit" { "Log out" }
                            }
                        }
                    }
                    div #errors {}
                    (add_form(session, id, false))
                    div #status role="status" {}
                    div.bar {
                        (count(session.rev, session.open_count, session.todo_count))
                        nav aria-label="Show" {
                            a href="/" aria-current="true" { "All" } " "
                            a href="/?show=open" { "Open" } " "
                            a href="/?show=done" { "Done" } " "
                        }
                    }
                    ul #todos data-rev=(session.rev) hx-swap:inherited="none" hx-sync:inherited="drop"
                        role="list" aria-label="To-dos" { @for todo in todos { (row(todo, session)) } }
                    p.empty hidden[!todos.is_empty()] { "Nothing to do. Add your first to-do above." }
                    p #more {
                        @if let Some(next) = next {
                            @let link = format!("/?cursor={next}");
                            a.button.quiet href=(link) hx-get=(link) hx-swap="none" hx-sync="this:drop" { "Show more" }
                        }
                    }
                    div #refresh hidden hx-get="/" hx-trigger="refresh" hx-swap="none" hx-sync="this:replace" {}
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
    let said = html! { span { "Added “" bdi { (todo.description) } "”." } };
    html! {
        (fragment("todos", "afterbegin", &row(todo, session)))
        (fragment("errors", "innerHTML", &html! {}))
        (fragment("add", "outerHTML", &add_form(session, id, true)))
        (fragment("count", "outerHTML", &count(todo.rev, open, all)))
        (fragment("status", "innerHTML", &said))
    }
}
