//! What an error means and how it is mended: as `docs/ERRORS.md` has it, and nowhere else.

use super::{Say, Scene};
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The reference of errors.
const ERRORS: &str = include_str!("../../../../docs/ERRORS.md");

/// What is written of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What class it is of.
    pub class: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What mends it.
    pub mend: &'static str,
}

static REMEDIES: LazyLock<HashMap<&'static str, Remedy>> = LazyLock::new(|| ERRORS.lines().filter_map(row).collect());

/// A row of a table whose first column is a code.
fn row(line: &'static str) -> Option<(&'static str, Remedy)> {
    let cells: Vec<&'static str> = line.strip_prefix("| `")?.trim_end().trim_end_matches('|').split(" | ").collect();
    let code = cells.first()?.trim().strip_suffix('`')?;
    match cells.get(1..)? {
        [class, meaning, mend] if code.contains('.') => {
            Some((code, Remedy { class: class.trim(), meaning: meaning.trim(), mend: mend.trim() }))
        }
        _ => None,
    }
}

/// What is written of this code.
pub fn remedy(code: &str) -> Option<Remedy> {
    REMEDIES.get(code).copied()
}

impl Remedy {
    /// What the class means, in the page's words.
    fn told(&self) -> Option<Say> {
        let words = [
            ("permanent", Say::ClassPermanent),
            ("transient", Say::ClassTransient),
            ("rate-limited", Say::ClassRateLimited),
            ("session", Say::ClassSession),
            ("unknown-outcome", Say::ClassUnknown),
            ("put-off", Say::ClassPutOff),
            ("blocked", Say::ClassBlocked),
        ];
        words.into_iter().find(|(word, _)| self.class.starts_with(word)).map(|(_, say)| say)
    }
}

/// A code with what is written of it.
pub(crate) fn told(scene: &Scene<'_>, code: &str) -> Markup {
    let found = remedy(code);
    html! {
        dl.remedy {
            div { dt { (scene.say(Say::ErrorCode)) } dd { code { (code) } } }
            @if let Some(found) = found {
                @if let Some(class) = found.told() {
                    div { dt { (found.class) } dd { (scene.say(class)) } }
                }
                div { dt { (scene.say(Say::Meaning)) } dd lang="en" { (text(found.meaning)) } }
                div.mend { dt { (scene.say(Say::Remedy)) } dd lang="en" { (text(found.mend)) } }
            } @else {
                div { dt { (scene.say(Say::Remedy)) } dd { (scene.say(Say::NoRemedy)) } }
            }
        }
    }
}

/// Text of the document: what stands between backquotes is code, of a link its words stay.
fn text(written: &str) -> Markup {
    html! {
        @for (index, part) in written.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (without_links(part)) }
        }
    }
}

fn without_links(part: &str) -> String {
    let mut rest = part.replace("**", "");
    while let Some((before, after)) = rest.split_once("](") {
        let (Some(open), Some((_, end))) = (before.rfind('['), after.split_once(')')) else { break };
        let (lead, words) = before.split_at(open);
        rest = format!("{lead}{}{end}", words.trim_start_matches('['));
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_reference_has_its_mend() {
        let codes: Vec<&str> = ERRORS
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
            .filter(|(code, rest)| code.contains('.') && rest.matches(" | ").count() >= 3)
            .map(|(code, _)| code)
            .collect();
        assert!(codes.len() > 200, "{}", codes.len());
        for code in codes {
            assert!(remedy(code).is_some_and(|found| !found.mend.is_empty()), "{code}");
        }
        let found = remedy("b1.login-refused").unwrap();
        assert_eq!((found.class, found.told()), ("blocked", Some(Say::ClassBlocked)));
        assert!(found.mend.starts_with("correct the connection and apply it"), "{found:?}");
        assert!(remedy("no.such").is_none());
    }

    #[test]
    fn links_become_their_words() {
        assert_eq!(without_links("see [OPS](OPERATIONS.md#x) and [b](c)."), "see OPS and b.");
        assert_eq!(text("set `a<b`").into_string(), "set <code>a&lt;b</code>");
    }
}
