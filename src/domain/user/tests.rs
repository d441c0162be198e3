use super::*;

const GOOD: RegistrationInput<'static> = RegistrationInput {
    first_name: "Ona",
    last_name: "Petraitė",
    username: "ona",
    password: "seven green bottles",
    password_again: Some("seven green bottles"),
};

fn codes(input: RegistrationInput<'_>) -> Vec<String> {
    Registration::parse(input)
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|error| format!("{} {}", error.field, error.code.as_str()))
        .collect()
}

fn username_code(text: &str) -> &'static str {
    Username::parse(text).map_or_else(|error| error.code.as_str(), |_| "accepted")
}

#[test]
fn a_valid_registration_is_accepted() {
    assert!(codes(GOOD).is_empty());
}

#[test]
fn all_errors_are_reported_in_the_order_of_the_form() {
    let all_wrong = RegistrationInput {
        first_name: " ",
        last_name: &"x".repeat(51),
        username: "o n a",
        password: "short",
        password_again: Some("other"),
    };
    assert_eq!(
        codes(all_wrong),
        [
            "first_name required",
            "last_name too_long",
            "username invalid_characters",
            "password too_short",
            "password_again mismatch",
        ]
    );
}

#[test]
fn the_confirmation_of_the_password_is_optional() {
    let once = RegistrationInput {
        password_again: None,
        ..GOOD
    };
    assert!(codes(once).is_empty());
}

#[test]
fn a_username_is_trimmed_and_lowercased() {
    for text in ["Ona", "ona ", " ona", "\u{a0}oNa\t", "\u{3000}ona\n"] {
        assert_eq!(Username::parse(text).expect("valid").as_str(), "ona");
    }
}

#[test]
fn a_username_matches_its_documented_pattern() {
    let pattern = regex::Regex::new(&Username::pattern()).expect("an expression");
    let long = "a".repeat(100);
    let (padded, longer) = (format!("  {long} "), format!("{long}a"));
    for text in [
        "",
        " ",
        "on",
        " on ",
        "ona",
        " ona\u{a0}",
        "o na",
        "o\u{200b}na",
        &long,
        &padded,
        &longer,
    ] {
        let accepted = Username::parse(text).is_ok();
        assert_eq!(accepted, pattern.is_match(text), "{text:?}");
    }
}

#[test]
fn an_attempted_username_is_trimmed() {
    let attempted_username = |username| {
        let credentials = Credentials::parse(username, "x").expect("both");
        secrecy::ExposeSecret::expose_secret(&credentials.attempted_username).to_owned()
    };
    assert_eq!(attempted_username(" Ona "), attempted_username("ona"));
    assert_eq!(attempted_username("  "), "");
}

#[test]
fn a_username_is_limited_in_length() {
    for (text, expected) in [
        ("", "required"),
        ("ab", "too_short"),
        ("abc", "accepted"),
        ("A.b_c-9", "accepted"),
        (&"a".repeat(100), "accepted"),
        (&"a".repeat(101), "too_long"),
    ] {
        assert_eq!(username_code(text), expected, "{text:?}");
    }
}

#[test]
fn lookalikes_and_inner_blanks_in_a_username_are_refused() {
    for text in [
        "adm\u{131}n",
        "\u{430}dmin",
        "ad\u{200b}min",
        "ad min",
        "ad\u{a0}min",
        "e\u{301}va",
        "a\0b",
    ] {
        assert_eq!(username_code(text), "invalid_characters", "{text:?}");
    }
}

#[test]
fn names_are_trimmed_and_limited_in_characters() {
    let name = FirstName::parse(&format!(" {} ", "ė".repeat(48))).expect("valid");
    assert_eq!(name.as_str(), "ė".repeat(48));
    assert!(FirstName::parse(&format!("{} ", "ė".repeat(50))).is_err());
    assert_eq!(
        LastName::parse("a\nb")
            .expect_err("two lines")
            .code
            .as_str(),
        "control_characters"
    );
}

#[test]
fn empty_credentials_are_errors_of_both_fields() {
    let errors = Credentials::parse("", "").err().expect("refused");
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_ref()).collect();
    assert_eq!(fields, ["username", "password"]);
}
