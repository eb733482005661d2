//! Which columns a form becomes: names that no two share, and kinds that its first rows bear out.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use tenon_connectors::tabular::{Described, DescribedField, DescribedTable, Hint};
use tenon_model::decimal;
use tenon_platform::{Error, Result};

/// The longest name that every engine takes, in bytes.
const LONGEST_NAME: usize = 63;
/// What stands behind a table's name while it is filled, and its room in a name.
const BESIDE: usize = 8;

/// What is read and where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The form, as the ERP spells it.
    pub form: String,
    /// What people call it.
    pub caption: String,
    /// The field with the date of the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The field by which records belong to organisations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The head's table, and one for each entry.
    pub tables: Vec<PlannedTable>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedTable {
    /// Its name: `ERP_SAL_SaleOrder`.
    pub name: String,
    /// What people call it.
    pub caption: String,
    /// How many of its columns, from the first, are its key.
    pub key: usize,
    /// Its columns.
    pub columns: Vec<PlannedColumn>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedColumn {
    /// Its name.
    pub name: String,
    /// What is asked for.
    pub asked: String,
    /// What people call it.
    pub caption: String,
    /// What it holds.
    pub kind: Kind,
    /// The ERP's word for its type, when nobody knows what it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// Decimals, exact.
    Decimal,
    /// Dates with a time of day.
    Time,
    /// Anything else.
    Text,
}

/// A value that its column cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit;

impl Kind {
    /// A value as text, by what the column holds; nothing for what is empty.
    ///
    /// # Errors
    /// [`Misfit`] for a value that is none of the kind.
    pub fn cell(self, value: &Value) -> std::result::Result<Option<String>, Misfit> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(text) => text.clone(),
            Value::Bool(flag) => flag.to_string(),
            other => match tenon_model::json::number::text_of(other) {
                Some(number) => number.into_owned(),
                None => other.to_string(),
            },
        };
        if self == Self::Text {
            return Ok(Some(text.trim_end().to_owned()));
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        match self {
            Self::Integer => text.parse::<i64>().map(|number| Some(number.to_string())).map_err(|_| Misfit),
            Self::Decimal => match value.is_boolean() || !is_number(text) {
                true => Err(Misfit),
                false => Ok(Some(text.to_owned())),
            },
            Self::Time | Self::Text => time(text),
        }
    }
}

fn is_number(text: &str) -> bool {
    decimal::parse(text).is_some() && text.len() <= 65 && !text.contains(['e', 'E'])
}

/// A date as every engine reads it. The first moment of the calendar stands for none.
fn time(text: &str) -> std::result::Result<Option<String>, Misfit> {
    let local = text.strip_suffix('Z').unwrap_or(text).replace('T', " ");
    let read = match local.len() {
        10 => local.parse::<jiff::civil::Date>().map(|date| date.at(0, 0, 0, 0)),
        _ => local.parse::<jiff::civil::DateTime>(),
    };
    let read = read.map_err(|_| Misfit)?;
    if read.year() <= 1 {
        return Ok(None);
    }
    let pattern = if read.subsec_nanosecond() == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.3f" };
    Ok(Some(read.strftime(pattern).to_string()))
}

impl Plan {
    /// The plan of a form, with the first rows of each of its tables.
    ///
    /// # Errors
    /// `data-sync.form` for a form whose name no table can have.
    pub fn of(described: Described, first: &[Vec<Vec<Value>>]) -> Result<Self> {
        let mut tables = Vec::with_capacity(described.tables.len());
        for (index, table) in described.tables.iter().enumerate() {
            let name = table_name(&described.id, table.entry.as_deref())?;
            let rows = first.get(index).map(Vec::as_slice).unwrap_or_default();
            tables.push(PlannedTable {
                name,
                caption: table.caption.clone(),
                key: table.key.len(),
                columns: columns(table, rows),
            });
        }
        let Described { id, caption, date, organisation, .. } = described;
        Ok(Self { form: id, caption, date, organisation, tables })
    }
}

/// The name of a form's table.
///
/// # Errors
/// `data-sync.form` for one that is too long.
pub fn table_name(form: &str, entry: Option<&str>) -> Result<String> {
    let whole: String = match entry {
        None => format!("ERP_{form}"),
        Some(entry) => format!("ERP_{form}_{entry}"),
    };
    let name: String = whole.chars().map(|c| if c == '.' { '_' } else { c }).collect();
    if name.len() + BESIDE > LONGEST_NAME {
        let message = format!("the table of {form} would be called {name}, which is longer than databases take");
        return Err(Error::permanent("data-sync.form", message));
    }
    Ok(name)
}

fn columns(table: &DescribedTable, rows: &[Vec<Value>]) -> Vec<PlannedColumn> {
    let mut taken = BTreeSet::new();
    let all = table.key.iter().chain(&table.fields).enumerate();
    all.map(|(at, field)| {
        let values = rows.iter().filter_map(|row| row.get(at));
        let (kind, known) = kind(field.hint, values);
        let name = free_name(&field.name, &mut taken);
        let code = (!known && !field.code.is_empty()).then(|| field.code.clone());
        PlannedColumn { name, asked: field.path.clone(), caption: field.caption.clone(), kind, code }
    })
    .collect()
}

/// Engines do not tell the case of column names apart, and cut or refuse what is long.
fn free_name(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    for number in 1.. {
        let ending = if number == 1 { String::new() } else { format!("_{number}") };
        let mut end = wanted.len().min(LONGEST_NAME - ending.len());
        while !wanted.is_char_boundary(end) {
            end -= 1;
        }
        let name = format!("{}{ending}", wanted.get(..end).unwrap_or_default());
        if taken.insert(name.to_lowercase()) {
            return name;
        }
    }
    wanted.to_owned()
}

/// What a column holds by its type, as far as the first rows bear it out; whether the type is known.
fn kind<'v>(hint: Hint, values: impl Iterator<Item = &'v Value> + Clone) -> (Kind, bool) {
    let all = |kind: Kind| values.clone().all(|value| kind.cell(value).is_ok());
    match hint {
        Hint::Key if all(Kind::Integer) => (Kind::Integer, true),
        Hint::Key | Hint::Text => (Kind::Text, true),
        Hint::Number if all(Kind::Decimal) => (Kind::Decimal, true),
        Hint::Time if all(Kind::Time) => (Kind::Time, true),
        Hint::Number | Hint::Time | Hint::Unknown => (Kind::Text, false),
    }
}

/// What is asked for of a table.
pub fn selected(table: &DescribedTable) -> Vec<String> {
    table.key.iter().chain(&table.fields).map(|field: &DescribedField| field.path.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_becomes_what_its_column_holds_or_is_refused() {
        for (kind, value, cell) in [
            (Kind::Decimal, json!(12.5), Ok(Some("12.5"))),
            (Kind::Decimal, json!("0.10"), Ok(Some("0.10"))),
            (
                Kind::Decimal,
                tenon_model::json::from_str("12345678901234567.89").unwrap(),
                Ok(Some("12345678901234567.89")),
            ),
            (Kind::Decimal, json!("N/A"), Err(Misfit)),
            (Kind::Decimal, json!(" "), Ok(None)),
            (Kind::Integer, json!(9_007_199_254_740_993_i64), Ok(Some("9007199254740993"))),
            (Kind::Integer, json!("x"), Err(Misfit)),
            (Kind::Time, json!("2026-01-05T00:00:00"), Ok(Some("2026-01-05 00:00:00"))),
            (Kind::Time, json!("2026-01-05T08:30:15.127"), Ok(Some("2026-01-05 08:30:15.127"))),
            (Kind::Time, json!("2026-01-05"), Ok(Some("2026-01-05 00:00:00"))),
            (Kind::Time, json!("0001-01-01T00:00:00"), Ok(None)),
            (Kind::Time, json!(""), Ok(None)),
            (Kind::Time, json!("yesterday"), Err(Misfit)),
            (Kind::Text, json!(true), Ok(Some("true"))),
            (Kind::Text, json!(""), Ok(Some(""))),
            (Kind::Text, Value::Null, Ok(None)),
        ] {
            let found = kind.cell(&value);
            assert_eq!(found.as_ref().map(|cell| cell.as_deref()), cell.as_ref().copied(), "{kind:?} {value}");
        }
    }

    fn field(name: &str, code: &str, hint: Hint) -> DescribedField {
        let name = name.to_owned();
        DescribedField { path: name.clone(), field: name.clone(), name, caption: "列".into(), code: code.into(), hint }
    }

    #[test]
    fn a_type_that_nobody_knows_is_a_text_and_keeps_its_code() {
        let table = DescribedTable {
            entry: None,
            caption: "单据".into(),
            key: vec![field("FID", "", Hint::Key)],
            fields: vec![
                field("FQty", "106", Hint::Number),
                field("fqty", "4711", Hint::Unknown),
                field("FDate", "61", Hint::Time),
                field("FBad", "61", Hint::Time),
            ],
        };
        let described = Described {
            id: "SAL_SaleOrder".into(),
            caption: "销售订单".into(),
            tables: vec![table],
            date: None,
            organisation: None,
        };
        let rows = vec![vec![json!(1), json!(2.5), json!(3), json!("2026-01-01T00:00:00"), json!("soon")]];
        let plan = Plan::of(described, &[rows]).unwrap();
        let columns: Vec<_> =
            plan.tables[0].columns.iter().map(|c| (c.name.as_str(), c.kind, c.code.as_deref())).collect();
        assert_eq!(
            columns,
            [
                ("FID", Kind::Integer, None),
                ("FQty", Kind::Decimal, None),
                ("fqty_2", Kind::Text, Some("4711")),
                ("FDate", Kind::Time, None),
                ("FBad", Kind::Text, Some("61")),
            ]
        );
        assert_eq!(plan.tables[0].name, "ERP_SAL_SaleOrder");
        assert_eq!(table_name(&"X".repeat(60), None).unwrap_err().code, "data-sync.form");
    }
}
