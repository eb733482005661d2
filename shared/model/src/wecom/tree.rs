//! A document as a tree of named elements, from XML or from JSON. Elements may come in any order and repeat; a
//! text may be written plainly, escaped, in CDATA, or in several of these one after another.
//!
//! Of XML only elements that somebody reads become part of the tree: the rest is most of an event, and is passed over.

use super::passed_over;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// WeCom's own documents have eight levels.
pub(super) const DEEPEST: usize = 32;
/// An approval with a hundred approvers has a few thousand.
pub(super) const MAX_ELEMENTS: usize = 50_000;

/// Elements below the document's own that are read.
const READ: [&str; 14] = [
    "Encrypt",
    "Event",
    "MsgType",
    "FromUserName",
    "CreateTime",
    "ApprovalInfo",
    "SpNoStr",
    "SpNo",
    "TemplateId",
    "SpStatus",
    "StatuChangeEvent",
    "StatusChangeEvent",
    "Comments",
    "CommentId",
];

/// Why a document is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is neither XML nor JSON, or is cut off.
    Malformed,
    /// It declares a document type, which could define entities of any size.
    DocumentType,
    /// It is nested deeper than anything WeCom sends.
    TooDeep,
    /// It has more elements than anything WeCom sends.
    TooMany,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the document is neither XML nor JSON as WeCom sends it",
            Self::DocumentType => "the document has a document type, which is not read",
            Self::TooDeep => "the document is nested too deep",
            Self::TooMany => "the document has too many elements",
        })
    }
}

impl std::error::Error for Unreadable {}

/// One element.
#[derive(Debug, Default)]
pub(super) struct Element<'a> {
    name: Cow<'a, str>,
    text: Cow<'a, str>,
    children: Vec<Element<'a>>,
}

impl<'a> Element<'a> {
    /// Reads a document.
    pub fn read(document: &'a [u8]) -> Result<Self, Unreadable> {
        let bytes = crate::json::without_mark(document);
        if bytes.trim_ascii_start().starts_with(b"{") {
            let value = crate::json::from_slice(bytes).map_err(|_| Unreadable::Malformed)?;
            return Ok(Self { children: members(value, 1)?, ..Self::default() });
        }
        // Text that was cut in the middle of a character is shown with a mark in its place, as in JSON.
        match std::str::from_utf8(bytes) {
            Ok(text) => of_xml(text),
            Err(_) => Err(Unreadable::Malformed),
        }
    }

    /// The first element of this name below this one. Names are compared without case: WeCom writes `SpTime`
    /// and `Sptime`, `ApproverStep` and `approverstep`.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// The text of that element, unless it is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// The same text, taken out of the tree, so that one of many kilobytes is not copied.
    pub fn into_text(self, name: &str) -> Option<Cow<'a, str>> {
        let child = self.children.into_iter().find(|child| child.name.eq_ignore_ascii_case(name))?;
        let trimmed = match child.text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        (!trimmed.is_empty()).then_some(trimmed)
    }

    /// The whole number in that element.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    fn add(&mut self, text: Cow<'a, str>) {
        if self.text.is_empty() {
            self.text = text;
        } else {
            self.text.to_mut().push_str(&text);
        }
    }
}

fn of_xml(text: &str) -> Result<Element<'_>, Unreadable> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<Element<'_>> = Vec::with_capacity(5);
    open.push(Element::default());
    let mut elements = 0_usize;
    loop {
        if elements > MAX_ELEMENTS {
            return Err(Unreadable::TooMany);
        }
        match reader.read_event().map_err(|_| Unreadable::Malformed)? {
            Event::Start(start) => {
                elements += 1;
                if open.len() > DEEPEST {
                    return Err(Unreadable::TooDeep);
                }
                let name = known(start.name().0);
                if name.is_none() && open.len() > 1 {
                    let length = passed_over::length(reader.get_ref(), open.len() + 1, &mut elements)?;
                    let rest = reader.get_ref().get(length..).ok_or(Unreadable::Malformed)?;
                    *reader.get_mut() = rest;
                }
                open.push(Element { name: Cow::Borrowed(name.unwrap_or_default()), ..Element::default() });
            }
            Event::Empty(empty) => {
                elements += 1;
                if open.len() == 1 || known(empty.name().0).is_some() {
                    let name = Cow::Borrowed(known(empty.name().0).unwrap_or_default());
                    top(&mut open)?.children.push(Element { name, ..Element::default() });
                }
            }
            Event::End(_) => {
                let element = open.pop().ok_or(Unreadable::Malformed)?;
                // The document's own element has whatever name.
                if open.len() == 1 || !element.name.is_empty() {
                    top(&mut open)?.children.push(element);
                }
            }
            Event::Text(text) => top(&mut open)?.add(text.into_inner()),
            Event::CData(text) => top(&mut open)?.add(text.into_inner()),
            Event::GeneralRef(entity) => top(&mut open)?.add(resolved(&entity)?),
            Event::DocType(_) => return Err(Unreadable::DocumentType),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let document = open.pop().filter(|_| open.is_empty()).ok_or(Unreadable::Malformed)?;
    let mut roots = document.children.into_iter();
    match (roots.next(), roots.next()) {
        (Some(root), None) if document.text.trim().is_empty() => Ok(root),
        _ => Err(Unreadable::Malformed),
    }
}

/// The name of an element that is read, as it is read by.
fn known(name: &str) -> Option<&'static str> {
    READ.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}

fn top<'e, 'a>(open: &'e mut [Element<'a>]) -> Result<&'e mut Element<'a>, Unreadable> {
    open.last_mut().ok_or(Unreadable::Malformed)
}

/// Character references and XML's own five entities; no other is known without a document type.
fn resolved(entity: &BytesRef<'_>) -> Result<Cow<'static, str>, Unreadable> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => return Ok(Cow::Owned(character.to_string())),
        Ok(None) => {}
        Err(_) => return Err(Unreadable::Malformed),
    }
    quick_xml::escape::resolve_predefined_entity(entity).map(Cow::Borrowed).ok_or(Unreadable::Malformed)
}

/// A JSON object's members; a list is as many elements of its name.
fn members(value: Value, depth: usize) -> Result<Vec<Element<'static>>, Unreadable> {
    if depth > DEEPEST {
        return Err(Unreadable::TooDeep);
    }
    let Value::Object(object) = value else { return Err(Unreadable::Malformed) };
    let mut elements = Vec::new();
    for (name, value) in object {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            elements.push(of_json(name.clone(), value, depth)?);
        }
    }
    Ok(elements)
}

fn of_json(name: String, value: Value, depth: usize) -> Result<Element<'static>, Unreadable> {
    let name = Cow::Owned(name);
    Ok(match value {
        Value::String(text) => Element { name, text: Cow::Owned(text), children: Vec::new() },
        Value::Object(_) => Element { name, text: Cow::default(), children: members(value, depth + 1)? },
        other => {
            let text = crate::json::number::text_of(&other).map(Cow::into_owned).unwrap_or_default();
            Element { name, text: Cow::Owned(text), children: Vec::new() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(xml: &str) -> String {
        Element::read(xml.as_bytes()).unwrap().text("Event").unwrap_or_default().to_owned()
    }

    #[test]
    fn a_text_reads_the_same_however_it_is_written() {
        for xml in [
            "<xml><Event>a &amp; b &lt;1&gt;</Event></xml>",
            "<xml><Event><![CDATA[a & b <1>]]></Event></xml>",
            "<xml><Event>a <![CDATA[& b <1]]>&gt;</Event></xml>",
            "<?xml version=\"1.0\"?>\n<xml>\n <!-- x --><Event>a &#38; b &#x3c;1&gt;</Event>\n</xml>\n",
            r#"{"event":"a & b <1>"}"#,
        ] {
            assert_eq!(text(xml), "a & b <1>", "{xml}");
        }
    }

    #[test]
    fn what_could_harm_is_refused() {
        let deep = format!("<xml>{}{}</xml>", "<a>".repeat(40), "</a>".repeat(40));
        let deep_json = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
        let many = format!("<xml>{}</xml>", "<a/>".repeat(MAX_ELEMENTS + 1));
        let many_inside = format!("<xml><a>{}</a></xml>", "<b></b>".repeat(MAX_ELEMENTS + 1));
        let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><xml><Event>&a;</Event></xml>"#;
        let file = r#"<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Event>&f;</Event></xml>"#;
        for (document, why) in [
            (deep.as_str(), Unreadable::TooDeep),
            (&deep_json, Unreadable::TooDeep),
            (&many, Unreadable::TooMany),
            (&many_inside, Unreadable::TooMany),
            (bomb, Unreadable::DocumentType),
            (file, Unreadable::DocumentType),
            ("<xml><Event>&a;</Event></xml>", Unreadable::Malformed),
            ("<xml><Event>a</xml>", Unreadable::Malformed),
            ("<xml><Event>a", Unreadable::Malformed),
            ("<xml/><xml/>", Unreadable::Malformed),
            ("", Unreadable::Malformed),
            ("plain", Unreadable::Malformed),
            ("[1]", Unreadable::Malformed),
        ] {
            assert_eq!(Element::read(document.as_bytes()).unwrap_err(), why, "{document:.40}");
        }
    }
}
