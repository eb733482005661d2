//! Conditions over form data and process variables: a small typed language without code.
//!
//! ```text
//! ${amount > 1000 and department in ['HR', '客服部']}
//! ```
//!
//! Values are decimals (exact), texts, booleans, null and lists. Operators, from weak to strong: `or` `||`; `and` `&&`;
//! `not` `!`; `==` `=` `!=` `<>` `<` `<=` `>` `>=` (also `eq ne lt le gt ge`), `in`, `not in`; `+` `-`; `*` `/` `div` `%`
//! `mod`; `-` and `empty`. A name is a field or a variable, `.` and `[…]` go into objects and lists. There are no calls and no
//! assignments. `${…}` and `#{…}`, which modelling tools write around an expression, are taken off.

mod eval;
mod lexer;
mod parser;
mod value;

pub use eval::{Names, Wrong};
pub use value::Value;

use std::collections::BTreeSet;

/// Longest expression, in bytes.
pub const MAX_EXPRESSION_BYTES: usize = 4096;
/// How deep an expression may be nested.
pub const DEEPEST: usize = 64;

/// An expression that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    tree: Tree,
    names: BTreeSet<String>,
}

/// What is wrong with a text that is to be an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unparsable {
    /// The character, from 1 on.
    pub at: usize,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Unparsable {
    fn new(at: usize, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { at: at + 1, zh: zh.into(), en: en.into() }
    }
}

/// The parts of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    /// A value as it is written.
    Constant(Value),
    /// A field or a variable.
    Name(String),
    /// A member of an object.
    Member(Box<Tree>, String),
    /// An item of a list, or a member whose name is in quotes.
    Item(Box<Tree>, Box<Tree>),
    /// A list.
    List(Vec<Tree>),
    /// `not`
    Not(Box<Tree>),
    /// `-`
    Minus(Box<Tree>),
    /// `empty`
    Empty(Box<Tree>),
    /// Two of them.
    Two(Operator, Box<(Tree, Tree)>),
}

/// What stands between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    In,
    NotIn,
    Plus,
    Minus,
    Times,
    Divided,
    Remainder,
}

impl Expression {
    /// Reads an expression, with `${…}` around it or without.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, Unparsable> {
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(Unparsable::new(
                MAX_EXPRESSION_BYTES,
                format!("表达式超过{MAX_EXPRESSION_BYTES}字节"),
                format!("an expression has at most {MAX_EXPRESSION_BYTES} bytes"),
            ));
        }
        let tree = parser::parse(bare(text))?;
        let mut names = BTreeSet::new();
        gather(&tree, &mut names);
        Ok(Self { tree, names })
    }

    /// The names it asks for, without their members.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Its value.
    ///
    /// # Errors
    /// What cannot be worked out, by a code.
    pub fn value(&self, names: &dyn Names) -> Result<Value, Wrong> {
        eval::value(&self.tree, names)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// As [`value`](Self::value), and when it is neither true nor false.
    pub fn holds(&self, names: &dyn Names) -> Result<bool, Wrong> {
        eval::holds(&self.tree, names)
    }

    /// The name, when it is no more than one.
    pub fn as_name(&self) -> Option<&str> {
        match &self.tree {
            Tree::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// Without what tools write around it.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let inner = ["${", "#{"].iter().find_map(|open| text.strip_prefix(open)?.strip_suffix('}'));
    // FEEL's mark of an expression.
    inner.unwrap_or_else(|| text.strip_prefix('=').filter(|rest| !rest.starts_with('=')).unwrap_or(text))
}

fn gather(tree: &Tree, names: &mut BTreeSet<String>) {
    match tree {
        Tree::Constant(_) => {}
        Tree::Name(name) => {
            names.insert(name.clone());
        }
        // `form.amount` asks for the field, whatever it is within.
        Tree::Member(of, member) if matches!(of.as_ref(), Tree::Name(name) if name == eval::FORM) => {
            names.insert(member.clone());
        }
        Tree::Member(of, _) | Tree::Not(of) | Tree::Minus(of) | Tree::Empty(of) => gather(of, names),
        Tree::Item(of, at) => {
            gather(of, names);
            gather(at, names);
        }
        Tree::List(items) => items.iter().for_each(|item| gather(item, names)),
        Tree::Two(_, both) => {
            gather(&both.0, names);
            gather(&both.1, names);
        }
    }
}

#[cfg(test)]
mod tests;
