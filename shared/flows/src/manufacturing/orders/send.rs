//! Taking one order to the MES: the work order is made, edited or closed as the MES has it, and the order is marked.

use super::codes;
use super::mark::Marked;
use super::order::{Component, Order, Wanted, WorkOrder};
use super::{KEY, ORDERS};
use crate::kinds::Scope;
use crate::manufacturing::message::Manufacture;
use crate::manufacturing::settle;
use crate::manufacturing::work::{self, Doing, Over, Piece};
use async_trait::async_trait;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_connectors::blacklake::{Blacklake, Closing, Existing};
use tenon_connectors::erp::{self, Erp, Place};
use tenon_model::config::MesWorkOrdersFlow;
use tenon_model::manufacturing::{OrderCode, OrderWork, WorkState};
use tenon_model::message::Envelope;
use tenon_model::{DocumentKey, TenantId};
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// How often an order that changes while it is sent is sent anew before it is left for the next look.
const MAX_ROUNDS: u32 = 3;

/// Handles one message.
pub(crate) async fn handle(at: Scope<'_>, flow: &MesWorkOrdersFlow, message: &Envelope<Manufacture>) -> Result<()> {
    let sender = Sender::open(at, flow)?;
    let known = at.loaded.flow(&flow.id)?;
    work::handle(at, (known, &flow.erp, &flow.mes), message, &sender).await
}

/// What sending an order needs.
pub(super) struct Sender<'a> {
    pub ctx: &'a Context,
    pub tenant: &'a TenantId,
    pub flow: &'a MesWorkOrdersFlow,
    pub erp: Erp<'a>,
    pub mes: Blacklake<'a>,
    /// The longest that a write to the ERP takes.
    pub longest_write: Duration,
    prefix: String,
    material_prefix: String,
}

/// What the MES is to be told of an order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    Create(Map<String, Value>),
    Edit(i64, Map<String, Value>),
    Close(i64, String),
    /// Nothing, and why.
    None(Option<i64>, String),
}

impl<'a> Sender<'a> {
    /// Opens both systems.
    pub fn open(at: Scope<'a>, flow: &'a MesWorkOrdersFlow) -> Result<Self> {
        let Scope { ctx, tenant, loaded } = at;
        let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
        let longest_write = erp::of(loaded, &flow.erp)?.timeouts.write;
        let mes = Blacklake::open(ctx, tenant, loaded, &flow.mes)?;
        let connection = mes.connection();
        let prefix = flow.code_prefix.as_deref().unwrap_or_else(|| connection.code_prefix(&flow.erp)).to_owned();
        let material_prefix = connection.material_prefix(&flow.erp).to_owned();
        Ok(Self { ctx, tenant, flow, erp, mes, longest_write, prefix, material_prefix })
    }

    /// An order's place.
    pub fn place(key: &DocumentKey) -> Place {
        Place::new(ORDERS, key)
    }

    /// The order as it is now; `None` when it is gone.
    pub async fn read(&self, key: &DocumentKey) -> Result<Option<Order>> {
        match self.erp.read_with_version(&Self::place(key)).await {
            Ok((Value::Object(fields), etag)) => Ok(Some(Order::of(self.flow, fields, etag))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The code of an order's work order.
    pub fn code(&self, key: &DocumentKey) -> String {
        format!("{}{key}", self.prefix)
    }

    async fn read_step(&self, piece: &mut Piece<'_, OrderWork>) -> Result<Option<Order>> {
        let key = piece.asked.key.clone();
        let read = async {
            let order = self.read(&key).await?;
            let note = order.as_ref().map_or(Value::Null, |order| {
                json!({ "status": order.text("ProductionOrderStatus"), "mark": order.text(&self.flow.marks.synced) })
            });
            Ok((order, note))
        };
        piece.steps.step("read order", json!({ "key": key }), read).await
    }

    /// The code is this order's before anything is asked or made by it.
    async fn claimed(&self, piece: &mut Piece<'_, OrderWork>) -> Result<String> {
        let code = self.code(&piece.asked.key);
        if piece.held.record.of.code.as_ref() == Some(&code) {
            return Ok(code);
        }
        let DocumentKey::Number(entry) = piece.asked.key else {
            return Err(Error::permanent("flow.key", format!("{KEY} is a number, and not {}", piece.asked.key)));
        };
        let whose = OrderCode { erp: self.flow.erp.clone(), entry, flow: self.flow.id.clone() };
        codes::claim(self.ctx, self.tenant, &self.flow.mes, &code, &whose).await?;
        let claimed = code.clone();
        piece.held.amend(self.ctx, |record| (record.of.code, record.of.id) = (Some(claimed), None)).await?;
        Ok(code)
    }

    /// The work order of this code, as the MES has it.
    async fn existing(&self, piece: &mut Piece<'_, OrderWork>, code: &str) -> Result<Option<Existing>> {
        let look = async {
            let id = self.mes.work_order_id(code).await?;
            Ok((id, json!({ "id": id })))
        };
        let Some(id) = piece.steps.step("look for work order", json!({ "code": code }), look).await? else {
            return Ok(None);
        };
        let read = async {
            let order = self.mes.work_order(id).await?;
            let note = json!({ "status": order.status });
            Ok((order, note))
        };
        piece.steps.step("read work order", json!({ "id": id }), read).await.map(Some)
    }

    /// What the MES is to be told, by what it has.
    pub async fn call(&self, order: &Order, code: &str, existing: Option<&Existing>) -> Result<Call> {
        let wanted = order.wanted(self.flow);
        let Some(existing) = existing else {
            if wanted == Wanted::Closed {
                return Ok(Call::None(None, "the MES never had the order, which is cancelled".to_owned()));
            }
            let components = self.components(order).await?;
            return order.creation(&self.work_order(code, &components)).map(Call::Create);
        };
        let id = existing.id;
        if self.mes.is_closed(existing) {
            return Ok(Call::None(Some(id), "the work order is closed in the MES".to_owned()));
        }
        if wanted == Wanted::Closed {
            let reason = self.flow.close_reason.replace("{{number}}", &order.text("DocumentNumber"));
            return Ok(Call::Close(id, reason));
        }
        let components = self.components(order).await?;
        order.edit(&self.work_order(code, &components)).map(|body| Call::Edit(id, body))
    }

    fn work_order<'w>(&'w self, code: &'w str, components: &'w BTreeMap<String, Component>) -> WorkOrder<'w> {
        WorkOrder { flow: self.flow, code, material_prefix: &self.material_prefix, components }
    }

    /// Names and units of the components' items.
    async fn components(&self, order: &Order) -> Result<BTreeMap<String, Component>> {
        let keys: Vec<DocumentKey> = order.items().into_iter().map(DocumentKey::Text).collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.erp.look_up("Items", "ItemCode", &keys).await?;
        let text = |item: &Map<String, Value>, name: &str| {
            let text = item.get(name).and_then(Value::as_str).unwrap_or_default();
            tenon_model::code::trim(text).to_owned()
        };
        let component = |(key, (item, _)): (DocumentKey, (Map<String, Value>, _))| {
            (key.to_string(), Component { name: text(&item, "ItemName"), unit: text(&item, "InventoryUOM") })
        };
        Ok(found.into_iter().map(component).collect())
    }

    /// Makes the call. That it is about to be made is stored before.
    async fn make(&self, piece: &mut Piece<'_, OrderWork>, order: &Order, call: Call) -> Result<()> {
        let sent = order.fingerprint.clone();
        if let Call::None(id, said) = call {
            piece.steps.note("nothing to send", json!({ "why": said }));
            let change = move |record: &mut tenon_model::manufacturing::Tracked<OrderWork>| {
                record.sent = Some(sent);
                (record.of.id, record.of.said, record.of.creates) = (id.or(record.of.id), said, false);
            };
            return piece.held.advance(self.ctx, WorkState::Sent, change).await;
        }
        let (now, creates) = (self.ctx.now_ms(), matches!(call, Call::Create(_)));
        piece
            .held
            .advance(self.ctx, WorkState::Sending, |record| {
                (record.sent_ms, record.sent) = (Some(now), Some(sent));
                record.of.creates = creates;
            })
            .await?;
        piece.held.note_sent(self.ctx);
        let outcome = self.carry_out(piece, &call).await;
        match outcome {
            Ok((id, said)) => {
                let change = move |record: &mut tenon_model::manufacturing::Tracked<OrderWork>| {
                    (record.of.id, record.of.said) = (id.or(record.of.id), said);
                    record.of.creates = false;
                };
                piece.held.advance(self.ctx, WorkState::Sent, change).await
            }
            Err(error) if error.retry == Retry::UnknownOutcome => {
                piece.held.advance(self.ctx, WorkState::Unknown, |_| {}).await?;
                Err(error)
            }
            Err(error) => {
                let back = |record: &mut tenon_model::manufacturing::Tracked<OrderWork>| {
                    (record.sent_ms, record.sent) = (None, None);
                };
                piece.held.advance(self.ctx, WorkState::Idle, back).await?;
                Err(error)
            }
        }
    }

    async fn carry_out(&self, piece: &mut Piece<'_, OrderWork>, call: &Call) -> Result<(Option<i64>, String)> {
        match call {
            Call::Create(body) => {
                let create = async { self.mes.import_work_order(body).await.map(|()| ((), Value::Null)) };
                piece.steps.step("create work order", Value::Object(body.clone()), create).await?;
                Ok((None, "work order created".to_owned()))
            }
            Call::Edit(id, body) => {
                let edit = async { self.mes.update_work_order(body).await.map(|()| ((), Value::Null)) };
                piece.steps.step("edit work order", Value::Object(body.clone()), edit).await?;
                Ok((Some(*id), "work order edited".to_owned()))
            }
            Call::Close(id, reason) => {
                let close = async {
                    match self.mes.close_work_order(*id, reason, self.mes.values().close_type).await? {
                        Closing::Closed => Ok(((), Value::Null)),
                        Closing::Failed(why) => Err(self.mes.not_closed(&why)),
                    }
                };
                piece.steps.step("close work order", json!({ "id": id, "reason": reason }), close).await?;
                Ok((Some(*id), "work order closed".to_owned()))
            }
            Call::None(id, said) => Ok((*id, said.clone())),
        }
    }

    /// Finds out what became of a write that was sent before, if one was. A work order that was to be made, and is there,
    /// was made; anything else is done again when it can no longer arrive.
    async fn resolve(&self, piece: &mut Piece<'_, OrderWork>) -> Result<()> {
        if !work::is_unclear(&piece.held.record) {
            return Ok(());
        }
        if piece.held.record.of.creates
            && let Some(code) = piece.held.record.of.code.clone()
        {
            if piece.held.record.state == WorkState::Sending {
                piece.held.advance(self.ctx, WorkState::Unknown, |_| {}).await?;
            }
            if let Some(found) = self.existing(piece, &code).await? {
                let change = move |record: &mut tenon_model::manufacturing::Tracked<OrderWork>| {
                    (record.of.id, record.of.creates) = (Some(found.id), false);
                    record.of.said = "work order created".to_owned();
                };
                return piece.held.advance(self.ctx, WorkState::Sent, change).await;
            }
        }
        settle::repeatable(self.ctx, &mut piece.held, self.mes.settles_within()).await
    }

    /// Brings the MES up to the order, if that is to be done. What it came to when nothing is left to do.
    async fn send(&self, piece: &mut Piece<'_, OrderWork>, order: &Order) -> Result<Option<Over>> {
        let record = &piece.held.record;
        if record.state == WorkState::Sent
            && record.sent.as_ref() == Some(&order.fingerprint)
            && !order.is_synced(self.flow)
        {
            // It is there; only its mark is left.
            return Ok(None);
        }
        if order.is_synced(self.flow) && record.of.marking {
            return Ok(None);
        }
        if !order.is_unsynced(self.flow) {
            return Ok(Some(Over::Nothing("the order is marked as sent".to_owned())));
        }
        if order.wanted(self.flow) == Wanted::Nothing {
            let status = order.text("ProductionOrderStatus");
            return Ok(Some(Over::Nothing(format!("the order is {status}, of which the MES is told nothing"))));
        }
        let code = self.claimed(piece).await?;
        let existing = self.existing(piece, &code).await?;
        let call = self.call(order, &code, existing.as_ref()).await?;
        self.make(piece, order, call).await?;
        Ok(None)
    }
}

#[async_trait]
impl Doing<OrderWork> for Sender<'_> {
    async fn through(&self, piece: &mut Piece<'_, OrderWork>) -> Result<Over> {
        self.resolve(piece).await?;
        self.settle_mark(piece)?;
        for _ in 0..MAX_ROUNDS {
            let Some(order) = self.read_step(piece).await? else {
                return Ok(Over::Nothing("the order is not in the ERP any more".to_owned()));
            };
            piece.fingerprint = Some(order.fingerprint.clone());
            let is_unmarkable = piece.held.record.of.unmarkable.as_ref() == Some(&order.fingerprint);
            if is_unmarkable && !piece.asked.wished {
                return Ok(Over::Nothing("the MES has the order as it is, and its mark was refused".to_owned()));
            }
            if let Some(over) = self.send(piece, &order).await? {
                return Ok(over);
            }
            match self.mark(piece, &order).await? {
                Marked::Done(said) => return Ok(Over::Done(said)),
                Marked::Changed => {}
            }
        }
        Ok(Over::Nothing(
            "the order changed each time while it was sent; the next look sends it as it is then".to_owned(),
        ))
    }
}
