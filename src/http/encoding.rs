//! Content codings: `Accept-Encoding`.

/// Whether `Accept-Encoding` names the encoding and does not refuse it.
#[must_use]
pub fn accepts_encoding(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts
            .filter_map(|parameter| parameter.strip_prefix(['q', 'Q'])?.strip_prefix('='))
            .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_accepted_by_its_name_and_weight() {
        assert!(accepts_encoding("gzip, deflate, br", "br"));
        assert!(accepts_encoding("BR;q=0.5", "br"));
        assert!(!accepts_encoding("gzip", "br"));
        assert!(!accepts_encoding("br;q=0, gzip", "br"));
        assert!(!accepts_encoding("br; q=0.0", "br"));
        assert!(!accepts_encoding("br;Q=0", "br"));
        assert!(!accepts_encoding("brx", "br"));
        assert!(!accepts_encoding("", "br"));
    }
}
