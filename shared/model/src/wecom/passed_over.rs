//! What nobody reads of a document: records, comments' authors and attachments are most of an event. They are passed
//! over by looking at their tags alone, which is several times as fast as reading them.

use super::tree::{DEEPEST, MAX_ELEMENTS, Unreadable};
use memchr::memchr;

/// How far it is to the end tag of the element that has just begun, at this depth. What stands between must be closed
/// as it was opened, no deeper and no more than a document may have, and declare nothing; references are not resolved.
pub(super) fn length(text: &[u8], depth: usize, elements: &mut usize) -> Result<usize, Unreadable> {
    let mut open: Vec<&[u8]> = Vec::with_capacity(8);
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let before = memchr(b'<', rest).ok_or(Unreadable::Malformed)?;
        let markup = rest.get(before..).unwrap_or_default();
        let inner = match markup {
            [b'<', b'/', name @ ..] => match open.pop() {
                None => return Ok(at + before),
                Some(begun) => closed(name, begun)?,
            },
            [b'<', b'?', ..] => after(markup, b"?>")?,
            [b'<', b'!', declared @ ..] => declaration(markup, declared)?,
            [_, tag @ ..] => {
                *elements += 1;
                if *elements > MAX_ELEMENTS {
                    return Err(Unreadable::TooMany);
                }
                let (name, length, is_empty) = begun(tag)?;
                if depth + open.len() > DEEPEST {
                    return Err(Unreadable::TooDeep);
                }
                if !is_empty {
                    open.push(name);
                }
                length + 1
            }
            [] => return Err(Unreadable::Malformed),
        };
        at += before + inner;
    }
}

/// The name after `<`, what the tag has of bytes after it, and whether the element is closed at once.
fn begun(tag: &[u8]) -> Result<(&[u8], usize, bool), Unreadable> {
    let mut quote = None;
    let mut name_ends = None;
    for (index, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => {
                let is_empty = index > 0 && tag.get(index - 1) == Some(&b'/');
                let ends = name_ends.unwrap_or(if is_empty { index - 1 } else { index });
                let name = tag.get(..ends).filter(|name| !name.is_empty()).ok_or(Unreadable::Malformed)?;
                return Ok((name, index + 1, is_empty));
            }
            (None, b'<') => return Err(Unreadable::Malformed),
            (None, b'"' | b'\'') if name_ends.is_some() => quote = Some(*byte),
            (None, b' ' | b'\t' | b'\r' | b'\n') if name_ends.is_none() => name_ends = Some(index),
            (Some(mark), byte) if mark == *byte => quote = None,
            _ => {}
        }
    }
    Err(Unreadable::Malformed)
}

/// Bytes of the end tag from its `<`, whose name must be this.
fn closed(name: &[u8], begun: &[u8]) -> Result<usize, Unreadable> {
    let rest = name.strip_prefix(begun).ok_or(Unreadable::Malformed)?;
    let ends = memchr(b'>', rest).ok_or(Unreadable::Malformed)?;
    match rest.get(..ends) {
        Some(blank) if blank.trim_ascii().is_empty() => Ok(2 + begun.len() + ends + 1),
        _ => Err(Unreadable::Malformed),
    }
}

/// Bytes of a comment or of text in CDATA from its `<`; a declaration is refused.
fn declaration(markup: &[u8], declared: &[u8]) -> Result<usize, Unreadable> {
    if declared.starts_with(b"[CDATA[") {
        return after(markup, b"]]>");
    }
    match declared.strip_prefix(b"--") {
        Some(comment) => Ok(4 + after(comment, b"-->")?),
        None => Err(Unreadable::DocumentType),
    }
}

/// How far it is behind the next of these ends.
fn after(text: &[u8], end: &[u8]) -> Result<usize, Unreadable> {
    let mut at = 0;
    while let Some(found) = memchr(b'>', text.get(at..).unwrap_or_default()) {
        at += found + 1;
        if text.get(..at).is_some_and(|until| until.ends_with(end)) {
            return Ok(at);
        }
    }
    Err(Unreadable::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &str) -> Result<(&str, usize), Unreadable> {
        let mut elements = 0;
        let length = length(text.as_bytes(), 1, &mut elements)?;
        Ok((&text[length..], elements))
    }

    #[test]
    fn what_nobody_reads_ends_at_its_own_end_tag() {
        for (text, elements) in [
            ("</x>", 0),
            ("文字 &amp; &what; ]]> </x>", 0),
            ("<a></a><a/><b c='>' d=\"/>\"/></x>", 3),
            ("<x><x></x ></x></x>", 2),
            ("<![CDATA[</x><a>]] >]]]></x>", 0),
            ("<!-- </x> - -- > --><?pi </x> ?></x>", 0),
            ("<a\n b = '1'\n></a\n></x>", 1),
        ] {
            assert_eq!(passed(text), Ok(("</x>", elements)), "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_as_it_was_opened_is_refused() {
        for text in [
            "",
            "a",
            "<a>",
            "<a></b></x>",
            "<a></ab></x>",
            "<a></a",
            "<",
            "<>",
            "</",
            "<a <b></x>",
            "<![CDATA[",
            "<!--->",
        ] {
            let of = passed(text);
            assert!(of == Err(Unreadable::Malformed) || text == "</", "{text}: {of:?}");
        }
        assert_eq!(passed("<!DOCTYPE x></x>"), Err(Unreadable::DocumentType));
        assert_eq!(passed(&"<a>".repeat(40)).unwrap_err(), Unreadable::TooDeep);
    }
}
