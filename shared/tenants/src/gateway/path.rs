//! The forms a path may have been sent in. Scheme 2 signs the path as it travels; API Gateway's HTTP APIs
//! hand it over decoded, so that `%2B` arrives as `+`. What was sent is made again in every way that clients
//! write it. All of them mean the same resource, so that a signature of one is none of another.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::collections::BTreeSet;

/// All but what is never encoded, and the slashes between segments.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// All but what `encodeURIComponent` leaves alone.
const JAVASCRIPT: &AsciiSet = &RESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// All but what a segment may hold as it is (RFC 3986), and browsers and `java.net.URI` leave alone.
const SEGMENT: &AsciiSet =
    &JAVASCRIPT.remove(b'$').remove(b'&').remove(b'+').remove(b',').remove(b';').remove(b'=').remove(b':').remove(b'@');

/// The forms of a path, one at least. A path that was not decoded has one: itself.
pub fn forms(given: &str, decoded: bool) -> Vec<String> {
    if !decoded || percent_encode(given.as_bytes(), RESERVED).eq([given]) {
        return vec![given.to_owned()];
    }
    let mut forms = BTreeSet::new();
    for encoded in [RESERVED, JAVASCRIPT, SEGMENT] {
        // Clients write the digits of what is encoded in capitals or in small letters.
        let pieces = || percent_encode(given.as_bytes(), encoded);
        forms.insert(pieces().collect());
        forms.insert(pieces().map(lower_hex).collect());
    }
    // As it came, unless that would be another path's encoded form.
    if !given.contains('%') {
        forms.insert(given.to_owned());
    }
    forms.into_iter().collect()
}

/// A piece with small letters, if it is an encoded byte.
fn lower_hex(piece: &str) -> String {
    if piece.starts_with('%') { piece.to_ascii_lowercase() } else { piece.to_owned() }
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
