//! The tables, in an embedded database, and the procedures. What the database knows otherwise than B1's is written its
//! way first: national strings, `top`, table hints, the company before a table.

use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A procedure: its arguments in, rows out.
pub(super) type Procedure = Arc<dyn Fn(&[String]) -> Vec<Value> + Send + Sync>;

#[derive(Default)]
pub(super) struct Database {
    tables: Option<Connection>,
    procedures: BTreeMap<String, Procedure>,
}

impl Database {
    fn tables(&mut self) -> Result<&Connection, String> {
        if self.tables.is_none() {
            self.tables = Some(Connection::open_in_memory().map_err(|e| e.to_string())?);
        }
        self.tables.as_ref().ok_or_else(|| "no database".to_owned())
    }

    /// A company with one released order of a batch-managed component, and its stock.
    pub(super) fn seed_demo(&mut self) {
        for (table, rows) in [
            ("DUMMY", json!([{ "DUMMY": "X" }])),
            (
                "OITM",
                json!([
                    { "ItemCode": "FG-1001", "ItemName": "打印机总成", "ManBtchNum": "Y", "InvntryUom": "台" },
                    { "ItemCode": "RM-2001", "ItemName": "内存条", "ManBtchNum": "Y", "InvntryUom": "个" },
                    { "ItemCode": "RM-2002", "ItemName": "螺丝", "ManBtchNum": "N", "InvntryUom": "个" }
                ]),
            ),
            (
                "OWOR",
                json!([{ "DocEntry": 478, "DocNum": 10023, "ItemCode": "FG-1001", "PlannedQty": 100, "Status": "R" }]),
            ),
            (
                "WOR1",
                json!([
                    { "DocEntry": 478, "LineNum": 0, "ItemCode": "RM-2001", "BaseQty": 0.5, "wareHouse": "W05002" },
                    { "DocEntry": 478, "LineNum": 1, "ItemCode": "RM-2002", "BaseQty": 4, "wareHouse": "W05002" }
                ]),
            ),
            (
                "OBTN",
                json!([{ "ItemCode": "RM-2001", "DistNumber": "RM2001-B6" }, { "ItemCode": "RM-2001", "DistNumber": "RM2001-B7" }]),
            ),
            (
                "STOCK",
                json!([
                    { "ItemCode": "RM-2001", "WhsCode": "W05002", "BatchNumber": "RM2001-B6", "Quantity": 10, "BinAbsEntry": 31 },
                    { "ItemCode": "RM-2001", "WhsCode": "W05002", "BatchNumber": "RM2001-B7", "Quantity": 5, "BinAbsEntry": 32 }
                ]),
            ),
        ] {
            let rows: Vec<Value> = rows.as_array().cloned().unwrap_or_default();
            // The demo's own rows have names that a database takes.
            let _ = self.set_table(table, &rows);
        }
    }

    /// Puts these rows in the place of a table's; its columns are the members of the first row.
    pub(super) fn set_table(&mut self, name: &str, rows: &[Value]) -> Result<(), String> {
        let first = rows.first().and_then(Value::as_object);
        let columns: Vec<String> =
            first.map_or_else(|| vec!["DocEntry".to_owned()], |row| row.keys().cloned().collect());
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let list = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let tables = self.tables()?;
        let table = quoted(name);
        tables
            .execute_batch(&format!("drop table if exists {table}; create table {table} ({list})"))
            .map_err(|e| e.to_string())?;
        let places = vec!["?"; columns.len()].join(", ");
        for row in rows {
            let cells = columns.iter().map(|column| cell(row.get(column)));
            tables
                .execute(&format!("insert into {table} values ({places})"), params_from_iter(cells))
                .map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    pub(super) fn set_procedure(&mut self, name: &str, procedure: Procedure) {
        self.procedures.insert(name.to_uppercase(), procedure);
    }

    /// Runs whatever it is given.
    pub(super) fn run(&mut self, sql: &str) -> Result<Vec<Value>, String> {
        let trimmed = sql.trim();
        if let Some(call) = trimmed.get(..5).filter(|word| word.eq_ignore_ascii_case("call ")) {
            return self.call(trimmed.get(call.len()..).unwrap_or(""));
        }
        let written = translated(trimmed);
        let tables = self.tables()?;
        let mut statement = tables.prepare(&written).map_err(|e| format!("sql syntax error: {e}"))?;
        let names: Vec<String> = statement.column_names().into_iter().map(|name| shown(name, sql)).collect();
        let mut rows = statement.query([]).map_err(|e| e.to_string())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|e| e.to_string())? {
            let mut out = Map::new();
            for (place, name) in names.iter().enumerate() {
                out.insert(name.clone(), row.get_ref(place).map(json_of).map_err(|e| e.to_string())?);
            }
            found.push(Value::Object(out));
        }
        Ok(found)
    }

    fn call(&mut self, call: &str) -> Result<Vec<Value>, String> {
        let (name, rest) = call.split_once('(').ok_or("sql syntax error near \"call\"")?;
        let inside = rest.trim_end().strip_suffix(')').ok_or("sql syntax error near \"call\"")?;
        let arguments = arguments(inside);
        let name = name.trim().to_uppercase();
        if let Some(procedure) = self.procedures.get(&name) {
            return Ok(procedure(&arguments));
        }
        match (name.as_str(), arguments.as_slice()) {
            ("TMDK", [item, warehouse, need]) => self.batches(item, warehouse, need),
            ("TMDK", _) => Err("wrong number of arguments to TMDK".to_owned()),
            _ => Err(format!("invalid name of function or procedure: {name}")),
        }
    }

    /// The site's own procedure: what lies there, in order, until it is enough.
    fn batches(&mut self, item: &str, warehouse: &str, need: &str) -> Result<Vec<Value>, String> {
        let quoted = |text: &str| text.replace('\'', "''");
        let sql = format!(
            "select BatchNumber as \"BatchNumber\", Quantity as \"Quantity\", BinAbsEntry as \"BinAbsEntry\" from STOCK \
             where ItemCode = '{}' and WhsCode = '{}' order by BatchNumber, BinAbsEntry",
            quoted(item),
            quoted(warehouse)
        );
        let mut left: f64 = need.parse().map_err(|_| format!("invalid number: {need}"))?;
        let mut taken = Vec::new();
        for row in self.run(&sql)? {
            if left <= 0.0 {
                break;
            }
            left -= row.get("Quantity").and_then(Value::as_f64).unwrap_or(0.0);
            taken.push(row);
        }
        Ok(taken)
    }
}

/// The texts between the apostrophes.
fn arguments(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\'') {
        let mut value = String::new();
        let mut characters = rest.get(at + 1..).unwrap_or("").char_indices().peekable();
        let mut end = rest.len();
        while let Some((place, character)) = characters.next() {
            if character != '\'' {
                value.push(character);
            } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
                value.push('\'');
            } else {
                end = at + 1 + place + 1;
                break;
            }
        }
        found.push(value);
        rest = rest.get(end..).unwrap_or("");
    }
    found
}

/// HANA's and MSSQL's ways as the embedded database writes them. Texts between quotes stay as they are.
fn translated(sql: &str) -> String {
    let (sql, mut out) = (plain_literals(sql), String::new());
    let (mut limit, mut words) = (None, sql.split_inclusive(|c: char| c.is_whitespace()).peekable());
    while let Some(word) = words.next() {
        match word.trim().to_ascii_lowercase().as_str() {
            "top" => limit = words.next().map(|number| number.trim().to_owned()),
            "with" if words.peek().is_some_and(|next| next.to_ascii_lowercase().starts_with("(nolock)")) => {
                words.next();
            }
            "(nolock)" => {}
            _ => out.push_str(&word.replace("dbo.", "")),
        }
    }
    match limit {
        Some(limit) => format!("{} limit {limit}", out.trim_end()),
        None => out,
    }
}

/// `N'…'` is `'…'`.
fn plain_literals(sql: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        inside ^= letter == '\'';
        let prefix = letter == 'N' && !inside && letters.peek() == Some(&'\'');
        if !prefix || out.ends_with(|before: char| before.is_alphanumeric()) {
            out.push(letter);
        }
    }
    out
}

/// A name that was not quoted comes back in capitals; of `*` the columns' own.
fn shown(name: &str, sql: &str) -> String {
    let quoted = sql.contains(&format!("\"{name}\"")) || sql.contains(&format!("[{name}]"));
    let spelled = sql.to_ascii_lowercase().contains(&name.to_ascii_lowercase());
    if quoted || !spelled { name.to_owned() } else { name.to_uppercase() }
}

fn cell(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Bool(flag)) => Cell::Integer(i64::from(*flag)),
        Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Cell::Integer(whole),
            (None, real) => Cell::Real(real.unwrap_or_default()),
        },
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(other) => Cell::Text(other.to_string()),
    }
}

fn json_of(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Database {
        let mut database = Database::default();
        database.seed_demo();
        database
    }

    #[test]
    fn a_quoted_column_keeps_its_case_and_an_unquoted_alias_comes_in_capitals() {
        let rows = database().run("select \"ItemCode\", \"ItemName\" as ItemText from OITM where \"ManBtchNum\"='N'");
        assert_eq!(rows.unwrap(), [json!({ "ItemCode": "RM-2002", "ITEMTEXT": "螺丝" })]);
    }

    #[test]
    fn the_procedure_answers_until_it_is_enough_and_takes_its_arguments_as_texts() {
        let mut database = database();
        let batches = |database: &mut Database, need: &str| {
            database.run(&format!("call TMDK('RM-2001','W05002','{need}')")).unwrap().len()
        };
        assert_eq!([batches(&mut database, "3"), batches(&mut database, "15")], [1, 2]);
        assert_eq!(arguments("'O''Neil', '','1'"), ["O'Neil", "", "1"]);
        assert!(database.run("call TMXX('1')").is_err());
        assert!(database.run("select * from NOSUCH").is_err());
    }

    #[test]
    fn what_is_microsofts_runs_too() {
        let rows = database().run("select top 1 [ItemCode] from dbo.OITM with (nolock) where [ItemName] = N'螺丝'");
        assert_eq!(rows.unwrap(), [json!({ "ItemCode": "RM-2002" })]);
    }
}
