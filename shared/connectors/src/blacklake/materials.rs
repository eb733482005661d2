//! Materials: imported by code, which makes or changes one, and stopped and started by their ids.

use super::Blacklake;
use crate::base::Effect;
use serde_json::{Map, Value, json};
use tenon_model::blacklake::{code_at, id_at, list_at, text_at, total_of};
use tenon_platform::error::Result;

/// Rows of a page of a list.
const ROWS: u64 = 100;
/// Pages that are looked through for a code: the list finds by parts of codes and names.
const PAGES: u64 = 50;

/// A material of the MES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// Its id.
    pub id: i64,
    /// Whether it is stopped (停用).
    pub is_stopped: bool,
}

impl Blacklake<'_> {
    /// Makes a material of this code, or changes the one there is.
    ///
    /// # Errors
    /// Of kind `Refused`, in the MES's words; of class `UnknownOutcome` when it may have been done.
    pub async fn import_material(&self, fields: &Map<String, Value>) -> Result<()> {
        let body = Value::Object(fields.clone());
        self.send(Effect::Change, &self.connection.paths.material_import, &body).await.map(drop)
    }

    /// The material of exactly this code. The MES's list finds others too.
    pub async fn material(&self, code: &str) -> Result<Option<Material>> {
        let mut seen = 0;
        for page in 1..=PAGES {
            let body = json!({ "code": code, "page": page, "size": ROWS });
            let data = self.send(Effect::Read, &self.connection.paths.material_list, &body).await?;
            let rows = list_at(&data, "list");
            if let Some(row) = rows.iter().find(|row| text_at(row, "code") == code) {
                let id = id_at(row, "id").ok_or_else(|| {
                    self.remote.vendor.unintelligible(format!("the list shows material {code} without an id"))
                })?;
                let enabled = code_at(row, "enableFlag");
                let is_stopped = enabled.is_some_and(|flag| flag != self.connection.values.enabled);
                return Ok(Some(Material { id, is_stopped }));
            }
            seen += u64::try_from(rows.len()).unwrap_or(u64::MAX);
            if rows.is_empty() || seen >= total_of(&data, rows.len(), ROWS) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Stops a material (停用), or starts it again (启用).
    pub async fn set_stopped(&self, id: i64, is_stopped: bool) -> Result<()> {
        let paths = &self.connection.paths;
        let path = if is_stopped { &paths.material_stop } else { &paths.material_start };
        self.send(Effect::Change, path, &json!({ "ids": [id] })).await.map(drop)
    }
}
