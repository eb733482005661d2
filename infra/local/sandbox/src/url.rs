//! Percent escapes and query strings, decoded once.

/// Decodes percent escapes; malformed ones stay as they are.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' if plus_is_space => out.push(b' '),
            b'%' => {
                let ahead = bytes.clone();
                let high = bytes.next().and_then(hex);
                let low = bytes.next().and_then(hex);
                match (high, low) {
                    (Some(high), Some(low)) => out.push(high * 16 + low),
                    _ => {
                        out.push(b'%');
                        bytes = ahead;
                    }
                }
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Escapes everything but unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Name and value pairs in their order.
pub(crate) fn query(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name, true), decode(value, true))
        })
        .collect()
}

/// The first value of a name.
pub(crate) fn find<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once_and_bad_ones_kept() {
        assert_eq!(decode("a%27b%2525+c%zz%", true), "a'b%25 c%zz%");
        assert_eq!(decode(&encode("品名 'x'+%"), false), "品名 'x'+%");
    }

    #[test]
    fn a_query_keeps_order_and_empty_values() {
        let pairs = query("$filter=a%20eq%20'1'&x&y=");
        assert_eq!(find(&pairs, "$filter"), Some("a eq '1'"));
        assert_eq!(find(&pairs, "x"), Some(""));
        assert_eq!(find(&pairs, "z"), None);
    }
}
