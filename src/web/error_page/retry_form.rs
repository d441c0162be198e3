//! The retry form: the fields of a failed form, given back on its error page.

use maud::{Markup, html};

use super::{
    super::{
        draft::{AUTHOR_FIELD, PENDING_FIELD},
        form::{ACCOUNT_FIELD, Fields},
        url,
    },
    ErrorContext,
};

/// The fields with user input, with their labels.
const TYPED: [(&str, &str); 4] = [
    ("description", "What you typed"),
    (NOTES, "Notes"),
    ("due_date", "Due date"),
    ("due_time", "Time"),
];

/// The field of several lines.
const NOTES: &str = "notes";

/// The other fields of forms that can be sent again, with their names in earlier versions. Unknown fields are
/// dropped, since the page would grow with them.
const HIDDEN: [&str; 28] = [
    "todo_id",
    "id",
    "is_done",
    "is_removed",
    "session_id",
    "show",
    "cursor",
    "after",
    "expected_rev",
    "shown_description",
    "shown_notes",
    "shown_due_date",
    "shown_due_time",
    "shown_priority",
    "shown_repeat_every",
    "shown_repeat_interval",
    "shown_repeat_from",
    "shown_repeat_weekdays",
    "shown_repeat_until",
    "priority",
    "repeat_every",
    "repeat_interval",
    "repeat_from",
    "repeat_weekdays",
    "repeat_until",
    "due_choice",
    "restore",
    "take",
];

/// Those of them that a form may have several times.
const REPEATED: [&str; 2] = ["repeat_weekdays", "take"];

/// The user input to copy, where it must not be sent again.
pub(super) fn read_only(context: &ErrorContext) -> Markup {
    html! {
        @for (name, label, text) in typed(context.sent.fields()) {
            div.field {
                label for=(name) { (label) }
                @if name == NOTES {
                    textarea id=(name) dir="auto" rows="6" readonly { "\n" (text) }
                } @else {
                    input id=(name) type="text" value=(text) dir="auto" readonly;
                }
            }
        }
    }
}

/// The form, filled as it was sent. Forms with passwords have pages of their own for a retry: of a login, only
/// the draft that it carried is sent again.
pub(super) fn render(context: &ErrorContext) -> Markup {
    let Some(fields) = context.sent.fields().filter(|fields| !fields.0.is_empty()) else {
        return html! {};
    };
    let has_password = fields.0.iter().any(|(name, _)| name.contains("password"));
    let (path, account) = match fields.find(AUTHOR_FIELD) {
        None if has_password => return html! {},
        None => (context.path.as_str(), fields.find(ACCOUNT_FIELD)),
        author if fields.find(PENDING_FIELD).is_some() => (url::EDIT, author),
        author => (url::LIST, author),
    };
    form(path, account, fields, "Send it again")
}

/// A form with the known fields among these: those with user input can be changed.
pub(in crate::web) fn form(
    path: &str,
    account: Option<&str>,
    fields: &Fields,
    button: &str,
) -> Markup {
    let hidden = hidden(fields);
    html! {
        form method="post" action=(path) {
            @if let Some(account) = account { input type="hidden" name=(ACCOUNT_FIELD) value=(account); }
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            @for (name, label, text) in typed(Some(fields)) {
                div.field {
                    label for=(name) { (label) }
                    @if name == NOTES {
                        textarea id=(name) name=(name) dir="auto" rows="6" { "\n" (text) }
                    } @else {
                        input id=(name) name=(name) type="text" value=(text) dir="auto";
                    }
                }
            }
            button.button type="submit" { (button) }
        }
    }
}

/// The fields among these that a form gives back.
pub(in crate::web) fn known(fields: &Fields) -> Fields {
    let typed = typed(Some(fields)).map(|(name, _, text)| (name, text));
    let known = hidden(fields).chain(typed);
    Fields(
        known
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    )
}

fn hidden(fields: &Fields) -> impl Iterator<Item = (&'static str, &str)> {
    HIDDEN.into_iter().flat_map(|name| {
        let most = if REPEATED.contains(&name) {
            usize::MAX
        } else {
            1
        };
        fields.all(name).take(most).map(move |value| (name, value))
    })
}

/// Name, label and text of each field with user input that was sent.
fn typed(fields: Option<&Fields>) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
    TYPED.into_iter().filter_map(move |(name, label)| {
        let text = fields?.find(name)?;
        Some((name, label, text))
    })
}
