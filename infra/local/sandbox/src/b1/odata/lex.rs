//! Words of a filter.

use crate::b1::errors::{B1Error, Result};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Name(String),
    Text(String),
    Number(f64),
    Open,
    Close,
    Comma,
}

pub(crate) fn lex(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match chars.next() {
                        Some('\'') if chars.peek() == Some(&'\'') => {
                            chars.next();
                            literal.push('\'');
                        }
                        Some('\'') => break,
                        Some(c) => literal.push(c),
                        None => return Err(B1Error::malformed("Invalid filter: a text literal is not closed")),
                    }
                }
                // `datetime'2022-01-01'` and enum literals carry their type before the apostrophe.
                if matches!(tokens.last(), Some(Token::Name(n)) if is_type(n)) {
                    tokens.pop();
                }
                tokens.push(Token::Text(literal));
            }
            c if c.is_ascii_digit() || c == '-' => {
                let mut number = String::from(c);
                while let Some(next) =
                    chars.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | ':'))
                {
                    number.push(next);
                }
                tokens.push(match number.parse() {
                    Ok(n) => Token::Number(n),
                    // An unquoted date.
                    Err(_) => Token::Text(number),
                });
            }
            c if c.is_alphabetic() || c == '_' => {
                let mut name = String::from(c);
                while let Some(next) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/')) {
                    name.push(next);
                }
                tokens.push(Token::Name(name));
            }
            c => return Err(B1Error::malformed(format!("Invalid filter: unexpected '{c}'"))),
        }
    }
    Ok(tokens)
}

fn is_type(name: &str) -> bool {
    name == "datetime" || name.contains('.')
}
