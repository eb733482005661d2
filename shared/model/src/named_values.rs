//! `:name` in SQL: where values are bound. What stands in quotes and remarks is left alone.

use crate::localized::messages;

/// A part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'s> {
    /// Text as it is.
    Text(&'s str),
    /// A value of this name.
    Value(&'s str),
}

messages! {
    /// What is wrong with a statement.
    #[derive(Copy)]
    Unsound;
    NoQuestion: "不是查询语句：须以SELECT或WITH开头", "is no question: it begins with SELECT or WITH";
    Several: "不止一条语句，请去掉分号", "is more than one statement; leave the semicolon out";
    NoEnd: "有未结束的引号或注释", "has a quote or a remark that does not end";
    Mark: "含有?或$1；值按名称书写，例如:oa_user_id",
        "has a ? or $1; values stand in it by name, as :oa_user_id";
}

/// The parts of one question.
///
/// # Errors
/// What is wrong with it.
pub fn parts(sql: &str) -> Result<Vec<Part<'_>>, Unsound> {
    let sql = sql.trim();
    let first = sql.trim_start_matches(['(', ' ', '\n']).split(|c: char| !c.is_ascii_alphabetic()).next();
    if !first.is_some_and(|word| word.eq_ignore_ascii_case("select") || word.eq_ignore_ascii_case("with")) {
        return Err(Unsound::NoQuestion);
    }
    let (mut parts, mut begun, mut at) = (Vec::new(), 0, 0);
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let length = skipped(rest)?;
        if length > 0 {
            at += length;
            continue;
        }
        let name = value(rest).filter(|_| !sql.get(..at).is_some_and(|before| before.ends_with(is_of_name)));
        if let Some(name) = name {
            parts.extend(sql.get(begun..at).map(Part::Text));
            parts.push(Part::Value(name));
            at += 1 + name.len();
            begun = at;
            continue;
        }
        at += match rest.as_bytes() {
            [b';', ..] => return Err(Unsound::Several),
            [b'?', ..] | [b'$', b'0'..=b'9', ..] => return Err(Unsound::Mark),
            // PostgreSQL's way to write a cast.
            [b':', b':', ..] => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    parts.extend(sql.get(begun..).map(Part::Text));
    parts.retain(|part| *part != Part::Text(""));
    Ok(parts)
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The name behind a colon.
fn value(rest: &str) -> Option<&str> {
    let name = rest.strip_prefix(':')?;
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
    name.get(..end).filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_'))
}

/// How many bytes stand in quotes or in a remark.
fn skipped(rest: &str) -> Result<usize, Unsound> {
    for (begin, end) in [("--", "\n"), ("#", "\n"), ("/*", "*/")] {
        if let Some(inside) = rest.strip_prefix(begin) {
            return match inside.find(end) {
                Some(found) => Ok(begin.len() + found + end.len()),
                // The end of the statement ends a line too.
                None if end == "\n" => Ok(rest.len()),
                None => Err(Unsound::NoEnd),
            };
        }
    }
    match rest.chars().next() {
        // A quote that is doubled within is two texts side by side, to whoever only skips them.
        Some(quote @ ('\'' | '"' | '`')) => {
            let inside = rest.get(1..).unwrap_or_default();
            inside.find(quote).map(|found| found + 2).ok_or(Unsound::NoEnd)
        }
        _ => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Part::{Text, Value};

    #[test]
    fn values_are_found_where_they_are_bound_and_nowhere_else() {
        assert_eq!(
            parts("SELECT ':no', \":no\", `:no`, a::text -- :no\n FROM t /* :no */ WHERE b=:yes_1 AND c = 'it''s :no'")
                .unwrap(),
            [
                Text("SELECT ':no', \":no\", `:no`, a::text -- :no\n FROM t /* :no */ WHERE b="),
                Value("yes_1"),
                Text(" AND c = 'it''s :no'")
            ]
        );
        assert_eq!(parts("WITH x AS (SELECT 1) SELECT * FROM x").unwrap().len(), 1);
        for (sql, why) in [
            ("DELETE FROM t", Unsound::NoQuestion),
            ("SELECT 1; DELETE FROM t", Unsound::Several),
            ("SELECT 'x", Unsound::NoEnd),
            ("SELECT 1 /* x", Unsound::NoEnd),
            ("SELECT ?", Unsound::Mark),
            ("SELECT $1", Unsound::Mark),
            ("", Unsound::NoQuestion),
        ] {
            assert_eq!(parts(sql), Err(why), "{sql}");
        }
    }
}
