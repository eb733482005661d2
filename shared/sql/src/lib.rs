//! SQL of strangers: one SELECT that is understood to its last token, or nothing.
//!
//! Two judges in turn, and both must agree. The scanner takes the text apart as HANA and MSSQL do, and refuses what one of
//! them might read otherwise: comments, control and look-alike characters, variables, words that begin another statement.
//! The parser makes a tree, and the walk over it lets through what it names, of which every part is named: tables,
//! functions and clauses by lists of what is allowed. What is let through is sent as it was written, so nothing is lost
//! in writing it anew. Pure: no I/O, no clock.

mod call;
mod dialect;
mod functions;
mod orders;
mod parameters;
mod refusal;
mod scan;
mod tables;
mod tokens;
mod walk;
mod words;

pub use call::Call;
pub use orders::of_orders;
pub use parameters::{text_literal, with_parameters};
pub use refusal::Refusal;
pub use tables::Rules;

use crate::dialect::Names;
use sqlparser::ast::{Query, Statement};
use sqlparser::parser::Parser;

/// Longest text, in bytes.
pub const MAX_SQL_BYTES: usize = 32 * 1024;
/// Deepest nesting.
const DEEPEST: usize = 24;

/// A text that was judged.
#[derive(Clone, Debug)]
pub struct Select {
    text: String,
    query: Box<Query>,
}

impl Select {
    /// The text without what surrounds it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Judges a text.
///
/// # Errors
/// Why it is refused.
pub fn judge(sql: &str, rules: &Rules) -> Result<Select, Refusal> {
    let scan::Statement { text, tokens } = scan::statement(sql)?;
    let parser = || Parser::new(&Names).with_recursion_limit(DEEPEST);
    let quickly = tokens::read(&tokens).map(|tokens| parser().with_tokens_with_locations(tokens).parse_statements());
    let parsed = match quickly {
        Some(Ok(statements)) => Ok(statements),
        // The parser's own reading knows the places that its errors name.
        Some(Err(_)) | None => parser().try_with_sql(text).and_then(|mut parser| parser.parse_statements()),
    };
    let statements = parsed.map_err(|error| Refusal::new("sql.syntax", format!("无法理解该语句，未执行：{error}")))?;
    let [statement]: [Statement; 1] =
        statements.try_into().map_err(|_| Refusal::new("sql.statements", "只能有一条语句，未执行"))?;
    let Statement::Query(query) = statement else {
        return Err(Refusal::new("sql.not-a-select", "只能是 SELECT，未执行"));
    };
    walk::query(&query, rules)?;
    Ok(Select { text: text.to_owned(), query })
}
