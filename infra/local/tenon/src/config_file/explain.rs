//! Turns what the parser complains about into what a person needs: the line, the key, the nearest
//! key that exists, and never the value of a secret.

use std::fmt::Write as _;
use std::ops::Range;

/// Keys whose values are not shown.
const SECRET_KEYS: [&str; 5] = ["password", "app_secret", "token", "aes_key", "app_code"];
/// Names further apart than this are not offered as the one that was meant.
const NEAR: f64 = 0.75;

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
        let shown = without_secret(line);
        let message = if shown.is_some() && mistake.message.starts_with("invalid ") {
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
            let _ = write!(told, "\n  {number} | {}", shown.as_deref().unwrap_or(line).trim_end());
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

/// The line up to the value of the first secret in it; `None` when there is none.
fn without_secret(line: &str) -> Option<String> {
    let value_of = |key: &str| {
        let mut from = 0;
        while let Some(found) = line.get(from..).and_then(|rest| rest.find(key)) {
            let end = from + found + key.len();
            let rest = line.get(end..).unwrap_or_default();
            let assigned = rest.trim_start_matches(['"', '\'']).trim_start();
            if assigned.starts_with('=') {
                return Some(end + rest.len() - assigned.len() + 1);
            }
            from = end;
        }
        None
    };
    let first = SECRET_KEYS.iter().filter_map(|key| value_of(key)).min()?;
    Some(format!("{} …", line.get(..first).unwrap_or_default()))
}

/// The parser's message in the words of the configuration.
fn humane(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let quoted = |names: &[&str]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    match names.split_first() {
        Some((unknown, known)) if message.starts_with("unknown field") => {
            let meant = nearest(unknown, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let known = if known.is_empty() { "none".to_owned() } else { quoted(known) };
            format!("unknown key `{unknown}`{meant} Known keys here: {known}").replace("` Known", "`. Known")
        }
        Some((unknown, known)) if message.starts_with("unknown variant") => {
            let meant = nearest(unknown, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            format!("`{unknown}` is not allowed here{meant} Allowed: {}", quoted(known)).replace("here Allowed", "here. Allowed")
        }
        Some(_) if message.starts_with("missing field") => message.replacen("missing field", "missing key", 1),
        _ => match message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) {
            Some((found, expected)) => format!("must be {}, and is {}", kind_of(expected), found.replacen("string", "the text", 1)),
            None => message.replace('\n', "; "),
        },
    }
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
        .map(|name| (strsim::jaro_winkler(&unknown.to_lowercase(), &name.to_lowercase()), *name))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
