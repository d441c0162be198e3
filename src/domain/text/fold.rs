//! Case and accent folding for search and for comparing tags: by the program, because MySQL and MariaDB fold
//! differently, and their `LIKE` finds less than their `=`.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

/// The text without case and accents: "Žąsis" and "zasis" become one. Each character by itself, so that
/// composed and decomposed letters become one too.
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(folded_character).collect()
}

/// Where a folded text is found in another one, as ranges of its bytes that do not overlap. A hit covers
/// whole characters, the accents that follow them included.
#[must_use]
pub fn hits(text: &str, wanted: &str) -> Vec<Range<usize>> {
    if wanted.is_empty() {
        return Vec::new();
    }
    // The byte in `text` of each byte of the folded text.
    let mut origins = Vec::with_capacity(text.len());
    let mut folded = String::with_capacity(text.len());
    for (origin, character) in text.char_indices() {
        folded.extend(folded_character(character));
        origins.resize(folded.len(), origin);
    }
    let matches = folded.match_indices(wanted);
    let mut hits: Vec<Range<usize>> = Vec::new();
    for (start, hit) in matches {
        let end = end_of_hit(text, origins[start + hit.len() - 1]);
        let start = hits
            .last()
            .map_or(origins[start], |it| origins[start].max(it.end));
        if start < end {
            hits.push(start..end);
        }
    }
    hits
}

/// The end of the character that begins at `last`, and of the accents that follow it.
fn end_of_hit(text: &str, last: usize) -> usize {
    let mut characters = text[last..].char_indices().skip(1);
    let end = characters.find(|(_, character)| !is_accent(*character));
    end.map_or(text.len(), |(length, _)| last + length)
}

fn folded_character(character: char) -> impl Iterator<Item = char> {
    let plain = std::iter::once(character)
        .nfkd()
        .filter(|it| !is_accent(*it));
    // By way of capitals: ß and ẞ are "ss" then, and both forms of sigma are one.
    let small = plain
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    small.nfkd().filter(|it| !is_accent(*it)).flat_map(|it| {
        let plain = without_stroke(it);
        plain.chars().chain(plain.is_empty().then_some(it))
    })
}

/// The accents of Latin, Greek and Cyrillic letters. The marks of other scripts are vowels or change the sound.
fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// Letters that Unicode does not take apart, as people write them on a keyboard without them.
const STROKES: [(char, &str); 9] = [
    ('æ', "ae"),
    ('ð', "d"),
    ('ø', "o"),
    ('þ', "th"),
    ('đ', "d"),
    ('ħ', "h"),
    ('ł', "l"),
    ('œ', "oe"),
    ('ŧ', "t"),
];

/// The letters for one of [`STROKES`]; nothing for any other character.
fn without_stroke(character: char) -> &'static str {
    let found = STROKES.iter().find(|(letter, _)| *letter == character);
    found.map_or("", |(_, plain)| plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_found_without_their_accents_and_case() {
        for (text, plain) in [
            ("Žąsis", "zasis"),
            ("ŽĄSIS", "zasis"),
            ("Z\u{30c}a\u{328}sis", "zasis"),
            ("Straße", "strasse"),
            ("STRAẞE", "strasse"),
            ("Łódź", "lodz"),
            ("Ærø", "aero"),
            ("İstanbul ılık", "istanbul ilik"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("ёлка", "елка"),
            ("ﬁn ①", "fin 1"),
            ("１２", "12"),
        ] {
            assert_eq!(folded(text), plain, "{text}");
        }
    }

    #[test]
    fn marks_that_are_letters_stay() {
        for text in ["क", "कि", "が", "か"] {
            assert_eq!(folded(&folded(text)), folded(text));
        }
        assert_ne!(folded("कि"), folded("क"));
        assert_ne!(folded("が"), folded("か"));
    }

    #[test]
    fn a_hit_is_marked_where_it_stands_in_the_text() {
        for (text, wanted, marked) in [
            ("Buy milk, Milk!", "milk", vec!["milk", "Milk"]),
            ("Žąsis su žąsiukais", "zas", vec!["Žąs", "žąs"]),
            ("Z\u{30c}a\u{328}sis", "za", vec!["Z\u{30c}a\u{328}"]),
            ("Straße", "ss", vec!["ß"]),
            ("Straße", "s", vec!["S", "ß"]),
            ("aaa", "aa", vec!["aa"]),
            ("100 %_", "%_", vec!["%_"]),
            ("milk", "", vec![]),
            ("milk", "bread", vec![]),
        ] {
            let found: Vec<_> = hits(text, wanted)
                .into_iter()
                .map(|hit| &text[hit])
                .collect();
            assert_eq!(found, marked, "{wanted} in {text}");
        }
    }

    #[test]
    fn an_ascii_text_folds_as_each_of_its_characters_does() {
        let all: String = (0..=127_u8).map(char::from).collect();
        let each: String = all.chars().flat_map(folded_character).collect();
        assert_eq!(folded(&all), each);
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn a_part_of_a_text_is_found_in_it_and_marked(
            before in "\\PC{0,10}",
            part in "[a-zA-ZąčęėįšųūžĄČĘĖĮŠŲŪŽßłøæ0-9]{1,6}",
            after in "\\PC{0,10}",
        ) {
            let text = format!("{before}{part}{after}");
            let wanted = folded(&part);
            prop_assert!(folded(&text).contains(&wanted));
            let found = hits(&text, &wanted);
            prop_assert!(!found.is_empty());
            for hit in found {
                prop_assert!(folded(&text[hit]).contains(wanted.chars().next().expect("not empty")));
            }
        }
    }
}
