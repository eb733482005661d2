//! What an error means and what to do about it, in the reader's language: as `docs/ERRORS.md` and `docs/ERRORS.zh.md` have
//! it, and nowhere else. The crate's build makes one table of both.

use super::{Label, ViewContext};
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::LazyLock;
use tenon_model::Language;

/// Of each code a line: it, and in English and in Chinese its class, meaning and action; between tabs.
const ERRORS: &str = include_str!(concat!(env!("OUT_DIR"), "/errors.tsv"));

/// What is written of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What class it is of; empty where the caller alone is told of it.
    pub class: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub action: &'static str,
}

/// A code's in English and in Chinese.
type Both = (Remedy, Remedy);

static REMEDIES: LazyLock<HashMap<&'static str, Both>> = LazyLock::new(|| ERRORS.lines().filter_map(row).collect());

fn row(line: &'static str) -> Option<(&'static str, Both)> {
    let cells: Vec<&'static str> = line.split('\t').collect();
    let [code, class, meaning, action, class_zh, meaning_zh, action_zh] = *cells.as_slice() else { return None };
    let english = Remedy { class, meaning, action };
    // A code whose Chinese is missing is told in English; a test sees to it that none is.
    let chinese = match action_zh.is_empty() {
        true => english,
        false => Remedy { class: class_zh, meaning: meaning_zh, action: action_zh },
    };
    Some((code, (english, chinese)))
}

/// What is written of this code.
pub fn remedy(code: &str, language: Language) -> Option<Remedy> {
    REMEDIES.get(code).map(|(english, chinese)| language.of(*chinese, *english))
}

impl Remedy {
    /// What the class means, in the page's words.
    fn class_label(&self) -> Option<Label> {
        let words = [
            ("permanent", Label::ClassPermanent),
            ("transient", Label::ClassTransient),
            ("rate-limited", Label::ClassRateLimited),
            ("session", Label::ClassSession),
            ("unknown-outcome", Label::ClassUnknown),
            ("put-off", Label::ClassPutOff),
            ("blocked", Label::ClassBlocked),
        ];
        words.into_iter().find(|(word, _)| self.class.starts_with(word)).map(|(_, label)| label)
    }
}

/// A code with what is written of it.
pub(crate) fn details(context: &ViewContext<'_>, code: &str) -> Markup {
    let found = remedy(code, context.language());
    html! {
        dl.remedy {
            div { dt { (context.text(Label::ErrorCode)) } dd { code { (code) } } }
            @if let Some(found) = found {
                @if let Some(class) = found.class_label() {
                    div { dt { (found.class) } dd { (context.text(class)) } }
                }
                div { dt { (context.text(Label::Meaning)) } dd { (text(found.meaning)) } }
                div.fix { dt { (context.text(Label::Remedy)) } dd { (text(found.action)) } }
            } @else {
                div { dt { (context.text(Label::Remedy)) } dd { (context.text(Label::NoRemedy)) } }
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

/// What to do, for a page that shows the code beside it; nothing where nothing is written.
pub(crate) fn remedy_text(code: &str, language: Language) -> Option<Markup> {
    remedy(code, language).map(|found| text(found.action))
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;

    /// What a class says, whatever stands around it.
    fn classes(cell: &str) -> Vec<&str> {
        cell.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).filter(|word| KNOWN.contains(word)).collect()
    }

    const KNOWN: [&str; 9] = [
        "permanent",
        "transient",
        "rate-limited",
        "session",
        "unknown-outcome",
        "put-off",
        "blocked",
        "refused",
        "stopped",
    ];

    fn in_backquotes(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The codes of a document's tables, in their order, with their cells.
    fn listed(document: &str) -> Vec<Vec<&str>> {
        let rows = document.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
        cells.filter(|cells| cells[0].contains('.')).collect()
    }

    #[test]
    fn both_references_list_the_same_codes_with_the_same_class() {
        let english = listed(include_str!("../../../../docs/ERRORS.md"));
        let chinese = listed(include_str!("../../../../docs/ERRORS.zh.md"));
        assert!(english.len() > 350, "{}", english.len());
        let codes = |rows: &[Vec<&str>]| rows.iter().map(|row| row[0].to_owned()).collect::<Vec<_>>();
        assert_eq!(codes(&english), codes(&chinese));
        let mut known = codes(&english);
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), english.len(), "a code is listed twice");
        for (en, zh) in english.iter().zip(&chinese) {
            let code = en[0].trim_matches('`');
            assert_eq!(en.len(), zh.len(), "{code}");
            if let ([_, own, ..], [_, theirs, ..]) = (&en[..en.len() - 2], &zh[..zh.len() - 2]) {
                assert_eq!(classes(own), classes(theirs), "{code}");
            }
            // Codes, keys and commands are the same in every language.
            let words = |row: &[&str]| row[row.len() - 2..].join(" ");
            let (own, theirs) = (words(en), words(zh));
            assert_eq!(in_backquotes(&own), in_backquotes(&theirs), "{code}");
            assert!(!theirs.is_ascii(), "{code} is not told in Chinese: {theirs}");
            let found = [Language::En, Language::Zh].map(|language| remedy(code, language).unwrap());
            assert_eq!([found[0].action, found[1].action], [en[en.len() - 1], zh[zh.len() - 1]], "{code}");
        }
        assert_eq!(english.len(), REMEDIES.len());
    }

    #[test]
    fn a_remedy_is_told_in_the_readers_language_with_its_class_in_words() {
        let found = remedy("b1.login-refused", Language::En).unwrap();
        assert_eq!((found.class, found.class_label()), ("blocked", Some(Label::ClassBlocked)));
        assert!(found.action.starts_with("correct the connection and apply it"), "{found:?}");
        assert!(remedy("no.such", Language::Zh).is_none());
        let shown = |language| details(&context(language, true), "b1.login-refused").into_string();
        let (zh, en) = (shown(Language::Zh), shown(Language::En));
        assert!(zh.contains("更正连接并应用") && zh.contains("<code>tenon check</code>"), "{zh}");
        assert!(!zh.contains("correct the connection") && !zh.contains("lang="), "{zh}");
        assert!(en.contains("correct the connection and apply it") && !en.contains("更正"), "{en}");
        // Told to the caller alone, so of no class.
        let shown = details(&context(Language::Zh, true), "barcode.short").into_string();
        assert!(shown.contains("补足库存") && !shown.contains("<dt></dt>"), "{shown}");
    }

    #[test]
    fn links_become_their_words() {
        assert_eq!(without_links("see [OPS](OPERATIONS.md#x) and [b](c)."), "see OPS and b.");
        assert_eq!(text("set `a<b`").into_string(), "set <code>a&lt;b</code>");
    }
}
