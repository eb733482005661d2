//! Reading one ERP document of a source: by OData or by the documents' SQL version.

use super::pages;
use serde_json::{Map, Value};
use tenon_connectors::erp::{DECIMALS, Erp, Filter, Place};
use tenon_model::config::Source;
use tenon_model::json::number;
use tenon_model::{DocumentKey, decimal};
use tenon_platform::{ErrorKind, Result};

/// Rows of the main query read at once, where one is looked for.
const SQL_PAGE: u32 = 200;

/// The document's place in the ERP.
pub fn place(source: &Source, key: &DocumentKey) -> Place {
    Place::new(&source.object, key)
}

/// A document as read for submission, or again for its decision.
#[derive(Clone, Debug)]
pub struct Document {
    /// Header fields and lines; for the SQL version the columns of the row, and the rows of the lines query
    /// under the name the mapping asks for.
    pub fields: Map<String, Value>,
    /// The document itself, which carries the marks.
    pub entity: Map<String, Value>,
    /// The entity's ETag, of sets that have one.
    pub etag: Option<String>,
    /// Whether header columns are compared as the entity shows them, because no query shows the row of a
    /// marked document.
    pub header_of_entity: bool,
}

impl Document {
    /// A header field for comparison: null when it is missing, nothing when it cannot be read again.
    pub fn header(&self, name: &str) -> Option<&Value> {
        if self.header_of_entity {
            return of_entity(&self.entity, name);
        }
        Some(self.fields.get(name).unwrap_or(&Value::Null))
    }
}

/// Columns of B1's tables whose property has another name.
const PROPERTIES: [(&str, &str); 5] = [
    ("reqname", "RequesterName"),
    ("reqdate", "RequriedDate"),
    ("doccur", "DocCurrency"),
    ("slpcode", "SalesPersonCode"),
    ("objtype", "DocObjectCode"),
];

/// The property of an entity that a column of its table is.
fn of_entity<'a>(entity: &'a Map<String, Value>, column: &str) -> Option<&'a Value> {
    let lower = column.to_lowercase();
    let other = PROPERTIES.iter().find(|(column, _)| *column == lower).map(|(_, property)| *property);
    entity
        .get(other.unwrap_or(column))
        .or_else(|| entity.iter().find(|(property, _)| property.to_lowercase() == lower).map(|(_, value)| value))
}

async fn read_entity(
    erp: &Erp<'_>,
    source: &Source,
    key: &DocumentKey,
) -> Result<Option<(Map<String, Value>, Option<String>)>> {
    match erp.read_with_version(&place(source, key)).await {
        Ok((Value::Object(entity), etag)) => Ok(Some((entity, etag))),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a document with its lines, which appear as `collections`. `None` when it does not exist any more.
pub async fn read(
    erp: &Erp<'_>,
    source: &Source,
    collections: &[&str],
    key: &DocumentKey,
    row: Option<&Map<String, Value>>,
) -> Result<Option<Document>> {
    let Some((entity, etag)) = read_entity(erp, source, key).await? else { return Ok(None) };
    let Some(sql) = &source.sql else {
        return Ok(Some(Document { fields: entity.clone(), entity, etag, header_of_entity: false }));
    };
    // A row that was read by the poll may be older than the entity that is compared with later.
    let row = row.filter(|row| sql.row.is_none() && is_of(row, &entity));
    let found = match row {
        Some(row) => Some(row.clone()),
        None => find_row(erp, source, key).await?,
    };
    let Some(mut fields) = found else { return Ok(None) };
    add_lines(erp, source, collections, key, &mut fields).await?;
    Ok(Some(Document { fields, entity, etag, header_of_entity: sql.row.is_none() }))
}

/// Reads a document that is marked, to compare it with what was shown. The main query of the SQL version does
/// not find it any more.
pub async fn read_again(
    erp: &Erp<'_>,
    source: &Source,
    collections: &[&str],
    key: &DocumentKey,
) -> Result<Option<Document>> {
    let Some(sql) = &source.sql else { return read(erp, source, collections, key, None).await };
    let Some((entity, etag)) = read_entity(erp, source, key).await? else { return Ok(None) };
    let mut fields = match &sql.row {
        Some(_) => find_row(erp, source, key).await?.unwrap_or_default(),
        None => Map::new(),
    };
    add_lines(erp, source, collections, key, &mut fields).await?;
    Ok(Some(Document { fields, entity, etag, header_of_entity: sql.row.is_none() }))
}

/// Whether a row shows what the entity shows, as far as both do. Dates are written in two ways.
fn is_of(row: &Map<String, Value>, entity: &Map<String, Value>) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(8).collect::<String>();
    row.iter().all(|(column, value)| match (value, of_entity(entity, column)) {
        (_, None) => true,
        (Value::String(a), Some(Value::String(b))) => {
            a.trim() == b.trim() || (digits(a).len() == 8 && digits(a) == digits(b))
        }
        (Value::Null, Some(Value::String(text))) | (Value::String(text), Some(Value::Null)) => text.is_empty(),
        (a, Some(b)) => a == b || amount(a).is_some_and(|a| Some(a) == amount(b)),
    })
}

/// A number as B1 keeps it, whose texts differ by noise of binary floats.
fn amount(value: &Value) -> Option<String> {
    let number = decimal::parse(&number::text_of(value)?)?;
    Some(decimal::at_most(number, DECIMALS))
}

async fn add_lines(
    erp: &Erp<'_>,
    source: &Source,
    collections: &[&str],
    key: &DocumentKey,
    fields: &mut Map<String, Value>,
) -> Result<()> {
    let Some(lines) = source.sql.as_ref().and_then(|sql| sql.lines.as_ref()) else { return Ok(()) };
    for collection in collections {
        if let Some(text) = lines.of(collection) {
            let rows = erp.query(text, &[("key", key)]).await?;
            fields.insert((*collection).to_owned(), Value::Array(rows));
        }
    }
    Ok(())
}

/// The row of one document: by its own query, or looked for in the main one.
async fn find_row(erp: &Erp<'_>, source: &Source, key: &DocumentKey) -> Result<Option<Map<String, Value>>> {
    let Some(sql) = &source.sql else { return Ok(None) };
    if let Some(text) = &sql.row {
        return erp.query_one(text, &[("key", key)]).await;
    }
    let mut pages = pages(erp, source, Filter::Own(""), &[], SQL_PAGE).await?;
    while let Some(values) = pages.next().await? {
        for value in values {
            if let Value::Object(row) = value
                && row.get(&source.key).and_then(DocumentKey::from_json).as_ref() == Some(key)
            {
                return Ok(Some(row));
            }
        }
    }
    Ok(None)
}
