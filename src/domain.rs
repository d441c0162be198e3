//! Types that parse themselves and the rules between them, and the clock that all times come from.
//! Nothing here performs other I/O; every layer may import this one, and it imports none of them.

pub mod clock;
pub mod error;
pub mod session;
pub mod todo;
pub mod user;

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
