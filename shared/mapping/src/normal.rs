//! Labels and names as they are compared: full-width and traditional characters, case, punctuation, brackets and
//! plurals make no difference.

use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// No label of a form is longer; what is beyond is not compared.
const MAX_LENGTH: usize = 200;

/// Traditional characters and their simplified ones, in pairs.
static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let all: Vec<char> = include_str!("../data/traditional.txt").chars().filter(|c| !c.is_whitespace()).collect();
    all.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect()
});

/// What a label says: its text without brackets, then what stands within them, each as it is compared.
pub fn forms(label: &str) -> Vec<String> {
    let (mut outside, mut inside) = (String::new(), Vec::new());
    let mut depth: usize = 0;
    let mut inner = String::new();
    for c in characters(label) {
        match c {
            '(' | '[' | '<' | '{' | '〔' | '【' | '〈' | '《' => depth += 1,
            ')' | ']' | '>' | '}' | '〕' | '】' | '〉' | '》' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    inside.push(std::mem::take(&mut inner));
                }
            }
            c if depth > 0 => inner.push(c),
            c => outside.push(c),
        }
    }
    // A bracket that is never closed holds the rest of the label.
    inside.push(inner);
    let mut all: Vec<String> = Vec::new();
    for text in std::iter::once(outside).chain(inside) {
        let text = letters(&text);
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// A whole text as it is compared, brackets and all.
pub fn plain(text: &str) -> String {
    letters(&characters(text).collect::<String>())
}

/// The words of a name in Latin letters, without the `U_` of user-defined fields: `U_SafetyStock` is safety, stock.
pub fn words(name: &str) -> Vec<String> {
    let name = name.strip_prefix("U_").unwrap_or(name);
    let mut all: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let letters: Vec<char> = name.nfkc().take(MAX_LENGTH).collect();
    for (at, c) in letters.iter().copied().enumerate() {
        let next_is_small = letters.get(at + 1).is_some_and(|c| c.is_lowercase());
        let begins = c.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next_is_small));
        let is_other = !c.is_alphanumeric() || (c.is_numeric() != before.is_numeric() && before != ' ');
        if begins || is_other {
            push_word(&mut all, &mut word);
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = if c.is_alphanumeric() { c } else { ' ' };
    }
    push_word(&mut all, &mut word);
    all
}

fn push_word(all: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        all.push(singular(word));
        word.clear();
    }
}

/// A word without the ending of its plural.
fn singular(word: &str) -> String {
    match word.strip_suffix('s') {
        Some(rest) if rest.len() > 3 && !rest.ends_with(['s', 'u']) => rest.to_owned(),
        _ => word.to_owned(),
    }
}

/// Whether a character is Chinese.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// Compatible, simplified, small characters without anything that is not seen.
fn characters(text: &str) -> impl Iterator<Item = char> {
    let shown = text.nfkc().filter(|c| !c.is_control() && !is_invisible(*c)).take(MAX_LENGTH);
    shown.map(|c| SIMPLIFIED.get(&c).copied().unwrap_or(c)).flat_map(char::to_lowercase)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_label_is_typed_makes_no_difference() {
        for label in ["金额（元）", "金額(元)", " 金 额 【元】", "金额：（元）", "\u{200b}金额\n(元)"]
        {
            assert_eq!(forms(label), ["金额", "元"], "{label:?}");
        }
        assert_eq!(forms("ＤｏｃＤａｔｅ"), ["docdate"]);
        assert_eq!(forms("單據編號"), ["单据编号"]);
        assert_eq!(forms("部门 (请购部门"), ["部门", "请购部门"]);
        assert_eq!(forms("（备注）"), ["备注"]);
        assert!(forms("\u{0}\u{7}———").is_empty());
    }

    #[test]
    fn names_are_split_where_their_writers_meant_it() {
        assert_eq!(words("U_SafetyStock"), ["safety", "stock"]);
        assert_eq!(words("PriceAfterVAT"), ["price", "after", "vat"]);
        assert_eq!(words("UoMCode"), ["uo", "m", "code"]);
        assert_eq!(words("VATGroup2"), ["vat", "group", "2"]);
        assert_eq!(words("DocumentLines"), ["document", "line"]);
        assert_eq!(words("U_ISSYN"), ["issyn"]);
    }
}
