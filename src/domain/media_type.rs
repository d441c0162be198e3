//! `Content-Type` and `Content-Encoding` of a request body.

/// Whether a body has that media type and is UTF-8. Parameters other than `charset` have no meaning for forms
/// and JSON, and are ignored.
#[must_use]
pub fn is_utf8(content_type: &str, media_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    name.eq_ignore_ascii_case(media_type) && parts.all(keeps_utf8)
}

/// Clients write the name of the charset in many ways.
fn keeps_utf8(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return true;
    };
    let value = value.trim();
    let unquoted = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let charset = unquoted.unwrap_or(value);
    !name.trim().eq_ignore_ascii_case("charset")
        || ["utf-8", "utf8"]
            .iter()
            .any(|utf8| charset.eq_ignore_ascii_case(utf8))
}

/// A body without the byte order mark that some editors and libraries write before UTF-8.
#[must_use]
pub fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// Whether a `Content-Encoding` leaves the body as it is.
#[must_use]
pub fn is_identity(content_encoding: Option<&str>) -> bool {
    content_encoding.is_none_or(|encoding| encoding.trim().eq_ignore_ascii_case("identity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_is_known_by_all_its_names_and_no_other_charset() {
        let is_json = |text| is_utf8(text, "application/json");
        for text in [
            "application/json",
            "Application/JSON",
            "application/json;",
            "application/json; charset=utf-8",
            "application/json;charset=UTF8",
            "application/json ; Charset = \"Utf-8\"",
            "application/json; charset=\"utf8\"",
            "application/json; profile=x; charset=utf8",
        ] {
            assert!(is_json(text), "{text}");
        }
        for text in [
            "",
            "application/jsonx",
            "text/json",
            "application/x-www-form-urlencoded",
            "application/json, text/plain",
            "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1",
            "application/json; charset=\"utf8",
            "application/json; charset=",
            "application/json; charset=utf8; charset=latin1",
        ] {
            assert!(!is_json(text), "{text}");
        }
    }

    #[test]
    fn exactly_one_byte_order_mark_is_skipped() {
        assert_eq!(without_mark(b"\xef\xbb\xbf{}"), b"{}");
        assert_eq!(without_mark(b"{}"), b"{}");
        assert_eq!(without_mark(b"\xfe\xff{}"), b"\xfe\xff{}");
        assert_eq!(
            without_mark(b"\xef\xbb\xbf\xef\xbb\xbf{}"),
            b"\xef\xbb\xbf{}"
        );
    }

    #[test]
    fn only_identity_counts_as_no_encoding() {
        assert!(is_identity(None) && is_identity(Some(" Identity")));
        assert!(!is_identity(Some("gzip")) && !is_identity(Some("")));
    }
}
