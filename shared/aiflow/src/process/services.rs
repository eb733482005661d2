//! The services that begin processes and move them on. What a service asks for first is told in its document's words.

use super::{TenantHost, errors, flows_of};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_crypto::digest::sha256_hex;
use tenon_model::TenantId;
use tenon_model::json::number;
use tenon_platform::body::{self, BadBody};
use tenon_platform::{Context, Error, Rejection};
use tenon_process::Initiator;
use tenon_process::form::Schema;
use tenon_process::run::{Event, Instance, Task};
use tenon_process::store::{self, CallName, CurrentInstance, Failure, Launch, Of};

/// Longest number or code.
pub(super) const CODE: usize = 128;
/// Longest name.
pub(super) const NAME: usize = 255;

pub(super) type Answered = Result<Value, Rejection>;

/// What a service is given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    all: BTreeMap<String, String>,
    path: String,
    key: Option<String>,
}

impl Given {
    /// Names and values of a call of this path.
    pub fn new(path: &str, all: BTreeMap<String, String>) -> Self {
        Self { all, path: path.to_owned(), key: None }
    }

    /// With the name that the caller gives the call (`Idempotency-Key`).
    #[must_use]
    pub fn named(self, key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..self }
    }

    /// The call by the name its caller gave it, in the header or as `requestId`.
    ///
    /// # Errors
    /// A name that is none.
    pub(super) fn call(&self, by: &str) -> Result<Option<CallName>, Rejection> {
        let own = self.get("requestId", CODE)?;
        let key = match (self.key.as_deref().map(str::trim).filter(|key| !key.is_empty()), own) {
            (Some(header), Some(own)) if header != own => {
                return Err(Rejection::field("requestId", "与请求头Idempotency-Key不一致"));
            }
            (Some(key), _) if key.chars().count() > CODE || key.chars().any(char::is_control) => {
                return Err(Rejection::field("Idempotency-Key", format!("应为不超过{CODE}个字符")));
            }
            (Some(key), _) => key.to_owned(),
            (None, Some(own)) => own,
            (None, None) => return Ok(None),
        };
        let key = digest(&format!("{by}\n{key}"));
        Ok(Some(CallName { key: format!("r{key}"), says: self.canonical(by), is_named: true }))
    }

    /// What the call says, whoever's name it has.
    pub(super) fn canonical(&self, by: &str) -> String {
        let beside = |name: &str| matches!(name, "appCode" | "requestId" | "_" | "timestamp");
        let mut text = format!("{by}\n{}", self.path);
        for (name, value) in self.all.iter().filter(|(name, _)| !beside(name)) {
            let value = value.trim();
            // What is left out and what says nothing are alike.
            if !(value.is_empty() || (name == "nextNodeSeq" && value == "-1")) {
                text.push_str(&format!("\n{name}={value}"));
            }
        }
        digest(&text)
    }

    /// A value, trimmed; `None` where it is not there or empty.
    pub(super) fn get(&self, name: &str, most: usize) -> Result<Option<String>, Rejection> {
        let Some(text) = self.all.get(name).map(|text| text.trim()).filter(|text| !text.is_empty()) else {
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

    pub(super) fn required(&self, name: &str, most: usize) -> Result<String, Rejection> {
        self.get(name, most)?.ok_or_else(|| Rejection::field(name, "不能为空"))
    }

    /// Names between commas.
    pub(super) fn names(&self, name: &str) -> Result<Vec<String>, Rejection> {
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

/// A short digest of a text.
fn digest(text: &str) -> String {
    let mut digest = sha256_hex(text.as_bytes());
    digest.truncate(24);
    digest
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
    let host = TenantHost::new(ctx, tenant).await?;
    let launched = flows_of(ctx, tenant, &host).launch(&launch).await;
    let launched = launched.map_err(|failure| {
        let field = match code_of(&failure) {
            "process.form-missing" => "dataId",
            "process.unknown-flow" | "process.not-published" => "flowCode",
            "process.number-taken" | "process.number-wrong" => "flowRunningNumber",
            _ => "",
        };
        errors::rejection(failure, field)
    })?;
    tracing::info!(process = %launched.instance.number, caller = by, new = launched.is_new, "a process was launched");
    Ok(status(&launched.instance))
}

/// The code of a refusal; empty for anything else.
fn code_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refused) => refused.code,
        Failure::Unsound(_) | Failure::Failed(_) => "",
    }
}

/// How a process stands.
pub(super) fn status(instance: &Instance) -> Value {
    let task = |task: &Task| {
        json!({
            "taskId": task.id, "nodeId": task.node, "taskName": task.name, "assigneeUserCode": task.assignees,
            "deptName": task.department, "deadLine": task.due_ms.map(crate::times::text)
        })
    };
    let incident = |(token, incident): (&tenon_process::run::Token, &tenon_process::run::Incident)| json!({ "nodeId": token.node, "errorCode": incident.code, "errorMessage": incident.words.zh });
    let mut status = json!({
        "flowRunningNumber": instance.number, "orderId": instance.order, "flowCode": instance.flow,
        "flowVersion": instance.version, "dataId": instance.data_id, "status": instance.state.word(),
        "round": instance.round, "tasks": instance.open_tasks().map(task).collect::<Vec<_>>()
    });
    let incidents: Vec<Value> = instance.incidents().map(incident).collect();
    if let (Some(map), false) = (status.as_object_mut(), incidents.is_empty()) {
        map.insert("incidents".to_owned(), Value::Array(incidents));
    }
    status
}

/// `/flow/relaunch`: begins a new round of a process that was returned to whoever began it, or discarded.
///
/// # Errors
/// That the process is not there, or neither returned nor discarded; those of the table.
pub async fn relaunch(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let number = given.required("flowRunningNumber", CODE)?;
    let who = given.get("userName", NAME)?.or(given.get("userCode", CODE)?).unwrap_or_else(|| by.to_owned());
    act(ctx, tenant, (&number, given.call(by)?, ""), &|_, _| Event::Relaunch { by: who.clone() }).await
}

/// `/flow/discard`: by whoever began it, or by an administrator. Discarding once more changes nothing.
///
/// # Errors
/// That the process is not there or is another's; those of the table.
pub async fn discard(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let number = given.required("flowRunningNumber", CODE)?;
    let who = given.get("userName", NAME)?.or(given.get("userCode", CODE)?);
    let Some(who) = who else { return Err(Rejection::field("userName", "不能为空")) };
    let event = |host: &TenantHost, instance: &Instance| Event::Discard {
        is_admin: host.settings(&instance.enterprise).admins.contains(&who),
        by: who.clone(),
        reason: format!("/flow/discard, {by}"),
    };
    act(ctx, tenant, (&number, given.call(by)?, "userName"), &event).await
}

/// `/flow/urgent`: tells those whose tasks are open once more, each task once in so much time.
///
/// # Errors
/// That the process is not there or has no open task; those of the table.
pub async fn urge(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let number = given.required("flowRunningNumber", CODE)?;
    act(ctx, tenant, (&number, given.call(by)?, ""), &|_, _| Event::Urge { by: by.to_owned() }).await
}

async fn act(
    ctx: &Context,
    tenant: &TenantId,
    (number, call, field): (&str, Option<CallName>, &str),
    event: &(dyn Fn(&TenantHost, &Instance) -> Event + Sync),
) -> Answered {
    let host = TenantHost::new(ctx, tenant).await?;
    let mut plan = |found: &CurrentInstance<'_>| Ok(vec![event(&host, found.instance)]);
    let done = flows_of(ctx, tenant, &host).act_by(Of::Number(number), call.as_ref(), &mut plan).await;
    Ok(status(&done.map_err(|failure| errors::rejection(failure, field))?.instance))
}

/// `/message/taskNotify`: tells those a task is for that it waits. `taskNo` is the task's id, or the number of a process: then
/// of each of its open tasks.
///
/// # Errors
/// That there is no such open task; those of the table.
pub async fn notify(ctx: &Context, tenant: &TenantId, given: &Given) -> Answered {
    let named = given.required("taskNo", CODE)?;
    let host = TenantHost::new(ctx, tenant).await?;
    let processes = flows_of(ctx, tenant, &host);
    let by_order = named.split_once('-').and_then(|(order, _)| order.parse::<i64>().ok());
    let instance = match by_order {
        Some(order) => processes.by_order(order).await?,
        None => None,
    };
    let instance = match instance {
        Some(instance) => Some(instance),
        None => processes.instance(&named).await?,
    };
    let standing = instance.as_ref().map(|instance| {
        let wanted = |task: &&Task| task.id == named || instance.number == named;
        super::notices::again(&host, instance, instance.tasks.iter().filter(wanted), ctx.now_ms())
    });
    let notices = standing.unwrap_or_default();
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
    let saved = saved.map_err(|failure| errors::rejection(failure, "dataId"))?;
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
