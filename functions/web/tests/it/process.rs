//! A process from its definition to its end, as an ERP, a caller of services and people meet it.

mod audits;
mod costs;
mod crash;
mod filled;

use crate::common::{Answer, Browser, Fixture, ODOO, settings};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_crypto::aiflow;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::queue::{NOTICES_SEND, PROCESS_WORK};
use tenon_sandbox::{Fault, FaultKind, OdooOptions};
use tenon_task_center::process::ProcessSender;
use tenon_testkit::HttpEvent;

const BPMN: &str = include_str!("../../../../examples/processes/purchase.bpmn");
const CODE: &str = "a-code-of-the-dashboard";

/// The ERP, the caller of services, and the queue's work.
struct Works {
    fixture: Fixture,
}

/// What an ERP is answered.
struct ErpAnswer {
    status: i64,
    data: Value,
    msg: String,
}

impl Works {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let works = Self { fixture };
        works.configure(json!({})).await;
        works
    }

    async fn configure(&self, more: Value) {
        let odoo = OdooOptions::default();
        let mut process = json!({
            "odoo_url": ODOO, "roles": { "finance": ["E1003"] }, "managers": { "采购部": ["E1002"] }
        });
        process.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let config = json!({
            "sso": settings(),
            "aiflow_apps": [{
                "enterprise_code": odoo.enterprise_code, "app_id": odoo.app_id, "app_secret": odoo.app_secret,
                "unknown_people": "accept", "process": process
            }],
            "apps": [{ "id": "dashboard", "app_code": CODE, "services": ["flow"], "code_in_query": true }]
        });
        let config: Config = serde_json::from_value(config).unwrap();
        let ctx = &self.fixture.ctx;
        ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await.unwrap();
    }

    async fn erp(&self, method: &str, call: &str, body: &Value) -> ErpAnswer {
        let (odoo, path, text) = (OdooOptions::default(), format!("/aflow/api/{call}"), body.to_string());
        self.fixture.clock.advance(Duration::from_millis(7));
        let signature = aiflow::sign(
            &odoo.enterprise_code,
            &odoo.app_id,
            &odoo.app_secret,
            self.fixture.clock.now_ms(),
            text.as_bytes(),
        );
        let event = HttpEvent::new(method, &path).route(&path).header("a-signature", &signature).json(body);
        let response = tenon_aiflow::process::SERVICE.answer(&self.fixture.ctx, event.request()).await;
        let reply: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
        ErpAnswer {
            status: reply["status"].as_i64().unwrap(),
            data: reply["data"].clone(),
            msg: reply["msg"].as_str().unwrap().to_owned(),
        }
    }

    async fn service(&self, method: &str, target: &str, body: Option<Value>) -> Value {
        self.service_named(method, target, body, None).await
    }

    /// With the name that the caller gives the call.
    async fn service_named(&self, method: &str, target: &str, body: Option<Value>, key: Option<&str>) -> Value {
        let path = target.split('?').next().unwrap();
        let route = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["", "flow", "form", _] => "/flow/form/{flowCode}",
            ["", "flow", "form", _, _] => "/flow/form/{flowCode}/{dataId}",
            _ => path,
        };
        let mut event = HttpEvent::new(method, target).route(route).header("x-apig-appcode", CODE);
        if let Some(key) = key {
            event = event.header("idempotency-key", key);
        }
        if let Some(body) = &body {
            event = event.json(body);
        }
        let response = tenon_processes::flow::SERVICE.answer(&self.fixture.ctx, event.request()).await;
        assert_eq!(response.headers()["cache-control"], "no-store", "{target}");
        serde_json::from_slice(response.body().as_ref()).unwrap()
    }

    async fn done(&self, target: &str) -> Value {
        let reply = self.service("GET", target, None).await;
        assert_eq!(reply["code"], json!(0), "{target}: {reply}");
        reply["data"].clone()
    }

    async fn refused(&self, target: &str) -> String {
        let reply = self.service("GET", target, None).await;
        assert!(reply["code"].as_i64().unwrap() >= 400 && reply["data"].is_null(), "{target}: {reply}");
        reply["msg"].as_str().unwrap().to_owned()
    }

    /// A flow with its form, published; version.
    async fn publish(&self) -> i64 {
        self.publish_as(BPMN).await
    }

    async fn publish_as(&self, bpmn: &str) -> i64 {
        let schema = json!({ "components": [
            { "type": "input", "name": "reason", "label": "事由", "required": true },
            { "type": "money", "name": "amount", "label": "金额", "required": true }
        ] });
        let form =
            json!({ "formCode": "purchase_form", "formName": "采购申请", "formSchema": schema, "syncType": "CREATE" });
        assert_eq!(self.erp("POST", "form/sync", &form).await.status, 0);
        let flow =
            json!({ "flowCode": "purchase", "flowName": "采购申请", "formCode": "purchase_form", "bpmnXml": bpmn });
        let made = self.erp("POST", "flow/create", &flow).await;
        assert_eq!((made.status, &made.data["flowVersion"]), (0, &json!(1)), "{} {}", made.msg, made.data);
        let online = json!({ "flowCode": "purchase", "flowVersion": 1, "updateDesc": "第一版" });
        let done = self.erp("POST", "flow/publish", &online).await;
        assert_eq!((done.status, &done.data["success"]), (0, &json!(true)), "{}", done.msg);
        made.data["flowVersion"].as_i64().unwrap()
    }

    async fn saved(&self, amount: Value) -> String {
        let body = json!({ "reason": "打印机<二楼>", "amount": amount });
        let saved = self.service("POST", "/flow/form/purchase", Some(body)).await;
        assert_eq!(saved["code"], json!(0), "{saved}");
        saved["data"]["dataId"].as_str().unwrap().to_owned()
    }

    async fn launched(&self, data_id: &str) -> Value {
        self.done(&format!(
            "/flow/launch?flowRunningNumber=&flowCode=purchase&dataId={data_id}&userName=%E5%BC%A0%E4%B8%89&userCode=E1001&deptName=%E9%87%87%E8%B4%AD%E9%83%A8"
        ))
        .await
    }

    /// The queues, until nothing is to be done for a while.
    async fn work(&self, seconds: u64) {
        for _ in 0..seconds {
            let notices = tenon_notices::NoticeSender;
            self.work_but_notices(1).await;
            tenon_testkit::pump(&self.fixture.ctx, &NOTICES_SEND, &notices, Duration::from_secs(180)).await;
        }
    }

    /// The same, where notices stay in their queue.
    async fn work_but_notices(&self, seconds: u64) {
        for _ in 0..seconds {
            let ctx = self.fixture.ctx.within(Duration::from_secs(120));
            let _ = tenon_platform::outbox::sweep::sweep_due(&ctx).await;
            tenon_testkit::pump(&ctx, &PROCESS_WORK, &ProcessSender, Duration::from_secs(180)).await;
            self.fixture.clock.advance(Duration::from_secs(1));
        }
    }

    /// What Odoo was told, as action or result of a call.
    fn received(&self) -> Vec<String> {
        let word = |sent: &Value| {
            let body = &sent["body"];
            match sent["call"].as_str().unwrap() {
                "workflow/receive" => {
                    format!("{} {}", body["action"].as_str().unwrap(), body["taskName"].as_str().unwrap())
                }
                _ => format!("log {}", body["logs"][0]["handleResult"].as_str().unwrap()),
            }
        };
        self.fixture.odoo().received().iter().map(word).collect()
    }
}

async fn person(works: &Works, login: &str) -> Browser {
    let mut browser = Browser::default();
    browser.sign_in(&works.fixture, login).await;
    browser
}

async fn press(browser: &mut Browser, works: &Works, id: &str, form: &str) -> Answer {
    let event = HttpEvent::new("POST", &format!("/aflow/tasks/{id}"))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    browser.send(&works.fixture, event).await
}

#[tokio::test]
async fn a_purchase_is_launched_approved_twice_and_ends_after_a_service_that_failed_twice() {
    let works = Works::new().await;
    works.publish().await;
    let missing = works
        .refused("/flow/launch?flowCode=purchase&dataId=5&userCode=E1001&deptName=%E9%87%87%E8%B4%AD%E9%83%A8")
        .await;
    assert!(missing.contains("前提是录入表单数据的看板已保存"), "{missing}");
    let data_id = works.saved(json!(20_000.5)).await;
    let launched = works.launched(&data_id).await;
    let number = launched["flowRunningNumber"].as_str().unwrap().to_owned();
    assert_eq!(number, "purchase_202611_0001");
    assert_eq!(works.launched(&data_id).await["flowRunningNumber"], json!(number), "the same once more");
    assert_eq!(launched["tasks"][0]["assigneeUserCode"], json!(["E1002"]), "{launched}");
    let task = launched["tasks"][0]["taskId"].as_str().unwrap().to_owned();
    let order = launched["orderId"].as_i64().unwrap();
    // 李四 sees it, with the form and the diagram, and approves; 王五 does not see it.
    let mut lisi = person(&works, "lisi").await;
    let list = lisi.look(&works.fixture, "/aflow/tasks").await;
    assert!(list.body.contains("部门经理审批") && list.body.contains(&format!("/aflow/tasks/{task}")), "{}", list.body);
    let page = lisi.look(&works.fixture, &format!("/aflow/tasks/{task}")).await;
    for shown in
        ["打印机&lt;二楼&gt;", "20000.5", "<svg", "node present", "当前节点: 部门经理审批", "张三", "name=\"action\""]
    {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(!page.body.contains("<script") && page.headers["cache-control"] == "no-store");
    let mut wangwu = person(&works, "wangwu").await;
    assert_eq!(wangwu.look(&works.fixture, &format!("/aflow/tasks/{task}")).await.status, 404);
    let foreign = HttpEvent::new("POST", &format!("/aflow/tasks/{task}"))
        .header("sec-fetch-site", "cross-site")
        .body("action=approve");
    assert_ne!(lisi.send(&works.fixture, foreign).await.status, 303, "a page of another site");
    let pressed = press(&mut lisi, &works, &task, "action=approve&comment=%E5%90%8C%E6%84%8F").await;
    assert_eq!(
        (pressed.status, pressed.location()),
        (303, format!("/aflow/tasks/{task}?done=approve").as_str()),
        "{}",
        pressed.body
    );
    assert_eq!(press(&mut lisi, &works, &task, "action=approve&comment=").await.status, 303, "pressed twice");
    let after = lisi.look(&works.fixture, &format!("/aflow/tasks/{task}?done=approve")).await;
    assert!(after.body.contains("已同意。") && !after.body.contains("name=\"action\""), "{}", after.body);
    // The finance department decides in Odoo: a row, and the notice that it is stored.
    let standing = works.done(&format!("/flow/urgent?flowRunningNumber={number}")).await;
    assert_eq!(standing["tasks"][0]["assigneeUserCode"], json!(["E1003"]), "{standing}");
    let second = standing["tasks"][0]["taskId"].clone();
    let row = json!({ "orderId": order, "businessKey": number, "logs": [{
        "taskId": second, "taskName": "财务审批", "handlerUserCode": "E1003", "handleResult": "APPROVED",
        "handleComment": "预算内", "handleTime": "2026-11-22 10:00:00"
    }] });
    for _ in 0..2 {
        let kept = works.erp("POST", "order/approval/log", &row).await;
        assert_eq!((kept.status, &kept.data["success"]), (0, &json!(true)), "{}", kept.msg);
    }
    works.fixture.sandbox.inject(
        Fault::new(FaultKind::Status(503, "{}".into())).on("POST", "/odoo/api/workflow/receive").nth(2).times(2),
    );
    let audited = works.done(&format!("/flow/onAudit?flowRunningNumber={number}&nextNodeSeq=-1")).await;
    assert_eq!((audited["tasks"].as_array().unwrap().len(), &audited["status"]), (0, &json!("running")), "{audited}");
    works.work(60).await;
    let end = works.refused(&format!("/flow/onAudit?flowRunningNumber={number}")).await;
    assert!(end.contains("process.over"), "{end}");
    assert_eq!(
        works.received(),
        ["START 部门经理审批", "log APPROVED", "log APPROVED", "COMPLETE 生成采购订单", "COMPLETE 采购申请"],
        "in the order of what happened"
    );
    let received = works.fixture.odoo().received();
    let sent = &received[3]["body"];
    assert_eq!(
        (&sent["formData"], &sent["handlerUserCode"]),
        (&json!({ "amount": 20000.5, "reason": "打印机<二楼>" }), &json!("E1003"))
    );
    assert_eq!((&sent["orderId"], &sent["businessKey"]), (&json!(order), &json!(number)));
    assert!(received[3]["key"].as_str().unwrap().contains("/odoo/"), "{}", received[3]["key"]);
    let page = lisi.look(&works.fixture, &format!("/aflow/tasks/{order}")).await;
    for shown in ["预算内", "流程结束", "审批日志：同意", "已通过"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
}

#[tokio::test]
async fn each_service_tells_what_stands_against_it_and_changes_nothing() {
    let works = Works::new().await;
    works.publish().await;
    let bad = works.service("POST", "/flow/form/purchase", Some(json!({ "amount": "many" }))).await;
    assert_eq!(bad["code"], json!(400), "{bad}");
    assert!(
        bad["msg"].as_str().unwrap().contains("reason: 事由不能为空")
            && bad["msg"].as_str().unwrap().contains("amount: 应为数字")
    );
    let data_id = works.saved(json!("123456789012345678.25")).await;
    let event = HttpEvent::new("GET", &format!("/flow/form/purchase/{data_id}"))
        .route("/flow/form/{flowCode}/{dataId}")
        .header("x-apig-appcode", CODE);
    let read = tenon_processes::flow::SERVICE.answer(&works.fixture.ctx, event.request()).await;
    let read = String::from_utf8(read.body().as_ref().to_vec()).unwrap();
    assert!(read.contains("\"amount\":123456789012345678.25"), "every digit: {read}");
    let launched = works.launched(&data_id).await;
    let number = launched["flowRunningNumber"].as_str().unwrap();
    for (target, word) in [
        ("/flow/launch?flowCode=nothing&dataId=1&userCode=E1001", "process.unknown-flow"),
        ("/flow/launch?flowCode=purchase&userCode=E1001", "dataId: 不能为空"),
        ("/flow/onAudit?flowRunningNumber=nothing", "不存在"),
        (&format!("/flow/onAudit?flowRunningNumber={number}&nextNodeSeq=99"), "process.unknown-node"),
        (&format!("/flow/onAudit?flowRunningNumber={number}&taskDeptManager=%E6%9C%AA%E7%9F%A5%E9%83%A8"), "未知部"),
        (&format!("/flow/relaunch?flowRunningNumber={number}"), "前提是流程驳回至发起人"),
        (&format!("/flow/discard?flowRunningNumber={number}&userName=nobody"), "process.not-allowed"),
        ("/flow/urgent?flowRunningNumber=nothing", "不存在"),
        ("/message/taskNotify?taskNo=RW202107280", "前提是看板任务已提交"),
    ] {
        let reply = works.refused(target).await;
        assert!(reply.contains(word), "{target}: {reply}");
    }
    let standing = works.done(&format!("/flow/urgent?flowRunningNumber={number}")).await;
    assert_eq!(standing["tasks"], launched["tasks"], "nothing changed");
    let task = launched["tasks"][0]["taskId"].as_str().unwrap();
    assert_eq!(works.done(&format!("/message/taskNotify?taskNo={task}")).await["notified"], json!(1));
    let rejected = works.done(&format!("/flow/onAudit?flowRunningNumber={number}&result=reject&comment=no")).await;
    assert_eq!(rejected["status"], json!("rejected"), "{rejected}");
    let again = works.done(&format!("/flow/relaunch?flowRunningNumber={number}")).await;
    assert_eq!((&again["status"], &again["round"]), (&json!("running"), &json!(2)));
    let jumped = works
        .done(&format!(
            "/flow/onAudit?flowRunningNumber={number}&nextNodeSeq=2&taskDeptManager=%E9%87%87%E8%B4%AD%E9%83%A8"
        ))
        .await;
    assert_eq!(jumped["tasks"][0]["assigneeUserCode"], json!(["E1002"]), "{jumped}");
    let gone = works.done(&format!("/flow/discard?flowRunningNumber={number}&userName=admin")).await;
    assert_eq!(gone["status"], json!("discarded"));
    assert_eq!(
        works.done(&format!("/flow/discard?flowRunningNumber={number}&userName=admin")).await["status"],
        json!("discarded")
    );
    works.work(20).await;
    let calls = works.received();
    assert_eq!(calls.last().unwrap(), "CANCEL 财务审批", "{calls:?}");
    assert_eq!(calls.iter().filter(|word| word.starts_with("START")).count(), 2, "{calls:?}");
    // Without a code, and with a wrong one.
    let event = HttpEvent::new("GET", "/flow/urgent?flowRunningNumber=1").route("/flow/urgent");
    let response = tenon_processes::flow::SERVICE.answer(&works.fixture.ctx, event.request()).await;
    let reply: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
    assert_eq!(reply["code"], json!(401), "{reply}");
}

#[tokio::test]
async fn definitions_and_forms_are_checked_and_versions_do_not_change_once_published() {
    let works = Works::new().await;
    works.publish().await;
    let wrong = BPMN.replace("${amount &gt; 10000}", "${amuont &gt; 10000}").replace("role:finance", "");
    let reply = works.erp("PUT", "flow/update", &json!({ "flowCode": "purchase", "bpmnXml": wrong })).await;
    assert_eq!(reply.status, -4002);
    let details = reply.data["errorDetails"].to_string();
    assert!(details.contains("amuont") && details.contains("assignee-missing") && details.contains("行"), "{details}");
    // A change of what is published is a new version; what runs stays on its own.
    let data_id = works.saved(json!(1)).await;
    let launched = works.launched(&data_id).await;
    let renamed = BPMN.replace("部门经理审批", "主管审批");
    let made = works.erp("PUT", "flow/update", &json!({ "flowCode": "purchase", "bpmnXml": renamed })).await;
    assert_eq!(made.data["flowVersion"], json!(2), "{}", made.msg);
    let done = works.erp("POST", "flow/publish", &json!({ "flowCode": "purchase", "flowVersion": 2 })).await;
    assert_eq!(done.status, 0, "{}", done.msg);
    let number = launched["flowRunningNumber"].as_str().unwrap();
    let standing = works.done(&format!("/flow/urgent?flowRunningNumber={number}")).await;
    assert_eq!((&standing["flowVersion"], &standing["tasks"][0]["taskName"]), (&json!(1), &json!("部门经理审批")));
    let newer = works.launched(&works.saved(json!(2)).await).await;
    assert_eq!((&newer["flowVersion"], &newer["tasks"][0]["taskName"]), (&json!(2), &json!("主管审批")));
    for (call, body, word) in [
        (
            "form/sync",
            json!({ "formCode": "f", "formName": "f", "formSchema": { "components": [{ "type": "x" }] }, "syncType": "CREATE" }),
            "formSchema.components[0].type",
        ),
        (
            "form/sync",
            json!({ "formCode": "none", "formName": "f", "formSchema": { "components": [{ "type": "input", "name": "a", "label": "a" }] }, "syncType": "UPDATE" }),
            "不存在",
        ),
        ("form/sync", json!({ "formCode": "none", "syncType": "REMOVE" }), "CREATE、UPDATE、DELETE"),
        ("flow/publish", json!({ "flowCode": "purchase", "flowVersion": 9 }), "没有版本9"),
        ("flow/publish", json!({ "flowCode": "none" }), "不存在"),
        (
            "flow/create",
            json!({ "flowCode": "purchase", "flowName": "other", "formCode": "purchase_form", "bpmnXml": renamed }),
            "已存在",
        ),
        (
            "flow/create",
            json!({ "flowCode": "lol", "flowName": "x", "bpmnXml": "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>" }),
            "xml-doctype",
        ),
        ("order/approval/log", json!({ "orderId": 1, "businessKey": "x", "logs": [] }), "订单1不存在"),
    ] {
        let reply = works.erp("POST", call, &body).await;
        let all = format!("{} {}", reply.msg, reply.data);
        assert!(reply.status == -4002 && all.contains(word), "{call} {body}: {all}");
    }
    let delete = json!({ "formCode": "purchase_form", "syncType": "DELETE" });
    for _ in 0..2 {
        assert_eq!(works.erp("POST", "form/sync", &delete).await.status, 0);
    }
}

#[tokio::test]
async fn a_path_at_the_erp_needs_the_erp_and_a_task_is_handed_on_commented_and_refused() {
    let works = Works::new().await;
    works.publish().await;
    let launched = works.launched(&works.saved(json!(5)).await).await;
    let task = launched["tasks"][0]["taskId"].as_str().unwrap();
    let mut lisi = person(&works, "lisi").await;
    for (form, status) in [
        ("action=comment&comment=%E8%AF%B7%E8%A1%A5%E5%85%85", 303),
        ("action=transfer&to=&comment=", 400),
        ("action=dance", 400),
        ("action=transfer&to=E1003&comment=%E8%AF%B7%E6%82%A8%E5%A4%84%E7%90%86", 303),
        ("action=approve", 409),
    ] {
        let pressed = press(&mut lisi, &works, task, form).await;
        assert_eq!(pressed.status, status, "{form}: {}", pressed.body);
    }
    let mut wangwu = person(&works, "wangwu").await;
    let page = wangwu.look(&works.fixture, &format!("/aflow/tasks/{task}")).await;
    assert!(
        page.body.contains("请补充") && page.body.contains("转办") && page.body.contains("name=\"action\""),
        "{}",
        page.body
    );
    assert_eq!(press(&mut wangwu, &works, task, "action=refuse&comment=no").await.status, 303);
    let mut zhangsan = person(&works, "zhangsan").await;
    let order = launched["orderId"].as_i64().unwrap();
    let page = zhangsan.look(&works.fixture, &format!("/aflow/tasks/{order}")).await;
    assert!(page.body.contains("已驳回至发起人"), "{}", page.body);
    works.work(20).await;
    assert_eq!(works.received(), ["START 部门经理审批", "log TRANSFERRED", "log REJECTED", "REJECT 部门经理审批"]);
    works.configure(json!({ "odoo_url": null })).await;
    let flow = json!({ "flowCode": "other", "flowName": "x", "formCode": "purchase_form", "bpmnXml": BPMN });
    let reply = works.erp("POST", "flow/create", &flow).await;
    assert!(reply.msg.contains("odoo_url"), "{}", reply.msg);
}
