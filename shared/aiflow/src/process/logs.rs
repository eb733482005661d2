//! `POST /aflow/api/order/approval/log`: who decided a task, as the ERP stored it. One row for each task and person,
//! whichever of its repetitions comes first; `/flow/onAudit` acts by the rows of tasks that are open.

use super::of_order::{self, Order};
use crate::Done;
use crate::caller::Caller;
use crate::fields::{self, CODE, Fields, Found, LINE};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_model::json::number;
use tenon_platform::table::{Expect, Key, Outcome, Range, Write, in_the_way};
use tenon_platform::{Context, Rejection, Result};
use tenon_process::store::Row;

/// Rows of one call.
const MAX_ROWS: usize = 90;
/// Longest comment.
const COMMENT: usize = 2_000;
/// Times it is begun anew when somebody else stored rows of the same order meanwhile.
const TIMES: usize = 5;

/// How a task was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Handled {
    /// It passed.
    Approved,
    /// It was refused.
    Rejected,
    /// It was given to somebody else.
    Transferred,
}

const RESULTS: &[(&str, Handled)] =
    &[("APPROVED", Handled::Approved), ("REJECTED", Handled::Rejected), ("TRANSFERRED", Handled::Transferred)];

/// A row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The task.
    pub task: String,
    /// What it is called.
    pub name: String,
    /// Code of who decided it.
    pub handler: String,
    /// How.
    pub result: Handled,
    /// What was written with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Epoch ms at which it was decided.
    pub handled_ms: i64,
    /// The form at that time, as text, where it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Epoch ms at which it came to be known.
    pub received_ms: i64,
}

fn partition(tenant: &TenantId, enterprise: &str, order: i64) -> String {
    Key::partition_of(tenant, "PROCESS-LOG", &[enterprise, &order.to_string()])
}

fn key(tenant: &TenantId, enterprise: &str, order: i64, log: &Log) -> Key {
    Key::new(tenant, "PROCESS-LOG", &[enterprise, &order.to_string()], format!("{}#{}", log.task, log.handler))
}

/// Takes rows in. What was stored of a task and person before stays as it is, and is told in a warning.
///
/// # Errors
/// [`Rejection::BadFields`] with everything that is wrong: nothing is stored; [`Rejection::BadRequest`] for an order that is
/// not there; those of the table.
pub async fn take_in(ctx: &Context, by: &Caller, body: &[u8]) -> std::result::Result<Done, Rejection> {
    let (order, business_key, logs, mut warnings) = read(body, ctx.now_ms())?;
    for _ in 0..TIMES {
        let known = of_order::find(ctx, &by.tenant, by.enterprise(), order).await?;
        check(&known, order, &business_key, &logs)?;
        let stored = of(ctx, &by.tenant, by.enterprise(), order).await?;
        let before: BTreeMap<(&str, &str), &Log> =
            stored.iter().map(|log| ((log.task.as_str(), log.handler.as_str()), log)).collect();
        let (mut writes, mut kept, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for log in &logs {
            let first = before.get(&(log.task.as_str(), log.handler.as_str())).copied();
            match first {
                None => writes.push(Write::put(
                    key(&by.tenant, by.enterprise(), order, log),
                    log,
                    Expect::AbsentAt(ctx.now_ms()),
                )?),
                Some(known) if known.is_same(log) => {}
                Some(_) => kept.push(format!("任务{}由{}处理的日志已存在，未覆盖", log.task, log.handler)),
            }
            rows.extend(first.unwrap_or(log).row());
        }
        if let Order::Process(receiver) = &known {
            writes.extend(receiver.keep(ctx, &by.tenant, rows)?);
        }
        if writes.is_empty() || ctx.table.transact(writes).await? == Outcome::Done {
            warnings.extend(kept);
            return Ok(Done::with(warnings));
        }
    }
    Err(in_the_way("others keep storing rows of the same order").into())
}

impl Log {
    fn is_same(&self, other: &Self) -> bool {
        Self { received_ms: other.received_ms, ..self.clone() } == *other
    }

    /// What a process goes by; nothing where the task was handed on.
    fn row(&self) -> Option<Row> {
        let approve = match self.result {
            Handled::Approved => true,
            Handled::Rejected => false,
            Handled::Transferred => return None,
        };
        Some(Row { task: self.task.clone(), by: self.handler.clone(), approve, comment: self.comment.clone() })
    }
}

/// What an order's rows must keep to.
fn check(known: &Order, order: i64, business_key: &str, logs: &[Log]) -> std::result::Result<(), Rejection> {
    let (own, tasks) = match known {
        Order::Unknown => return Err(Rejection::field("orderId", format!("订单{order}不存在"))),
        Order::Process(receiver) => (&receiver.instance.number, None),
        Order::Known { business_key, tasks } => (business_key, Some(tasks)),
    };
    let mut wrong = Vec::new();
    if own != business_key {
        let message = format!("与订单{order}的业务单据号{own}不一致");
        wrong.push(tenon_platform::body::BadBody::field("businessKey", message));
    }
    for (at, log) in logs.iter().enumerate() {
        if tasks.is_some_and(|tasks| !tasks.contains(&log.task)) {
            let message = format!("订单{order}没有任务{}", log.task);
            wrong.push(tenon_platform::body::BadBody::field(format!("logs[{at}].taskId"), message));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Rejection::BadFields(wrong)) }
}

/// The rows of an order, by task and person.
///
/// # Errors
/// Those of the table.
pub async fn of(ctx: &Context, tenant: &TenantId, enterprise: &str, order: i64) -> Result<Vec<Log>> {
    let all = ctx.table.query_all::<Log>(&partition(tenant, enterprise, order), Range::default()).await?;
    Ok(all.into_iter().map(|stored| stored.data).collect())
}

type Body = (i64, String, Vec<Log>, Vec<String>);

fn read(body: &[u8], now_ms: i64) -> std::result::Result<Body, Rejection> {
    let body = fields::read(body)?;
    let (mut found, of) = (Found::default(), Fields::new(&body, ""));
    found.known(&of, &["orderId", "thirdOrderId", "businessKey", "logs"]);
    found.missing(&of, &["orderId", "thirdOrderId"]);
    found.missing(&of, &["logs"]);
    let order = found.whole(&of, &["orderId", "thirdOrderId"], 1..=i64::MAX).unwrap_or_default();
    let business_key = found.required(&of, &["businessKey"], LINE);
    let mut logs: Vec<Log> = Vec::new();
    for (at, item) in found.list(&of, &["logs"], MAX_ROWS).unwrap_or_default().iter().enumerate() {
        let path = format!("logs[{at}]");
        let Some(map) = found.object(item, &path) else { continue };
        let of = Fields::new(map, &path);
        let log = log(&mut found, &of, now_ms);
        if logs.iter().any(|known| known.task == log.task && known.handler == log.handler) {
            found.wrong(of.path_of("taskId"), "同一任务和处理人重复");
        }
        logs.push(log);
    }
    Ok((order, business_key, logs, found.end()?))
}

fn log(found: &mut Found, of: &Fields<'_>, now_ms: i64) -> Log {
    found.known(
        of,
        &["taskId", "taskName", "handlerUserCode", "handleResult", "handleComment", "handleTime", "formData"],
    );
    found.missing(of, &["handleResult"]);
    found.missing(of, &["handleTime"]);
    let comment = match of.get(&["handleComment"]) {
        // People press Enter in it.
        Some((_, Value::String(text))) if text.chars().count() <= COMMENT => text.clone(),
        None => String::new(),
        Some(_) => {
            found.wrong(of.path_of("handleComment"), format!("应为不超过{COMMENT}个字符的文本"));
            String::new()
        }
    };
    let form = of.get(&["formData"]).map(|(_, form)| number::write(form));
    if form.as_ref().is_some_and(|form| form.len() > 100_000) {
        found.wrong(of.path_of("formData"), "不能超过100KB");
    }
    Log {
        task: found.required(of, &["taskId"], CODE),
        name: found.required(of, &["taskName"], LINE),
        handler: found.required(of, &["handlerUserCode"], CODE),
        result: found.word(of, &["handleResult"], RESULTS).unwrap_or(Handled::Approved),
        comment,
        handled_ms: found.time(of, &["handleTime"]).unwrap_or_default(),
        form,
        received_ms: now_ms,
    }
}
