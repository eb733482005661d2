//! Conditions of a question: SQL's comparisons with `and`, `or` and brackets.

use serde_json::Value;
use std::cmp::Ordering;

/// A condition.
#[derive(Debug)]
pub(super) enum Filter {
    All,
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Compare { field: String, operator: String, wanted: Vec<String> },
}

impl Filter {
    /// Reads one; an empty text holds for every row.
    pub fn read(text: &str) -> Result<Self, String> {
        let words = words(text)?;
        if words.is_empty() {
            return Ok(Self::All);
        }
        let mut reader = Reader { words, at: 0 };
        let filter = reader.any()?;
        match reader.peek() {
            None => Ok(filter),
            Some(word) => Err(format!("“{word}”附近有语法错误")),
        }
    }

    /// The fields that it names.
    pub fn fields<'f>(&'f self, into: &mut Vec<&'f str>) {
        match self {
            Self::All => {}
            Self::And(a, b) | Self::Or(a, b) => {
                a.fields(into);
                b.fields(into);
            }
            Self::Compare { field, .. } => into.push(field),
        }
    }

    /// Whether it holds for a row whose values this finds.
    pub fn holds(&self, value: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Self::All => true,
            Self::And(a, b) => a.holds(value) && b.holds(value),
            Self::Or(a, b) => a.holds(value) || b.holds(value),
            Self::Compare { field, operator, wanted } => {
                let found = value(field);
                if found.is_null() {
                    return false;
                }
                let against = |text: &String| compare(&found, text);
                let Some(first) = wanted.first() else { return false };
                match operator.as_str() {
                    "in" => wanted.iter().any(|text| against(text) == Ordering::Equal),
                    "=" => against(first) == Ordering::Equal,
                    "<>" | "!=" => against(first) != Ordering::Equal,
                    ">" => against(first) == Ordering::Greater,
                    ">=" => against(first) != Ordering::Less,
                    "<" => against(first) == Ordering::Less,
                    _ => against(first) != Ordering::Greater,
                }
            }
        }
    }
}

/// Numbers by value, all else as text; dates are in an order as texts.
fn compare(found: &Value, wanted: &str) -> Ordering {
    if let (Some(found), Ok(wanted)) = (found.as_i64(), wanted.parse::<i64>()) {
        return found.cmp(&wanted);
    }
    let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    // A blank stands for the T of a date.
    found.replace('T', " ").as_str().cmp(wanted.replace('T', " ").as_str())
}

struct Reader {
    words: Vec<String>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Result<String, String> {
        let word = self.words.get(self.at).cloned().ok_or("条件不完整")?;
        self.at += 1;
        Ok(word)
    }

    fn is(&mut self, word: &str) -> bool {
        let is = self.peek().is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    fn any(&mut self) -> Result<Filter, String> {
        let mut left = self.all()?;
        while self.is("or") {
            left = Filter::Or(Box::new(left), Box::new(self.all()?));
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<Filter, String> {
        let mut left = self.one()?;
        while self.is("and") {
            left = Filter::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Filter, String> {
        if self.is("(") {
            let inside = self.any()?;
            return if self.is(")") { Ok(inside) } else { Err("缺少右括号".to_owned()) };
        }
        let field = self.next()?;
        let operator = self.next()?.to_ascii_lowercase();
        if operator == "in" {
            let mut wanted = Vec::new();
            if !self.is("(") {
                return Err("in 之后缺少括号".to_owned());
            }
            loop {
                wanted.push(literal(&self.next()?));
                if self.is(")") {
                    break;
                }
                if !self.is(",") {
                    return Err("in 列表有语法错误".to_owned());
                }
            }
            return Ok(Filter::Compare { field, operator, wanted });
        }
        if !["=", "<>", "!=", ">", ">=", "<", "<="].contains(&operator.as_str()) {
            return Err(format!("“{operator}”附近有语法错误"));
        }
        let wanted = vec![literal(&self.next()?)];
        Ok(Filter::Compare { field, operator, wanted })
    }
}

/// A text without its quotes, a number as it is.
fn literal(word: &str) -> String {
    match word.strip_prefix('\'') {
        Some(rest) => rest.strip_suffix('\'').unwrap_or(rest).replace("''", "'"),
        None => word.to_owned(),
    }
}

fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => quoted(rest).ok_or("字符串没有结束")?,
            '(' | ')' | ',' => 1,
            '=' => 1,
            '<' | '>' | '!' => 1 + usize::from(rest.get(1..2).is_some_and(|next| "=>".contains(next))),
            c if c.is_alphanumeric() || matches!(c, '_' | '.' | '-') => {
                rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(rest.len())
            }
            c => return Err(format!("“{c}”附近有语法错误")),
        };
        let (word, behind) = rest.split_at(length);
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    Ok(words)
}

/// How long a text in quotes is; two quotes in it are one.
fn quoted(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text.get(at..)?.find('\'')? + 1;
        if text.get(at..at + 1) != Some("'") {
            return Some(at);
        }
        at += 1;
    }
}
