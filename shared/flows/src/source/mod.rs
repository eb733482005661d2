//! Where documents come from: an entity set, or the documents' SQL version. A source knows no flow and no kind;
//! it reads pages, and one document.

mod document;

pub use document::{Document, place, read, read_again};

use serde_json::{Map, Value};
use tenon_connectors::erp::{Erp, Filter, Pages, Rows};
use tenon_model::DocumentKey;
use tenon_model::config::Source;
use tenon_platform::{Error, Result};

/// The pages of a source, from the beginning. `unread` is the filter of a source that has none of its own, and
/// `select` limits the fields; both are of no effect where the source is SQL.
pub async fn pages<'e>(
    erp: &'e Erp<'_>,
    source: &Source,
    unread: Filter<'_>,
    select: &[&str],
    page_size: u32,
) -> Result<Pages<'e>> {
    let rows = match &source.sql {
        None => {
            let filter = source.filter.as_deref().map_or(unread, Filter::Own);
            Rows::Documents { object: &source.object, filter, select }
        }
        Some(sql) => Rows::Query { text: &sql.main, before_all: sql.has_last().then(|| sql.before_all()) },
    };
    erp.pages(rows, &source.key, page_size).await
}

/// The first document that a source shows.
pub async fn first(erp: &Erp<'_>, source: &Source, unread: Filter<'_>) -> Result<Option<DocumentKey>> {
    let mut pages = pages(erp, source, unread, &[source.key.as_str()], 1).await?;
    let found = pages.next().await?.unwrap_or_default();
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
