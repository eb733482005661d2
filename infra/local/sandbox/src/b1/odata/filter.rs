//! `$filter`: parsed once, then asked of each row. Comparisons with null are unknown, as in the
//! SQL they become, except `eq null` and `ne null`.

use super::lex::{Token, lex};
use crate::b1::entities::Row;
use crate::b1::errors::{B1Error, Result};
use crate::b1::schema::object_number;
use serde_json::Value;
use std::cmp::Ordering;

/// Nesting beyond which a filter is refused rather than the stack used up.
const DEEPEST: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Property(String),
    Text(String),
    Number(f64),
    Null,
}

/// A parsed filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Or(Vec<Filter>),
    And(Vec<Filter>),
    Not(Box<Filter>),
    Compare(OperandPair),
    Match(TextMatch),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OperandPair {
    left: Operand,
    operator: Operator,
    right: Operand,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TextMatch {
    function: Function,
    property: String,
    text: String,
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser { tokens: lex(text)?, at: 0, depth: 0 };
        let filter = parser.or()?;
        match parser.peek() {
            None => Ok(filter),
            Some(token) => Err(bad(&format!("unexpected {token:?}"))),
        }
    }

    /// The properties it names.
    pub(crate) fn properties(&self) -> Vec<&str> {
        match self {
            Self::Or(all) | Self::And(all) => all.iter().flat_map(Filter::properties).collect(),
            Self::Not(a) => a.properties(),
            Self::Compare(pair) => [&pair.left, &pair.right]
                .into_iter()
                .filter_map(|o| if let Operand::Property(p) = o { Some(p.as_str()) } else { None })
                .collect(),
            Self::Match(m) => vec![m.property.as_str()],
        }
    }

    /// Whether a row passes.
    ///
    /// # Errors
    /// 400 when a text is compared with a number.
    pub(crate) fn accepts(&self, row: &Row) -> Result<bool> {
        Ok(self.evaluate(row)? == Some(true))
    }

    /// `None` is unknown.
    fn evaluate(&self, row: &Row) -> Result<Option<bool>> {
        Ok(match self {
            Self::Or(all) => decided(all, row, true)?,
            Self::And(all) => decided(all, row, false)?,
            Self::Not(a) => a.evaluate(row)?.map(|v| !v),
            Self::Compare(pair) => pair.evaluate(row)?,
            Self::Match(m) => row.get(&m.property).and_then(Value::as_str).map(|value| match m.function {
                Function::StartsWith => value.starts_with(&m.text),
                Function::EndsWith => value.ends_with(&m.text),
                Function::Contains => value.contains(&m.text),
            }),
        })
    }
}

impl OperandPair {
    fn evaluate(&self, row: &Row) -> Result<Option<bool>> {
        let (left, right) = (self.left.value(row), self.right.value(row));
        let ordering = match (&left, &right) {
            (Operand::Null, _) | (_, Operand::Null) => {
                let both = left == right;
                let literal = self.left == Operand::Null || self.right == Operand::Null;
                return Ok(match self.operator {
                    Operator::Eq if literal => Some(both),
                    Operator::Ne if literal => Some(!both),
                    _ => None,
                });
            }
            (Operand::Number(a), Operand::Number(b)) => a.partial_cmp(b),
            (Operand::Text(a), Operand::Text(b)) => {
                // Drafts report their kind as a word; a filter may name it as a number.
                let code = |o: &Operand| matches!(o, Operand::Property(p) if p == "DocObjectCode" || p == "ObjectType");
                if code(&self.left) || code(&self.right) {
                    Some(object_number(a).cmp(object_number(b)))
                } else {
                    Some(date(a).cmp(date(b)))
                }
            }
            _ => return Err(bad("a text is compared with a number")),
        };
        Ok(ordering.map(|o| match self.operator {
            Operator::Eq => o == Ordering::Equal,
            Operator::Ne => o != Ordering::Equal,
            Operator::Gt => o == Ordering::Greater,
            Operator::Ge => o != Ordering::Less,
            Operator::Lt => o == Ordering::Less,
            Operator::Le => o != Ordering::Greater,
        }))
    }
}

/// One member that is `decisive` decides; else one that is unknown leaves it unknown.
fn decided(all: &[Filter], row: &Row, decisive: bool) -> Result<Option<bool>> {
    let mut result = Some(!decisive);
    for filter in all {
        match filter.evaluate(row)? {
            Some(value) if value == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => result = None,
        }
    }
    Ok(result)
}

fn one_or(mut all: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match all.pop() {
        Some(one) if all.is_empty() => one,
        last => many(all.into_iter().chain(last).collect()),
    }
}

/// Dates are stored with and without a midnight.
fn date(text: &str) -> &str {
    text.strip_suffix("T00:00:00Z").or_else(|| text.strip_suffix("T00:00:00")).unwrap_or(text)
}

impl Operand {
    fn value(&self, row: &Row) -> Operand {
        let Self::Property(name) = self else { return self.clone() };
        match row.get(name) {
            Some(Value::String(text)) => Self::Text(text.clone()),
            Some(Value::Number(n)) => Self::Number(n.as_f64().unwrap_or(f64::NAN)),
            Some(Value::Bool(b)) => Self::Text(b.to_string()),
            _ => Self::Null,
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(n)) if n == word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<()> {
        match self.next() {
            Some(found) if found == *token => Ok(()),
            found => Err(bad(&format!("{token:?} is missing before {found:?}"))),
        }
    }

    fn or(&mut self) -> Result<Filter> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(bad("it is nested too deeply"));
        }
        let mut all = vec![self.and()?];
        while self.word("or") {
            all.push(self.and()?);
        }
        self.depth -= 1;
        Ok(one_or(all, Filter::Or))
    }

    fn and(&mut self) -> Result<Filter> {
        let mut all = vec![self.unary()?];
        while self.word("and") {
            all.push(self.unary()?);
        }
        Ok(one_or(all, Filter::And))
    }

    fn unary(&mut self) -> Result<Filter> {
        if self.word("not") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(bad("it is nested too deeply"));
            }
            let inner = self.unary()?;
            self.depth -= 1;
            return Ok(Filter::Not(Box::new(inner)));
        }
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        let function = match self.peek() {
            Some(Token::Name(n)) => match n.as_str() {
                "startswith" => Some((Function::StartsWith, false)),
                "endswith" => Some((Function::EndsWith, false)),
                "contains" => Some((Function::Contains, false)),
                // The older spelling takes the text first.
                "substringof" => Some((Function::Contains, true)),
                _ => None,
            },
            _ => None,
        };
        match function {
            Some((function, text_first)) => self.function(function, text_first),
            None => self.comparison(),
        }
    }

    fn function(&mut self, function: Function, text_first: bool) -> Result<Filter> {
        self.at += 1;
        self.expect(&Token::Open)?;
        let first = self.operand()?;
        self.expect(&Token::Comma)?;
        let second = self.operand()?;
        self.expect(&Token::Close)?;
        let (property, text) = if text_first { (second, first) } else { (first, second) };
        let filter = match (property, text) {
            (Operand::Property(property), Operand::Text(text)) => Filter::Match(TextMatch { function, property, text }),
            _ => return Err(bad("a text function takes a property and a text")),
        };
        // `startswith(a,'b') eq true` is the same, and `eq false` its opposite.
        if self.word("eq") {
            return match self.next() {
                Some(Token::Name(n)) if n == "true" => Ok(filter),
                Some(Token::Name(n)) if n == "false" => Ok(Filter::Not(Box::new(filter))),
                _ => Err(bad("a text function is compared with true or false")),
            };
        }
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter> {
        let left = self.operand()?;
        let operator = match self.next() {
            Some(Token::Name(n)) => match n.as_str() {
                "eq" => Operator::Eq,
                "ne" => Operator::Ne,
                "gt" => Operator::Gt,
                "ge" => Operator::Ge,
                "lt" => Operator::Lt,
                "le" => Operator::Le,
                _ => return Err(bad(&format!("{n} is no operator"))),
            },
            found => return Err(bad(&format!("an operator is missing before {found:?}"))),
        };
        Ok(Filter::Compare(OperandPair { left, operator, right: self.operand()? }))
    }

    fn operand(&mut self) -> Result<Operand> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Operand::Text(text)),
            Some(Token::Number(n)) => Ok(Operand::Number(n)),
            Some(Token::Name(n)) => Ok(match n.as_str() {
                "null" => Operand::Null,
                "true" | "false" => Operand::Text(n),
                _ => Operand::Property(n),
            }),
            found => Err(bad(&format!("a value is missing before {found:?}"))),
        }
    }
}

fn bad(what: &str) -> B1Error {
    B1Error::malformed(format!("Invalid filter: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn accepts(filter: &str, row: Value) -> bool {
        let Value::Object(row) = row else { panic!("a row is an object") };
        Filter::parse(filter).unwrap().accepts(&row).unwrap()
    }

    #[test]
    fn both_spellings_of_an_object_code_match() {
        for spelling in ["1470000113", "oPurchaseRequest"] {
            let filter = format!("DocObjectCode eq '{spelling}' and U_ISSYN eq 'N'");
            assert!(accepts(&filter, json!({"DocObjectCode": "oPurchaseRequest", "U_ISSYN": "N"})));
            assert!(!accepts(&filter, json!({"DocObjectCode": "oPurchaseOrders", "U_ISSYN": "N"})));
        }
    }

    #[test]
    fn and_binds_tighter_than_or_and_parentheses_override() {
        let row = json!({"a": 1, "b": 2});
        assert!(accepts("a eq 1 or a eq 9 and b eq 9", row.clone()));
        assert!(!accepts("(a eq 1 or a eq 9) and b eq 9", row.clone()));
        assert!(accepts("not (a gt 1) and b ge 2 and b le 2 and b lt 2.5", row));
    }

    #[test]
    fn null_is_unknown_unless_asked_for() {
        assert!(accepts("x eq null", json!({})));
        assert!(accepts("x ne null", json!({"x": "Y"})));
        assert!(!accepts("x ne 'Y'", json!({"x": null})));
        assert!(!accepts("not (x eq 'Y')", json!({"x": null})));
        assert!(accepts("x ne 'Y' or x eq null", json!({"x": null})));
    }

    #[test]
    fn text_functions_and_apostrophes() {
        let row = json!({"CardCode": "C'100"});
        for filter in [
            "startswith(CardCode,'C''')",
            "endswith(CardCode, '100')",
            "contains(CardCode,'''1')",
            "substringof('10',CardCode)",
            "substringof('10',CardCode) eq true",
            "not startswith(CardCode,'V')",
            "CardCode eq 'C''100'",
        ] {
            assert!(accepts(filter, row.clone()), "{filter}");
        }
    }

    #[test]
    fn dates_and_typed_literals() {
        let row = json!({"DocDate": "2022-08-23T00:00:00Z", "DocumentStatus": "bost_Open"});
        for filter in [
            "DocDate eq '2022-08-23'",
            "DocDate ge datetime'2022-08-23T00:00:00'",
            "DocDate gt 2022-08-22",
            "DocumentStatus eq SAPB1.BoStatus'bost_Open'",
        ] {
            assert!(accepts(filter, row.clone()), "{filter}");
        }
    }

    #[test]
    fn malformed_filters_are_refused() {
        for filter in ["", "a", "a eq", "a eq 'x", "a like 'x'", "(a eq 1", "a eq 1)", "startswith('x')", "a eq 1 b"] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
        assert!(Filter::parse(&"(".repeat(10_000)).is_err());
        assert!(Filter::parse(&"not ".repeat(10_000)).is_err());
        assert!(accepts(&format!("{}a eq 2", "a eq 1 or ".repeat(50_000)), json!({"a": 2})));
        let row = json!({"DocEntry": 16}).as_object().unwrap().clone();
        assert!(Filter::parse("DocEntry eq '16'").unwrap().accepts(&row).is_err());
    }
}
