//! Reading ERP documents of a flow: by OData or by the documents' SQL version.

use super::pages::Pages;
use serde_json::{Map, Value};
use tenon_connectors::b1::{B1, Entity, Query};
use tenon_model::config::{Flow, Source};
use tenon_model::{DocumentKey, TenantId, code};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result};

/// The collection the lines of the SQL version appear as.
const SQL_PAGE: u32 = 200;

/// The flow's source; only approval flows have one.
pub fn source(flow: &Flow) -> Result<&Source> {
    flow.source
        .as_ref()
        .ok_or_else(|| Error::permanent("config.flow", format!("flow {} has no source; add [flows.source]", flow.id)))
}

/// The flow's B1 connection.
pub fn b1<'a>(ctx: &'a Context, tenant: &TenantId, loaded: &Loaded, flow: &Flow) -> Result<B1<'a>> {
    Ok(B1::new(ctx, tenant, loaded.b1(&flow.erp)?, loaded.revision(&flow.erp)))
}

/// The document's place in B1.
pub fn entity(source: &Source, key: &DocumentKey) -> Entity {
    Entity::new(&source.object).key(key)
}

/// A document as read for submission.
#[derive(Clone, Debug)]
pub struct Document {
    /// Header fields and lines; for the SQL version the columns of the main row, and the rows of the
    /// lines query under the name the mapping asks for.
    pub fields: Map<String, Value>,
    /// The B1 entity itself, which carries the marks.
    pub entity: Map<String, Value>,
}

/// Reads a document with its lines. `None` when it does not exist any more.
pub async fn read(
    b1: &B1<'_>,
    flow: &Flow,
    key: &DocumentKey,
    row: Option<&Map<String, Value>>,
) -> Result<Option<Document>> {
    let source = source(flow)?;
    let Some(Value::Object(entity)) = b1.read_optional(&entity(source, key), &Query::default()).await? else {
        return Ok(None);
    };
    let Some(sql) = &source.sql else {
        return Ok(Some(Document { fields: entity.clone(), entity }));
    };
    let mut fields = match row {
        Some(row) => row.clone(),
        None => match find_row(b1, flow, source, key).await? {
            Some(row) => row,
            None => return Ok(None),
        },
    };
    if let (Some(text), Some(lines)) = (&sql.lines, &flow.form.lines) {
        let code = b1.sql_ensure(text).await?;
        let (mut rows, mut cursor) = (Vec::new(), None);
        loop {
            let page = b1.sql_page(&code, &[("key", key)], Some(SQL_PAGE), cursor).await?;
            rows.extend(page.values);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        fields.insert(lines.from.clone(), Value::Array(rows));
    }
    Ok(Some(Document { fields, entity }))
}

/// The main row of one document, when a message did not bring it.
async fn find_row(b1: &B1<'_>, flow: &Flow, source: &Source, key: &DocumentKey) -> Result<Option<Map<String, Value>>> {
    let mut pages = Pages::begin(b1, flow, source, &[], SQL_PAGE).await?;
    while let Some(values) = pages.next(b1).await? {
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

/// Whether the document already carries the mark that says it is in the OA.
pub fn is_marked(flow: &Flow, entity: &Map<String, Value>) -> bool {
    entity.get(&flow.marks.synced).and_then(Value::as_str) == Some(flow.marks.synced_value.as_str())
}

/// The instance id the document carries.
pub fn marked_instance<'a>(flow: &Flow, entity: &'a Map<String, Value>) -> Option<&'a str> {
    entity.get(&flow.marks.instance).and_then(Value::as_str).map(code::trim).filter(|id| !id.is_empty())
}
