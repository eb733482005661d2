//! Texts of others, which are as long as others please.

use std::any::Any;

/// Longest text of an error that is shown: in a run, its steps, a message's reason and the log. In bytes.
pub const SHOWN: usize = 2 * 1024;

/// The text within `limit` bytes: whole characters from its beginning, and how long all of it was.
pub fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = format!(" … ({} bytes in all)", text.len());
    format!("{}{end}", beginning(text, limit.saturating_sub(end.len())))
}

/// As much of the beginning as `limit` bytes hold without splitting a character.
pub fn beginning(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// What a panic said.
pub fn of_panic(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_how_long_it_was() {
        assert_eq!(cut("长文", 6), "长文");
        for limit in 0..200 {
            let text = "长".repeat(100);
            let cut = cut(&text, limit);
            assert!(cut.len() <= limit.max(24), "{limit}: {}", cut.len());
            assert!(cut.ends_with("(300 bytes in all)"), "{cut}");
        }
        assert_eq!((beginning("长", 2), beginning("长", 3), beginning("", 5)), ("", "长", ""));
    }
}
