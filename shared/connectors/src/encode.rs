//! Percent-encoding for paths and queries.

use std::fmt::Write;

/// Encodes everything but letters, digits, `-._~` and the apostrophe, which is legal in both a path
/// and a query, and which B1 uses as a quote.
pub(crate) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~'".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Decodes `%XX` and `+` of a query; broken escapes stay as they are.
pub(crate) fn decode_query(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        rest = match escaped {
            Some(_) => tail.get(2..).unwrap_or_default(),
            None => tail,
        };
        out.push(escaped.unwrap_or(if first == b'+' { b' ' } else { first }));
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
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
