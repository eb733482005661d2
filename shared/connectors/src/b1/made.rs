//! What became of a create whose answer was lost: looked for by a field that carries a key of ours.

use super::{B1, Query, literal};
use serde_json::Value;
use tenon_model::json::number;
use tenon_model::{DocumentKey, code};
use tenon_platform::error::{ErrorKind, Result};

/// Rows that are looked at: copies that people made of a document carry its key of ours too.
const ROWS: u32 = 20;

/// Something that a create of ours made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its key.
    pub key: DocumentKey,
    /// Whether an approval procedure took it on the way in, so that it is a draft.
    pub is_draft: bool,
}

impl B1<'_> {
    /// Everything whose field has exactly this value, by ascending key; drafts of it where there is nothing else.
    pub async fn made(&self, set: &str, key: &str, field: &str, value: &str) -> Result<Vec<Made>> {
        let found = self.with_value(set, key, field, value, false).await?;
        let drafts = match (set, key) {
            _ if !found.is_empty() => return Ok(found),
            ("Drafts" | "PaymentDrafts", _) => return Ok(found),
            ("IncomingPayments" | "VendorPayments", _) => "PaymentDrafts",
            (_, "DocEntry") => "Drafts",
            _ => return Ok(found),
        };
        match self.with_value(drafts, "DocEntry", field, value, true).await {
            // A custom object has a field of its own that drafts have not, and no drafts.
            Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound) => Ok(found),
            other => other,
        }
    }

    async fn with_value(&self, set: &str, key: &str, field: &str, value: &str, is_draft: bool) -> Result<Vec<Made>> {
        let filter = format!("{field} eq {}", literal(&DocumentKey::Text(value.to_owned())));
        let query = Query::new().filter(filter).select([key, field]).order_by(key).page_size(ROWS);
        let page = self.page(set, &query, None).await?;
        // A database may compare without regard to case, or to blanks at the end.
        let same = |row: &&Value| row.get(field).and_then(text).is_some_and(|text| text == value);
        let of_row = |row: &Value| row.get(key).and_then(DocumentKey::from_json).map(|key| Made { key, is_draft });
        Ok(page.values.iter().filter(same).filter_map(of_row).collect())
    }
}

/// Whether the answer to a create shows the draft that an approval procedure took the document for.
pub fn shows_draft(answer: &Value) -> bool {
    let metadata = answer.get("odata.metadata").or_else(|| answer.get("@odata.context"));
    let of_drafts = metadata.and_then(Value::as_str).is_some_and(|text| text.contains("#Drafts"));
    of_drafts || answer.get("AuthorizationStatus").and_then(Value::as_str) == Some("dasPending")
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(code::trim(text).to_owned()),
        other => number::text_of(other).map(Into::into),
    }
}
