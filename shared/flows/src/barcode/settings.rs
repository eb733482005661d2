//! What the settings of a barcode application say of its SQL, and what is wrong with them beyond their shape.

use super::CompanyCall;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tenon_model::config::{Barcode, Config, Connection, NamedQuery, ParameterKind, Problem, StatementRule};
use tenon_model::decimal;
use tenon_model::json::number;
use tenon_sql::Rules;

/// What its SQL may read.
pub(super) fn rules(call: &CompanyCall<'_>) -> Rules {
    let connections = [Some(&call.barcode.connection), call.barcode.di_api.as_ref()];
    let connections = connections.into_iter().flatten().filter_map(|id| call.loaded.connection(id).ok());
    rules_of(call.barcode, connections.filter_map(|connection| company(&connection)))
}

fn company(connection: &Connection) -> Option<String> {
    match connection {
        Connection::B1(c) => Some(c.company_db.clone()),
        Connection::DiApi(c) => Some(c.company_db.clone()),
        _ => None,
    }
}

fn rules_of(barcode: &Barcode, companies: impl Iterator<Item = String>) -> Rules {
    let mut schemas: Vec<String> = companies.collect();
    schemas.extend(barcode.schemas.iter().cloned());
    Rules { tables: barcode.tables.clone(), schemas, functions: barcode.functions.clone() }
}

/// What is wrong with named queries: one that would be refused when it is asked for fails when it is applied.
pub fn check(config: &Config) -> Vec<Problem> {
    let mut found = Vec::new();
    for barcode in &config.barcode {
        let named = [Some(&barcode.connection), barcode.di_api.as_ref()];
        let companies = config.connections.iter().filter(|c| named.contains(&Some(c.id()))).filter_map(company);
        let rules = rules_of(barcode, companies);
        for query in &barcode.queries {
            let example = |kind: &ParameterKind| match kind {
                ParameterKind::Text => Value::from("A"),
                ParameterKind::Number => Value::from(1),
                ParameterKind::Date => Value::from("20260101"),
            };
            let values: Map<String, Value> =
                query.parameters.iter().map(|(name, kind)| (name.clone(), example(kind))).collect();
            let judged =
                statement(query, &values).and_then(|sql| tenon_sql::judge(&sql, &rules).map_err(|r| r.message));
            if let Err(why) = judged {
                let path = format!("barcode[{}].queries[{}].sql", barcode.connection, query.name);
                found.push(Problem { path, rule: StatementRule::Refused { why }.into(), warning: false });
            }
        }
    }
    found
}

/// A named query with these values in it.
///
/// # Errors
/// Which parameter is missing, unknown or not what it should be; in words for the caller.
pub(super) fn statement(query: &NamedQuery, values: &Map<String, Value>) -> Result<String, String> {
    if let Some(unknown) = values.keys().find(|name| !query.parameters.contains_key(*name)) {
        return Err(format!("parameters.{unknown}: 该查询没有此参数"));
    }
    let mut literals = BTreeMap::new();
    for (name, kind) in &query.parameters {
        let value = values.get(name).filter(|value| !value.is_null());
        let value = value.ok_or_else(|| format!("parameters.{name}: 缺少该参数"))?;
        literals.insert(name.as_str(), literal(name, *kind, value)?);
    }
    tenon_sql::with_parameters(&query.sql, &literals).map_err(|refusal| refusal.message)
}

/// A value as the statement reads it.
fn literal(name: &str, kind: ParameterKind, value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => Some(text.clone()),
        other => number::text_of(other).map(std::borrow::Cow::into_owned),
    };
    let text = text.ok_or_else(|| format!("parameters.{name}: 应为文本或数字"))?;
    match kind {
        ParameterKind::Text => {
            tenon_sql::text_literal(&text).map_err(|refusal| format!("parameters.{name}: {}", refusal.message))
        }
        ParameterKind::Number => {
            let number = decimal::parse(&text).filter(|_| !text.contains(['e', 'E']));
            number.map(decimal::plain).ok_or_else(|| format!("parameters.{name}: 应为十进制数字"))
        }
        ParameterKind::Date if super::values::is_day(&text) => Ok(format!("'{}'", text.replace('-', ""))),
        ParameterKind::Date => Err(format!("parameters.{name}: 应为存在的日期：yyyyMMdd 或 yyyy-MM-dd")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn query() -> NamedQuery {
        serde_json::from_value(json!({
            "name": "stock", "sql": "select \"ItemCode\" from OITW where \"ItemCode\" = :item and \"OnHand\" >= :least and \"U_D\" > :day and ':item' <> 'x'",
            "parameters": { "item": "text", "least": "number", "day": "date" }
        }))
        .unwrap()
    }

    fn with(values: Value) -> Result<String, String> {
        statement(&query(), values.as_object().unwrap())
    }

    #[test]
    fn parameters_are_written_by_what_they_are() {
        let sql = with(json!({ "item": "O'Neil", "least": "2.50", "day": "2026-11-01" })).unwrap();
        assert_eq!(
            sql,
            "select \"ItemCode\" from OITW where \"ItemCode\" = 'O''Neil' and \"OnHand\" >= 2.5 and \"U_D\" > '20261101' and ':item' <> 'x'"
        );
        for (values, words) in [
            (json!({ "least": 1, "day": "20261101" }), "parameters.item"),
            (json!({ "item": "a", "least": "1 or 1=1", "day": "20261101" }), "parameters.least"),
            (json!({ "item": "a", "least": 1, "day": "20261131" }), "parameters.day"),
            (json!({ "item": "a\u{0}", "least": 1, "day": "20261101" }), "parameters.item"),
            (json!({ "item": "a", "least": 1, "day": "20261101", "more": 1 }), "parameters.more"),
        ] {
            assert!(with(values.clone()).unwrap_err().contains(words), "{values}");
        }
    }

    #[test]
    fn a_named_query_that_would_be_refused_is_refused_when_it_is_applied() {
        let of = |sql: &str| -> Vec<Problem> {
            let config: Config = serde_json::from_value(json!({ "barcode": [{ "connection": "b1",
                "queries": [{ "name": "q", "sql": sql }] }] }))
            .unwrap();
            check(&config)
        };
        assert_eq!(of("select 1 from DUMMY"), []);
        assert_eq!(of("select * from OUSR").len(), 1);
        assert_eq!(of("delete from OITM").len(), 1);
    }
}
