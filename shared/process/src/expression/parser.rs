//! Words as an expression.

use super::lexer::{Word, words};
use super::{DEEPEST, Operator, Tree, Unparsable, Value};

/// Reads a text without what is around it.
pub(super) fn parse(text: &str) -> Result<Tree, Unparsable> {
    let words = words(text)?;
    let mut parser = Parser { words: &words, at: 0, end: text.chars().count(), depth: 0 };
    let tree = parser.either()?;
    if parser.words.get(parser.at).is_some() {
        return Err(parser.unexpected());
    }
    Ok(tree)
}

struct Parser<'w> {
    words: &'w [(usize, Word)],
    at: usize,
    end: usize,
    depth: usize,
}

/// Operators of one strength, by how they are written.
type Operators = &'static [(&'static str, Operator)];

const OR: Operators = &[("or", Operator::Or), ("||", Operator::Or)];
const AND: Operators = &[("and", Operator::And), ("&&", Operator::And)];
const COMPARE: Operators = &[
    ("==", Operator::Equal),
    ("=", Operator::Equal),
    ("eq", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<>", Operator::Unequal),
    ("ne", Operator::Unequal),
    ("<=", Operator::AtMost),
    ("le", Operator::AtMost),
    ("<", Operator::Less),
    ("lt", Operator::Less),
    (">=", Operator::AtLeast),
    ("ge", Operator::AtLeast),
    (">", Operator::Greater),
    ("gt", Operator::Greater),
    ("in", Operator::In),
];
const SUM: Operators = &[("+", Operator::Plus), ("-", Operator::Minus)];
const PRODUCT: Operators = &[
    ("*", Operator::Times),
    ("/", Operator::Divided),
    ("div", Operator::Divided),
    ("%", Operator::Remainder),
    ("mod", Operator::Remainder),
];
/// Words that are no names.
const RESERVED: [&str; 19] = [
    "or",
    "and",
    "not",
    "in",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "div",
    "mod",
    "empty",
    "true",
    "false",
    "null",
    "instanceof",
    "TRUE",
    "FALSE",
];

impl Parser<'_> {
    fn either(&mut self) -> Result<Tree, Unparsable> {
        self.deeper(|parser| parser.row(OR, |parser| parser.row(AND, Self::negated)))
    }

    fn negated(&mut self) -> Result<Tree, Unparsable> {
        if self.takes("!") || self.takes("not") {
            let of = self.deeper(Self::negated)?;
            return Ok(Tree::Not(Box::new(of)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Tree, Unparsable> {
        let one = self.sum()?;
        let operator = if self.is("not") && self.is_next("in") {
            self.at += 2;
            Some(Operator::NotIn)
        } else {
            self.operator(COMPARE)
        };
        let Some(operator) = operator else { return Ok(one) };
        let other = self.sum()?;
        if self.operator(COMPARE).is_some() {
            self.at -= 1;
            return Err(self.wrong("比较不能连写，请用and连接", "comparisons do not chain; join them with `and`"));
        }
        Ok(Tree::Two(operator, Box::new((one, other))))
    }

    fn sum(&mut self) -> Result<Tree, Unparsable> {
        self.row(SUM, |parser| parser.row(PRODUCT, Self::signed))
    }

    fn signed(&mut self) -> Result<Tree, Unparsable> {
        if self.takes("-") {
            let of = self.deeper(Self::signed)?;
            return Ok(Tree::Minus(Box::new(of)));
        }
        if self.is("empty") {
            self.at += 1;
            let of = self.deeper(Self::signed)?;
            return Ok(Tree::Empty(Box::new(of)));
        }
        self.path()
    }

    fn path(&mut self) -> Result<Tree, Unparsable> {
        let (mut tree, mut steps) = (self.single()?, 0);
        loop {
            if self.takes(".") {
                let Some((_, Word::Name(name))) = self.words.get(self.at).cloned() else {
                    return Err(self.unexpected());
                };
                self.at += 1;
                tree = Tree::Member(Box::new(tree), name);
            } else if self.takes("[") {
                let at = self.either()?;
                self.needs("]")?;
                tree = Tree::Item(Box::new(tree), Box::new(at));
            } else if matches!(tree, Tree::Name(_) | Tree::Member(..)) && self.is("(") {
                return Err(self.wrong("表达式不能调用函数或方法", "an expression calls no functions and no methods"));
            } else {
                return Ok(tree);
            }
            steps += 1;
            if steps > DEEPEST {
                return Err(self.too_deep());
            }
        }
    }

    fn single(&mut self) -> Result<Tree, Unparsable> {
        let Some((_, word)) = self.words.get(self.at).cloned() else { return Err(self.unexpected()) };
        let tree = match word {
            Word::Number(number) => Tree::Constant(Value::Number(number)),
            Word::Text(text) => Tree::Constant(Value::Text(text)),
            Word::Name(name) => match name.as_str() {
                "true" | "TRUE" => Tree::Constant(Value::Truth(true)),
                "false" | "FALSE" => Tree::Constant(Value::Truth(false)),
                "null" => Tree::Constant(Value::Null),
                name if RESERVED.contains(&name) => return Err(self.unexpected()),
                _ => Tree::Name(name),
            },
            Word::Sign("[") => {
                self.at += 1;
                return self.list("]").map(Tree::List);
            }
            Word::Sign("(") => {
                self.at += 1;
                let mut items = self.list(")")?;
                // `('a', 'b')` is a list too, as SQL writes it.
                return match (items.pop(), items.is_empty()) {
                    (Some(only), true) => Ok(only),
                    (Some(last), false) => {
                        items.push(last);
                        Ok(Tree::List(items))
                    }
                    (None, _) => Err(self.unexpected()),
                };
            }
            Word::Sign(_) => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(tree)
    }

    fn list(&mut self, end: &str) -> Result<Vec<Tree>, Unparsable> {
        let mut items = Vec::new();
        if self.takes(end) {
            return Ok(items);
        }
        loop {
            items.push(self.either()?);
            if !self.takes(",") {
                self.needs(end)?;
                return Ok(items);
            }
        }
    }

    /// Several of one strength, from the left.
    fn row(
        &mut self,
        operators: Operators,
        each: impl Fn(&mut Self) -> Result<Tree, Unparsable>,
    ) -> Result<Tree, Unparsable> {
        let mut tree = each(self)?;
        let mut length = 0;
        while let Some(operator) = self.operator(operators) {
            let other = each(self)?;
            tree = Tree::Two(operator, Box::new((tree, other)));
            length += 1;
            // The tree leans to the left, as deep as the row is long.
            if length > DEEPEST * 4 {
                return Err(self.too_deep());
            }
        }
        Ok(tree)
    }

    fn operator(&mut self, operators: Operators) -> Option<Operator> {
        let (_, found) = operators.iter().find(|(word, _)| self.is(word))?;
        self.at += 1;
        Some(*found)
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result<Tree, Unparsable>) -> Result<Tree, Unparsable> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.too_deep());
        }
        let tree = read(self)?;
        self.depth -= 1;
        Ok(tree)
    }

    fn is(&self, text: &str) -> bool {
        self.stands_at(self.at, text)
    }

    fn is_next(&self, text: &str) -> bool {
        self.stands_at(self.at + 1, text)
    }

    fn stands_at(&self, at: usize, text: &str) -> bool {
        match self.words.get(at) {
            Some((_, Word::Sign(sign))) => *sign == text,
            // Operators in letters, in either case: `AND`.
            Some((_, Word::Name(name))) => RESERVED.contains(&text) && name.eq_ignore_ascii_case(text),
            _ => false,
        }
    }

    fn takes(&mut self, text: &str) -> bool {
        let is = self.is(text);
        self.at += usize::from(is);
        is
    }

    fn needs(&mut self, text: &str) -> Result<(), Unparsable> {
        if self.takes(text) {
            Ok(())
        } else {
            Err(self.wrong(&format!("此处应为{text}"), &format!("`{text}` is missing here")))
        }
    }

    fn unexpected(&self) -> Unparsable {
        match self.words.get(self.at) {
            None => self.wrong("表达式不完整", "the expression ends too soon"),
            Some((_, word)) => {
                let word = match word {
                    Word::Number(number) => number.to_string(),
                    Word::Text(text) => format!("'{text}'"),
                    Word::Name(name) => name.clone(),
                    Word::Sign(sign) => (*sign).to_owned(),
                };
                self.wrong(&format!("此处不应为{word}"), &format!("`{word}` does not belong here"))
            }
        }
    }

    fn too_deep(&self) -> Unparsable {
        self.wrong("表达式嵌套过深或过长", "the expression is nested too deep or too long")
    }

    fn wrong(&self, zh: &str, en: &str) -> Unparsable {
        let at = self.words.get(self.at).map_or(self.end, |(at, _)| *at);
        Unparsable::new(at, zh, en)
    }
}
