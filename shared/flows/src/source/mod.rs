//! Where documents come from: an entity set, or the documents' SQL version. A source knows no flow and no kind;
//! it reads pages, and one document.

mod document;
mod pages;

pub use document::{Document, entity, read, read_again};
pub use pages::Pages;

use serde_json::{Map, Value};
use tenon_connectors::b1::B1;
use tenon_model::config::Source;
use tenon_model::{ConnectionId, DocumentKey, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result};

/// The ERP a flow reads from.
pub fn b1<'a>(ctx: &'a Context, tenant: &TenantId, loaded: &Loaded, erp: &ConnectionId) -> Result<B1<'a>> {
    Ok(B1::new(ctx, tenant, loaded.b1(erp)?, loaded.revision(erp)))
}

/// The first document that a source shows.
pub async fn first(b1: &B1<'_>, source: &Source, unread: &str) -> Result<Option<DocumentKey>> {
    let mut pages = Pages::begin(b1, source, unread, &[source.key.as_str()], 1).await?;
    let found = pages.next(b1).await?.unwrap_or_default();
    Ok(found.first().and_then(|v| v.get(&source.key)).and_then(DocumentKey::from_json))
}

/// A document's key, and its row when the source is SQL.
pub type Keyed = (DocumentKey, Option<Map<String, Value>>);

/// The documents of a page, each once.
pub fn keyed(source: &Source, values: Vec<Value>) -> Result<Vec<Keyed>> {
    let mut documents: Vec<Keyed> = Vec::with_capacity(values.len());
    for value in values {
        let Value::Object(fields) = value else { continue };
        let Some(key) = fields.get(&source.key).and_then(DocumentKey::from_json) else {
            return Err(Error::permanent(
                "flow.key",
                format!("{} has a document without {}; name its key field in source.key", source.object, source.key),
            ));
        };
        if !documents.iter().any(|(known, _)| *known == key) {
            documents.push((key, source.sql.is_some().then_some(fields)));
        }
    }
    Ok(documents)
}
