//! Configured queries: `:name` becomes a literal, outside quotes alone.

use crate::refusal::Refusal;
use crate::scan::text_is_sound;
use std::collections::BTreeMap;

/// A text as a literal.
///
/// # Errors
/// `sql.character` for what no text may hold.
pub fn text_literal(text: &str) -> Result<String, Refusal> {
    text_is_sound(text)?;
    Ok(format!("'{}'", text.replace('\'', "''")))
}

/// The statement with these literals in the places of its parameters. What comes out is judged as any other.
///
/// # Errors
/// `sql.variable` for a parameter that has no value.
pub fn with_parameters(sql: &str, literals: &BTreeMap<&str, String>) -> Result<String, Refusal> {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '"', '[', ':']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let length = match found.as_bytes().first() {
            Some(b':') => {
                let name: String =
                    found.chars().skip(1).take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let literal = literals.get(name.as_str()).ok_or_else(|| {
                    Refusal::new("sql.variable", format!("语句中的参数 :{name} 没有定义（parameters）"))
                })?;
                out.push_str(literal);
                rest = found.get(1 + name.len()..).unwrap_or_default();
                continue;
            }
            Some(b'[') => found.find(']').map(|end| end + 1),
            Some(quote) => found.get(1..).and_then(|inside| inside.find(char::from(*quote))).map(|end| end + 2),
            None => None,
        };
        // Quotes that never end are refused when it is judged.
        let length = length.unwrap_or(found.len());
        out.push_str(found.get(..length).unwrap_or_default());
        rest = found.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}
