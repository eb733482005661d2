//! The ERP as a seam: what flows ask of any ERP whose documents go to an OA and whose fields a decision is written to.
//!
//! Only what is common is here: pages, reading, reading with the version, a change that is made only to the version
//! that was read, creating, looking up by a key. What an ERP has besides is an option ([`Erp::draft_approval`]). A
//! system that flows use otherwise (a DI API, an MES, a PLM) is a plain client of its own and no variant.
//!
//! The set is closed, so it is an enum: the compiler leads to every place that a further ERP has to answer for.

mod draft_approval;
mod pages;
mod place;

pub use crate::b1::{DECIMALS, Made, PriceWritten, shows_draft};
pub use draft_approval::{Adding, DraftApproval, Given, Next, OfPage, PendingRequest, Requested, Target, Waiting};
pub use pages::{Filter, Pages, Rows};
pub use place::{AttachedFile, Place, Update};

use crate::b1::{self, B1, Query};
use crate::base::check::CheckReport;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use tenon_model::config::{Connection, Timeouts};
use tenon_model::schema::{ObjectSchema, UserField, UserFieldState};
use tenon_model::{ConnectionId, DocumentKey, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result};

/// A client of an ERP.
pub enum Erp<'a> {
    /// SAP Business One.
    B1(Box<B1<'a>>),
}

/// A kind of document that can be approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approvable {
    /// Its object: `PurchaseOrders`.
    pub object: &'static str,
    /// Where its drafts lie, if it has drafts that can be approved: `Drafts`.
    pub drafts: Option<&'static str>,
}

/// What can be said of an ERP without asking it.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// IANA name: the company's dates are local.
    pub time_zone: String,
    /// Calls it makes for us at once.
    pub calls_at_once: usize,
    /// How long its calls may take.
    pub timeouts: Timeouts,
}

/// What can be said of a stored connection's ERP.
///
/// # Errors
/// `config.connection` when there is none, when it does not open, or when it is no ERP.
pub fn of(loaded: &Loaded, id: &ConnectionId) -> Result<Facts> {
    match loaded.connection(id)?.as_ref() {
        Connection::B1(b1) => Ok(Facts {
            time_zone: b1.time_zone.clone(),
            calls_at_once: usize::try_from(b1.max_sessions).unwrap_or(1),
            timeouts: b1.timeouts.clone(),
        }),
        other => Err(not_an_erp(id, other)),
    }
}

/// What an answer that refuses means once it is known that nothing was made.
pub fn refusal(error: Error) -> Error {
    match error.vendor_message.as_deref().map(String::as_str) {
        Some(said) => b1::refusal(said).during(&error.operation).with_answer_of(&error),
        None => error,
    }
}

/// Gives back to the other processes what clients hold open, such as idle sessions. To be called after each batch.
pub async fn release(ctx: &Context) {
    b1::release_sessions(ctx).await;
}

/// The same call to whichever ERP it is. Calls are boxed, so that what waits for one is not as large as all of them.
macro_rules! of_each {
    ($erp:expr, $client:ident => $call:expr) => {
        match $erp {
            Erp::B1($client) => Box::pin($call).await,
        }
    };
}

impl<'a> Erp<'a> {
    /// The ERP of a stored connection.
    ///
    /// # Errors
    /// As [`of`].
    pub fn open(ctx: &'a Context, tenant: &TenantId, loaded: &Loaded, id: &ConnectionId) -> Result<Self> {
        let connection = loaded.connection(id)?;
        Self::over(ctx, tenant, &connection, loaded.revision(id)).ok_or_else(|| not_an_erp(id, &connection))
    }

    /// The ERP of a connection with its revision; `None` when it is no ERP.
    pub fn over(ctx: &'a Context, tenant: &TenantId, connection: &Connection, revision: u64) -> Option<Self> {
        match connection {
            Connection::B1(b1) => Some(Self::B1(Box::new(B1::new(ctx, tenant, b1.clone(), revision)))),
            _ => None,
        }
    }

    /// An object with its collections, and what people call the fields that are the company's own. `draft_of` says
    /// which kind of document drafts are of.
    ///
    /// # Errors
    /// Of kind `NotFound` when there is no such object.
    pub async fn describe(&self, object: &str, draft_of: Option<&str>) -> Result<ObjectSchema> {
        of_each!(self, client => client.describe(object, draft_of))
    }

    /// How drafts name their kind of document; `None` for one that it does not know.
    pub fn draft_filter(&self, draft_of: &str) -> Option<String> {
        match self {
            Self::B1(_) => b1::object_code(draft_of).map(|code| format!("DocObjectCode eq '{code}'")),
        }
    }

    /// The kind of document that a filter of drafts asks for, as [`draft_filter`](Self::draft_filter) writes it.
    pub fn draft_of(&self, filter: &str) -> Option<String> {
        let (_, rest) = match self {
            Self::B1(_) => filter.split_once("DocObjectCode eq '")?,
        };
        let code = rest.split('\'').next()?;
        self.draft_filter(code).is_some().then(|| code.to_owned())
    }

    /// Kinds of documents of a connection's ERP that can be approved; none where it is no ERP.
    pub fn documents(connection: &Connection) -> Vec<Approvable> {
        match connection {
            Connection::B1(_) => b1::approvable(),
            _ => Vec::new(),
        }
    }

    /// The key of the newest document that matches a filter of the ERP's own words.
    pub async fn newest(&self, object: &str, key: &str, filter: Option<&str>) -> Result<Option<DocumentKey>> {
        let query = Query { filter: filter.map(str::to_owned), ..Query::new() };
        let query = query.select([key]).order_by(format!("{key} desc")).top(1);
        let page = of_each!(self, client => client.page(object, &query, None))?;
        Ok(page.values.first().and_then(|row| row.get(key)).and_then(DocumentKey::from_json))
    }

    /// Whether fields of the company's own are there, and what of each is not as it is wanted.
    pub async fn user_fields(&self, wanted: &[UserField]) -> Result<Vec<UserFieldState>> {
        of_each!(self, client => client.user_fields(wanted))
    }

    /// Makes a field of the company's own, once. One that is there is found.
    pub async fn create_user_field(&self, field: &UserField) -> Result<UserFieldState> {
        of_each!(self, client => client.create_user_field(field))
    }

    /// Reads one document, whole.
    ///
    /// # Errors
    /// Of kind `NotFound` when there is none.
    pub async fn read(&self, place: &Place) -> Result<Value> {
        Ok(self.read_with_version(place).await?.0)
    }

    /// Reads one document, whole, or `None` when there is none.
    pub async fn read_optional(&self, place: &Place) -> Result<Option<Value>> {
        of_each!(self, client => client.read_optional(&place.entity(), &Query::default()))
    }

    /// Reads one document, whole, with its version where the ERP gives one that can be trusted.
    pub async fn read_with_version(&self, place: &Place) -> Result<(Value, Option<String>)> {
        of_each!(self, client => client.read_with_etag(&place.entity(), &Query::default()))
    }

    /// Changes fields of a document, once.
    ///
    /// # Errors
    /// Of kind `Changed` when it has another version than the one that is asked for, `NotFound` when there is none,
    /// `Refused`; of class `UnknownOutcome` when it may have been changed.
    pub async fn update(&self, place: &Place, fields: &Value, update: Update) -> Result<()> {
        of_each!(self, client => client.change(&place.entity(), fields, update.into()))
    }

    /// Creates a document, once. Returns it where the ERP shows it.
    ///
    /// # Errors
    /// Of kind `Exists`, `Refused`; of class `UnknownOutcome` when it may have been created. One of that class and of
    /// kind `Refused` was answered: what it has made, if anything, is there already.
    pub async fn create(&self, object: &str, fields: &Value) -> Result<Value> {
        of_each!(self, client => client.create(object, fields, b1::WriteOptions::default()))
    }

    /// Whole documents by a field that carries a key of theirs or of ours, each with its version where the list gives
    /// one. Those that are not there are left out.
    pub async fn look_up(
        &self,
        object: &str,
        field: &str,
        keys: &[DocumentKey],
    ) -> Result<HashMap<DocumentKey, (Map<String, Value>, Option<String>)>> {
        of_each!(self, client => client.entities(object, field, keys))
    }

    /// These fields of documents, by their keys. Those that are not there are left out.
    pub async fn fields_of(
        &self,
        object: &str,
        key: &str,
        keys: &[DocumentKey],
        select: &[&str],
    ) -> Result<HashMap<DocumentKey, Map<String, Value>>> {
        let found = of_each!(self, client => client.entities_with(object, key, keys, select))?;
        Ok(found.into_iter().map(|(key, (fields, _))| (key, fields)).collect())
    }

    /// The first documents there are, a page of them, with these fields: to see whether the question is taken.
    ///
    /// # Errors
    /// Of kind `Refused` or `NotFound` when there is no such object, or when it has no such field.
    pub async fn some(&self, object: &str, select: &[&str]) -> Result<Vec<Map<String, Value>>> {
        let query = Query::new().select(select.iter().copied()).top(20);
        let page = of_each!(self, client => client.page(object, &query, None))?;
        Ok(page.values.into_iter().filter_map(|v| if let Value::Object(row) = v { Some(row) } else { None }).collect())
    }

    /// Documents whose fields have these values, and that match a filter of the ERP's own words; with these fields.
    pub async fn matching(
        &self,
        object: &str,
        equal: &[(&str, &DocumentKey)],
        within: Option<&str>,
        select: &[&str],
    ) -> Result<Vec<Map<String, Value>>> {
        of_each!(self, client => client.matching(object, equal, within, select))
    }

    /// What creates of ours have made whose field has exactly this value, by ascending key: documents, or the drafts
    /// that the ERP's own approval took them for.
    pub async fn made(&self, object: &str, key: &str, field: &str, value: &str) -> Result<Vec<Made>> {
        of_each!(self, client => client.made(object, key, field, value))
    }

    /// Reads documents, or the rows of a query, in pages by their key, so that a set that shrinks while it is read
    /// hides nothing.
    pub async fn pages(&self, rows: Rows<'_>, key: &str, page_size: u32) -> Result<Pages<'_>> {
        match self {
            Self::B1(client) => {
                let pages = Box::pin(b1::Pages::begin(client, rows, key, page_size)).await?;
                Ok(Pages::B1(client, Box::new(pages)))
            }
        }
    }

    /// All rows of a query in the ERP's own language.
    pub async fn query(&self, text: &str, parameters: &[(&str, &DocumentKey)]) -> Result<Vec<Value>> {
        of_each!(self, client => client.sql_rows(text, parameters))
    }

    /// The first row of a query.
    pub async fn query_one(
        &self,
        text: &str,
        parameters: &[(&str, &DocumentKey)],
    ) -> Result<Option<Map<String, Value>>> {
        of_each!(self, client => client.sql_row(text, parameters))
    }

    /// Gives what a page showed of a document to the next read of it, and likewise what
    /// [`DraftApproval::of_page`] gave of it.
    ///
    /// # Errors
    /// When that is not understood.
    pub fn expect(&self, place: &Place, shown: (Value, Option<String>), requests: Option<Vec<Value>>) -> Result<()> {
        match self {
            Self::B1(client) => client.expect(&place.entity(), shown, place.number().zip(requests)),
        }
    }

    /// What a page showed of a document, with its version.
    pub fn shown(&self, place: &Place) -> Option<(Value, Option<String>)> {
        match self {
            Self::B1(client) => client.shown(&place.entity()),
        }
    }

    /// The files that are attached to a document, by the key under which the ERP keeps them.
    pub async fn attached(&self, entry: &DocumentKey) -> Result<Vec<AttachedFile>> {
        of_each!(self, client => client.attached(entry))
    }

    /// The bytes of one of them.
    ///
    /// # Errors
    /// When it has more than `largest`.
    pub async fn attached_bytes(&self, entry: &DocumentKey, name: &str, largest: usize) -> Result<Bytes> {
        of_each!(self, client => client.attached_bytes(entry, name, largest))
    }

    /// Brings the price of a partner and an item to what these rows of a form say, field by field as the ERP names them.
    /// With `look_again` another writer may be under way, and what came of both is read.
    ///
    /// # Errors
    /// `flow.mapping` for a text that is none of its field's.
    pub async fn write_price(
        &self,
        of: (&str, &str),
        rows: &[BTreeMap<String, String>],
        look_again: bool,
    ) -> Result<PriceWritten> {
        of_each!(self, client => client.write_price(of, rows, look_again))
    }

    /// Where the ERP keeps it, in the words of its own pages.
    pub fn keeps_oa_user_in(&self) -> &'static str {
        match self {
            Self::B1(_) => "in SAP Business One the user's FaxNumber, 传真名",
        }
    }

    /// The id in the OA that the ERP keeps of a user of its own, given by his internal key.
    pub async fn oa_user(&self, user: i64) -> Result<Option<String>> {
        of_each!(self, client => client.user_fax(user))
    }

    /// Its own approval of drafts, if it has one whose stages can be decided from outside.
    pub fn draft_approval(&self) -> Option<DraftApproval<'_>> {
        match self {
            Self::B1(client) => Some(DraftApproval::B1(client)),
        }
    }

    /// Tells whether the connection works, by using it; writes nothing, tries a login once, and clears a
    /// remembered refusal when it gets in.
    pub async fn check(&self) -> Result<CheckReport> {
        of_each!(self, client => client.check())
    }
}

fn not_an_erp(id: &ConnectionId, found: &Connection) -> Error {
    Error::permanent(
        "config.connection",
        format!("connection {id} is of kind {}, and one of an ERP is needed", found.kind()),
    )
}
