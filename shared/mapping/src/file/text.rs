//! Lines of the file. Labels come from a form that anybody may have named: in a value they are quoted, and in a
//! comment they are cut down to what can do no harm.

use crate::gate::Doubt;
use crate::plan::{Line, Unmatched};
use tenon_model::config::range;
use tenon_model::schema::{SeenControl, SeenForm};

/// Longest label in a comment.
const MAX_LENGTH: usize = 80;

/// A text as a basic string of TOML.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_unseen(c) => match u32::from(c) {
                code @ 0..=0xffff => out.push_str(&format!("\\u{code:04X}")),
                code => out.push_str(&format!("\\U{code:08X}")),
            },
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text as JSON.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text in a comment: on one line, nothing that is not seen or that turns the line around, not too long.
pub fn remark(text: &str) -> String {
    let seen = text.chars().map(|c| if c.is_control() || is_unseen(c) { ' ' } else { c });
    let text: String = seen.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MAX_LENGTH) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
}

/// A name, or the two names of a range.
fn name(text: &str) -> String {
    match range::pair(text) {
        Some((one, other)) => format!("[{}, {}]", quoted(&one), quoted(&other)),
        None => quoted(text),
    }
}

/// A mapping, or a proposal of one behind a `# ?`.
pub fn mapping(line: &Line) -> String {
    let mut text = format!("{{ from = {}, to = {}", name(&line.from), name(&line.to));
    if let Some(format) = line.written.format {
        text.push_str(&format!(", format = {}", quoted(format)));
    }
    if !line.written.values.is_empty() {
        let pairs: Vec<String> = line
            .written
            .values
            .iter()
            .map(|(value, called)| format!("{} = {}", quoted(value), quoted(called)))
            .collect();
        text.push_str(&format!(", values = {{ {} }}", pairs.join(", ")));
    }
    text.push_str(" },");
    let reasons = std::iter::once(line.reason.words()).chain(line.doubts.iter().map(Doubt::words));
    let why = reasons.map(|reason| remark(&reason));
    let why = format!("{} ({} {})", remark(&line.label), line.score, why.collect::<Vec<_>>().join("; "));
    if line.is_sure() { format!("  {text}  # {why}") } else { format!("  # ? {text}  # {why}") }
}

/// A control that nothing was found for.
pub fn unmatched(control: &Unmatched, what: &str) -> String {
    let (label, word) = (remark(&control.label), remark(&control.word));
    let word = if word.is_empty() { String::new() } else { format!(" ({word})") };
    let to = quoted(&control.to);
    if control.required {
        format!("  # ! {to} {label}{word} must be filled in, and nothing of {what} fits")
    } else {
        format!("  # - {to} {label}{word}: nothing of {what} fits")
    }
}

/// The part that `check` holds the form against, without the end of its last line.
pub fn seen(form: &SeenForm) -> String {
    let mut text = format!(
        "[flows.form.seen]   # the form as it was read; `tenon new flow` writes this table anew\nfingerprint = {}",
        quoted(&form.fingerprint)
    );
    if !form.controls.is_empty() {
        text.push_str("\ncontrols = [\n");
        for control in &form.controls {
            text.push_str(&format!("  {},\n", seen_control(control)));
        }
        text.push(']');
    }
    text
}

fn seen_control(control: &SeenControl) -> String {
    let mut text = format!(
        "{{ id = {}, label = {}, kind = {}",
        quoted(&control.id),
        quoted(&control.label),
        quoted(&control.kind)
    );
    if let Some(table) = &control.table {
        text.push_str(&format!(", in = {}", quoted(table)));
    }
    if control.required {
        text.push_str(", required = true");
    }
    if let Some(options) = &control.options {
        text.push_str(&format!(", options = {}", quoted(options)));
    }
    text.push_str(" }");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stays_where_it_is_put() {
        for label in ["\"]\n[[flows]]\nid = \"x\"", "a\\", "\u{0}\u{7f}\u{85}\u{202e}", "'''", "x # y", "\r\n"] {
            let text = format!("x = {}", quoted(label));
            let table: toml::Table = text.parse().unwrap();
            assert_eq!(table["x"].as_str(), Some(label), "{text}");
            let commented = format!("# {}\nx = 1", remark(label));
            assert_eq!(commented.parse::<toml::Table>().unwrap().len(), 1, "{commented:?}");
            assert_eq!(
                json(label),
                serde_json::to_string(label).unwrap().replace("\\n", "\\u000a").replace("\\r", "\\u000d")
            );
        }
        assert_eq!(remark(&"长".repeat(200)).chars().count(), MAX_LENGTH + 1);
    }
}
