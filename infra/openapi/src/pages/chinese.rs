//! The pages' language. The document describes fields and routes in English, as their types do; the pages are
//! for readers of Chinese, so that each description has its counterpart here, one a line.

const TABLE: &str = include_str!("chinese.tsv");

/// A description on one line.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A description in Chinese, if there is one; what is Chinese already is its own.
pub fn of(english: &str) -> Option<String> {
    let wanted = plain(english);
    if wanted.is_empty() || wanted.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
        return Some(wanted);
    }
    TABLE.lines().filter_map(|line| line.split_once('\t')).find(|(e, _)| *e == wanted).map(|(_, c)| c.to_owned())
}

/// A description in Chinese, or as it is.
pub fn or_as_is(text: &str) -> String {
    of(text).unwrap_or_else(|| plain(text))
}

/// A text of several paragraphs, each by itself.
pub fn paragraphs(text: &str) -> String {
    text.split("\n\n").map(or_as_is).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_chinese_and_the_rest_stays() {
        assert_eq!(of("Pieces.").as_deref(), Some("件数。"));
        assert_eq!(of("状态").as_deref(), Some("状态"));
        assert_eq!(of("Nobody has translated this."), None);
        assert_eq!(paragraphs("Pieces.\n\nNobody has\ntranslated this."), "件数。\n\nNobody has translated this.");
        assert!(TABLE.lines().all(|line| line.split('\t').count() == 2));
    }
}
