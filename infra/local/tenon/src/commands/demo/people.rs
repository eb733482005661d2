//! DingTalk's people become those of Tenon's directory, Odoo's those of an aiflow; and a buyer is told of a task.

use super::erp;
use super::stage::Stage;
use crate::output::Failure;
use serde_json::json;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_platform::runs;

pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("12. DingTalk's people are read, Odoo's are pushed, and a buyer is told of a task");
    let pulled = done(stage, "people").await?;
    stage.report(&format!(
        "Tenon     {} of DingTalk: {}",
        pulled.message,
        counted(&pulled, &["made", "changed", "left"])
    ));
    let pushed = done(stage, "staff").await?;
    let users = stage.sandbox.aiflow().users();
    stage.insist("no employee of Odoo is at the other aiflow", !users.is_empty())?;
    stage.report(&format!(
        "Tenon     {} of Odoo's staff: {}",
        pushed.message,
        counted(&pushed, &["departments", "changed"])
    ));
    notified(stage).await
}

/// The latest run of a flow, once it has succeeded.
async fn done(stage: &Stage<'_>, flow: &str) -> Result<Run, Failure> {
    stage
        .until(&format!("the run of {flow}"), async |s: &Stage<'_>| {
            let runs = runs::newest(&s.ctx, &TenantId::operator(), &FlowId::new(flow), 20).await.ok()?;
            runs.into_iter().find(|run| run.counts.contains_key("slices") && run.status == RunStatus::Succeeded)
        })
        .await
}

fn counted(run: &Run, names: &[&str]) -> String {
    let one = |name: &&str| format!("{} {name}", run.counts.get(*name).copied().unwrap_or_default());
    names.iter().map(one).collect::<Vec<_>>().join(", ")
}

async fn notified(stage: &Stage<'_>) -> Result<(), Failure> {
    let bind = json!({ "customUserCode": "E1001", "phoneNumber": "13800000001" });
    let person = erp::pushed(stage, "/aflow/api/auth/bind", &bind).await?;
    stage.report(&format!("ERP       says that its E1001 is whoever has 13800000001 in DingTalk: {person}"));
    erp::pushed(stage, "/aflow/api/flow/create_third_party", &erp::flow("PAY", "付款审批")).await?;
    let order = |version: i64| {
        json!({
            "orderId": 2, "orderStatus": "ing", "orderResult": "ing", "initiator": "E1001", "thirdFlowCode": "PAY",
            "version": version, "businessKey": "PAY-2026-00007", "createTime": "2026-11-20 09:00:00",
            "updateTime": "2026-11-20 09:00:00",
            "tasks": [{ "taskId": "T7", "taskName": "出纳付款", "assigneeUserCode": ["E1001"], "taskStatus": "ing",
                        "taskResult": "new", "deadLine": "2026-11-30 18:00:00", "nodeType": "handle", "showPc": true,
                        "showMobile": true }]
        })
    };
    erp::pushed(stage, "/aflow/api/order/sync/task", &order(1)).await?;
    stage.report("ERP       pushes an order whose task 出纳付款 waits for E1001");
    let message = stage.until("the notice", async |s: &Stage<'_>| reached(s).into_iter().next()).await?;
    stage.insist(
        &format!("the notice leads nowhere: {message}"),
        message.contains("您有新的待处理任务【出纳付款】") && message.contains("https://erp.example.com/h5/order"),
    )?;
    stage.report("DingTalk  zhangsan reads 新任务提醒: 您有新的待处理任务【出纳付款】, with a button for the phone and one for the desk");
    erp::pushed(stage, "/aflow/api/order/sync/task", &order(2)).await?;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let times = reached(stage).len();
    stage.insist(&format!("zhangsan was told {times} times"), times == 1)?;
    stage.report("ERP       pushes the order again, newer; nobody is told of the same task twice");
    Ok(())
}

/// Messages that reached the buyer of this story's task.
fn reached(stage: &Stage<'_>) -> Vec<String> {
    let all = stage.sandbox.dingtalk().messages().into_iter().filter(|message| message.reached("zhangsan"));
    all.map(|message| message.message.to_string()).filter(|text| text.contains("出纳付款")).collect()
}
