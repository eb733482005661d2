//! Percent-encoding for paths and queries.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// Everything but letters, digits, `-._~` and the apostrophe, which is legal in both a path and a query, and which
/// B1 uses as a quote.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'\'');

/// For one segment of a path, or one name or value of a query.
pub(crate) fn percent(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// Decodes `%XX` and `+` of a query; broken escapes stay as they are.
pub(crate) fn decode_query(text: &str) -> String {
    percent_decode(text.replace('+', " ").as_bytes()).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_the_same() {
        let text = "U_ISSYN eq 'N' and Name eq '采购/100%+&#'";
        let encoded = percent(text);
        assert!(!encoded.contains([' ', '/', '+', '&', '#']), "{encoded}");
        assert_eq!(decode_query(&encoded), text);
        assert_eq!(decode_query("a+b%2"), "a b%2");
    }
}
