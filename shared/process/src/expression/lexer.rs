//! An expression as words.

use super::Unparsable;
use tenon_model::decimal::{self, Decimal};

/// A word, with the character where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Number(Decimal),
    Text(String),
    Name(String),
    Sign(&'static str),
}

/// Signs, longer ones before those they begin with.
const SIGNS: [&str; 22] = [
    "&&", "||", "==", "!=", "<>", "<=", ">=", "<", ">", "=", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".",
];

/// The words of a text.
pub(super) fn words(text: &str) -> Result<Vec<(usize, Word)>, Unparsable> {
    let chars: Vec<char> = text.chars().collect();
    let (mut words, mut at) = (Vec::new(), 0);
    while let Some(char) = chars.get(at).copied() {
        if char.is_whitespace() {
            at += 1;
            continue;
        }
        let (word, length) = match char {
            '\'' | '"' => quoted(&chars, at)?,
            '0'..='9' => number(&chars, at)?,
            char if is_first(char) => name(&chars, at),
            _ => sign(&chars, at)?,
        };
        words.push((at, word));
        at += length;
    }
    Ok(words)
}

fn quoted(chars: &[char], at: usize) -> Result<(Word, usize), Unparsable> {
    let quote = chars.get(at).copied();
    let (mut text, mut next) = (String::new(), at + 1);
    loop {
        match chars.get(next).copied() {
            None => {
                return Err(Unparsable::new(at, "文本没有结束的引号", "a text without its closing quote"));
            }
            char if char == quote => return Ok((Word::Text(text), next + 1 - at)),
            Some('\\') => {
                match chars.get(next + 1).copied() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(other) => text.push(other),
                    None => {}
                }
                next += 2;
            }
            Some(char) => {
                text.push(char);
                next += 1;
            }
        }
    }
}

fn number(chars: &[char], at: usize) -> Result<(Word, usize), Unparsable> {
    let digits: String = chars.iter().skip(at).take_while(|c| c.is_ascii_digit() || **c == '.').collect();
    // A point that no digit follows is no part of it.
    let text = digits.trim_end_matches('.');
    let wrong =
        || Unparsable::new(at, format!("数字{text}无法精确表示"), format!("{text} is no number that is held exactly"));
    let number = decimal::parse_exact(text).ok_or_else(wrong)?;
    if chars.get(at + text.len()).copied().is_some_and(is_first) {
        return Err(wrong());
    }
    Ok((Word::Number(number), text.len()))
}

fn name(chars: &[char], at: usize) -> (Word, usize) {
    let name: String = chars.iter().skip(at).take_while(|c| is_first(**c) || c.is_numeric()).collect();
    let length = name.chars().count();
    (Word::Name(name), length)
}

fn is_first(char: char) -> bool {
    char.is_alphabetic() || char == '_' || char == '$'
}

fn sign(chars: &[char], at: usize) -> Result<(Word, usize), Unparsable> {
    let is = |sign: &&&str| sign.chars().enumerate().all(|(n, char)| chars.get(at + n) == Some(&char));
    let sign = SIGNS.iter().find(is);
    let unknown = || {
        let char = chars.get(at).copied().unwrap_or(' ');
        Unparsable::new(at, format!("无法识别的字符{char}"), format!("the character {char} means nothing here"))
    };
    sign.map(|sign| (Word::Sign(sign), sign.len())).ok_or_else(unknown)
}
