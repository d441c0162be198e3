//! Display names of clients, by their `User-Agent`.

use maud::{Markup, Render, html};

use super::super::layout::quoted;
use crate::domain::session::SessionKind;

/// Most characters shown: a line on a phone.
const MAX: usize = 60;

/// Marks in `User-Agent` and the browsers that they mean. The first match counts, since most browsers claim to be
/// their predecessors too.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Marks in `User-Agent` and the systems that they mean; the first match counts.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// The name of a client on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A known browser and system, or words for a missing name.
    Known(String),
    /// User input, cut short: it may imitate a known name.
    UserInput(String),
}

impl Render for Name {
    fn render(&self) -> Markup {
        match self {
            Self::Known(words) => html! { (words) },
            Self::UserInput(text) => quoted(text),
        }
    }
}

/// The display name of a client.
pub(super) fn display_name(kind: SessionKind, client: &str) -> Name {
    let find = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(mark, _)| client.contains(mark));
        found.map(|(_, name)| *name)
    };
    let is_browser = kind == SessionKind::Web && client.starts_with("Mozilla/");
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) if is_browser => {
            Name::Known(format!("{browser} on {system}"))
        }
        _ if client.trim().is_empty() => Name::Known("A device without a name".to_owned()),
        _ => Name::UserInput(excerpt(client)),
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_shown_as_browser_and_system() {
        for (client, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 Edg/128.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                "Safari on Mac",
            ),
        ] {
            assert_eq!(
                display_name(SessionKind::Web, client),
                Name::Known(expected.to_owned())
            );
        }
    }

    #[test]
    fn an_unknown_user_agent_is_shown_shortened() {
        for client in ["curl/8.5.0", "Mozilla/5.0 (compatible)"] {
            assert_eq!(
                display_name(SessionKind::Web, client),
                Name::UserInput(client.to_owned())
            );
        }
        for client in ["", " "] {
            let nameless = Name::Known("A device without a name".to_owned());
            assert_eq!(display_name(SessionKind::Web, client), nameless);
        }
        let (long, short) = ("ž".repeat(200), format!("{}…", "ž".repeat(60)));
        assert_eq!(
            display_name(SessionKind::Web, &long),
            Name::UserInput(short)
        );
    }

    #[test]
    fn a_phone_is_shown_by_its_given_name() {
        let client = "Firefox/ on Linux, my phone";
        assert_eq!(
            display_name(SessionKind::Api, client),
            Name::UserInput(client.to_owned())
        );
    }
}
