//! A purchase as a process: launched, approved twice, sent to the company's Odoo, which fails twice before it takes it.

use super::stage::Stage;
use crate::commands::sandbox_config::FLOW_CODE;
use crate::commands::sandbox_people;
use crate::output::Failure;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tenon_crypto::aiflow;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tenon_sandbox::{Fault, FaultKind};

const BPMN: &str = include_str!("../../../../../../examples/processes/purchase.bpmn");

pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("13. A purchase as a process: launch, two approvals, a service task that fails twice, the end");
    let caller = Caller { client: HttpClient::new(), stage };
    define(&caller).await?;
    let number = launch(&caller).await?;
    decide(&caller, &number).await?;
    let received = |stage: &Stage<'_>| stage.sandbox.odoo().received();
    stage
        .until("Odoo hears of the end", async |stage| {
            let results = received(stage);
            let last = results.last()?.get("body")?;
            (last.get("action")? == "COMPLETE" && last.get("taskName")? == "采购申请").then_some(())
        })
        .await?;
    let results: Vec<String> = received(stage).iter().filter_map(word).collect();
    stage.insist(
        &format!("Odoo was told {results:?}"),
        results == ["START", "APPROVED", "APPROVED", "COMPLETE 生成采购订单", "COMPLETE 采购申请"],
    )?;
    stage.report(&format!(
        "Odoo      answers 503 twice, then takes the order; it was told in this order: {}",
        results.join(", ")
    ));
    let over = caller.service(&format!("/flow/onAudit?flowRunningNumber={number}")).await?;
    stage.insist(&format!("an audit of what is over was answered {over}"), over.get("code") != Some(&json!(0)))?;
    stage.report("Dashboard audits once more, and is told that the process is over: process.over");
    Ok(())
}

fn word(sent: &Value) -> Option<String> {
    let body = sent.get("body")?;
    match body.get("action").and_then(Value::as_str) {
        Some("START") => Some("START".to_owned()),
        Some(action) => Some(format!("{action} {}", body.get("taskName")?.as_str()?)),
        None => body.get("logs")?.get(0)?.get("handleResult")?.as_str().map(str::to_owned),
    }
}

async fn define(caller: &Caller<'_, '_>) -> Result<(), Failure> {
    let schema = json!({ "components": [
        { "type": "input", "name": "reason", "label": "事由", "required": true },
        { "type": "money", "name": "amount", "label": "金额", "required": true }
    ] });
    let flow = json!({ "flowCode": "purchase", "flowName": "采购申请", "formSchema": schema, "bpmnXml": BPMN });
    let wrong = json!({ "flowCode": "purchase", "flowName": "采购申请", "formSchema": schema,
                        "bpmnXml": BPMN.replace("amount &gt;", "amuont &gt;") });
    let refused = caller.erp("/aflow/api/flow/create", &wrong).await?;
    let results = refused.to_string();
    caller.stage.insist(&format!("a wrong definition was answered {results}"), results.contains("amuont"))?;
    caller.stage.report("ERP       pushes a definition whose condition names a field that the form does not have: refused, with the line");
    for (call, body) in
        [("create", flow), ("publish", json!({ "flowCode": "purchase", "flowVersion": 1, "updateDesc": "demo" }))]
    {
        let done = caller.erp(&format!("/aflow/api/flow/{call}"), &body).await?;
        caller.stage.insist(&format!("{call} was answered {done}"), done.get("status") == Some(&json!(0)))?;
    }
    caller.stage.report("ERP       mends it; version 1 of 采购申请 is checked, stored and published");
    Ok(())
}

async fn launch(caller: &Caller<'_, '_>) -> Result<String, Failure> {
    let stage = caller.stage;
    let target = "/flow/launch?flowCode=purchase&userName=%E5%BC%A0%E4%B8%89&userCode=E1001&deptName=%E9%87%87%E8%B4%AD%E9%83%A8&dataId=";
    let early = caller.service(&format!("{target}5")).await?.to_string();
    stage.insist(&format!("a launch without a form was answered {early}"), early.contains("前提是"))?;
    stage.report("Dashboard launches it before the form is saved, and is told: 前提是录入表单数据的看板已保存");
    let form = json!({ "reason": "打印机", "amount": 20_000 });
    let saved = caller.send(Method::POST, "/flow/form/purchase", Some(&form), None).await?;
    let data_id = saved.pointer("/data/dataId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let launched = caller.service(&format!("{target}{data_id}")).await?;
    let number = launched.pointer("/data/flowRunningNumber").and_then(Value::as_str).unwrap_or_default().to_owned();
    let again = caller.service(&format!("{target}{data_id}")).await?;
    stage.insist(
        &format!("the launch was answered {launched}, its repetition {again}"),
        !number.is_empty() && again.pointer("/data/flowRunningNumber").and_then(Value::as_str) == Some(&number),
    )?;
    stage.report(&format!(
        "Dashboard saves the form and launches {number}; the same launch once more is the same process"
    ));
    Ok(number)
}

async fn decide(caller: &Caller<'_, '_>, number: &str) -> Result<(), Failure> {
    let stage = caller.stage;
    // The second step that Odoo is told of is the service task's.
    let fault = Fault::new(FaultKind::Status(503, "{}".to_owned()));
    stage.sandbox.inject(fault.on("POST", "/odoo/api/workflow/receive").nth(2).times(2));
    for (who, decided) in [("E1002", "部门经理审批"), ("E1003", "财务审批")] {
        let target = format!("/flow/onAudit?flowRunningNumber={number}&nextNodeSeq=-1&userCode={who}");
        let results = caller.service(&target).await?;
        stage.insist(&format!("the audit of {who} was answered {results}"), results.get("code") == Some(&json!(0)))?;
        stage.report(&format!("Dashboard tells that {who} has decided {decided}"));
    }
    Ok(())
}

struct Caller<'s, 'o> {
    client: HttpClient,
    stage: &'s Stage<'o>,
}

impl Caller<'_, '_> {
    /// As the ERP calls, signed.
    async fn erp(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let (app, text) = (sandbox_people::erp(&self.stage.url), body.to_string());
        let secret = app.app_secret.expose();
        let signature = aiflow::sign(&app.enterprise_code, &app.app_id, secret, self.stage.now(), text.as_bytes());
        self.send(Method::POST, path, Some(body), Some(("a-signature", signature))).await
    }

    async fn service(&self, target: &str) -> Result<Value, Failure> {
        self.send(Method::GET, target, None, None).await
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        proof: Option<(&'static str, String)>,
    ) -> Result<Value, Failure> {
        let mut call = Call::new(method, format!("{}{target}", self.stage.url));
        let (name, value) = proof.unwrap_or(("x-apig-appcode", FLOW_CODE.to_owned()));
        let value = HeaderValue::from_str(&value).map_err(|e| Failure::outside(e.to_string()))?;
        call.headers.insert(HeaderName::from_static(name), value);
        if let Some(body) = body {
            call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            call.body = body.to_string().into();
        }
        let answer = self.client.call(call).await.map_err(|failure| Failure::outside(failure.message().to_owned()))?;
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }
}
