//! Turns what is wrong into what a person needs: the line, the key, the nearest key that exists, and never the value of a
//! secret.

use super::mistake::{Mistake, MistakeKind};
use std::fmt::Write as _;

/// Keys whose values are not shown.
const SECRET_KEYS: [&str; 6] = ["password", "secret", "spk", "token", "aes_key", "app_code"];
/// Names further apart than this are not offered as the one that was meant.
const NEAR: f64 = 0.5;

/// The file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl Source<'_> {
    /// The mistake with its place; `path` names the element it is in, or is empty.
    pub fn explain(&self, mistake: &Mistake, path: &str) -> String {
        let (number, line) = mistake.span.as_ref().map_or((None, ""), |span| self.line(span.start));
        let message = humane(&mistake.kind, line);
        let mut rendered = self.name.to_owned();
        if let Some(number) = number {
            let _ = write!(rendered, ":{number}");
        }
        rendered.push_str(": ");
        if !path.is_empty() {
            let _ = write!(rendered, "{path}: ");
        }
        rendered.push_str(&message);
        if let Some(number) = number
            && !line.trim().is_empty()
        {
            // Values are left out: that of a misspelt `pasword` is a secret too.
            let shown = line.split_once('=').map_or_else(|| line.to_owned(), |(key, _)| format!("{}= …", key));
            let _ = write!(rendered, "\n  {number} | {}", shown.trim_end());
        }
        rendered
    }

    /// Number (from 1) and text of the line at a byte offset.
    fn line(&self, at: usize) -> (Option<usize>, &str) {
        let Some(before) = self.text.get(..at) else { return (None, "") };
        let start = before.rfind('\n').map_or(0, |found| found + 1);
        let line = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        (Some(before.matches('\n').count() + 1), line)
    }
}

/// Whether the line gives a secret its value.
fn assigns_secret(line: &str) -> bool {
    SECRET_KEYS.iter().any(|key| {
        line.match_indices(key).any(|(at, _)| {
            let rest = line.get(at + key.len()..).unwrap_or_default();
            rest.trim_start_matches(['"', '\'']).trim_start().starts_with('=')
        })
    })
}

/// What is wrong, in the words of the configuration; `line` is where it stands.
fn humane(kind: &MistakeKind, line: &str) -> String {
    let quoted = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match kind {
        // Its value is not told.
        MistakeKind::Kind { .. } | MistakeKind::UnknownWord { .. } if assigns_secret(line) => {
            "must be a text in quotes, such as \"env:NAME\"".to_owned()
        }
        MistakeKind::Syntax(parser_message) if reveals_value(parser_message, line) => {
            "cannot be read here; a text stands in quotes, such as \"env:NAME\"".to_owned()
        }
        MistakeKind::Syntax(parser_message) => parser_message.replace('\n', "; "),
        MistakeKind::UnknownKey { key, known } if known.is_empty() => {
            format!("unknown key `{key}`. Known keys here: none")
        }
        MistakeKind::UnknownKey { key, known } => {
            format!("unknown key `{key}`{} Known keys here: {}", meant(key, known), quoted(known))
        }
        MistakeKind::UnknownWord { word, known } => {
            format!("`{word}` is not allowed here{} Allowed: {}", meant(word, known), quoted(known))
        }
        MistakeKind::MissingKey { key, known } if known.is_empty() => format!("missing key `{key}`"),
        MistakeKind::MissingKey { key, known } => format!("missing key `{key}`, which is one of {}", quoted(known)),
        MistakeKind::TwiceGiven(key) => format!("`{key}` is given twice"),
        MistakeKind::Kind { wanted, found } => format!("must be {wanted}, and is {found}"),
        MistakeKind::Custom(message) => message.replace('\n', "; "),
    }
}

/// Whether what the parser of the file says carries a part of a value that stands in the line.
fn reveals_value(parser_message: &str, line: &str) -> bool {
    let Some((_, value)) = line.split_once('=') else { return false };
    let parts = value.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() > 2);
    parts.into_iter().any(|part| parser_message.contains(part))
}

/// What ends the sentence about an unknown name.
fn meant(unknown: &str, known: &[String]) -> String {
    nearest(unknown, known).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"))
}

/// The known name most like the unknown one, when it is like enough.
fn nearest<'a>(unknown: &str, known: &'a [String]) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    // Of two that are as near, the one that begins as it does.
    let alike = |name: &str| name.chars().zip(unknown.chars()).take_while(|(a, b)| a == b).count();
    known
        .iter()
        .map(|name| {
            let lower = name.to_lowercase();
            (strsim::normalized_damerau_levenshtein(&unknown, &lower), alike(&lower), name.as_str())
        })
        .filter(|(likeness, ..)| *likeness >= NEAR)
        .max_by(|(a, a_alike, _), (b, b_alike, _)| a.total_cmp(b).then(a_alike.cmp(b_alike)))
        .map(|(.., name)| name)
}
