//! Forms of texts: single lines (trimmed, visible, without control characters), folded ones, UUIDs, base64url.

mod fold;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::{Uuid, fmt::Hyphenated};

pub use self::fold::{folded, hits};
use super::error::{FieldCode, FieldError};

/// Regular expression of a blank, as Rust trims it.
pub const BLANK: &str = r"[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]";

/// Regular expression of a visible line of text: blanks around it are trimmed, and inside are no control
/// characters. It lets the few invisible characters beyond U+FFFF
/// pass, since dialects have no common way to write them; [`is_invisible`] knows these too.
pub const VISIBLE_LINE: &str = concat!(
    r"^[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*",
    r"[^\u0000-\u001F\u007F-\u009F]*",
    r"[^\u0000-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F",
    r"\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB]",
    r"[^\u0000-\u001F\u007F-\u009F]*",
    r"[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*$",
);

/// Parses a UUID of any version in the form of RFC 9562, in either case.
pub(super) fn parse_uuid(text: &str) -> Option<Uuid> {
    let has_length = text.len() == Hyphenated::LENGTH;
    has_length.then(|| Uuid::try_parse(text).ok()).flatten()
}

/// Decodes base64url of exactly `LENGTH` bytes.
pub(super) fn decode_base64url<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (length == LENGTH).then_some(bytes)
}

/// Parses a text as one line, trimmed. `label` names it in messages.
///
/// # Errors
/// With `missing` when it is invisible; when it is longer than `max` characters, counted as sent,
/// before trimming; when it holds control characters.
pub(super) fn parse_line(
    text: &str,
    max: usize,
    field: &'static str,
    label: &str,
    missing: &str,
) -> Result<String, FieldError> {
    let line = text.trim();
    let length = text.chars().count();
    let (code, message) = if is_invisible(line) {
        (FieldCode::Required, missing.to_owned())
    } else if length > max {
        let message = format!("{label} must be {max} characters or fewer; it has {length}");
        (FieldCode::TooLong, message)
    } else if line.chars().any(char::is_control) {
        let message =
            format!("{label} must not contain line breaks, tabs or other control characters");
        (FieldCode::ControlCharacters, message)
    } else {
        return Ok(line.to_owned());
    };
    Err(FieldError::new(field, code, message))
}

/// Whether a text is invisible: it holds only blanks and characters without width or ink. A row or
/// a name of these could neither be seen nor clicked.
///
/// In terms of Unicode 17: characters with `White_Space`, `Default_Ignorable_Code_Point` or the general
/// category `Cf`, without those that draw a sign (`Prepended_Concatenation_Mark`); and [`EMPTY_SIGNS`].
pub(super) fn is_invisible(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace()
            || EMPTY_SIGNS.contains(&character)
            || matches!(
                character,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                    | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
                    | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}'
                    | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            )
    })
}

/// Signs, by their category, that are drawn as nothing: the Braille pattern and the hieroglyphs without
/// any mark, the hieroglyphs' mirror, the Khitan filler, the note without a head.
const EMPTY_SIGNS: [char; 6] = [
    '\u{2800}',
    '\u{13440}',
    '\u{13441}',
    '\u{13442}',
    '\u{16fe4}',
    '\u{1d159}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_characters_are_those_that_rust_trims() {
        let blank = regex::Regex::new(&format!("^{BLANK}$")).expect("an expression");
        for character in '\0'..=char::MAX {
            let is_blank = blank.is_match(character.encode_utf8(&mut [0; 4]));
            assert_eq!(is_blank, character.is_whitespace(), "{character:?}");
        }
        assert!(VISIBLE_LINE.starts_with(&format!("^{BLANK}*")));
        assert!(VISIBLE_LINE.ends_with(&format!("{BLANK}*$")));
    }

    #[test]
    fn invisible_characters_are_those_that_unicode_lists() {
        let listed = concat!(
            r"^[[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]",
            r"--\p{Prepended_Concatenation_Mark}]$",
        );
        let listed = regex::Regex::new(listed).expect("an expression");
        for character in '\0'..=char::MAX {
            let text = character.encode_utf8(&mut [0; 4]).to_owned();
            let is_listed = listed.is_match(&text) || EMPTY_SIGNS.contains(&character);
            assert_eq!(is_invisible(&text), is_listed, "{character:?}");
        }
    }
}
