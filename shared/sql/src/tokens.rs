//! The scanner's tokens as the parser's. The parser's own tokenizer takes a third of the time that a text takes to be
//! judged, for blanks and places that nobody asks for. Where signs stand together that it might read as one, it reads.

use crate::scan::{Kind, Token as Scanned};
use crate::words::Capitals;
use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};
use std::sync::LazyLock;

/// The tokens, without blanks and places; `None` where only the parser's tokenizer says what they are.
pub(crate) fn read(scanned: &[Scanned<'_>]) -> Option<Vec<TokenWithSpan>> {
    let mut tokens = Vec::with_capacity(scanned.len());
    let mut rest = scanned.iter();
    let mut capitals = Capitals::new();
    while let Some(token) = rest.next() {
        let after = rest.as_slice().first().filter(|next| next.at == token.at + token.text.len());
        let read = match token.kind {
            Kind::Word => match after.filter(|next| next.kind == Kind::Text) {
                Some(text) => {
                    rest.next();
                    Token::NationalStringLiteral(inside(text)?.replace("''", "'"))
                }
                None => word(token.text, keyword(capitals.of(token.text)), None),
            },
            Kind::Name => word(inside(token)?, Keyword::NoKeyword, token.text.chars().next()),
            Kind::Text => Token::SingleQuotedString(inside(token)?.replace("''", "'")),
            Kind::Number if after.is_some_and(|next| next.text == ".") => return None,
            Kind::Number => Token::Number(token.text.to_owned(), false),
            Kind::Sign => sign(token.text, after)?,
        };
        tokens.push(TokenWithSpan { token: read, span: Span::empty() });
    }
    Some(tokens)
}

fn word(text: &str, keyword: Keyword, quote_style: Option<char>) -> Token {
    Token::Word(Word { value: text.to_owned(), quote_style, keyword })
}

/// What a word in capitals is to the parser.
fn keyword(word: &str) -> Keyword {
    /// Where the words with each first byte begin, and where those with the last end.
    static BEGINNINGS: LazyLock<[usize; 257]> = LazyLock::new(|| {
        std::array::from_fn(|first| {
            ALL_KEYWORDS.partition_point(|known| known.bytes().next().map_or(0, usize::from) < first)
        })
    });
    let found = word.bytes().next().and_then(|first| {
        let from = *BEGINNINGS.get(usize::from(first))?;
        let same = ALL_KEYWORDS.get(from..*BEGINNINGS.get(usize::from(first) + 1)?)?;
        let place = same.binary_search_by(|known| known.as_bytes().iter().cmp(word.as_bytes())).ok()?;
        ALL_KEYWORDS_INDEX.get(from + place).copied()
    });
    found.unwrap_or(Keyword::NoKeyword)
}

/// What stands between the quotes.
fn inside<'t>(token: &Scanned<'t>) -> Option<&'t str> {
    token.text.get(1..token.text.len().checked_sub(1)?)
}

/// A sign, unless it might be the beginning of a longer one, or of a number.
fn sign(text: &str, after: Option<&Scanned<'_>>) -> Option<Token> {
    let is_alone = |token: &Scanned<'_>| token.kind != Kind::Sign || matches!(token.text, "(" | ")" | "," | ";");
    match text {
        "(" => return Some(Token::LParen),
        ")" => return Some(Token::RParen),
        "," => return Some(Token::Comma),
        "." if after.is_none_or(|next| next.kind != Kind::Number && next.text != ".") => return Some(Token::Period),
        _ if text == "." || !after.is_none_or(is_alone) => return None,
        _ => {}
    }
    Some(match text {
        "+" => Token::Plus,
        "-" => Token::Minus,
        "*" => Token::Mul,
        "/" => Token::Div,
        "%" => Token::Mod,
        "=" => Token::Eq,
        "<" => Token::Lt,
        ">" => Token::Gt,
        "<=" => Token::LtEq,
        ">=" => Token::GtEq,
        "<>" | "!=" => Token::Neq,
        "||" => Token::StringConcat,
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::dialect::Names;
    use crate::scan;
    use sqlparser::tokenizer::Tokenizer;

    /// That the parser's tokenizer reads the same, where a text is read here. Says whether it is.
    pub(crate) fn is_same(sql: &str) -> bool {
        let Ok(statement) = scan::statement(sql) else { return false };
        let Some(read) = read(&statement.tokens) else { return false };
        let theirs = Tokenizer::new(&Names, statement.text).tokenize().unwrap();
        let theirs: Vec<Token> =
            theirs.into_iter().filter(|token| !matches!(token, Token::Whitespace(_) | Token::EOF)).collect();
        let ours: Vec<Token> = read.into_iter().map(|token| token.token).collect();
        assert_eq!(ours, theirs, "{sql}");
        true
    }

    #[test]
    fn texts_are_read_as_the_parser_reads_them() {
        for sql in [
            "select a, \"b\", [c], T0.d, dbo.F(x), 1, 1.5e3, 1., 'a''b', N'一''', n'' from OITM T0",
            "select a+b, a -b, a*b, a/b, a%b, a||b from X where a<>b and c!=d and e<=f and g>=h and i<j or k>l",
            "select T0.*, count(*), (-1), a._b, \"a\".\"b\", a.[c],[d]\n\tfrom X where (T0.a=T1.b(+)) and a='x'and b=1",
            "with x as (select 1 a) select * from x;",
        ] {
            assert!(is_same(sql), "{sql}");
        }
        for sql in
            ["select .5 from X", "select 1.2.3 from X", "select a=-1 from X", "select a..b from X", "select a--b"]
        {
            assert!(!is_same(sql), "{sql}");
        }
    }

    #[test]
    fn every_word_of_the_parsers_is_read_as_the_parser_reads_it() {
        for known in ALL_KEYWORDS {
            assert_eq!(word(known, keyword(known), None), Token::make_word(known, None));
        }
        assert_eq!(keyword("ITEMCODE"), Keyword::NoKeyword);
    }

    #[test]
    fn texts_of_the_corpora_are_read_as_the_parser_reads_them() {
        let honest = include_str!("../tests/it/honest.txt");
        let read = honest.lines().filter(|line| is_same(line.split_once('\t').map_or(line, |(_, sql)| sql))).count();
        assert!(read * 10 > honest.lines().count() * 8, "only {read} are read here");
        for line in include_str!("../tests/it/hostile.txt").lines() {
            is_same(line.split_once('\t').map_or(line, |(_, sql)| sql));
        }
    }
}
