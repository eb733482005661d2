//! From a report to a receipt of the ERP, exactly one. Goes on from whatever is stored: a posting that may have been carried
//! out is looked for by the report's id before another is sent.

use super::decide::{self, Decision, Known, Receiving};
use super::find::fingerprint;
use super::{KEY, RECEIPTS, mark};
use crate::kinds::Scope;
use crate::manufacturing::known;
use crate::manufacturing::message::Manufacture;
use crate::manufacturing::orders::of_code;
use crate::manufacturing::settle;
use crate::manufacturing::work::{self, Doing, Over, Piece};
use async_trait::async_trait;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tenon_connectors::SETTLES;
use tenon_connectors::blacklake::Blacklake;
use tenon_connectors::erp::{self, Erp, Facts};
use tenon_model::blacklake::Report;
use tenon_model::config::ProductionReceiptsFlow;
use tenon_model::manufacturing::{ReportWork, Tracked, WorkState};
use tenon_model::message::Envelope;
use tenon_model::{DocumentKey, TenantId};
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// Handles one message.
pub(crate) async fn handle(
    at: Scope<'_>,
    flow: &ProductionReceiptsFlow,
    message: &Envelope<Manufacture>,
) -> Result<()> {
    let poster = Poster::open(at, flow)?;
    let known = at.loaded.flow(&flow.id)?;
    work::handle(at, (known, &flow.erp, &flow.mes), message, &poster).await
}

/// What posting a report needs.
pub(super) struct Poster<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    flow: &'a ProductionReceiptsFlow,
    pub erp: Erp<'a>,
    pub mes: Blacklake<'a>,
    facts: Facts,
    material_prefix: String,
}

/// A receipt that is to be posted, or why there is none.
pub(super) enum Planned {
    Post(Value),
    PassOver(String),
    Wait(String),
}

/// What the ERP has made.
struct Made {
    key: Option<DocumentKey>,
    is_draft: bool,
}

impl<'a> Poster<'a> {
    /// Opens both systems.
    pub fn open(at: Scope<'a>, flow: &'a ProductionReceiptsFlow) -> Result<Self> {
        let Scope { ctx, tenant, loaded } = at;
        let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
        let facts = erp::of(loaded, &flow.erp)?;
        let mes = Blacklake::open(ctx, tenant, loaded, &flow.mes)?;
        let material_prefix = mes.connection().material_prefix(&flow.erp).to_owned();
        Ok(Self { ctx, tenant, flow, erp, mes, facts, material_prefix })
    }

    /// What becomes of a report. Reads both systems and writes nothing.
    pub async fn plan(&self, report: &Report) -> Result<Planned> {
        let whose = of_code(self.ctx, self.tenant, &self.flow.mes, &report.work_order).await?;
        let entry = match whose {
            None => {
                return Ok(pass(format!("work order {} is of no order that was sent from here", report.work_order)));
            }
            Some(whose) if whose.erp != self.flow.erp => {
                return Ok(pass(format!("work order {} is of {}", report.work_order, whose.erp)));
            }
            Some(whose) => whose.entry,
        };
        if decide::is_nothing(report) {
            return Ok(pass("its amount is not above zero".to_owned()));
        }
        if !self.is_last(report).await? {
            let operation = if report.process_code.is_empty() { "its operation" } else { report.process_code.as_str() };
            return Ok(pass(format!("{operation} is not the last operation of work order {}", report.work_order)));
        }
        let order = self.record(crate::manufacturing::orders::ORDERS, &DocumentKey::Number(entry)).await?;
        let order = order.ok_or_else(|| {
            Error::permanent("flow.order", format!("order {entry} of work order {} is not in B1", report.work_order))
        })?;
        let Some(code) = report.material.strip_prefix(&self.material_prefix) else {
            return Ok(pass(format!("{} is no material of this company", report.material)));
        };
        let line = match decide::line_of(&order, code) {
            Ok(line) => line,
            Err(why) => return Ok(pass(why)),
        };
        if line.is_some() && !self.flow.by_products {
            return Ok(pass(format!("{code} is made besides the product; set by_products = true to receive it")));
        }
        let receiving = match decide::by_quality(self.flow, self.mes.values(), report) {
            Decision::Receive(receiving) => Receiving { line, ..receiving },
            Decision::PassOver(why) => return Ok(Planned::PassOver(why)),
            Decision::Wait(why) => return Ok(Planned::Wait(why)),
        };
        let item = self.record("Items", &DocumentKey::Text(code.to_owned())).await?;
        let item = item.ok_or_else(|| Error::permanent("flow.report", format!("item {code} is not in B1")))?;
        let known = Known { order: &order, entry, item: &item, zone: &self.facts.time_zone };
        decide::receipt(self.flow, report, known, receiving, self.ctx.now_ms()).map(Planned::Post)
    }

    async fn record(&self, object: &str, key: &DocumentKey) -> Result<Option<Arc<Map<String, Value>>>> {
        known::record(self.ctx, self.tenant, (&self.flow.erp, &self.erp), object, key).await
    }

    async fn is_last(&self, report: &Report) -> Result<bool> {
        if self.flow.last_operation == tenon_model::blacklake::LastOperation::Any {
            return Ok(true);
        }
        let Some(id) = report.work_order_id else {
            return Err(Error::permanent("flow.operation", "the report names no id of its work order".to_owned()));
        };
        let operations = known::operations(self.ctx, self.tenant, (&self.flow.mes, &self.mes), id).await?;
        operations
            .is_last(report.performed(), self.flow.last_operation)
            .map_err(|why| Error::permanent("flow.operation", why))
    }

    /// The report: as it was found, or as the MES shows it now.
    async fn report(&self, piece: &mut Piece<'_, ReportWork>) -> Result<Option<Report>> {
        let of_text = |text: &str| serde_json::from_str::<Report>(text).ok();
        if let Some(report) = piece.asked.page.as_ref().and_then(|page| of_text(&page.fields)) {
            return Ok(Some(report));
        }
        let Some(known) = of_text(&piece.held.record.of.report) else { return Ok(None) };
        let read = async {
            let found = self.read(known.id, known.at_ms).await?;
            let note = json!({ "found": found.is_some() });
            Ok((found, note))
        };
        piece.steps.step("read report", json!({ "id": known.id }), read).await
    }

    /// A report as the MES shows it now, by the moment it was made at.
    pub async fn read(&self, id: i64, at_ms: i64) -> Result<Option<Report>> {
        /// More reports than this are not made in one millisecond.
        const PAGES: u64 = 50;
        let (mut page, mut rows) = (1, 0);
        loop {
            let shown = self.mes.reports((at_ms, at_ms + 1), page, self.flow.source.page_size).await?;
            let count = u64::try_from(shown.rows.len()).unwrap_or(u64::MAX);
            if let Some(found) = shown.rows.into_iter().flatten().find(|report| report.id == id) {
                return Ok(Some(found));
            }
            rows += count;
            if count == 0 || rows >= shown.total || page >= PAGES {
                return Ok(None);
            }
            page += 1;
        }
    }

    /// Finds out what became of a posting that was sent before, if one was. What it came to when it is there.
    async fn resolve(&self, piece: &mut Piece<'_, ReportWork>) -> Result<Option<Over>> {
        if !work::is_unclear(&piece.held.record) {
            return Ok(None);
        }
        if piece.held.record.state == WorkState::Sending {
            piece.held.advance(self.ctx, WorkState::Unknown, |_| {}).await?;
        }
        if let Some(made) = self.look(piece).await? {
            return self.posted(piece, made).await.map(Some);
        }
        settle::settled(self.ctx, &piece.held, self.longest_write())?;
        piece.held.advance(self.ctx, WorkState::Idle, |record| (record.sent_ms, record.sent) = (None, None)).await?;
        Ok(None)
    }

    fn longest_write(&self) -> Duration {
        self.facts.timeouts.write + SETTLES
    }

    /// What a posting of this report has made, if anything: a receipt, or the draft that an approval procedure took it for.
    async fn look(&self, piece: &mut Piece<'_, ReportWork>) -> Result<Option<Made>> {
        let field = self.flow.key_field.as_str();
        let mark = piece.held.record.of.mark.clone();
        let look = async {
            // The first: what people copied from it comes later.
            let found = self.erp.made(RECEIPTS, KEY, field, &mark).await?.into_iter().next();
            let made = found.map(|made| Made { key: Some(made.key), is_draft: made.is_draft });
            let note = json!({ "found": made.as_ref().map(|made| &made.key) });
            Ok((made, note))
        };
        piece.steps.step("look for receipt", json!({ field: mark }), look).await
    }

    async fn post(&self, piece: &mut Piece<'_, ReportWork>, report: &Report, body: &Value) -> Result<Over> {
        let (now, sent, id) = (self.ctx.now_ms(), piece.fingerprint.clone(), report.id);
        piece
            .held
            .advance(self.ctx, WorkState::Sending, |record| {
                (record.sent_ms, record.sent) = (Some(now), sent);
                record.of.mark = mark(id);
                (record.of.passed, record.of.is_refused) = (None, false);
            })
            .await?;
        piece.held.note_sent(self.ctx);
        let create = async {
            let answer = self.erp.create(RECEIPTS, body).await?;
            let key = answer.get(KEY).and_then(DocumentKey::from_json);
            let note = json!({ "key": key });
            Ok((key.map(|key| Made { key: Some(key), is_draft: erp::shows_draft(&answer) }), note))
        };
        match piece.steps.step("post receipt", body.clone(), create).await {
            Ok(Some(made)) => self.posted(piece, made).await,
            // Some sites answer without the document.
            Ok(None) => {
                let made = self.look(piece).await.ok().flatten();
                self.posted(piece, made.unwrap_or(Made { key: None, is_draft: false })).await
            }
            Err(error) if error.retry == Retry::UnknownOutcome && error.kind() != ErrorKind::Refused => {
                piece.held.advance(self.ctx, WorkState::Unknown, |_| {}).await?;
                Err(error)
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::Refused | ErrorKind::Exists) && error.vendor_message.is_some() =>
            {
                self.refused(piece, error).await
            }
            Err(error) => {
                // Nothing has reached the ERP, or it refused before it did anything.
                piece
                    .held
                    .advance(self.ctx, WorkState::Idle, |record| (record.sent_ms, record.sent) = (None, None))
                    .await?;
                Err(error)
            }
        }
    }

    async fn posted(&self, piece: &mut Piece<'_, ReportWork>, made: Made) -> Result<Over> {
        let (key, is_draft) = (made.key.clone(), made.is_draft);
        piece
            .held
            .advance(self.ctx, WorkState::Sent, |record: &mut Tracked<ReportWork>| {
                (record.of.receipt, record.of.is_draft) = (key, is_draft);
                (record.of.passed, record.of.is_refused) = (None, false);
            })
            .await?;
        let key = made.key.map_or_else(|| "a document that B1 did not name".to_owned(), |key| key.to_string());
        Ok(Over::Done(match is_draft {
            true => format!("draft {key} stored: an approval procedure of B1 has taken the receipt"),
            false => format!("receipt {key} posted"),
        }))
    }

    /// The ERP has answered that it refuses; where that is not certain it is looked at all the same, since an approval
    /// procedure that takes the document is told as an error by some.
    async fn refused(&self, piece: &mut Piece<'_, ReportWork>, error: Error) -> Result<Over> {
        let certain = error.retry == Retry::Permanent && error.kind() == ErrorKind::Refused;
        if !certain {
            match self.look(piece).await {
                Ok(Some(made)) => return self.posted(piece, made).await,
                Ok(None) => {}
                Err(unseen) => {
                    piece.held.advance(self.ctx, WorkState::Unknown, |_| {}).await?;
                    return Err(unseen);
                }
            }
        }
        let error = if error.retry == Retry::UnknownOutcome { erp::refusal(error) } else { error };
        // A person may have booked it by hand since, so nothing is posted again before somebody says so.
        piece.for_a_person = true;
        piece
            .held
            .advance(self.ctx, WorkState::Idle, |record| {
                (record.sent_ms, record.of.is_refused) = (None, true);
            })
            .await?;
        Err(error)
    }
}

fn pass(why: String) -> Planned {
    Planned::PassOver(why)
}

#[async_trait]
impl Doing<ReportWork> for Poster<'_> {
    async fn through(&self, piece: &mut Piece<'_, ReportWork>) -> Result<Over> {
        if piece.held.record.state == WorkState::Sent {
            return Ok(Over::Nothing("the report was received before".to_owned()));
        }
        if let Some(over) = self.resolve(piece).await? {
            return Ok(over);
        }
        if piece.held.record.of.is_refused && !piece.asked.wished {
            return Ok(Over::Nothing("B1 has refused it; `tenon retry` posts it again".to_owned()));
        }
        let Some(report) = self.report(piece).await? else {
            return Ok(Over::Ended("the MES does not show the report any more; nothing was posted".to_owned()));
        };
        piece.fingerprint = Some(fingerprint(&report));
        let (text, at_ms) = (serde_json::to_string(&report).unwrap_or_default(), report.at_ms);
        piece.held.amend(self.ctx, |record| (record.of.report, record.of.at_ms) = (text, at_ms)).await?;
        piece.steps.note(
            "report",
            json!({ "id": report.id, "record": report.code, "work_order": report.work_order,
            "quantity": report.quantity, "quality": report.quality, "batch": report.batch }),
        );
        match self.plan(&report).await? {
            Planned::Post(body) => self.post(piece, &report, &body).await,
            Planned::Wait(why) => Ok(Over::Waits(format!("waits: {why}"))),
            Planned::PassOver(why) => {
                let (reason, seen) = (why.clone(), piece.fingerprint.clone());
                piece.held.amend(self.ctx, |record| (record.of.passed, record.sent) = (Some(why), seen)).await?;
                Ok(Over::Ended(format!("passed over: {reason}")))
            }
        }
    }
}
