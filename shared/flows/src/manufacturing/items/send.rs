//! Taking one item to the MES: its material is imported, found by its code, and stopped or started as the item is.

use super::ITEMS;
use super::material::{self, Reading};
use crate::kinds::Scope;
use crate::manufacturing::message::Manufacture;
use crate::manufacturing::records::LeasedThing;
use crate::manufacturing::settle;
use crate::manufacturing::work::{self, Doing, Over, Piece};
use async_trait::async_trait;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::blacklake::{Blacklake, Material};
use tenon_connectors::erp::{Erp, Place};
use tenon_model::config::MesItemsFlow;
use tenon_model::manufacturing::{ItemWork, WorkState};
use tenon_model::message::Envelope;
use tenon_platform::clock::millis;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// How long an item counts as its page showed it.
const PAGE_COUNTS: Duration = Duration::from_secs(900);
/// How long the list may take to show what was imported.
const SHOWN_WITHIN: Duration = Duration::from_secs(3_600);

/// Handles one message.
pub(crate) async fn handle(at: Scope<'_>, flow: &MesItemsFlow, message: &Envelope<Manufacture>) -> Result<()> {
    let sender = Sender::open(at, flow)?;
    let known = at.loaded.flow(&flow.id)?;
    work::handle(at, (known, &flow.erp, &flow.mes), message, &sender).await
}

/// What sending an item needs.
pub(super) struct Sender<'a> {
    ctx: &'a Context,
    flow: &'a MesItemsFlow,
    pub erp: Erp<'a>,
    pub mes: Blacklake<'a>,
    pub prefix: String,
}

impl<'a> Sender<'a> {
    /// Opens both systems.
    pub fn open(at: Scope<'a>, flow: &'a MesItemsFlow) -> Result<Self> {
        let Scope { ctx, tenant, loaded } = at;
        let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
        let mes = Blacklake::open(ctx, tenant, loaded, &flow.mes)?;
        let prefix = mes.connection().material_prefix(&flow.erp).to_owned();
        Ok(Self { ctx, flow, erp, mes, prefix })
    }

    /// An item as it is now.
    pub fn read(&self, item: &Map<String, Value>) -> Reading {
        material::of_item(self.flow, &self.prefix, item)
    }

    /// The item: as its page showed it, or as it is now where that is older than what was sent since.
    async fn reading(&self, piece: &mut Piece<'_, ItemWork>) -> Result<Option<Reading>> {
        let record = &piece.held.record;
        let fresh = piece.asked.page.as_ref().filter(|page| {
            let is_young = self.ctx.now_ms() - page.read_ms < millis(PAGE_COUNTS);
            is_young && !work::is_unclear(record) && (record.sent.is_none() || record.changed_ms < page.read_ms)
        });
        if let Some(page) = fresh
            && let Ok(Value::Object(item)) = tenon_model::json::from_str(&page.fields)
        {
            return Ok(Some(self.read(&item)));
        }
        let key = piece.asked.key.clone();
        let read = async {
            let read = self.erp.read_optional(&Place::new(ITEMS, &key)).await?;
            let item = read.as_ref().and_then(Value::as_object);
            let note = item.map_or(Value::Null, |item| Value::Object(material::kept(self.flow, item)));
            Ok((item.map(|item| self.read(item)), note))
        };
        piece.steps.step("read item", json!({ "key": key }), read).await
    }

    /// Makes the MES's material what the item is. Every call may be made again.
    async fn deliver(
        &self,
        piece: &mut Piece<'_, ItemWork>,
        members: &Map<String, Value>,
        is_stopped: bool,
    ) -> Result<(Material, String)> {
        let code = members.get("materialCode").and_then(Value::as_str).unwrap_or_default().to_owned();
        let was_stopped = piece.held.record.of.is_stopped;
        let is_new = piece.held.record.of.material.is_none();
        // What was stopped from here is started before it is changed.
        if !is_stopped && was_stopped {
            self.start_again(piece, &code).await?;
        }
        if let Err(error) = self.import(piece, members).await {
            // What is stopped is not changed everywhere, and another may have stopped it.
            let found = if error.kind() == ErrorKind::Refused { self.find(piece, &code).await? } else { None };
            match found.filter(|found| found.is_stopped) {
                Some(found) if is_stopped => {
                    return Ok((found, "the MES has it stopped, and takes no change of it".to_owned()));
                }
                Some(found) if is_new => self.set_stopped(piece, found.id, false).await?,
                _ => return Err(error),
            }
            self.import(piece, members).await?;
        }
        let Some(mut found) = self.find(piece, &code).await? else {
            let message = format!("material {code} was imported, and the MES's list does not show it by its code");
            return Err(Error::new("flow.material-unseen", Retry::TransientFor(SHOWN_WITHIN), message));
        };
        let mut text = "imported".to_owned();
        if is_stopped && !found.is_stopped {
            self.set_stopped(piece, found.id, true).await?;
            (found.is_stopped, text) = (true, "imported and stopped".to_owned());
        } else if !is_stopped && found.is_stopped && is_new {
            self.set_stopped(piece, found.id, false).await?;
            (found.is_stopped, text) = (false, "imported and started".to_owned());
        } else if !is_stopped && found.is_stopped {
            text = "imported; the MES shows it stopped, by somebody there, and it stays so".to_owned();
        }
        Ok((found, text))
    }

    /// Starts a material that the MES shows stopped.
    async fn start_again(&self, piece: &mut Piece<'_, ItemWork>, code: &str) -> Result<()> {
        match self.find(piece, code).await? {
            Some(found) if found.is_stopped => self.set_stopped(piece, found.id, false).await,
            _ => Ok(()),
        }
    }

    async fn import(&self, piece: &mut Piece<'_, ItemWork>, members: &Map<String, Value>) -> Result<()> {
        let import = async { self.mes.import_material(members).await.map(|()| ((), Value::Null)) };
        piece.steps.step("import material", Value::Object(members.clone()), import).await
    }

    async fn find(&self, piece: &mut Piece<'_, ItemWork>, code: &str) -> Result<Option<Material>> {
        let find = async {
            let found = self.mes.material(code).await?;
            let note = found.as_ref().map_or(Value::Null, |m| json!({ "id": m.id, "stopped": m.is_stopped }));
            Ok((found, note))
        };
        piece.steps.step("find material", json!({ "code": code }), find).await
    }

    async fn set_stopped(&self, piece: &mut Piece<'_, ItemWork>, id: i64, is_stopped: bool) -> Result<()> {
        let name = if is_stopped { "stop material" } else { "start material" };
        let set = async { self.mes.set_stopped(id, is_stopped).await.map(|()| ((), Value::Null)) };
        piece.steps.step(name, json!({ "id": id }), set).await
    }

    async fn take_down(
        &self,
        held: &mut LeasedThing<ItemWork>,
        outcome: &Result<(Material, String)>,
        is_stopped: bool,
    ) -> Result<()> {
        match outcome {
            Ok((found, _)) => {
                let id = found.id;
                let stopped_here = is_stopped;
                held.advance(self.ctx, WorkState::Sent, |record| {
                    record.of = ItemWork { material: Some(id), is_stopped: stopped_here };
                })
                .await
            }
            Err(error) if error.retry == Retry::UnknownOutcome => {
                held.advance(self.ctx, WorkState::Unknown, |_| {}).await
            }
            Err(_) => {
                held.advance(self.ctx, WorkState::Idle, |record| (record.sent_ms, record.sent) = (None, None)).await
            }
        }
    }
}

#[async_trait]
impl Doing<ItemWork> for Sender<'_> {
    async fn through(&self, piece: &mut Piece<'_, ItemWork>) -> Result<Over> {
        settle::repeatable(self.ctx, &mut piece.held, self.mes.settles_within()).await?;
        let Some(reading) = self.reading(piece).await? else {
            return Ok(Over::Nothing("the item is not in the ERP any more".to_owned()));
        };
        piece.fingerprint = Some(reading.fingerprint.clone());
        let record = &piece.held.record;
        let is_known = record.state == WorkState::Sent && record.sent.as_ref() == Some(&reading.fingerprint);
        if is_known && !piece.asked.wished {
            return Ok(Over::Nothing("the MES has the item as it is".to_owned()));
        }
        let members = material::or_error(&reading)?.clone();
        let (now, sent) = (self.ctx.now_ms(), reading.fingerprint.clone());
        piece
            .held
            .advance(self.ctx, WorkState::Sending, |record| {
                (record.sent_ms, record.sent) = (Some(now), Some(sent));
            })
            .await?;
        piece.held.note_sent(self.ctx);
        let outcome = self.deliver(piece, &members, reading.is_stopped).await;
        self.take_down(&mut piece.held, &outcome, reading.is_stopped).await?;
        let (found, text) = outcome?;
        Ok(Over::Done(format!("{text}, as material {}", found.id)))
    }
}
