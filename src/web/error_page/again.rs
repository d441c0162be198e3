//! What was sent with a form that failed, given back on the page that says so.

use maud::{Markup, html};

use super::{
    super::{draft::DRAFTER_FIELD, form::ACCOUNT_FIELD, link},
    Asked,
};

/// The field that holds what somebody typed.
const TYPED: &str = "description";

/// What else the forms have that can be sent again, with its earlier names. Other fields are nobody's, and
/// the page would grow with them.
const HIDDEN: [&str; 8] = [
    "todo_id",
    "id",
    "is_done",
    "is_removed",
    "session_id",
    "show",
    "cursor",
    "after",
];

/// What was typed, where it must not be sent again.
pub(super) fn to_copy(asked: &Asked) -> Markup {
    let typed = asked.sent.fields().and_then(|fields| fields.find(TYPED));
    html! {
        @if let Some(text) = typed {
            div.field {
                label for=(TYPED) { "What you typed" }
                input id=(TYPED) type="text" value=(text) dir="auto" readonly;
            }
        }
    }
}

/// The form that could not be answered, filled as it was. Passwords have to be typed again, and their forms
/// have pages of their own for that: of a login, only what was typed before it is sent again.
pub(super) fn send(asked: &Asked) -> Markup {
    let Some(fields) = asked.sent.fields().filter(|fields| !fields.0.is_empty()) else {
        return html! {};
    };
    let has_password = fields.0.iter().any(|(name, _)| name.contains("password"));
    let (path, account) = match fields.find(DRAFTER_FIELD) {
        None if has_password => return html! {},
        None => (asked.path.as_str(), fields.find(ACCOUNT_FIELD)),
        drafter => (link::LIST, drafter),
    };
    let hidden = HIDDEN.map(|name| fields.find(name).map(|value| (name, value)));
    html! {
        form method="post" action=(path) {
            @if let Some(account) = account { input type="hidden" name=(ACCOUNT_FIELD) value=(account); }
            @for (name, value) in hidden.iter().flatten() { input type="hidden" name=(name) value=(value); }
            @if let Some(text) = fields.find(TYPED) {
                div.field {
                    label for=(TYPED) { "What you typed" }
                    input id=(TYPED) name=(TYPED) type="text" value=(text) dir="auto";
                }
            }
            button.button type="submit" { "Send it again" }
        }
    }
}
