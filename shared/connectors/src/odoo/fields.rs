//! What a model has, as it tells of itself.

use super::{ODOO, Odoo};
use serde_json::{Value, json};
use tenon_platform::error::{ErrorKind, Result};

/// A field of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OdooField {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub caption: String,
    /// Its type: `char`, `many2one`.
    pub of: String,
    /// Whether it is kept, and not computed when it is asked for.
    pub is_stored: bool,
}

impl Odoo<'_> {
    /// The fields of a model that the connection's user may read, in the order of their names.
    ///
    /// # Errors
    /// Odoo's, in its words.
    pub async fn fields(&self, model: &str) -> Result<Vec<OdooField>> {
        let attributes = json!(["string", "type", "store"]);
        let arguments = |context: Value| json!({ "attributes": attributes, "context": context });
        let nothing = Value::Array(Vec::new());
        let described = match self.execute(model, "fields_get", &nothing, &arguments(json!({ "lang": "zh_CN" }))).await
        {
            // Chinese may not be installed there.
            Err(error) if error.kind() == ErrorKind::Refused => {
                self.execute(model, "fields_get", &nothing, &arguments(json!({}))).await?
            }
            described => described?,
        };
        let Value::Object(described) = described else {
            return Err(ODOO.unintelligible(format!("the answer tells no fields of {model}")));
        };
        let field = |(name, field): (String, Value)| {
            let text = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let is_stored = field.get("store").and_then(Value::as_bool).unwrap_or(true);
            OdooField { name, caption: text("string"), of: text("type"), is_stored }
        };
        let mut fields: Vec<OdooField> = described.into_iter().map(field).collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(fields)
    }

    /// What people call a model; its own name where the user may not know.
    pub async fn caption(&self, model: &str) -> String {
        let domain = vec![json!(["model", "=", model])];
        let found = self.page("ir.model", &["name"], &domain, 0, 1).await.ok();
        let name = found.and_then(|found| super::text(&found.first()?.1, "name"));
        name.unwrap_or_else(|| model.to_owned())
    }
}
