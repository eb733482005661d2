//! What the demo shows.

use super::stage::Stage;
use crate::commands::sandbox_config::QUOTATION;
use crate::output::Failure;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_sandbox::{ActionError, Fault, FaultKind, NewDraft, NewInstance, Vendor};

/// Plays the stories of DingTalk.
pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    approval(stage).await?;
    refusal(stage).await?;
    withdrawal(stage).await?;
    outage(stage).await?;
    price(stage).await
}

pub(super) fn moved<T>(result: Result<T, ActionError>) -> Result<T, Failure> {
    result.map_err(|e| Failure::outside(format!("the demo went wrong: {e}")))
}

pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn purchase_request(comments: &str) -> NewDraft {
    NewDraft::new("1470000113")
        .field("U_ISSYN", "N")
        .field("U_UserID", "zhangsan")
        .field("RequesterName", "销售经理：张涛")
        .field("Comments", comments)
        .line(json!({ "ItemCode": "11028", "ItemDescription": "聚氯乙烯", "Quantity": 55.0, "Price": 300.0 }))
        .line(json!({ "ItemCode": "14003", "ItemDescription": "聚丙烯", "Quantity": 11.0, "Price": 33.0 }))
}

/// A user adds a purchase request; Tenon takes it to DingTalk.
async fn submitted(stage: &Stage<'_>, comments: &str) -> Result<(i64, String), Failure> {
    let (entry, request) = moved(stage.sandbox.b1().create_draft(stage.now(), purchase_request(comments)))?;
    let request = request.map_or("no approval request".to_owned(), |r| format!("approval request {r}"));
    stage.report(&format!("B1        purchase request draft {entry} is added, {request} is pending"));
    let instance = waiting(stage, entry).await?;
    stage.report(&format!("DingTalk  instance {instance} is created with 2 lines"));
    stage
        .until("the mark", async |s: &Stage<'_>| {
            let draft = s.draft(entry);
            (text(&draft, "U_ISSYN") == "Y" && text(&draft, "U_instanceID") == instance).then_some(())
        })
        .await?;
    stage.report(&format!("B1        draft {entry} is marked: U_ISSYN = Y, U_instanceID = {instance}"));
    Ok((entry, instance))
}

async fn waiting(stage: &Stage<'_>, entry: i64) -> Result<String, Failure> {
    let open = async |s: &Stage<'_>| {
        let instances = s.instances(entry);
        let open = instances.iter().find(|i| text(i, "status") == "RUNNING");
        open.map(|i| text(i, "instanceId").to_owned())
    };
    stage.until("the submission", open).await
}

async fn decided(stage: &Stage<'_>, entry: i64, word: &str) -> Result<(), Failure> {
    let (status, remarks) =
        stage.until("the write-back", async |s: &Stage<'_>| s.decisions(entry).into_iter().next()).await?;
    stage.insist(&format!("draft {entry} should be {word} and is {status}"), status == word)?;
    stage.report(&format!("B1        draft {entry} is {status}: {remarks}"));
    let run = stage
        .until("the end of the run", async |s: &Stage<'_>| {
            s.run_of("purchase-request", entry).await.filter(|r| r.status == RunStatus::Succeeded)
        })
        .await?;
    let took = run.ended_ms.unwrap_or(run.started_ms) - run.started_ms;
    stage.report(&format!("Tenon     run {} succeeded after {took} ms: {}", run.id, run.message));
    Ok(())
}

async fn approval(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("1. A purchase request is approved, and its callback comes twice");
    let (entry, instance) = submitted(stage, "生产急用").await?;
    moved(stage.sandbox.dingtalk().approve(stage.now(), &instance, "", "同意，尽快采购"))?;
    stage.report("DingTalk  manager01 approves; an encrypted callback is on its way");
    decided(stage, entry, "ardApproved").await?;
    let delivery = moved(stage.sandbox.dingtalk().replay_last_callback(stage.now()))?;
    stage.report(&format!("DingTalk  delivers the same callback again (delivery {delivery})"));
    stage
        .until("the second delivery", async |s: &Stage<'_>| {
            let callbacks = s.sandbox.snapshot().dingtalk.callbacks;
            callbacks.iter().find(|c| c.id == delivery).filter(|c| c.state == "delivered").map(|_| ())
        })
        .await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let decisions = stage.decisions(entry).len();
    stage.insist("the duplicate callback decided a second time", decisions == 1)?;
    stage.report("Tenon     acknowledged the duplicate and wrote nothing a second time");
    Ok(())
}

async fn refusal(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("2. A purchase request is refused");
    let (entry, instance) = submitted(stage, "备货").await?;
    moved(stage.sandbox.dingtalk().refuse(stage.now(), &instance, "", "库存充足，暂不采购"))?;
    stage.report("DingTalk  manager01 refuses");
    decided(stage, entry, "ardNotApproved").await
}

async fn withdrawal(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("3. The originator withdraws, and the document is sent again");
    let (entry, first) = submitted(stage, "数量待定").await?;
    moved(stage.sandbox.dingtalk().terminate(stage.now(), &first))?;
    stage.report("DingTalk  zhangsan withdraws the instance");
    let second = waiting(stage, entry).await?;
    stage.insist("the same instance was found again", second != first)?;
    stage.report(&format!("Tenon     cleared the marks and submitted draft {entry} again: instance {second}"));
    moved(stage.sandbox.dingtalk().approve(stage.now(), &second, "", "同意"))?;
    stage.report("DingTalk  manager01 approves");
    decided(stage, entry, "ardApproved").await
}

async fn outage(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("4. B1 is down when the decision comes");
    let (entry, instance) = submitted(stage, "系统维护期间").await?;
    let until_ms = stage.now() + 6_000;
    stage.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    stage.report("B1        goes down for 6 s");
    let before = std::time::Instant::now();
    moved(stage.sandbox.dingtalk().approve(stage.now(), &instance, "", "同意"))?;
    stage
        .until("the acknowledgement", async |s: &Stage<'_>| {
            let callbacks = s.sandbox.snapshot().dingtalk.callbacks;
            let last = callbacks.into_iter().rev().find(|c| text(&c.event, "processInstanceId") == instance)?;
            (last.state == "delivered").then_some(())
        })
        .await?;
    stage.report(&format!(
        "Tenon     acknowledged the callback within {} ms all the same, and keeps the decision",
        before.elapsed().as_millis()
    ));
    let retrying = stage
        .until("the retry", async |s: &Stage<'_>| {
            s.run_of("purchase-request", entry).await.filter(|r| r.status == RunStatus::Retrying)
        })
        .await?;
    stage.report(&format!("Tenon     run {} is retrying: {}", retrying.id, retrying.message));
    decided(stage, entry, "ardApproved").await?;
    stage.sandbox.clear_faults();
    Ok(())
}

async fn price(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("5. A quotation born in DingTalk becomes a special price in B1");
    let rows = json!([[
        { "name": "物料代码", "value": "11028" }, { "name": "价格", "value": "205.50" }, { "name": "币种", "value": "CNY" },
        { "name": "可用起始日期", "value": "2027-01-01" }, { "name": "可用结束日期", "value": "2027-12-31" }
    ]]);
    let form = NewInstance::new(QUOTATION).field("客户代码", "C20000").field("报价明细", &rows.to_string());
    let instance = moved(stage.sandbox.dingtalk().create_instance(stage.now(), form))?;
    stage.report(&format!("DingTalk  zhangsan fills in quotation {instance}"));
    moved(stage.sandbox.dingtalk().approve(stage.now(), &instance, "", "同意"))?;
    stage.report("DingTalk  manager01 approves");
    let price = stage
        .until("the special price", async |s: &Stage<'_>| s.sandbox.snapshot().b1.special_prices.into_iter().next())
        .await?;
    let area = price.get("SpecialPriceDataAreas").and_then(|a| a.get(0)).cloned().unwrap_or_default();
    stage.insist("the price is not dated", text(&area, "DateFrom").starts_with("2027-01-01"))?;
    stage.report(&format!(
        "B1        special price of {} for {}: {} {} from {} to {}",
        text(&price, "ItemCode"),
        text(&price, "CardCode"),
        area.get("SpecialPrice").cloned().unwrap_or_default(),
        text(&area, "PriceCurrency"),
        text(&area, "DateFrom"),
        text(&area, "Dateto"),
    ));
    Ok(())
}
