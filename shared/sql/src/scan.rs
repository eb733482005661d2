//! Takes a text apart, and refuses what two readers might read differently.

use crate::MAX_SQL_BYTES;
use crate::refusal::Refusal;
use crate::words::{Capitals, Forbidden, forbidden};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word without quotes.
    Word,
    /// A name in double quotes or brackets.
    Name,
    /// A text in apostrophes.
    Text,
    /// A number.
    Number,
    /// Anything else: an operator, a comma, a parenthesis.
    Sign,
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub kind: Kind,
    pub text: &'t str,
    /// Where it begins, in bytes.
    pub at: usize,
    /// Parentheses around it.
    pub depth: usize,
}

impl Token<'_> {
    /// Whether it is this word, which is given in capitals.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }
}

/// More parentheses than this nest in no query that people write.
const DEEPEST: usize = 30;
/// Operators make trees as deep as they are many.
const MAX_OPERATORS: usize = 1_500;
/// Selects that are joined one below the other.
const MAX_UNIONS: usize = 40;
/// What B1 and both databases take of a name, in characters.
const LONGEST_NAME: usize = 128;

/// A statement.
#[derive(Debug)]
pub(crate) struct Statement<'t> {
    pub text: &'t str,
    pub tokens: Vec<Token<'t>>,
}

/// The statement in a text, without blanks around it and without one semicolon at its end, when nothing in it is
/// refused.
pub(crate) fn statement(sql: &str) -> Result<Statement<'_>, Refusal> {
    let mut tokens = tokens(sql)?;
    tokens.pop_if(|last| last.is_sign(";"));
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return Err(Refusal::new("sql.empty", "语句为空"));
    };
    if tokens.iter().any(|token| token.is_sign(";")) {
        return Err(Refusal::new("sql.statements", "只能有一条语句，分号之后还有内容；未执行"));
    }
    if !(first.is_word("SELECT") || first.is_word("WITH") || first.is_sign("(")) {
        return Err(Refusal::new("sql.not-a-select", "只能是 SELECT，未执行"));
    }
    words(&tokens)?;
    let text = sql.get(first.at..last.at + last.text.len()).unwrap_or_default();
    Ok(Statement { text, tokens })
}

/// Looks at the words and at how much there is of what makes trees deep.
fn words(tokens: &[Token<'_>]) -> Result<(), Refusal> {
    let (mut operators, mut unions, mut cases) = (0, 0, 0_usize);
    let mut capitals = Capitals::new();
    for (place, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Sign && !matches!(token.text, "," | "(" | ")" | ".") {
            operators += 1;
        }
        if token.kind != Kind::Word {
            continue;
        }
        let word = capitals.of(token.text);
        match word {
            "AND" | "OR" | "NOT" | "LIKE" | "IN" | "IS" | "BETWEEN" | "CASE" | "COLLATE" => operators += 1,
            "END" => cases = cases.saturating_sub(1),
            "UNION" | "EXCEPT" | "INTERSECT" | "MINUS" => unions += 1,
            _ => {}
        }
        cases += usize::from(word == "CASE");
        if cases > DEEPEST {
            return Err(Refusal::new("sql.too-complex", "CASE 嵌套过深，未执行"));
        }
        let before = place.checked_sub(1).and_then(|place| tokens.get(place));
        let after = tokens.get(place + 1);
        // A column of that name, right behind its table. A sequence's next value is written so too.
        let is_behind = |dot: &Token<'_>| dot.is_sign(".") && dot.at + 1 == token.at;
        let is_column = before.is_some_and(is_behind) && !matches!(word, "NEXTVAL" | "CURRVAL");
        let is_call = after.is_some_and(|token| token.is_sign("("));
        match forbidden(word) {
            _ if is_column => {}
            None if word == "REPLACE" && !is_call => return Err(refused(word)),
            None => {}
            Some(Forbidden::Statement) => return Err(refused(word)),
            Some(Forbidden::Informer) => {
                let message = format!("{word} 不能查询；未执行");
                return Err(Refusal::new("sql.function", message));
            }
        }
    }
    if operators > MAX_OPERATORS || unions > MAX_UNIONS {
        return Err(Refusal::new("sql.too-complex", "语句过于复杂，未执行"));
    }
    Ok(())
}

fn refused(word: &str) -> Refusal {
    Refusal::new("sql.not-a-select", format!("语句中有 {word}，只能是 SELECT；作为名称请加双引号。未执行"))
}

/// The tokens of a text.
pub(crate) fn tokens(sql: &str) -> Result<Vec<Token<'_>>, Refusal> {
    if sql.len() > MAX_SQL_BYTES {
        return Err(Refusal::new("sql.too-long", format!("语句超过 {} KB，未执行", MAX_SQL_BYTES / 1024)));
    }
    let mut scanner = Scanner { sql, at: 0, depth: 0, tokens: Vec::with_capacity(sql.len() / 5) };
    while scanner.step()? {}
    if scanner.depth > 0 {
        return Err(Refusal::new("sql.syntax", "括号没有闭合，未执行"));
    }
    Ok(scanner.tokens)
}

struct Scanner<'t> {
    sql: &'t str,
    at: usize,
    depth: usize,
    tokens: Vec<Token<'t>>,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.sql.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let text = self.rest().get(..length).unwrap_or_default();
        self.tokens.push(Token { kind, text, at: self.at, depth: self.depth });
        self.at += length;
    }

    /// One token or blank; `false` at the end.
    fn step(&mut self) -> Result<bool, Refusal> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(false) };
        match first {
            ' ' | '\t' | '\r' | '\n' => self.at += 1,
            '-' if rest.starts_with("--") => return Err(comment()),
            '/' if rest.starts_with("/*") => return Err(comment()),
            '*' if rest.starts_with("*/") => return Err(comment()),
            '\'' => {
                let length = quoted(rest, '\'')?;
                let text = rest.get(..length).unwrap_or_default();
                text_is_sound(text)?;
                apostrophes_are_clear(text)?;
                self.push(Kind::Text, length);
            }
            '"' | '[' => {
                let length = quoted(rest, if first == '[' { ']' } else { '"' })?;
                name_is_sound(rest.get(1..length - 1).unwrap_or_default())?;
                self.push(Kind::Name, length);
            }
            '0'..='9' => self.number()?,
            'A'..='Z' | 'a'..='z' | '_' => self.word()?,
            other if is_ideograph(other) => self.word()?,
            _ => self.sign(first)?,
        }
        Ok(true)
    }

    fn number(&mut self) -> Result<(), Refusal> {
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let mut length = digits(0);
        if bytes.get(length) == Some(&b'.') {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            length += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        // `0x…`, `1from`: read in two ways.
        if self
            .rest()
            .get(length..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| c.is_alphanumeric() || c == '_')
        {
            return Err(Refusal::new("sql.character", "数字之后紧跟字母，未执行"));
        }
        self.push(Kind::Number, length);
        Ok(())
    }

    fn word(&mut self) -> Result<(), Refusal> {
        let rest = self.rest();
        let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || is_ideograph(*c);
        let length: usize = rest.chars().take_while(is_part).map(char::len_utf8).sum();
        let after = rest.get(length..).and_then(|rest| rest.chars().next());
        // Of the strings with a letter before them, only national ones are the same everywhere.
        if after == Some('\'') && length == 1 && !rest.starts_with(['N', 'n']) {
            return Err(Refusal::new("sql.character", "不支持的字符串前缀，未执行"));
        }
        if let Some(odd @ ('#' | '$' | '@')) = after {
            return Err(character(odd));
        }
        self.push(Kind::Word, length);
        Ok(())
    }

    fn sign(&mut self, first: char) -> Result<(), Refusal> {
        let rest = self.rest();
        let two = ["<>", "<=", ">=", "!=", "||"].into_iter().any(|sign| rest.starts_with(sign));
        match first {
            '(' => {
                self.push(Kind::Sign, 1);
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(Refusal::new("sql.too-complex", "括号嵌套过深，未执行"));
                }
            }
            ')' => {
                self.depth =
                    self.depth.checked_sub(1).ok_or_else(|| Refusal::new("sql.syntax", "多余的右括号，未执行"))?;
                self.push(Kind::Sign, 1);
            }
            _ if two => self.push(Kind::Sign, 2),
            '+' | '-' | '*' | '/' | '%' | '=' | '<' | '>' | ',' | '.' | ';' => self.push(Kind::Sign, 1),
            '@' | ':' | '?' | '#' | '$' => {
                let message = format!("不支持变量、参数和临时表（{first}）；自定义表名请加双引号。未执行");
                return Err(Refusal::new("sql.variable", message));
            }
            other => return Err(character(other)),
        }
        Ok(())
    }
}

fn comment() -> Refusal {
    Refusal::new("sql.comment", "不支持注释，未执行")
}

fn character(odd: char) -> Refusal {
    Refusal::new(
        "sql.character",
        format!("引号之外有不支持的字符 {odd:?}（U+{:04X}）；全角字符请改为半角。未执行", u32::from(odd)),
    )
}

/// Bytes of what is in quotes, which are doubled where they are meant.
fn quoted(rest: &str, end: char) -> Result<usize, Refusal> {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((place, character)) = characters.next() {
        if character == end && characters.next_if(|(_, next)| *next == end).is_none() {
            return Ok(place + end.len_utf8());
        }
    }
    Err(Refusal::new("sql.unclosed", "引号没有闭合，未执行"))
}

/// Whether a character is one that is not seen, or seen as another.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// What some make an apostrophe of, where a text is turned into a narrower code page.
fn is_like_an_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\u{2b9}' | '\u{2bb}'
            ..='\u{2bd}'
                | '\u{2c8}'
                | '\u{2ca}'
                | '\u{2cb}'
                | '\u{2018}'
                | '\u{2019}'
                | '\u{201b}'
                | '\u{2032}'
                | '\u{2035}'
                | '\u{ff07}'
    )
}

/// To some readers a backslash takes the meaning of what stands behind it: of two apostrophes there the second would end
/// the text.
fn apostrophes_are_clear(text: &str) -> Result<(), Refusal> {
    match text.contains("\\''") {
        false => Ok(()),
        true => Err(Refusal::new("sql.character", "文本中的反斜杠后紧跟单引号，未执行")),
    }
}

pub(crate) fn text_is_sound(text: &str) -> Result<(), Refusal> {
    match text.chars().find(|c| is_hidden(*c) || is_like_an_apostrophe(*c)) {
        None => Ok(()),
        Some(odd) => {
            let message = format!("文本中有不支持的字符（U+{:04X}），未执行", u32::from(odd));
            Err(Refusal::new("sql.character", message))
        }
    }
}

fn name_is_sound(name: &str) -> Result<(), Refusal> {
    text_is_sound(name)?;
    if name.trim().is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(Refusal::new("sql.character", "引号中的名称为空或过长，未执行"));
    }
    match odd_in(name) {
        None => Ok(()),
        Some(odd) => Err(Refusal::new("sql.character", format!("名称中有{odd}，未执行"))),
    }
}

/// What ends a name for some reader, or begins a comment; or a blank that is not one.
fn odd_in(name: &str) -> Option<String> {
    let mut before = ' ';
    for character in name.chars() {
        match (before, character) {
            (_, '\'' | '"' | '[' | ']' | ';' | '\\' | '`') => return Some(format!(" {character}")),
            ('-', '-') | ('/', '*') | ('*', '/') => return Some(format!(" {before}{character}")),
            (_, blank) if blank.is_whitespace() && blank != ' ' => return Some("空白字符".to_owned()),
            _ => before = character,
        }
    }
    None
}

/// What Chinese names are written with.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(sql: &str) -> Option<&'static str> {
        statement(sql).err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_statement_is_what_stands_between_blanks_and_one_semicolon() {
        assert_eq!(statement("\n select 1 from DUMMY ;\n ").unwrap().text, "select 1 from DUMMY");
        for (sql, code) in [
            ("", "sql.empty"),
            (" ; ", "sql.empty"),
            ("select 1 from DUMMY;;", "sql.statements"),
            ("select 1 from DUMMY; select 2 from DUMMY", "sql.statements"),
            ("delete from OITM", "sql.not-a-select"),
        ] {
            assert_eq!(super::tests::code(sql), Some(code), "{sql}");
        }
    }

    #[test]
    fn quotes_are_doubled_and_what_stands_in_them_is_text() {
        for sql in [
            "select 'a''b; -- /* drop' from DUMMY",
            "select \"a b\", [c d] from DUMMY",
            "select N'长（大）；' from DUMMY",
        ] {
            assert_eq!(code(sql), None, "{sql}");
        }
        for sql in ["select 'a from DUMMY", "select \"a from DUMMY", "select [a from DUMMY"] {
            assert_eq!(code(sql), Some("sql.unclosed"), "{sql}");
        }
        for sql in [
            "select 'a\u{2019}' from DUMMY",
            "select 'a\0' from DUMMY",
            "select \"a\u{200b}\" from DUMMY",
            "select \"\" from DUMMY",
        ] {
            assert_eq!(code(sql), Some("sql.character"), "{sql:?}");
        }
    }

    #[test]
    fn a_word_is_refused_unless_it_is_quoted_or_a_column_behind_its_table() {
        assert_eq!(code("select T0.Update, \"Set\", replace(a,'x','y') from OITM T0"), None);
        for sql in [
            "select a from OITM shutdown",
            "select a into b from OITM",
            "select replace from OITM",
            "select S.NEXTVAL from DUMMY",
        ] {
            assert_eq!(code(sql), Some("sql.not-a-select"), "{sql}");
        }
        assert_eq!(code("select CURRENT_USER from DUMMY"), Some("sql.function"));
    }
}
