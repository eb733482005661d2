//! User-defined fields (`UserFieldsMD`) and objects (`UserObjectsMD`): what a company has added, by B1's rules of them.

use super::entities::{EntitySet, Row, Stored};
use super::errors::{B1Error, Result};
use super::odata::query::{self, ListQuery};
use super::target::KeyPart;
use super::{B1, Call, Cx, ServiceLayer, schema};
use crate::reply::{self, Reply};
use crate::system::Handle;
use serde_json::{Value, json};

/// Longest description.
const DESCRIPTION: usize = 80;
/// Longest name, without its `U_`.
const NAME: usize = 18;
/// Longest alphanumeric value.
const ALPHANUMERIC: i64 = 254;

/// Tables of marketing documents: a field of one of them is a field of all of them.
const HEADERS: [&str; 19] = [
    "OINV", "ORIN", "ODLN", "ORDN", "ORDR", "OPCH", "ORPC", "OPDN", "ORPD", "OPOR", "OQUT", "OIGN", "OIGE", "OWTR",
    "OWTQ", "OPQT", "OPRQ", "ODRF", "OPDF",
];
const LINES: [&str; 18] = [
    "INV1", "RIN1", "DLN1", "RDN1", "RDR1", "PCH1", "RPC1", "PDN1", "RPD1", "POR1", "QUT1", "IGN1", "IGE1", "WTR1",
    "WTQ1", "PQT1", "PRQ1", "DRF1",
];

/// What a user may do with user-defined fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserFieldRight {
    /// Read and create them.
    #[default]
    Full,
    /// Read them.
    Read,
    /// Nothing.
    None,
}

/// Fields and objects that the company has added.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserDefined {
    fields: Vec<Row>,
    objects: Vec<Row>,
}

impl UserDefined {
    /// Names with their types on the wire, of a document's header or lines or of a user's own table.
    fn of(&self, tables: &[&str]) -> Vec<(String, &'static str)> {
        let wanted = |row: &&Row| text(row, "TableName").is_some_and(|table| tables.contains(&table));
        let mut all: Vec<(String, &'static str)> = Vec::new();
        for row in self.fields.iter().filter(wanted) {
            let name = format!("U_{}", text(row, "Name").unwrap_or_default());
            if !all.iter().any(|(known, _)| *known == name) {
                all.push((name, edm(text(row, "Type").unwrap_or_default())));
            }
        }
        all
    }

    /// The same of the header of a set.
    pub fn of_set(&self, set: &str) -> Vec<(String, &'static str)> {
        match set {
            "Items" => self.of(&["OITM"]),
            "BusinessPartners" => self.of(&["OCRD"]),
            "ProductionOrders" => self.of(&["OWOR"]),
            "ProductTrees" => self.of(&["OITT"]),
            "Drafts" => self.of(&HEADERS),
            _ if schema::set_object(set).is_some() => self.of(&HEADERS),
            _ => self.of(&[self.table_of(set).as_str()]),
        }
    }

    /// The same of the rows of a collection.
    pub fn of_lines(&self, collection: &str) -> Vec<(String, &'static str)> {
        let child = |row: &Row| {
            let children = row.get("UserObjectMD_ChildTables").and_then(Value::as_array).into_iter().flatten();
            let named = |child: &&Value| {
                let name = child.get("ObjectName").and_then(Value::as_str).unwrap_or_default();
                format!("{name}Collection") == collection
            };
            children.filter(named).find_map(|child| Some(format!("@{}", child.get("TableName")?.as_str()?)))
        };
        match collection {
            "DocumentLines" | "StockTransferLines" => self.of(&LINES),
            "ProductionOrderLines" => self.of(&["WOR1"]),
            "ProductTreeLines" => self.of(&["ITT1"]),
            other => match self.objects.iter().find_map(child) {
                Some(table) => self.of(&[table.as_str()]),
                None => self.of(&[format!("@{}", other.trim_end_matches("Collection")).as_str()]),
            },
        }
    }

    /// The collections of a user's own object.
    pub fn children_of(&self, set: &str) -> Vec<String> {
        let object = self.objects.iter().find(|row| text(row, "Code") == Some(set));
        let children = object.and_then(|row| row.get("UserObjectMD_ChildTables")).and_then(Value::as_array);
        let named = |child: &Value| Some(format!("{}Collection", child.get("ObjectName")?.as_str()?));
        children.into_iter().flatten().filter_map(named).collect()
    }

    /// The table of a user's own object.
    fn table_of(&self, set: &str) -> String {
        let object = self.objects.iter().find(|row| text(row, "Code") == Some(set));
        object.and_then(|row| text(row, "TableName")).map_or_else(|| format!("@{set}"), |table| format!("@{table}"))
    }
}

impl B1 {
    pub(super) fn user_fields(&mut self, cx: &Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let right = cx.options.user_fields;
        if right == UserFieldRight::None || (right == UserFieldRight::Read && call.method != "GET") {
            return Err(B1Error::business("You are not permitted to perform this action"));
        }
        match (call.method.as_str(), &call.target.key) {
            ("GET", None) => {
                let set = self.user_fields_as_set();
                let options = ListQuery::parse(&set, &call.query)?;
                let found = query::matching(&set, &options)?;
                let page = call.page_size().unwrap_or(usize::MAX);
                let value: Vec<Value> = found
                    .iter()
                    .skip(options.skip)
                    .take(page)
                    .map(|stored| Value::Object(stored.row.clone()))
                    .collect();
                let until = options.skip + value.len();
                let mut body = json!({ "value": value });
                if until < found.len()
                    && let Some(body) = body.as_object_mut()
                {
                    let link = call.next_link(cx.options.next_link, "UserFieldsMD", until, None);
                    body.insert(call.next_link_name().into(), json!(link));
                }
                Ok(reply::json(200, &body))
            }
            ("POST", None) => {
                let row = self.new_user_field(call.object()?)?;
                let shown = Value::Object(row.clone());
                self.spread(row);
                Ok(reply::json(201, &shown))
            }
            _ => Err(B1Error::not_supported()),
        }
    }

    pub(super) fn user_object(&self, call: &Call<'_>) -> Result<Reply> {
        let code = call.target.key_text().unwrap_or_default().trim_matches('\'').to_owned();
        let found = self.user_defined.objects.iter().find(|row| text(row, "Code") == Some(code.as_str()));
        found.map(|row| reply::json(200, &Value::Object(row.clone()))).ok_or_else(B1Error::not_found)
    }

    fn user_fields_as_set(&self) -> EntitySet {
        let mut set = EntitySet::new("UserFieldsMD", &["TableName", "FieldID"], false, false, true);
        for (at, row) in self.user_defined.fields.iter().enumerate() {
            let number = i64::try_from(at).unwrap_or(i64::MAX);
            set.rows.insert(vec![KeyPart::Int(number)], Stored { row: row.clone(), version: 0 });
        }
        set
    }

    /// What B1 checks before it makes a field.
    fn new_user_field(&self, mut row: Row) -> Result<Row> {
        let table = text(&row, "TableName").unwrap_or_default().to_owned();
        let name = text(&row, "Name").unwrap_or_default().to_owned();
        let known = HEADERS.contains(&table.as_str()) || LINES.contains(&table.as_str()) || table.starts_with('@');
        if !known && !["OITM", "OCRD", "OWOR", "WOR1", "OITT", "ITT1", "ORCT", "OVPM"].contains(&table.as_str()) {
            return Err(B1Error::validation(format!("[CUFD.TableID] , '{table}' is not a valid table")));
        }
        let sound = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() || name.len() > NAME || !sound || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(B1Error::validation(format!("[CUFD.AliasID] , '{name}' is not a valid field name")));
        }
        let description = text(&row, "Description").unwrap_or_default();
        if description.encode_utf16().count() > DESCRIPTION || description.is_empty() {
            return Err(B1Error::validation("[CUFD.Descr] , value too long or missing"));
        }
        let kind = text(&row, "Type").unwrap_or("db_Alpha").to_owned();
        let size = row.get("EditSize").and_then(Value::as_i64);
        if kind == "db_Alpha" && size.is_some_and(|size| !(1..=ALPHANUMERIC).contains(&size)) {
            return Err(B1Error::validation("[CUFD.EditSize] , value out of range"));
        }
        let same = |known: &Row| {
            let own = text(known, "Name").unwrap_or_default();
            text(known, "TableName") == Some(table.as_str()) && own.eq_ignore_ascii_case(&name)
        };
        if self.user_defined.fields.iter().any(same) {
            return Err(B1Error::exists());
        }
        row.insert("Type".into(), json!(kind));
        for (field, value) in [
            ("SubType", json!("st_None")),
            ("Size", json!(size.unwrap_or(10))),
            ("EditSize", json!(size.unwrap_or(10))),
            ("Mandatory", json!("tNO")),
            ("DefaultValue", Value::Null),
            ("LinkedTable", Value::Null),
            ("LinkedUDO", Value::Null),
            ("ValidValuesMD", json!([])),
        ] {
            row.entry(field).or_insert(value);
        }
        Ok(row)
    }

    /// A field of one marketing document is a field of all of them.
    fn spread(&mut self, row: Row) {
        let table = text(&row, "TableName").unwrap_or_default().to_owned();
        let family: &[&str] = match table.as_str() {
            table if HEADERS.contains(&table) => &HEADERS,
            table if LINES.contains(&table) => &LINES,
            _ => &[],
        };
        let others = family.iter().filter(|other| **other != table).map(|other| (*other).to_owned());
        let tables: Vec<String> = std::iter::once(table.clone()).chain(others).collect();
        for table in tables {
            let number = self.user_defined.fields.iter().filter(|row| text(row, "TableName") == Some(&table)).count();
            let mut row = row.clone();
            row.insert("TableName".into(), json!(table));
            row.insert("FieldID".into(), json!(number));
            self.user_defined.fields.push(row);
        }
    }
}

impl Handle<'_, ServiceLayer> {
    /// A consultant adds a user-defined field: `OPOR`, a name without its `U_`, what it is called, its type (`db_Alpha`,
    /// `db_Date`, `db_Float`, …), and values with what they are called.
    pub fn add_user_field(&self, table: &str, name: &str, description: &str, kind: &str, values: &[(&str, &str)]) {
        let values: Vec<Value> =
            values.iter().map(|(value, called)| json!({"Value": value, "Description": called})).collect();
        let row = json!({"TableName": table, "Name": name, "Description": description, "Type": kind,
            "EditSize": 50, "ValidValuesMD": values});
        let Value::Object(row) = row else { return };
        self.with(|s| {
            if let Ok(row) = s.b1.new_user_field(row) {
                s.b1.spread(row);
            }
        });
    }

    /// A consultant registers an object of the user's own: its code, its table without the `@`, and the names of its
    /// child objects with their tables.
    pub fn add_user_object(&self, code: &str, key: &str, table: &str, children: &[(&str, &str)]) {
        let children: Vec<Value> =
            children.iter().map(|(object, table)| json!({"ObjectName": object, "TableName": table})).collect();
        let object = json!({"Code": code, "Name": code, "TableName": table, "ObjectType": "boud_Document",
            "UserObjectMD_ChildTables": children});
        self.with(|s| {
            s.b1.register_set(code, key, key == "DocEntry");
            if let Value::Object(row) = object {
                s.b1.user_defined.objects.push(row);
            }
        });
    }

    /// The user-defined fields of a table, as `UserFieldsMD` shows them.
    pub fn user_fields(&self, table: &str) -> Vec<Value> {
        self.with(|s| {
            let rows = s.b1.user_defined.fields.iter().filter(|row| text(row, "TableName") == Some(table));
            rows.map(|row| Value::Object(row.clone())).collect()
        })
    }
}

fn text<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    row.get(name).and_then(Value::as_str)
}

fn edm(kind: &str) -> &'static str {
    match kind {
        "db_Date" => "Edm.DateTime",
        "db_Float" => "Edm.Double",
        "db_Numeric" => "Edm.Int32",
        _ => "Edm.String",
    }
}
