//! The story of a PLM: an assembly is released.

use super::stage::Stage;
use super::stories::text;
use crate::commands::sandbox_config::{PLM_CODE, ROUTING};
use crate::output::Failure;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;

/// Plays it.
pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("8. An assembly is released in a PLM, whose parts, bills of materials and routing go to B1");
    let items = json!([
        { "ItemCode": "ZC-1000", "ItemName": "主机总成", "InventoryUOM": "台" },
        { "ItemCode": "BJ-1100", "ItemName": "电源部件", "InventoryUOM": "个" },
        { "ItemCode": "LJ-1110", "ItemName": "变压器", "InventoryUOM": "个" },
        { "ItemCode": "", "ItemName": "没有编码的物料" }
    ]);
    let answer = push(stage, "items", &items).await?;
    report(stage, &answer);
    stage.insist("the record without a code was not refused", answer.get("code") == Some(&json!(400)))?;
    stage.insist("the others are not in B1", stage.sandbox.b1().count("Items") >= 3)?;
    boms(stage).await?;
    routing(stage).await
}

async fn boms(stage: &Stage<'_>) -> Result<(), Failure> {
    let main = json!({ "TreeCode": "ZC-1000", "ProductTreeLines": [{ "ItemCode": "BJ-1100", "Quantity": 2 },
                                                                  { "ItemCode": "LJ-1110", "Quantity": 1 }] });
    let part = json!({ "TreeCode": "BJ-1100", "ProductTreeLines": [{ "ItemCode": "LJ-1110", "Quantity": 0.333333 }] });
    let answer = push(stage, "boms", &json!([main, part])).await?;
    report(stage, &answer);
    stage.insist("the bills of materials were refused", answer.get("code") == Some(&json!(200)))?;
    let round =
        json!([{ "TreeCode": "BJ-1100", "ProductTreeLines": [{ "ItemCode": "ZC-1000", "Quantity": 1 }] }, main]);
    let answer = push(stage, "boms", &round).await?;
    report(stage, &answer);
    stage.insist("a bill of materials that contains itself was taken", answer.get("code") == Some(&json!(400)))?;
    let fewer = json!({ "TreeCode": "ZC-1000", "ProductTreeLines": [{ "ItemCode": "BJ-1100", "Quantity": 2 }] });
    report(stage, &push(stage, "boms", &fewer).await?);
    let tree = stage.sandbox.b1().row("ProductTrees", "TreeCode", &json!("ZC-1000")).unwrap_or_default();
    let lines = tree.get("ProductTreeLines").and_then(Value::as_array).map_or(0, Vec::len);
    stage.insist("the component that was taken out is still there", lines == 1)?;
    stage.report("B1        ZC-1000 has the one component that is left");
    Ok(())
}

async fn routing(stage: &Stage<'_>) -> Result<(), Failure> {
    let routing = json!({ "Code": "GY-1000", "Name": "总装工艺", "U_ItemCode": "ZC-1000",
        "GYLX_LINESCollection": [{ "U_Seq": 10, "U_Process": "装配" }, { "U_Seq": 20, "U_Process": "检验" }] });
    for _ in 0..2 {
        let answer = push(stage, "routings", &routing).await?;
        report(stage, &answer);
        stage.insist("the routing was refused", answer.get("code") == Some(&json!(200)))?;
    }
    stage.insist("the routing is there twice", stage.sandbox.b1().count(ROUTING) == 1)
}

/// What the PLM sends, and how it is answered.
async fn push(stage: &Stage<'_>, what: &str, body: &Value) -> Result<Value, Failure> {
    stage.report(&format!("PLM       pushes {what}"));
    let mut call = Call::new(Method::POST, format!("http://{}/plm/b1-sandbox/{what}", stage.front));
    call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    call.headers.insert(HeaderName::from_static("x-apig-appcode"), HeaderValue::from_static(PLM_CODE));
    call.body = body.to_string().into();
    call.timeout = Duration::from_secs(30);
    let answer = HttpClient::new().call(call).await.map_err(|e| Failure::outside(e.message().to_owned()))?;
    serde_json::from_slice(&answer.body).map_err(|e| Failure::outside(format!("the answer is no JSON: {e}")))
}

fn report(stage: &Stage<'_>, answer: &Value) {
    let entries = answer.get("data").and_then(Value::as_array).into_iter().flatten();
    let actions: Vec<String> =
        entries.map(|entry| format!("{} {}", text(entry, "key"), text(entry, "action"))).collect();
    let code = answer.get("code").cloned().unwrap_or_default();
    stage.report(&format!("Tenon     answers {code}, {}: {}", text(answer, "message"), actions.join(", ")));
}
