//! What a company has added to B1's tables, and the description of an object with it.

use super::entity_type::{EntityType, Property};
use super::{B1, Entity, Query, WriteOptions};
use crate::erp::Approvable;
use serde_json::{Value, json};
use tenon_model::DocumentKey;
use tenon_model::schema::{
    FieldSchema, FieldType, ObjectSchema, TableSchema, UserField, UserFieldKind, UserFieldState,
};
use tenon_platform::error::{ErrorKind, Result, Retry};

/// Rows a page, and pages: a table has a few hundred fields of the user's own at most.
const ROWS: u32 = 100;
const PAGES: u32 = 50;
/// Longest description, in B1's characters.
const DESCRIPTION: usize = 80;

/// Entity sets, the object code of their drafts, and the tables that fields of their headers and lines belong to.
const TABLES: [(&str, &str, &str, &str); 24] = [
    ("Invoices", "13", "OINV", "INV1"),
    ("CreditNotes", "14", "ORIN", "RIN1"),
    ("DeliveryNotes", "15", "ODLN", "DLN1"),
    ("Returns", "16", "ORDN", "RDN1"),
    ("Orders", "17", "ORDR", "RDR1"),
    ("PurchaseInvoices", "18", "OPCH", "PCH1"),
    ("PurchaseCreditNotes", "19", "ORPC", "RPC1"),
    ("PurchaseDeliveryNotes", "20", "OPDN", "PDN1"),
    ("PurchaseReturns", "21", "ORPD", "RPD1"),
    ("PurchaseOrders", "22", "OPOR", "POR1"),
    ("Quotations", "23", "OQUT", "QUT1"),
    ("IncomingPayments", "24", "ORCT", ""),
    ("VendorPayments", "46", "OVPM", ""),
    ("InventoryGenEntries", "59", "OIGN", "IGN1"),
    ("InventoryGenExits", "60", "OIGE", "IGE1"),
    ("StockTransfers", "67", "OWTR", "WTR1"),
    ("PurchaseQuotations", "540000006", "OPQT", "PQT1"),
    ("InventoryTransferRequests", "1250000001", "OWTQ", "WTQ1"),
    ("PurchaseRequests", "1470000113", "OPRQ", "PRQ1"),
    ("Drafts", "", "ODRF", "DRF1"),
    ("PaymentDrafts", "", "OPDF", ""),
    ("Items", "", "OITM", ""),
    ("BusinessPartners", "", "OCRD", ""),
    ("ProductionOrders", "", "OWOR", "WOR1"),
];

/// Kinds of documents that can be approved, with where their drafts lie.
pub(crate) fn approvable() -> Vec<Approvable> {
    let is_drafts = |set: &str| set.ends_with("Drafts");
    let kinds = TABLES.iter().filter(|(set, ..)| !is_drafts(set));
    let drafts = |code: &str| match code {
        "" => None,
        "24" | "46" => Some("PaymentDrafts"),
        _ => Some("Drafts"),
    };
    kinds.map(|(set, code, ..)| Approvable { object: set, drafts: drafts(code) }).collect()
}

/// The object code of a kind of document, by its entity set or by the code itself.
pub(crate) fn object_code(kind: &str) -> Option<&'static str> {
    let known = |(set, code, _, _): &&(&str, &'static str, &str, &str)| {
        !code.is_empty() && (set.eq_ignore_ascii_case(kind) || *code == kind)
    };
    TABLES.iter().find(known).map(|(_, code, _, _)| *code)
}

/// A user-defined field, as `UserFieldsMD` has it.
#[derive(Clone, Debug)]
struct Known {
    name: String,
    kind: String,
    caption: String,
    size: Option<u32>,
    values: Vec<(String, String)>,
    default: Option<String>,
}

impl B1<'_> {
    /// An object with its collections and what people call its user-defined fields. `draft_of` says which kind of
    /// document drafts are of, by its entity set or object code.
    ///
    /// # Errors
    /// `b1.not-found` for a set that the service has not.
    pub async fn describe(&self, set: &str, draft_of: Option<&str>) -> Result<ObjectSchema> {
        let entity = self.entity_type(set).await?;
        let (header, lines) = self.tables(&entity, draft_of).await?;
        let mut notes = Vec::new();
        let own = self.known_or_note(&header, &mut notes).await?;
        let mut schema = ObjectSchema {
            key: entity.key.first().cloned().unwrap_or_default(),
            header: table(&entity.set, Some(&header), &entity.properties, &own),
            set: entity.set,
            collections: Vec::new(),
            notes: Vec::new(),
        };
        for (name, properties) in &entity.collections {
            let of = lines.iter().find(|(collection, _)| collection == name).map(|(_, table)| table.as_str());
            let own = match of {
                Some(of) if notes.is_empty() => self.known_or_note(of, &mut notes).await?,
                _ => Vec::new(),
            };
            schema.collections.push(table(name, of, properties, &own));
        }
        // Of equals the lines of the document itself come first.
        schema.collections.sort_by_key(|collection| collection.table.is_none());
        schema.notes = notes;
        Ok(schema)
    }

    /// The tables that user-defined fields of the header and of each collection belong to.
    async fn tables(&self, entity: &EntityType, draft_of: Option<&str>) -> Result<(String, Vec<(String, String)>)> {
        let of = |wanted: &str| {
            TABLES.iter().find(|(set, code, _, _)| *set == wanted || (!code.is_empty() && *code == wanted))
        };
        let known = draft_of.and_then(of).or_else(|| of(&entity.set));
        if let Some((_, _, header, lines)) = known {
            let collections = entity.collections.iter().map(|(name, _)| name);
            let is_lines = |name: &&String| {
                matches!(name.as_str(), "DocumentLines" | "StockTransferLines" | "ProductionOrderLines")
            };
            let lines = collections.filter(is_lines).filter(|_| !lines.is_empty());
            let of_lines = known.map_or("", |(_, _, _, lines)| lines);
            return Ok(((*header).to_owned(), lines.map(|name| (name.clone(), of_lines.to_owned())).collect()));
        }
        let object = Entity::new("UserObjectsMD").key(&DocumentKey::Text(entity.set.clone()));
        let object = match self.read_optional(&object, &Query::new()).await {
            Ok(object) => object.unwrap_or(Value::Null),
            // A table without an object is one of the user's own too.
            Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound) => Value::Null,
            Err(error) => return Err(error),
        };
        let own = object.get("TableName").and_then(Value::as_str).unwrap_or(&entity.set);
        let children = object.get("UserObjectMD_ChildTables").and_then(Value::as_array);
        let child = |name: &str| {
            let object = name.trim_end_matches("Collection");
            let named = |child: &&Value| child.get("ObjectName").and_then(Value::as_str) == Some(object);
            let found = children.into_iter().flatten().find(named).and_then(|child| child.get("TableName")?.as_str());
            format!("@{}", found.unwrap_or(object))
        };
        let lines = entity.collections.iter().map(|(name, _)| (name.clone(), child(name))).collect();
        Ok((format!("@{}", own.trim_start_matches("U_")), lines))
    }

    /// The fields of a table, or a remark with B1's words where the user may not read them.
    async fn known_or_note(&self, of: &str, notes: &mut Vec<String>) -> Result<Vec<Known>> {
        match self.known(of).await {
            Ok(known) => Ok(known),
            Err(error) if error.retry == Retry::Permanent => {
                notes.push(format!(
                    "what user-defined fields are called was not read, for which the B1 user needs the right to \
                     user-defined fields: {error}"
                ));
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    async fn known(&self, of: &str) -> Result<Vec<Known>> {
        let query = Query::new().filter(format!("TableName eq '{}'", of.replace('\'', "''"))).page_size(ROWS);
        let rows = self.read_all("UserFieldsMD", &query, PAGES).await?;
        Ok(rows.iter().filter_map(known).collect())
    }

    /// Whether user-defined fields are there, and what of each is not as it is wanted.
    pub async fn user_fields(&self, wanted: &[UserField]) -> Result<Vec<UserFieldState>> {
        let mut states = Vec::new();
        let mut read: Option<(String, Vec<Known>)> = None;
        for field in wanted {
            if read.as_ref().is_none_or(|(of, _)| *of != field.table) {
                read = Some((field.table.clone(), self.known(&field.table).await?));
            }
            let found = read.iter().flat_map(|(_, all)| all).find(|known| known.name.eq_ignore_ascii_case(&field.name));
            states.push(
                found.map_or(UserFieldState::Missing, |known| UserFieldState::Found { differs: known.differs(field) }),
            );
        }
        Ok(states)
    }

    /// Makes a user-defined field, once. B1 changes its tables for one caller at a time, so one is made after the other.
    ///
    /// # Errors
    /// `b1.refused` when the user may not; of class `UnknownOutcome` when it may have been made and is not to be seen.
    pub async fn create_user_field(&self, field: &UserField) -> Result<UserFieldState> {
        let made = self.create("UserFieldsMD", &body(field), WriteOptions::default()).await;
        let error = match made {
            Ok(_) => return Ok(UserFieldState::Created),
            Err(error) => error,
        };
        if error.kind() != ErrorKind::Exists && error.retry != Retry::UnknownOutcome {
            return Err(error);
        }
        // Somebody was quicker, or the answer was lost.
        let is_unknown = error.retry == Retry::UnknownOutcome;
        match self.user_fields(std::slice::from_ref(field)).await.map(|mut states| states.pop()) {
            Ok(Some(UserFieldState::Found { .. })) if is_unknown => Ok(UserFieldState::Created),
            Ok(Some(found @ UserFieldState::Found { .. })) => Ok(found),
            // That it may have been made counts for more than why it could not be looked for.
            Err(looked) if !is_unknown => Err(looked),
            _ => Err(error),
        }
    }
}

impl Known {
    /// What is not as it is wanted.
    fn differs(&self, wanted: &UserField) -> Vec<String> {
        let mut all = Vec::new();
        let kind = word(wanted.kind);
        // A text of any length takes what a short one does.
        if self.kind != kind && !(self.kind == "db_Memo" && kind == "db_Alpha") {
            all.push(format!("is of the type {} and should be {kind}", self.kind));
        } else if wanted.size > 0 && self.size.is_some_and(|size| size < wanted.size) {
            all.push(format!("takes {} characters and should take {}", self.size.unwrap_or_default(), wanted.size));
        }
        if wanted.default.is_some() && self.default != wanted.default {
            let is = self.default.as_deref().filter(|text| !text.is_empty()).unwrap_or("none");
            all.push(format!("has the default {is} and should have {}", wanted.default.as_deref().unwrap_or_default()));
        }
        let lacks = wanted
            .values
            .iter()
            .filter(|(value, _)| !self.values.is_empty() && !self.values.iter().any(|(known, _)| known == value));
        let lacks: Vec<&str> = lacks.map(|(value, _)| value.as_str()).collect();
        if !lacks.is_empty() {
            all.push(format!("does not take the values {}", lacks.join(", ")));
        }
        all
    }
}

fn word(kind: UserFieldKind) -> &'static str {
    match kind {
        UserFieldKind::Alphanumeric => "db_Alpha",
        UserFieldKind::Memo => "db_Memo",
        UserFieldKind::Date => "db_Date",
    }
}

fn body(field: &UserField) -> Value {
    let mut body = json!({
        "TableName": field.table,
        "Name": field.name.strip_prefix("U_").unwrap_or(&field.name),
        "Description": shortened(&field.caption),
        "Type": word(field.kind),
        "SubType": "st_None",
        "Mandatory": "tNO",
    });
    if let Value::Object(members) = &mut body {
        if field.size > 0 {
            members.insert("Size".to_owned(), json!(field.size));
            members.insert("EditSize".to_owned(), json!(field.size));
        }
        if let Some(default) = &field.default {
            members.insert("DefaultValue".to_owned(), json!(default));
        }
        if !field.values.is_empty() {
            let value = |(value, called): &(String, String)| json!({ "Value": value, "Description": called });
            members.insert("ValidValuesMD".to_owned(), field.values.iter().map(value).collect());
        }
    }
    body
}

/// As B1 counts characters.
fn shortened(text: &str) -> String {
    let mut length = 0;
    let fits = |c: &char| {
        length += c.len_utf16();
        length <= DESCRIPTION
    };
    text.chars().take_while(fits).collect()
}

fn known(row: &Value) -> Option<Known> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let size =
        |name: &str| row.get(name).and_then(Value::as_u64).and_then(|size| u32::try_from(size).ok()).filter(|s| *s > 0);
    let values = row.get("ValidValuesMD").and_then(Value::as_array).into_iter().flatten().filter_map(|value| {
        let of = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((of("Value")?, of("Description").unwrap_or_default()))
    });
    Some(Known {
        name: format!("U_{}", text("Name")?),
        kind: text("Type").unwrap_or_default().to_owned(),
        caption: text("Description").unwrap_or_default().to_owned(),
        size: size("EditSize").or_else(|| size("Size")),
        values: values.collect(),
        default: text("DefaultValue").map(str::to_owned),
    })
}

/// The properties of a table with what is known of its user-defined fields. Those that the metadata does not show yet
/// (it is kept by the server for a while) are added.
fn table(name: &str, of: Option<&str>, properties: &[Property], own: &[Known]) -> TableSchema {
    let mut fields: Vec<FieldSchema> = properties
        .iter()
        .map(|property| {
            let (kind, values) = kind_of(&property.of);
            FieldSchema { name: property.name.clone(), kind, caption: None, values, size: None }
        })
        .collect();
    for known in own {
        let at = match fields.iter().position(|field| field.name == known.name) {
            Some(at) => at,
            None => {
                fields.push(FieldSchema { name: known.name.clone(), ..FieldSchema::default() });
                fields.len() - 1
            }
        };
        if let Some(field) = fields.get_mut(at) {
            field.kind = match known.kind.as_str() {
                "db_Date" => FieldType::Date,
                "db_Numeric" => FieldType::Integer,
                "db_Float" => FieldType::Decimal,
                _ => FieldType::Text,
            };
            field.caption = Some(known.caption.clone()).filter(|caption| !caption.is_empty());
            field.values = known.values.clone();
            field.size = known.size.filter(|_| known.kind == "db_Alpha");
        }
    }
    TableSchema { name: name.to_owned(), table: of.map(str::to_owned), fields }
}

/// What a property holds, by its type on the wire, and its values where these are known.
fn kind_of(of: &str) -> (FieldType, Vec<(String, String)>) {
    let kind = match of {
        "Edm.String" => FieldType::Text,
        "Edm.Int16" | "Edm.Int32" | "Edm.Int64" | "Edm.Byte" => FieldType::Integer,
        "Edm.Double" | "Edm.Decimal" | "Edm.Single" => FieldType::Decimal,
        "Edm.DateTime" | "Edm.DateTimeOffset" | "Edm.Date" => FieldType::Date,
        "Edm.Time" | "Edm.TimeOfDay" => FieldType::Time,
        other if !other.starts_with("Edm.") => FieldType::Word,
        _ => FieldType::Other,
    };
    let values: &[&str] = if of.ends_with(".BoYesNoEnum") { &["tYES", "tNO"] } else { &[] };
    (kind, values.iter().map(|value| ((*value).to_owned(), String::new())).collect())
}
