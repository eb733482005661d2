//! The resource part of a request: entity set, key, and what follows.

use super::errors::{B1Error, Result};
use std::fmt;

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyPart {
    Int(i64),
    Text(String),
}

impl fmt::Display for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Text(t) => write!(f, "'{}'", t.replace('\'', "''")),
        }
    }
}

/// A key as it was written: parts with their names, if they had any.
pub(crate) type WrittenKey = Vec<(Option<String>, KeyPart)>;

/// `Name(key)/tail`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub name: String,
    pub key: Option<WrittenKey>,
    pub tail: Option<String>,
}

impl Target {
    /// Reads a decoded path below the service root.
    pub(crate) fn parse(path: &str) -> Result<Self> {
        let end = path.find(['(', '/']).unwrap_or(path.len());
        let (name, rest) = path.split_at(end);
        let (key, rest) = match rest.strip_prefix('(') {
            Some(inside) => {
                let close = closing(inside).ok_or_else(|| B1Error::malformed("Missing ')' in the resource path"))?;
                let (text, rest) = inside.split_at(close);
                (Some(key(text)?), rest.get(1..).unwrap_or(""))
            }
            None => (None, rest),
        };
        let tail = rest.trim_matches('/');
        Ok(Self {
            name: name.to_owned(),
            key: key.filter(|k| !k.is_empty()),
            tail: (!tail.is_empty()).then(|| tail.to_owned()),
        })
    }

    /// The key without names, for counters.
    pub(crate) fn key_text(&self) -> Option<String> {
        let parts: Vec<String> = self.key.as_ref()?.iter().map(|(_, part)| part.to_string()).collect();
        Some(parts.join(","))
    }
}

/// The first `)` outside quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ')' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn key(text: &str) -> Result<WrittenKey> {
    split_outside_quotes(text, ',').into_iter().filter(|p| !p.trim().is_empty()).map(key_part).collect()
}

fn key_part(text: &str) -> Result<(Option<String>, KeyPart)> {
    let text = text.trim();
    let (name, value) = match text.split_once('=') {
        Some((name, value)) if !name.contains('\'') => (Some(name.trim().to_owned()), value.trim()),
        _ => (None, text),
    };
    let part = match value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
        Some(inside) => KeyPart::Text(unquote(inside).ok_or_else(|| bad_key(text))?),
        None => KeyPart::Int(value.parse().map_err(|_| bad_key(text))?),
    };
    Ok((name, part))
}

/// Undoubles apostrophes; a lone one is an error.
fn unquote(inside: &str) -> Option<String> {
    let undoubled = inside.replace("''", "");
    (!undoubled.contains('\'')).then(|| inside.replace("''", "'"))
}

fn bad_key(text: &str) -> B1Error {
    B1Error::malformed(format!("Invalid key in the resource path: {text}"))
}

/// Splits where `at` stands outside apostrophes.
pub(crate) fn split_outside_quotes(text: &str, at: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        if c == '\'' {
            quoted = !quoted;
        }
        c == at && !quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Target {
        Target::parse(path).unwrap()
    }

    #[test]
    fn keys_are_read_in_every_form() {
        assert_eq!(parse("Orders(123)").key, Some(vec![(None, KeyPart::Int(123))]));
        assert_eq!(parse("Items('a''b)/c')").key, Some(vec![(None, KeyPart::Text("a'b)/c".into()))]));
        let key = parse("SpecialPrices(CardCode='C,1',ItemCode='I1')").key.unwrap();
        assert_eq!(key[0], (Some("CardCode".into()), KeyPart::Text("C,1".into())));
        assert_eq!(key[1], (Some("ItemCode".into()), KeyPart::Text("I1".into())));
        let list = parse("SQLQueries('x')/List");
        assert_eq!((list.tail.as_deref(), list.key_text().as_deref()), (Some("List"), Some("'x'")));
    }

    #[test]
    fn an_apostrophe_that_is_not_doubled_is_refused() {
        assert!(Target::parse("Items('a'b')").is_err());
        assert!(Target::parse("Items('a").is_err());
        assert!(Target::parse("Items(a)").is_err());
    }
}
