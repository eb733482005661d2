//! Instances as they are read, and what lies around them.

use super::forms::{Copy, FormRecord};
use super::keys::{self, DATA, INSTANCE, ROWS};
use super::moves::{Loaded, Of};
use super::rows::Receiver;
use crate::definition::Definition;
use crate::people::{Answers, Question};
use crate::run::{Effect, Entry, Instance};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tenon_model::TenantId;
use tenon_platform::table::{Range, Stored, Write};
use tenon_platform::{Context, Error, Result, outbox};

/// A task is urged once within this many ms.
pub const URGE_EVERY_MS: i64 = 10 * 60_000;
/// Orders whose instances a process remembers.
const ORDERS: usize = 20_000;

/// Which instance has an order's number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pointer {
    pub number: String,
    /// Its form, as far as that is known.
    #[serde(default)]
    pub flow: String,
    #[serde(default)]
    pub data_id: String,
}

/// What orders were found to be: nothing of it changes.
#[derive(Default)]
struct Orders(Mutex<BTreeMap<(TenantId, i64), Pointer>>);

/// Who people are, and what follows from a move.
#[async_trait]
pub trait ProcessHost: Send + Sync {
    /// Who these are; every question is answered.
    ///
    /// # Errors
    /// Those of where people are looked up.
    async fn people(
        &self,
        ctx: &Context,
        tenant: &TenantId,
        enterprise: &str,
        questions: &[Question],
    ) -> Result<Answers>;

    /// A task is urged once within this many ms.
    fn urge_every_ms(&self, _enterprise: &str) -> i64 {
        URGE_EVERY_MS
    }

    /// What follows from a move, to be stored with it.
    ///
    /// # Errors
    /// When it cannot be written.
    fn follow(&self, ctx: &Context, tenant: &TenantId, moved: &Moved<'_>) -> Result<Followed>;
}

/// A move that is about to be stored.
pub struct Moved<'a> {
    /// What it runs on.
    pub definition: &'a Definition,
    /// The instance as it was; none for a launch.
    pub was: Option<&'a Instance>,
    /// The instance as it is to be.
    pub instance: &'a Instance,
    /// What is written down.
    pub history: &'a [Entry],
    /// What is to be done.
    pub effects: &'a [Effect],
    /// The form's data.
    pub data: &'a Map<String, Value>,
}

/// What follows from a move.
#[derive(Default)]
pub struct Followed {
    /// Writes of the same transaction, some eighty at most.
    pub writes: Vec<Write>,
    /// Messages that are promised in it and sent after it.
    pub entries: Vec<outbox::Entry>,
}

/// The processes of a tenant.
#[derive(Clone, Copy)]
pub struct Processes<'a> {
    pub(super) ctx: &'a Context,
    pub(super) tenant: &'a TenantId,
    pub(super) host: &'a dyn ProcessHost,
}

impl<'a> Processes<'a> {
    /// Those of this tenant.
    pub fn new(ctx: &'a Context, tenant: &'a TenantId, host: &'a dyn ProcessHost) -> Self {
        Self { ctx, tenant, host }
    }

    /// An instance.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn instance(&self, number: &str) -> Result<Option<Instance>> {
        let stored = self.ctx.table.get::<Instance>(&keys::instance(self.tenant, number)).await?;
        Ok(stored.map(|stored| stored.data))
    }

    /// The instance of an order's number.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn by_order(&self, order: i64) -> Result<Option<Instance>> {
        match self.pointer(order).await? {
            Some(pointer) => self.instance(&pointer.number).await,
            None => Ok(None),
        }
    }

    /// The instance of an order's number, with the form's data that it goes by and how often that was saved.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn opened(&self, order: i64) -> Result<Option<(Instance, Map<String, Value>, u64)>> {
        let found = self.loaded(Of::Order(order)).await?;
        Ok(found.map(|found| (found.stored.data, found.copy.data, found.copy.saved)))
    }

    /// An instance with the form's data that it goes by.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn with_data(&self, number: &str) -> Result<Option<(Instance, Map<String, Value>)>> {
        Ok(self.loaded(Of::Number(number)).await?.map(|found| (found.stored.data, found.copy.data)))
    }

    /// The instance of an order's number, ready to take rows of decisions.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn receiver(&self, order: i64) -> Result<Option<Receiver>> {
        let Some(pointer) = self.pointer(order).await? else { return Ok(None) };
        let found = self.loaded(Of::Number(&pointer.number)).await?;
        Ok(found.map(|found| Receiver { instance: found.stored.data, rows: found.rows }))
    }

    async fn pointer(&self, order: i64) -> Result<Option<Pointer>> {
        let orders = self.ctx.extensions.get_or_init::<Orders>();
        let name = (self.tenant.clone(), order);
        let known = orders.0.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let stored = self.ctx.table.get::<Pointer>(&keys::order(self.tenant, order)).await?;
        Ok(stored.map(|stored| {
            self.known_order(order, stored.data.clone());
            stored.data
        }))
    }

    /// Remembers which instance an order is.
    pub(super) fn known_order(&self, order: i64, pointer: Pointer) {
        let orders = self.ctx.extensions.get_or_init::<Orders>();
        let mut orders = orders.0.lock().unwrap_or_else(PoisonError::into_inner);
        if orders.len() >= ORDERS {
            orders.clear();
        }
        orders.insert((self.tenant.clone(), order), pointer);
    }

    /// An instance with what lies beside it, in one request.
    pub(super) async fn loaded(&self, of: Of<'_>) -> Result<Option<Loaded>> {
        match of {
            Of::Number(number) => self.beside(number).await,
            Of::Order(order) => match self.pointer(order).await? {
                Some(pointer) if pointer.flow.is_empty() => self.beside(&pointer.number).await,
                Some(pointer) => self.with_form(&pointer).await,
                None => Ok(None),
            },
        }
    }

    async fn beside(&self, number: &str) -> Result<Option<Loaded>> {
        let partition = keys::instance_partition(self.tenant, number);
        let page = self.ctx.table.query::<Value>(&partition, Range::default()).await?;
        let (mut instance, mut copy, mut rows) = (None, None, None);
        for stored in page.items {
            match stored.sort.as_str() {
                INSTANCE => instance = read(Some(stored))?,
                DATA => copy = read::<Copy>(Some(stored))?,
                ROWS => rows = read(Some(stored))?,
                _ => {}
            }
        }
        let copy = copy.map(|copy| copy.data).unwrap_or_default();
        Ok(instance.map(|stored| Loaded { stored, copy, rows, form: None }))
    }

    async fn with_form(&self, pointer: &Pointer) -> Result<Option<Loaded>> {
        let (tenant, number) = (self.tenant, pointer.number.as_str());
        let instance = keys::instance(tenant, number);
        let (data, rows) = (keys::data(tenant, number), keys::rows(tenant, number));
        let form = keys::form(tenant, &pointer.flow, &pointer.data_id);
        let wanted = [instance.clone(), data.clone(), rows.clone(), form.clone()];
        let mut found = self.ctx.table.get_many::<Value>(&wanted).await?;
        let copy = read::<Copy>(found.remove(&data))?.map(|copy| copy.data).unwrap_or_default();
        let (rows, form) = (read(found.remove(&rows))?, read::<FormRecord>(found.remove(&form))?);
        Ok(read(found.remove(&instance))?.map(|stored| Loaded { stored, copy, rows, form }))
    }
}

/// A record of one of several kinds that were read together.
pub(super) fn read<T: DeserializeOwned>(found: Option<Stored<Value>>) -> Result<Option<Stored<T>>> {
    let Some(Stored { sort, version, data }) = found else { return Ok(None) };
    let wrong = |e: serde_json::Error| Error::permanent("platform.table", format!("the record {sort}: {e}"));
    let data = serde_json::from_value(data).map_err(wrong)?;
    Ok(Some(Stored { sort, version, data }))
}
