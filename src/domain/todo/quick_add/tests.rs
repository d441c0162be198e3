use proptest::prelude::*;
use time::macros::date;

use super::*;

/// A Saturday.
const TODAY: Date = date!(2026 - 11 - 28);

fn parse(text: &str) -> QuickAdd {
    QuickAdd::parse(text, TODAY)
}

fn due(text: &str) -> Option<String> {
    parse(text).due_date.map(|it| it.to_string())
}

fn unread(text: &str) -> Vec<String> {
    let unread = parse(text).unread.into_iter();
    unread.map(|it| it.word).collect()
}

#[test]
fn each_word_sets_its_field_and_leaves_the_text() {
    let parsed = parse("Pay the rent due:2026-12-24 at:17:00 every:2months !high #home");
    assert_eq!(parsed.text, "Pay the rent #home");
    assert_eq!(parsed.priority, Some(Priority::High));
    assert_eq!(parsed.due_date, DueDate::parse("2026-12-24").ok());
    assert_eq!(parsed.due_time, DueTime::parse("17:00").ok());
    let repeat = parsed.repeat.expect("a repeat").parts();
    assert_eq!((repeat.every, repeat.interval), (Every::Month, 2));
    assert_eq!(parsed.unread, []);
    assert_eq!(parse("DUE:Fri Milk !LOW at:9:05").text, "Milk");
}

#[test]
fn days_are_counted_from_the_day_of_the_user() {
    for (word, date) in [
        ("due:today", "2026-11-28"),
        ("due:tomorrow", "2026-11-29"),
        ("due:sun", "2026-11-29"),
        ("due:fri", "2026-12-04"),
        ("due:friday", "2026-12-04"),
        ("due:sat", "2026-12-05"),
        ("due:2026-01-01", "2026-01-01"),
    ] {
        assert_eq!(due(word).as_deref(), Some(date), "{word}");
    }
}

#[test]
fn days_of_the_week_can_be_repeated() {
    let repeat = parse("Run due:mon every:thu,mon")
        .repeat
        .expect("a repeat")
        .parts();
    assert_eq!((repeat.every, repeat.interval), (Every::Week, 1));
    assert!(repeat.weekdays.names().eq(["mo", "th"]));
    for word in ["every:day", "every:1day", "every:99years", "every:weeks"] {
        assert!(parse(&format!("due:mon {word}")).repeat.is_some(), "{word}");
    }
}

#[test]
fn plain_text_is_never_a_guess() {
    for text in [
        "Buy a monitor on Monday at 5",
        "Wait! Now!! !!! ! !5",
        "Tomorrow every week, high priority",
        "Look at http://example.org/due:fri",
        "overdue:fri what:at:17:00 C:\\at",
        r"\o/ \#home",
    ] {
        let parsed = parse(text);
        assert_eq!((parsed.text.as_str(), parsed.unread.len()), (text, 0));
        assert_eq!((parsed.priority, parsed.due_date), (None, None));
    }
}

#[test]
fn a_misspelt_word_stays_as_text_and_is_named() {
    for word in [
        "due:tomorow",
        "due:",
        "due:20261-12-24",
        "due:2026-02-31",
        "due:2200-01-01",
        "at:25:00",
        "at:5",
        "every:",
        "every:100days",
        "every:0days",
        "every:2",
        "every:mon,xyz",
        "!hihg",
        "!none",
    ] {
        let text = format!("Milk due:fri {word} now");
        let words = unread(&text);
        assert_eq!(words, [word], "{text}");
        assert_eq!(parse(&text).text, format!("Milk {word} now"));
    }
}

#[test]
fn a_field_is_set_once_and_a_time_or_repeat_needs_a_date() {
    assert_eq!(unread("due:fri due:sat !low !high"), ["due:sat", "!high"]);
    assert_eq!(
        unread("Milk at:17:00 every:week"),
        ["at:17:00", "every:week"]
    );
    assert_eq!(
        unread("at:17:00 every:week Milk due:fri"),
        Vec::<String>::new()
    );
}

#[test]
fn a_backslash_keeps_a_word_as_text() {
    for (text, kept) in [
        (r"Say \!high", "Say !high"),
        (r"Say \due:tomorow", "Say due:tomorow"),
        (r"Say \\due:fri", r"Say \due:fri"),
        (r"Say \nothing", r"Say \nothing"),
    ] {
        let parsed = parse(text);
        assert_eq!(
            (parsed.text.as_str(), parsed.unread.len()),
            (kept, 0),
            "{text}"
        );
        assert_eq!((parsed.priority, parsed.due_date), (None, None));
    }
}

proptest! {
    #[test]
    fn a_written_quick_add_parses_to_itself(
        words in prop::collection::vec(
            prop_oneof![
                r"[\\]{0,2}(due:(fri|today|2028-02-29|x)|at:[0-9]{1,2}:[0-9]{2}|![a-z]{0,6})",
                r"[\\]{0,2}(!(high|medium|low)|every:([1-9]?(day|weeks?|month|years)|mon,sun|x))",
                r"\PC{0,6}",
                "[ \u{a0}]{1,2}",
            ],
            0..9,
        ),
    ) {
        let parsed = parse(&words.join(" "));
        let again = parse(&parsed.to_text(TODAY));
        prop_assert_eq!(again, QuickAdd { unread: Vec::new(), ..parsed });
    }
}
