//! The forms a path may have been sent in. Scheme 2 signs the path as it travels; API Gateway's HTTP APIs
//! hand it over decoded, so that `%2B` arrives as `+`. What was sent is made again in every way that clients
//! write it. All of them mean the same resource, so that a signature of one is none of another.

use std::collections::BTreeSet;

/// What is never encoded.
const UNRESERVED: &[u8] = b"-._~";
/// What `encodeURIComponent` leaves alone besides.
const JAVASCRIPT: &[u8] = b"-._~!'()*";
/// What a segment may hold as it is (RFC 3986), and browsers and `java.net.URI` leave alone.
const SEGMENT: &[u8] = b"-._~!$&'()*+,;=:@";

/// The forms of a path, one at least. A path that was not decoded has one: itself.
pub fn forms(given: &str, decoded: bool) -> Vec<String> {
    let kept = |byte: u8| byte == b'/' || byte.is_ascii_alphanumeric() || UNRESERVED.contains(&byte);
    if !decoded || given.bytes().all(kept) {
        return vec![given.to_owned()];
    }
    let mut forms = BTreeSet::new();
    for left in [UNRESERVED, JAVASCRIPT, SEGMENT] {
        let upper = encoded(given, left);
        forms.insert(lower_hex(&upper));
        forms.insert(upper);
    }
    // As it came, unless that would be another path's encoded form.
    if !given.contains('%') {
        forms.insert(given.to_owned());
    }
    forms.into_iter().collect()
}

fn encoded(text: &str, left: &[u8]) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'/' => "/".to_owned(),
            byte if byte.is_ascii_alphanumeric() || left.contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// With small letters in what is encoded.
fn lower_hex(encoded: &str) -> String {
    let mut rest = 0;
    encoded
        .chars()
        .map(|c| {
            rest = if c == '%' { 2 } else { i32::max(rest - 1, -1) };
            if rest >= 0 { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_was_decoded_is_made_again_as_clients_write_it() {
        assert_eq!(forms("/openapi/v1/orders/PO1", true), ["/openapi/v1/orders/PO1"]);
        for sent in ["/o/A%2BB", "/o/A%2bB", "/o/A+B"] {
            assert!(forms("/o/A+B", true).contains(&sent.to_owned()), "{sent}");
        }
        for sent in ["/o/%E7%BA%A2%20(1)", "/o/%E7%BA%A2%20%281%29", "/o/%e7%ba%a2%20(1)"] {
            assert!(forms("/o/红 (1)", true).contains(&sent.to_owned()), "{sent} in {:?}", forms("/o/红 (1)", true));
        }
    }

    #[test]
    fn one_paths_form_is_never_another_paths() {
        // `A%2BB` as an order's name is sent as `A%252BB`, and the form `A%2BB` is that of `A+B`.
        let named = forms("/o/A%2BB", true);
        assert!(named.contains(&"/o/A%252BB".to_owned()) && !named.contains(&"/o/A%2BB".to_owned()));
        assert_eq!(forms("/o/A%2BB", false), ["/o/A%2BB"], "a server of our own decodes nothing");
        let plus: Vec<String> = forms("/o/A+B", true);
        assert!(plus.iter().all(|form| !named.contains(form)));
    }
}
