//! Turns what the parser complains about into what a person needs: the line, the key, the nearest
//! key that exists, and never the value of a secret.

use std::fmt::Write as _;
use std::ops::Range;

/// Keys whose values are not shown.
const SECRET_KEYS: [&str; 6] = ["password", "secret", "spk", "token", "aes_key", "app_code"];
/// Names further apart than this are not offered as the one that was meant.
const NEAR: f64 = 0.5;

/// One mistake in a file.
#[derive(Debug)]
pub struct Mistake {
    message: String,
    span: Option<Range<usize>>,
}

impl Mistake {
    /// A mistake at a byte range of the file.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Some(span) }
    }
}

impl From<toml::de::Error> for Mistake {
    fn from(error: toml::de::Error) -> Self {
        Self { message: error.message().to_owned(), span: error.span() }
    }
}

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
        let message = if mistake.message.starts_with("invalid ") && assigns_secret(line) {
            // The parser's own words would carry the value.
            "must be a text in quotes, such as \"env:NAME\"".to_owned()
        } else {
            humane(&mistake.message)
        };
        let mut told = self.name.to_owned();
        if let Some(number) = number {
            let _ = write!(told, ":{number}");
        }
        told.push_str(": ");
        if !path.is_empty() {
            let _ = write!(told, "{path}: ");
        }
        told.push_str(&message);
        if let Some(number) = number
            && !line.trim().is_empty()
        {
            // Values are left out: that of a misspelt `pasword` is a secret too.
            let shown = line.split_once('=').map_or_else(|| line.to_owned(), |(key, _)| format!("{}= …", key));
            let _ = write!(told, "\n  {number} | {}", shown.trim_end());
        }
        told
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

/// The parser's message in the words of the configuration.
fn humane(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let quoted = |names: &[&str]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    match names.split_first() {
        Some((unknown, known)) if message.starts_with("unknown field") => {
            let meant = meant(unknown, known);
            let known = if known.is_empty() { "none".to_owned() } else { quoted(known) };
            format!("unknown key `{unknown}`{meant} Known keys here: {known}")
        }
        Some((unknown, known)) if message.starts_with("unknown variant") => {
            let meant = meant(unknown, known);
            format!("`{unknown}` is not allowed here{meant} Allowed: {}", quoted(known))
        }
        Some(_) if message.starts_with("missing field") => message.replacen("missing field", "missing key", 1),
        _ => match message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) {
            Some((found, expected)) => {
                format!("must be {}, and is {}", kind_of(expected), found.replacen("string", "the text", 1))
            }
            None => message.replace('\n', "; "),
        },
    }
}

/// What ends the sentence about an unknown name.
fn meant(unknown: &str, known: &[&str]) -> String {
    nearest(unknown, known).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"))
}

fn kind_of(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64" | "usize" => "a whole number",
        "a string" | "string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list in [ ]",
        "a map" => "a table",
        other => other.strip_prefix("struct ").map_or(other, |_| "a table"),
    }
}

/// The known name most like the unknown one, when it is like enough.
fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&unknown.to_lowercase(), &name.to_lowercase()), *name))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
