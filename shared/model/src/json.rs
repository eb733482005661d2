//! JSON as vendors and people's programs send it, which is not always JSON: with a byte-order mark in
//! front, or with text that was cut in the middle of a character. Both read; what was cut shows the
//! replacement character. Everything else that is wrong stays an error. Numbers lose nothing, see
//! [`number`].

pub mod number;

use serde_json::Value;
use std::borrow::Cow;

/// UTF-8's byte-order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes without a byte-order mark.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// Reads a document.
///
/// # Errors
/// What is wrong with it as it came, when it cannot be read after mending either.
pub fn from_slice(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let bytes = number::kept(without_mark(bytes));
    serde_json::from_slice(&bytes).or_else(|error| {
        let text = String::from_utf8_lossy(&bytes);
        match whole_characters(&text) {
            Cow::Borrowed(same) if same.len() == bytes.len() => Err(error),
            mended => serde_json::from_str(&mended).map_err(|_| error),
        }
    })
}

/// Reads a document in a text, such as a table control's value.
///
/// # Errors
/// As [`from_slice`].
pub fn from_str(text: &str) -> Result<Value, serde_json::Error> {
    from_slice(text.as_bytes())
}

/// The JSON text with `\ufffd` in place of every escape that is half of a surrogate pair: programs that
/// count in UTF-16 cut texts in the middle of an emoji, and strict readers refuse the whole document.
fn whole_characters(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        let Some(unit) = unit(text, escape) else {
            // Another escape: its second character is no beginning of one.
            at = text
                .get(escape + 1..)
                .and_then(|rest| rest.chars().next())
                .map_or(text.len(), |c| escape + 1 + c.len_utf8());
            continue;
        };
        at = escape + 6;
        let half = match unit {
            0xd800..0xdc00 if matches!(self::unit(text, at), Some(0xdc00..0xe000)) => {
                at += 6;
                false
            }
            0xd800..0xe000 => true,
            _ => false,
        };
        if half {
            out.push_str(text.get(copied..escape).unwrap_or_default());
            out.push_str("\\ufffd");
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// The UTF-16 unit of a `\uXXXX` that begins here.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn half_a_surrogate_pair_reads_as_the_replacement_character() {
        for (text, read) in [
            (r#"{"t":"申请\ud83d"}"#, "申请\u{fffd}"),
            (r#"{"t":"\ud83dx"}"#, "\u{fffd}x"),
            (r#"{"t":"\ude00"}"#, "\u{fffd}"),
            (r#"{"t":"\uD83D\ud83d\ude00"}"#, "\u{fffd}😀"),
            (r#"{"t":"\ud83d\ud83d"}"#, "\u{fffd}\u{fffd}"),
            (r#"{"t":"\\ud83d\ud83d"}"#, "\\ud83d\u{fffd}"),
            (r#"{"t":"\ud83d\n"}"#, "\u{fffd}\n"),
        ] {
            assert_eq!(from_str(text).unwrap(), json!({ "t": read }), "{text}");
        }
    }

    #[test]
    fn whole_pairs_and_other_escapes_stay_as_they_are() {
        let text = r#"{"t":"\ud83d\ude00 \\u \" 长 \u4e2d","n":1}"#;
        assert_eq!(from_str(text).unwrap(), json!({ "t": "😀 \\u \" 长 中", "n": 1 }));
    }

    #[test]
    fn text_cut_in_the_middle_of_its_bytes_reads_too() {
        // Half of 申, and a surrogate written out as UTF-8.
        assert_eq!(from_slice(b"{\"t\":\"\xe7\x94\"}").unwrap(), json!({ "t": "\u{fffd}" }));
        assert!(from_slice(b"{\"t\":\"\xed\xa0\xbd\"}").unwrap()["t"].as_str().unwrap().starts_with('\u{fffd}'));
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_and_other_faults_are_not_mended() {
        assert_eq!(from_slice(b"\xef\xbb\xbf{\"a\":1}").unwrap(), json!({ "a": 1 }));
        for wrong in ["", "{", "<html>", r#"{"t":"\ud83d"#, r#"{"t":"\u12"}"#, "\\", "\\u", "\\长"] {
            assert!(from_str(wrong).is_err(), "{wrong}");
        }
    }
}
