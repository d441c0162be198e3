//! Five hundred texts that break careless programs: each is stored, shown and comes back equal.

use crate::support::test_server::Site;
use sqlx::MySqlPool;

/// Markup, attributes, templates, queries, paths, shells, formats: what other languages would run.
const CODE: [&str; 40] = [
    "<script>alert(1)</script>",
    "</span><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)' autofocus='",
    "\"><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<!-- <script>alert(1)</script> -->",
    "]]><script>alert(1)</script>",
    "<hx-partial hx-target=\"#todos\" hx-swap=\"innerHTML\">gone</hx-partial>",
    "<div hx-get=\"/logout\" hx-trigger=\"load\"></div>",
    "<form action=\"https://evil.example\"><button>",
    "<base href=\"https://evil.example/\">",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<style>*{display:none}</style>",
    "<template><script>alert(1)</script></template>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;amp;",
    "&#60;b&#62;",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{% raw %}",
    "'; DROP TABLE todos; --",
    "\" OR \"\"=\"",
    "1' UNION SELECT password FROM users -- x",
    "\\'; SELECT SLEEP(5); #",
    "../../../etc/passwd",
    "$(reboot) `reboot` | reboot & reboot",
    "%00%0d%0aSet-Cookie:%20a=b",
    "%s%n%x%d{0}",
    "a+b=c&d=e;f",
    "null undefined NaN true",
    "C:\\temp\\new",
    "=HYPERLINK(\"https://evil.example\")",
];

/// What other scripts, fonts and encodings do.
const TEXT: [&str; 40] = [
    "Ąžuolas ėjo žvejoti",
    "Straße und Äpfel",
    "İstanbul'da ışık",
    "Ελληνικά γράμματα",
    "Купить молоко",
    "قائمة المهام",
    "רשימת מטלות",
    "हिन्दी में काम",
    "ภาษาไทย",
    "待办事项",
    "やること",
    "할 일",
    "𝕄𝕒𝕥𝕙𝕖𝕞𝕒𝕥𝕚𝕔𝕤",
    "𓀀𓁐𓃰",
    "🥛🍞🧀",
    "👩‍👩‍👧‍👦 family",
    "🏳️‍🌈 flag",
    "🇱🇹🇪🇺",
    "👍🏽 skin",
    "❤️ heart",
    "e\u{301} and é",
    "Z\u{351}\u{36b}\u{343}\u{36a}\u{302}a\u{363}\u{368}l\u{334}g\u{337}o\u{321}",
    "\u{202e}evil reversed",
    "\u{2066}isolated\u{2069}",
    "left\u{200e}right\u{200f}",
    "zero\u{200b}width\u{200c}joiner\u{200d}s",
    "\u{feff}begins with a byte order mark",
    "soft\u{ad}hyphen",
    "no\u{a0}break",
    "narrow\u{202f}space",
    "line\u{2028}separator",
    "para\u{2029}graph",
    "private \u{e000}\u{f8ff}",
    "replacement \u{fffd}",
    "noncharacter \u{ffff}\u{1ffff}",
    "last \u{10fffd}",
    "tag \u{e0001}\u{e0041}",
    "ﬁ ligature ǅ titlecase",
    "ſ long s K kelvin",
    "“quotes” ‘single’ «guillemets»",
];

/// Both lists, each text also inside, before and behind others, until there are five hundred.
fn texts() -> Vec<String> {
    let plain = CODE.into_iter().chain(TEXT).map(ToOwned::to_owned);
    let pairs = CODE.iter().zip(TEXT);
    let mixed = pairs.flat_map(|(code, text)| {
        [
            format!("{text} {code}"),
            format!("{code} {text}"),
            format!("\"{code}\""),
            format!("'{text}'"),
            format!("<{text}>"),
            format!("&{text};"),
            format!("`{code}`"),
            format!("{text}{text}"),
            format!("\\{code}\\"),
            format!("{code}\u{200d}{text}"),
            format!("0{code}0"),
        ]
    });
    plain.chain(mixed).take(500).collect()
}

#[sqlx::test]
async fn five_hundred_naughty_strings_round_trip(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (browser, htmx) = (
        site.browser("ona").await,
        site.browser("ona").await.with_htmx(),
    );
    let texts = texts();
    assert_eq!(texts.len(), 500);
    for text in &texts {
        let added = htmx.post("/", &[("description", text)]).await;
        assert_eq!(added.todos(), [text.as_str()], "the fragment");
        assert_eq!(added.texts("script").len(), 0, "{text:?}");
    }
    let mut shown = Vec::new();
    let mut next = Some("/".to_owned());
    while let Some(link) = next {
        let page = browser.get(&link).await;
        assert_eq!(page.texts("script:not([src])").len(), 0, "{link}");
        shown.extend(page.todos());
        next = page.attributes("#more a", "href").pop();
    }
    shown.reverse();
    assert_eq!(shown, texts, "the pages");
}
