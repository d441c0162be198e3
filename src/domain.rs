//! Types that parse themselves and the rules between them, and the clock that all times come from.
//! Nothing here performs other I/O; every layer may import this one, and it imports none of them.

pub mod address;
pub mod clock;
pub mod error;
pub mod event;
pub mod head;
pub mod limit;
pub mod media_type;
pub mod session;
pub mod todo;
pub mod user;

use error::{FieldCode, FieldError};

/// Most bytes of one form or call. The longest valid ones have some 3 KiB, when every character of a
/// to-do is percent-encoded.
pub const INPUT_MAX: usize = 16 * 1024;

/// A blank, as Rust trims it, as a regular expression.
pub const BLANK: &str = r"[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]";

/// What a line of text looks like that shows something, as a regular expression: blanks around it are
/// trimmed, and inside stand no control characters. It leaves out the few characters without ink
/// behind U+FFFF, which not every dialect can write; of these alone no text may consist either.
pub const VISIBLE_LINE: &str = concat!(
    r"^[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*",
    r"[^\u0000-\u001F\u007F-\u009F]*",
    r"[^\u0000-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F",
    r"\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0]",
    r"[^\u0000-\u001F\u007F-\u009F]*",
    r"[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*$",
);

/// The line that a text holds, trimmed. `label` names it in messages.
///
/// # Errors
/// With `missing` when it shows nothing; when it is longer than `max` characters, counted as sent,
/// before trimming; when it holds control characters.
fn parse_line(
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
            format!("{label} must not hold line breaks, tabs or other control characters");
        (FieldCode::ControlCharacters, message)
    } else {
        return Ok(line.to_owned());
    };
    Err(FieldError::new(field, code, message))
}

/// Whether a text shows nothing: it holds only blanks and characters without width or ink. A row or
/// a name of these could neither be seen nor clicked.
fn is_invisible(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace()
            || matches!(
                character,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                    | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                    | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_is_what_rust_trims() {
        let blank = regex::Regex::new(&format!("^{BLANK}$")).expect("an expression");
        for character in '\0'..=char::MAX {
            let is_blank = blank.is_match(character.encode_utf8(&mut [0; 4]));
            assert_eq!(is_blank, character.is_whitespace(), "{character:?}");
        }
        assert!(VISIBLE_LINE.starts_with(&format!("^{BLANK}*")));
        assert!(VISIBLE_LINE.ends_with(&format!("{BLANK}*$")));
    }
}
