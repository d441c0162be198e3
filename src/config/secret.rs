//! Strength of the secret that signs tokens. Length alone is not enough: an attacker who guesses the text can forge
//! every user's tokens.

use std::collections::BTreeSet;

/// Minimum bytes, without blanks: as many as HMAC-SHA-256 can use.
const BYTES_MIN: usize = 32;
/// Minimum different bytes. Of 32 random digits one in a thousand has fewer; nothing longer ever does.
const DIFFERENT_MIN: usize = 8;

/// Placeholders for a secret in documentation, this project's included, and in notes, in lower case. 64 random
/// letters and digits practically never contain one of these by chance.
const PLACEHOLDERS: [&str; 12] = [
    "openssl",
    "random",
    "change",
    "replace",
    "example",
    "placeholder",
    "secret",
    "password",
    "tickbox",
    "1234567890",
    "0123456789",
    "abcdefghij",
];

/// The requirement that a text does not meet; none for an acceptable secret.
pub(super) fn weakness(text: &str) -> Option<&'static str> {
    let shown: String = text.split_whitespace().collect();
    let bytes = shown.as_bytes();
    let different: BTreeSet<_> = bytes.iter().collect();
    let folded = text.to_lowercase();
    if bytes.len() < BYTES_MIN {
        Some("at least 32 bytes long, blanks not counted")
    } else if different.len() < DIFFERENT_MIN {
        Some("made of more than a few different characters")
    } else if is_repetition(bytes) {
        Some("more than a short text that is repeated")
    } else if PLACEHOLDERS.iter().any(|word| folded.contains(word)) {
        Some("random, not what stands in an example or can be guessed from it")
    } else {
        None
    }
}

/// Whether a prefix of at most half the text repeats until its end.
fn is_repetition(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|length| bytes[length..] == bytes[..bytes.len() - length])
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, fs, path::Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_but_guessable_secret_is_refused() {
        let hex = "0f8e1d6ab35c9274";
        for text in [
            " ".repeat(32),
            "\t \n".repeat(20),
            format!("{hex}{}", " ".repeat(100)),
            "a".repeat(64),
            "0".repeat(32),
            "ab".repeat(32),
            "1234567".repeat(8),
            hex.repeat(2),
            format!("{}{}", hex.repeat(4), &hex[..5]),
            "changemeplease-changemeplease-now".to_owned(),
            "CHANGE-THIS-BEFORE-YOU-GO-LIVE-OK".to_owned(),
            "the output of `openssl rand -hex 32`".to_owned(),
            "$(openssl rand -hex 32) in ops/.env".to_owned(),
            "my super secret key for the tokens 1".to_owned(),
            "abcdefghijklmnopqrstuvwxyz0123456789".to_owned(),
        ] {
            assert!(weakness(&text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn a_secret_may_contain_spaces() {
        for text in [
            "b1c5 77de 04fa 93c8 2a6b e0d9 51f3 8c4e",
            "lantern meadow violet teapot amber kettle\n",
        ] {
            assert_eq!(weakness(text), None, "{text:?}");
        }
    }

    /// The lines of our documents and compositions that are about these secrets.
    fn lines(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let kind = path.extension().and_then(OsStr::to_str);
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                lines(&path, found);
            } else if let Some("md" | "yaml" | "yml" | "example" | "tf") = kind {
                let text = fs::read_to_string(&path).expect("text");
                let about = |line: &&str| line.to_lowercase().contains("jwt_secret");
                found.extend(text.lines().filter(about).map(ToOwned::to_owned));
            }
        }
    }

    #[test]
    fn no_example_in_the_documents_is_accepted_as_a_secret() {
        let mut found = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["docs", "ops", "openapi", ".github"] {
            lines(&root.join(folder), &mut found);
        }
        assert!(found.len() > 10, "{found:#?}");
        for line in &found {
            // What stands in quotes, what a composition says in place of it, and what it is set to.
            let quoted = ['`', '"'].into_iter();
            let quoted = quoted.flat_map(|mark| line.split(mark).skip(1).step_by(2));
            let said = line
                .split(":?")
                .skip(1)
                .filter_map(|rest| rest.split('}').next());
            let set = line.split(['=', ':']).skip(1);
            let set = set.filter_map(|rest| rest.split_whitespace().next());
            for part in quoted.chain(said).chain(set) {
                assert!(weakness(part).is_some(), "{part} in {line}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 3_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_random_secret_is_accepted(hex in "[0-9a-f]{64}", base64 in "[A-Za-z0-9+/]{43}=") {
            prop_assert_eq!(weakness(&hex), None);
            prop_assert_eq!(weakness(&base64), None);
        }
    }
}
