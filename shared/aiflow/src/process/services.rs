//! The services that begin processes and move them on. What a service asks for first is told in its document's words.

use super::{Around, flows_of, logs, told};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_model::json::number;
use tenon_platform::body::{self, BadBody};
use tenon_platform::{Context, Error, Rejection};
use tenon_process::Initiator;
use tenon_process::form::Schema;
use tenon_process::run::{Decide, Event, Instance, Target, Task};
use tenon_process::store::{self, Failure, Launch};

/// Longest number or code.
const CODE: usize = 128;
/// Longest name.
const NAME: usize = 255;

type Answered = Result<Value, Rejection>;

/// What a service is given.
#[derive(Clone, Debug, Default)]
pub struct Given(BTreeMap<String, String>);

impl Given {
    /// Names and values.
    pub fn new(all: BTreeMap<String, String>) -> Self {
        Self(all)
    }

    /// A value, trimmed; `None` where it is not there or empty.
    fn get(&self, name: &str, most: usize) -> Result<Option<String>, Rejection> {
        let Some(text) = self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        if text.chars().count() > most {
            return Err(Rejection::field(name, format!("不能超过{most}个字符")));
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(Rejection::field(name, "不能含有控制字符"));
        }
        Ok(Some(text.to_owned()))
    }

    fn required(&self, name: &str, most: usize) -> Result<String, Rejection> {
        self.get(name, most)?.ok_or_else(|| Rejection::field(name, "不能为空"))
    }

    /// Names between commas.
    fn names(&self, name: &str) -> Result<Vec<String>, Rejection> {
        let Some(text) = self.get(name, 2_000)? else { return Ok(Vec::new()) };
        let mut all: Vec<String> = Vec::new();
        for part in text.split([',', '，', '、', ';', '；']).map(str::trim).filter(|part| !part.is_empty()) {
            if !all.iter().any(|known| known == part) {
                all.push(part.to_owned());
            }
        }
        Ok(all)
    }
}

/// A precondition of the document that does not hold.
fn unless(field: &'static str, precondition: &str, why: String) -> Rejection {
    BadBody::field(field, format!("前提是{precondition}：{why}")).into()
}

/// `/flow/launch`: begins a process on a form that was saved. The same number once more is the same process.
///
/// # Errors
/// What is missing or wrong, that the form is not saved, whom nobody knows; those of the table.
pub async fn launch(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let flow = given.required("flowCode", CODE)?;
    let data_id = given.required("dataId", CODE)?;
    let (name, code) = (given.get("userName", NAME)?, given.get("userCode", CODE)?);
    let Some(code) = code.or_else(|| name.clone()) else { return Err(Rejection::field("userCode", "不能为空")) };
    let launch = Launch {
        number: given.get("flowRunningNumber", CODE)?,
        flow,
        data_id,
        initiator: Initiator {
            name: name.unwrap_or_else(|| code.clone()),
            code,
            department: given.get("deptName", NAME)?.unwrap_or_default(),
        },
    };
    let around = Around::new(ctx, tenant).await?;
    let launched = flows_of(ctx, tenant, &around).launch(&launch).await;
    let launched = launched.map_err(|failure| {
        let field = match code_of(&failure) {
            "process.form-missing" => "dataId",
            "process.unknown-flow" | "process.not-published" => "flowCode",
            "process.number-taken" | "process.number-wrong" => "flowRunningNumber",
            _ => "",
        };
        told::rejection(failure, field)
    })?;
    tracing::info!(process = %launched.instance.number, caller = by, new = launched.is_new, "a process was launched");
    Ok(standing(&launched.instance))
}

/// The code of a refusal; empty for anything else.
fn code_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refused) => refused.code,
        Failure::Unsound(_) | Failure::Failed(_) => "",
    }
}

/// How a process stands.
fn standing(instance: &Instance) -> Value {
    let task = |task: &Task| {
        json!({
            "taskId": task.id, "nodeId": task.node, "taskName": task.name, "assigneeUserCode": task.assignees,
            "deptName": task.department, "deadLine": task.due_ms.map(crate::times::text)
        })
    };
    let incident = |(token, incident): (&tenon_process::run::Token, &tenon_process::run::Incident)| json!({ "nodeId": token.node, "errorCode": incident.code, "errorMessage": incident.words.zh });
    let mut standing = json!({
        "flowRunningNumber": instance.number, "orderId": instance.order, "flowCode": instance.flow,
        "flowVersion": instance.version, "dataId": instance.data_id, "status": instance.state.word(),
        "round": instance.round, "tasks": instance.open_tasks().map(task).collect::<Vec<_>>()
    });
    let incidents: Vec<Value> = instance.incidents().map(incident).collect();
    if let (Some(map), false) = (standing.as_object_mut(), incidents.is_empty()) {
        map.insert("incidents".to_owned(), Value::Array(incidents));
    }
    standing
}

/// `/flow/onAudit`: the approval is stored, the process goes on. Rows that came by `/order/approval/log` decide the open tasks
/// they are of; without one, the node that is open passes. `nextNodeSeq` names the node to go to instead of the way that the
/// definition says, `taskDeptManager` departments whose managers have to do something next.
///
/// # Errors
/// That the process is not there or is not being approved, a node, task or department that is not there; those of the table.
pub async fn audit(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let number = given.required("flowRunningNumber", CODE)?;
    let next = given.get("nextNodeSeq", CODE)?.filter(|next| next != "-1");
    let managers = given.names("taskDeptManager")?;
    let asked = Asked {
        node: given.get("nodeSeq", CODE)?,
        task: given.get("taskId", CODE)?,
        by: given.get("userCode", CODE)?.or(given.get("userName", NAME)?),
        comment: given.get("comment", 2_000)?.unwrap_or_default(),
        approve: approve(given)?,
    };
    let around = Around::new(ctx, tenant).await?;
    let processes = flows_of(ctx, tenant, &around);
    let instance = processes.instance(&number).await?.ok_or_else(|| unknown(&number))?;
    let rows = match asked.is_plain() {
        true => logs::of(ctx, tenant, &instance.enterprise, instance.order).await?,
        false => Vec::new(),
    };
    let mut decisions: Vec<Decide> = rows_of(&instance, &rows).map(of_row).collect();
    if decisions.is_empty() {
        decisions.push(asked.decide(&instance));
    }
    // What is asked for beside the decision is for the last of them.
    if let Some(last) = decisions.last_mut() {
        (last.next, last.managers) = (next, managers);
    }
    let mut now = instance;
    for decide in decisions {
        let done = Box::pin(processes.act(&number, &Event::Decide(decide))).await;
        now = done.map_err(|failure| told::rejection(failure, asked.field()))?.instance;
    }
    tracing::info!(process = %number, caller = by, "a process was audited");
    Ok(standing(&now))
}

/// What a caller says beside the number.
struct Asked {
    node: Option<String>,
    task: Option<String>,
    by: Option<String>,
    comment: String,
    approve: Option<bool>,
}

impl Asked {
    fn is_plain(&self) -> bool {
        self.node.is_none() && self.task.is_none() && self.approve.is_none()
    }

    /// The parameter that a refusal is about.
    fn field(&self) -> &'static str {
        match (&self.task, &self.node) {
            (Some(_), _) => "taskId",
            (None, Some(_)) => "nodeSeq",
            (None, None) => "",
        }
    }

    /// Where one node is open it is named, so that of two calls at once the second finds it closed.
    fn decide(&self, instance: &Instance) -> Decide {
        let target = match (&self.task, &self.node, instance.open_nodes().as_slice()) {
            (Some(id), _, _) => Target::Task(id.clone()),
            (None, Some(node), _) => Target::Node(node.clone()),
            (None, None, [node]) => Target::Node((*node).to_owned()),
            (None, None, _) => Target::Current,
        };
        Decide {
            target,
            approve: self.approve.unwrap_or(true),
            by: self.by.clone().unwrap_or_default(),
            comment: self.comment.clone(),
            next: None,
            managers: Vec::new(),
        }
    }
}

/// Whether `result` says that it passed; none where nothing is said.
fn approve(given: &Given) -> Result<Option<bool>, Rejection> {
    let Some(word) = given.get("result", CODE)? else { return Ok(None) };
    match word.to_ascii_lowercase().as_str() {
        "pass" | "approve" | "approved" | "agree" => Ok(Some(true)),
        "reject" | "rejected" | "refuse" | "rebut" => Ok(Some(false)),
        _ => Err(Rejection::field("result", "应为pass、reject之一")),
    }
}

/// The rows of tasks that are open.
fn rows_of<'r>(instance: &'r Instance, rows: &'r [logs::Log]) -> impl Iterator<Item = &'r logs::Log> {
    let open = |row: &&logs::Log| instance.open_tasks().any(|task| task.id == row.task);
    rows.iter().filter(open).filter(|row| row.result != logs::Handled::Transferred)
}

fn of_row(row: &logs::Log) -> Decide {
    Decide {
        target: Target::Task(row.task.clone()),
        approve: row.result == logs::Handled::Approved,
        by: row.handler.clone(),
        comment: row.comment.clone(),
        next: None,
        managers: Vec::new(),
    }
}

fn unknown(number: &str) -> Rejection {
    Rejection::NotFound(format!("流程{number}不存在").into())
}

/// `/flow/relaunch`: begins a new round of a process that was returned to whoever began it, or discarded.
///
/// # Errors
/// That the process is not there, or neither returned nor discarded; those of the table.
pub async fn relaunch(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let number = given.required("flowRunningNumber", CODE)?;
    let by = given.get("userName", NAME)?.or(given.get("userCode", CODE)?).unwrap_or_else(|| by.to_owned());
    act(ctx, tenant, &number, Event::Relaunch { by }).await
}

/// `/flow/discard`: by whoever began it, or by an administrator. Discarding once more changes nothing.
///
/// # Errors
/// That the process is not there or is another's; those of the table.
pub async fn discard(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let number = given.required("flowRunningNumber", CODE)?;
    let who = given.get("userName", NAME)?.or(given.get("userCode", CODE)?);
    let Some(who) = who else { return Err(Rejection::field("userName", "不能为空")) };
    let around = Around::new(ctx, tenant).await?;
    let processes = flows_of(ctx, tenant, &around);
    let instance = processes.instance(&number).await?.ok_or_else(|| unknown(&number))?;
    let is_admin = around.settings(&instance.enterprise).admins.contains(&who);
    let reason = format!("/flow/discard, {by}");
    let event = Event::Discard { by: who, is_admin, reason };
    let done = processes.act(&number, &event).await.map_err(|failure| told::rejection(failure, "userName"))?;
    Ok(standing(&done.instance))
}

/// `/flow/urgent`: tells those whose tasks are open once more, each task once in so much time.
///
/// # Errors
/// That the process is not there or has no open task, or was just urged; those of the table.
pub async fn urge(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let number = given.required("flowRunningNumber", CODE)?;
    act(ctx, tenant, &number, Event::Urge { by: by.to_owned() }).await
}

async fn act(ctx: &Context, tenant: &TenantId, number: &str, event: Event) -> Answered {
    let around = Around::new(ctx, tenant).await?;
    let done = flows_of(ctx, tenant, &around).act(number, &event).await;
    Ok(standing(&done.map_err(|failure| told::rejection(failure, ""))?.instance))
}

/// `/message/taskNotify`: tells those a task is for that it waits. `taskNo` is the task's id, or the number of a process: then
/// of each of its open tasks.
///
/// # Errors
/// That there is no such open task; those of the table.
pub async fn notify(ctx: &Context, tenant: &TenantId, given: &Given) -> Answered {
    let named = given.required("taskNo", CODE)?;
    let around = Around::new(ctx, tenant).await?;
    let processes = flows_of(ctx, tenant, &around);
    let by_order = named.split_once('-').and_then(|(order, _)| order.parse::<i64>().ok());
    let instance = match by_order {
        Some(order) => processes.by_order(order).await?,
        None => None,
    };
    let instance = match instance {
        Some(instance) => Some(instance),
        None => processes.instance(&named).await?,
    };
    let told = instance.as_ref().map(|instance| {
        let wanted = |task: &&Task| task.id == named || instance.number == named;
        super::notices::again(&around, instance, instance.tasks.iter().filter(wanted), ctx.now_ms())
    });
    let notices = told.unwrap_or_default();
    if notices.is_empty() {
        return Err(unless("taskNo", "看板任务已提交", format!("没有待处理的任务{named}")));
    }
    for notice in &notices {
        tenon_notices::notify(ctx, tenant, notice).await?;
    }
    Ok(json!({ "taskNo": named, "notified": notices.len() }))
}

/// Members of a body that stand beside the form's data.
const BESIDE: [&str; 6] = ["dataId", "flowCode", "userCode", "userName", "formData", "data"];

/// `POST /flow/form/{flowCode}`: keeps what was filled in, checked against the form. The body is the data, or has it in
/// `formData` or `data`, with `dataId` beside it where the caller names it, or where it is saved once more.
///
/// # Errors
/// Every field that is wrong; that there is no such flow; those of the table.
pub async fn save_form(ctx: &Context, tenant: &TenantId, (by, flow): (&str, &str), bytes: &[u8]) -> Answered {
    let Value::Object(body) = body::read_any(bytes)? else { return Err(BadBody::field("", "应为JSON对象").into()) };
    let (data_id, data) = parts(body)?;
    let Some(head) = store::head(ctx, tenant, flow).await? else {
        return Err(Rejection::NotFound(format!("流程{flow}不存在").into()));
    };
    // A form may be filled in before its flow is published.
    let definition = store::load(ctx, tenant, flow, head.published.unwrap_or(head.latest)).await?;
    let schema = Schema::read(&definition.schema).unwrap_or_default();
    let data = schema.check(&data).map_err(Rejection::BadFields)?;
    let saved = store::save_form(ctx, tenant, (flow, data_id.as_deref()), data, by).await;
    let saved = saved.map_err(|failure| told::rejection(failure, "dataId"))?;
    Ok(json!({ "flowCode": flow, "dataId": saved.data_id, "saved": saved.saved }))
}

fn parts(mut body: Map<String, Value>) -> Result<(Option<String>, Map<String, Value>), Rejection> {
    let wraps = |name: &str, body: &Map<String, Value>| {
        body.get(name).is_some_and(Value::is_object) && body.keys().all(|name| BESIDE.contains(&name.as_str()))
    };
    let data_id = match body.get("dataId") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) if text.chars().count() <= CODE && !text.chars().any(char::is_control) => {
            Some(text.trim().to_owned())
        }
        Some(Value::Number(id)) if !id.is_f64() => Some(id.to_string()),
        Some(_) => return Err(Rejection::field("dataId", format!("应为不超过{CODE}个字符的文本或整数"))),
    };
    for name in ["formData", "data"] {
        if wraps(name, &body)
            && let Some(Value::Object(data)) = body.remove(name)
        {
            return Ok((data_id, data));
        }
    }
    body.remove("dataId");
    Ok((data_id, body))
}

/// A form as it was filled in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Filled {
    flow_code: String,
    data_id: String,
    saved: u64,
    /// Every digit of a number is there.
    form_data: Box<RawValue>,
    update_time: String,
}

/// `GET /flow/form/{flowCode}/{dataId}`: what was filled in.
///
/// # Errors
/// That it is not there; those of the table.
pub async fn read_form(ctx: &Context, tenant: &TenantId, flow: &str, data_id: &str) -> Result<Filled, Rejection> {
    let saved = store::read_form(ctx, tenant, flow, data_id).await?;
    let saved =
        saved.ok_or_else(|| Rejection::NotFound(format!("流程{flow}没有dataId为{data_id}的表单数据").into()))?;
    let text = number::write(&Value::Object(saved.data));
    let form_data = RawValue::from_string(text).map_err(|e| Error::permanent("platform.table", e.to_string()))?;
    let update_time = crate::times::text(saved.updated_ms);
    Ok(Filled { flow_code: saved.flow, data_id: saved.data_id, saved: saved.saved, form_data, update_time })
}
