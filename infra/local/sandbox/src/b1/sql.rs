//! `SQLQueries`: stored texts and their results.
//!
//! A text is answered by a function the host registered, or by a small evaluator of
//! `select <columns> from <table> [where <column> = <value or :parameter> and …] [order by …]` over the tables
//! of drafts and purchasing documents. Joins other than header to lines, grouping and functions other than `isnull` belong into a registered
//! function.

use super::entities::Row;
use super::errors::{B1Error, Result};
use super::target::split_outside_quotes;
use super::{B1, Call, Cx, eval};
use crate::reply::{self, Reply};
use crate::url;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Tables the Service Layer does not let a query read: the approval tables are among them.
const FORBIDDEN: [&str; 3] = ["OWDD", "WDD1", "CRD7"];

/// One run of a stored query.
#[derive(Clone, Debug)]
pub struct SqlCall {
    /// The stored text.
    pub text: String,
    /// Parameters by name, texts without their apostrophes.
    pub parameters: BTreeMap<String, String>,
}

/// Rows for a query; each is a JSON object of columns.
pub type SqlFunction = Arc<dyn Fn(&SqlCall) -> Vec<Value> + Send + Sync>;

/// What the host registered.
#[derive(Clone, Default)]
pub(crate) struct SqlFunctions(Vec<(String, SqlFunction)>);

impl SqlFunctions {
    pub(crate) fn register(&mut self, part: &str, function: SqlFunction) {
        self.0.push((part.to_lowercase(), function));
    }

    fn find(&self, text: &str) -> Option<&SqlFunction> {
        let text = text.to_lowercase();
        self.0.iter().rev().find(|(part, _)| text.contains(part)).map(|(_, function)| function)
    }
}

impl fmt::Debug for SqlFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(part, _)| part)).finish()
    }
}

/// Checks a query before it is stored.
pub(super) fn check(row: &Row) -> Result<()> {
    let text = row.get("SqlText").and_then(Value::as_str).unwrap_or("");
    if !text.trim_start().to_lowercase().starts_with("select") {
        return Err(B1Error::new(400, 701, "Invalid SQL syntax: a query starts with select"));
    }
    let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(str::to_uppercase).collect();
    match FORBIDDEN.iter().find(|t| words.iter().any(|w| w == *t)) {
        Some(table) => Err(B1Error::new(400, 702, format!("Table '{table}' not accessible"))),
        None => Ok(()),
    }
}

impl B1 {
    /// `GET` or `POST SQLQueries('x')/List`.
    pub(super) fn run_query(&mut self, cx: &Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let set = self.set("SQLQueries")?;
        let stored = set.get(&set.resolve(call.key()?)?)?;
        let text = stored.row.get("SqlText").and_then(Value::as_str).unwrap_or("").to_owned();
        let parameters = parameters(call)?;
        let run = SqlCall { text: text.clone(), parameters };
        let rows = match self.sql.find(&text) {
            Some(function) => function(&run),
            None => eval::evaluate(self, &run)?,
        };
        let skip: usize = url::find(&call.query, "$skip").and_then(|s| s.parse().ok()).unwrap_or(0);
        // A query is always paged.
        let size = cx.options.rows_a_page.or(call.page_size()).unwrap_or(20);
        let total = rows.len();
        let value: Vec<Value> = rows.into_iter().skip(skip).take(size).collect();
        let shown = skip + value.len();
        let mut body = json!({"SqlText": text, "value": value});
        if (shown < total || (cx.options.links_to_nothing && shown > skip))
            && let Some(fields) = body.as_object_mut()
        {
            let key = call.target.key_text().unwrap_or_default();
            let link = call.next_link(cx.options.next_link, &format!("SQLQueries({key})/List"), shown, None);
            fields.insert(call.next_link_name().into(), json!(link));
        }
        Ok(reply::json(200, &body))
    }
}

/// Parameters from the query, or from `ParamList` of the body: `key='16'&other=1`.
fn parameters(call: &Call<'_>) -> Result<BTreeMap<String, String>> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in call.query.iter().filter(|(n, _)| !n.starts_with('$')) {
        found.insert(name.clone(), plain(value));
    }
    if call.method == "POST" {
        let body = call.object()?;
        let list = body.get("ParamList").and_then(Value::as_str).unwrap_or("").to_owned();
        for pair in split_outside_quotes(&list, '&').into_iter().filter(|p| !p.trim().is_empty()) {
            let (name, value) =
                pair.split_once('=').ok_or_else(|| B1Error::new(400, 704, format!("Invalid parameter: {pair}")))?;
            found.insert(name.trim().to_owned(), plain(value));
        }
    }
    Ok(found)
}

fn plain(value: &str) -> String {
    let value = value.trim();
    let inside = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\''));
    inside.map_or_else(|| value.to_owned(), |v| v.replace("''", "'"))
}
