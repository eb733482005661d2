//! Rows of a form by `ExecuteBillQuery`. Pages by row numbers repeat rows and lose them while others change, so a page
//! begins behind a key, and ends where fewer rows come than were asked for.

use super::{KINGDEE, Kingdee, error};
use crate::base::Problem;
use serde_json::{Value, json};
use tenon_platform::error::Result;
use tenon_platform::http::Answer;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillQuery<'q> {
    /// The form.
    pub form: &'q str,
    /// What is asked for: `FBillNo`, `FCustId.FNumber`.
    pub fields: &'q [String],
    /// A condition.
    pub filter: String,
    /// By a key that no two rows share.
    pub order: String,
    /// Rows, at most.
    pub limit: u32,
}

/// Rows, each a value a field.
pub type Rows = Vec<Vec<Value>>;

impl Kingdee<'_> {
    /// The rows of a question.
    ///
    /// # Errors
    /// Kingdee's, in its words: a field that there is not is named there.
    pub async fn rows(&self, query: &BillQuery<'_>) -> Result<Rows> {
        let body = json!({ "data": {
            "FormId": query.form,
            "FieldKeys": query.fields.join(","),
            "FilterString": query.filter,
            "OrderString": query.order,
            "TopRowCount": 0,
            "StartRow": 0,
            "Limit": query.limit,
            "SubSystemId": "",
        } });
        let width = query.fields.len();
        self.read("ExecuteBillQuery", &body, |answer| rows(answer, width))
            .await
            .map_err(|error| error.during(query.form))
    }
}

fn rows(answer: &Answer, width: usize) -> std::result::Result<Rows, Problem> {
    let mut body = error::body(answer)?;
    // What has one row, or one column, may be nested once more.
    while let Value::Array(items) = &mut body {
        match items.as_mut_slice() {
            [Value::Array(inner)] if inner.first().is_some_and(Value::is_array) => {
                body = Value::Array(std::mem::take(inner))
            }
            _ => break,
        }
    }
    let no_rows = |why: String| KINGDEE.unintelligible(why).with_status(answer.status);
    let Value::Array(items) = body else { return Err(no_rows("the answer is no list of rows".to_owned()).into()) };
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Array(cells) if cells.len() == width => rows.push(cells),
            Value::Array(cells) => {
                let why = format!("a row has {} values where {width} fields were asked for", cells.len());
                return Err(no_rows(why).into());
            }
            // One column alone.
            cell if width == 1 && !cell.is_object() => rows.push(vec![cell]),
            _ => return Err(no_rows("the answer holds something that is no row".to_owned()).into()),
        }
    }
    Ok(rows)
}

/// A text in a condition.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn read(text: &str, width: usize) -> std::result::Result<Rows, &'static str> {
        let answer = Answer { status: 200, headers: HeaderMap::new(), body: Bytes::from(text.to_owned()) };
        rows(&answer, width).map_err(|problem| match problem {
            Problem::Credential => "session",
            Problem::Other(error) => error.code,
        })
    }

    #[test]
    fn rows_are_read_however_deep_they_lie() {
        assert_eq!(read("[[1,\"a\"],[2,\"b\"]]", 2).unwrap().len(), 2);
        assert_eq!(read("[[[1,\"a\"],[2,\"b\"]]]", 2).unwrap().len(), 2);
        assert_eq!(read("[[[1,\"a\"]]]", 2).unwrap(), [[json!(1), json!("a")]]);
        assert_eq!(read("[[[1],[2]]]", 1).unwrap().len(), 2);
        assert_eq!(read("[1,2]", 1).unwrap(), [[json!(1)], [json!(2)]]);
        assert!(read("[]", 2).unwrap().is_empty());
        assert_eq!(read("[[1]]", 2), Err("kingdee.answer"));
        assert_eq!(read("{}", 2), Err("kingdee.answer"));
    }

    #[test]
    fn a_text_stays_within_its_quotes() {
        assert_eq!(quoted("O'Neil' or 1=1"), "'O''Neil'' or 1=1'");
    }
}
