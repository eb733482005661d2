//! A site whose documents are approved in WeCom.

use serde_json::{Value, json};
use tenon_sandbox::{NewDraft, SandboxOptions, WecomControl, WecomTemplate};
use tenon_tests::{TestApp, TestAppOptions};

/// Goods issues for scrap: every kind of control, and a table with a column that nothing fills.
fn scrap() -> WecomTemplate {
    let columns = vec![
        WecomControl::new("Text", "Text-6", "物料编号"),
        WecomControl::new("Number", "Number-7", "数量"),
        WecomControl::new("Text", "Text-8", "备注"),
    ];
    WecomTemplate::new("库存发货")
        .with(WecomControl::new("Text", "Text-1", "草稿单号").required())
        .with(WecomControl::new("Date", "Date-2", "过账日期"))
        .with(WecomControl::new("Money", "Money-3", "金额"))
        .with(
            WecomControl::new("Selector", "Selector-4", "报废来源")
                .options(&[("option-77", "产线"), ("option-78", "仓库")]),
        )
        .with(WecomControl::table("Table-5", "物料明细", columns))
        .with(WecomControl::new("File", "File-9", "附件"))
}

/// A form of texts alone, as old templates are.
fn over_issue() -> WecomTemplate {
    WecomTemplate::new("超领料单")
        .with(WecomControl::new("Text", "Text-1", "单据编号"))
        .with(WecomControl::new("Text", "Text-2", "原因"))
}

fn config(c: &mut Value) {
    let wecom = SandboxOptions::default().wecom;
    let scrap = |id: &str, kind: &str| {
        json!({ "id": id, "kind": "approval", "erp": "b1-main", "oa": "wecom-main",
          "source": { "filter": format!("DocObjectCode eq '60' and U_SrvTransType eq '{kind}' and U_ISSYN eq 'N'"),
                      "approver": "manager" },
          "form": { "template": "TMPL-SCRAP", "key": "草稿单号", "default_originator": "zhangtao", "on_withdrawn": "resend",
                    "fields": [ { "from": "DocDate", "to": "Date-2", "format": "date" },
                                { "from": "DocTotal", "to": "金额", "format": "money" },
                                { "from": "U_ScrapOrigin", "to": "报废来源", "format": "choice" } ],
                    "lines": { "to": "Table-5", "fields": [ { "from": "ItemCode", "to": "物料编号" },
                                                            { "from": "Quantity", "to": "Number-7", "format": "number" } ] } },
          "marks": { "approver": "U_Approver", "decided_at": "U_ApprovalDate", "comments": "U_Remarks" } })
    };
    c["connections"].as_array_mut().unwrap().push(json!({
        "kind": "wecom", "id": "wecom-main", "api_url": "http://wecom", "corp_id": wecom.corp_id, "secret": wecom.secret,
        "token": wecom.token, "aes_key": wecom.aes_key, "reconcile_every": "1m", "check_open_after": "2m",
        "domain_files": { "WW_verify_YpAqDE4xoAPsmGSK.txt": "YpAqDE4xoAPsmGSK" } }));
    let flows = c["flows"].as_array_mut().unwrap();
    flows.clear();
    flows.push(scrap("issue-scrap", "报废"));
    let mut dept = scrap("issue-dept", "部门领用");
    dept["on_approved"] = json!("add");
    dept["form"]["attachments"] = json!({ "to": "附件" });
    flows.push(dept);
    flows.push(json!({ "id": "over-issue", "kind": "approval", "erp": "b1-main", "oa": "wecom-main",
        "source": { "document": "document", "object": "OVERISSUE" },
        "form": { "template": "TMPL-OVER", "key": "单据编号", "fields": [ { "from": "U_Reason", "to": "原因" } ] } }));
}

/// The configuration with the flows above.
pub fn configured() -> Value {
    let mut value = tenon_tests::standard_config();
    config(&mut value);
    value
}

/// Both vendors, with the flows above.
pub async fn app() -> TestApp {
    site_with(None).await
}

/// The same with other settings of the sandbox.
pub async fn site_with(sandbox: Option<fn(&mut SandboxOptions)>) -> TestApp {
    set_up(TestAppOptions { sandbox, config: Some(config), ..TestAppOptions::default() }).await
}

/// The same with another seed.
pub async fn site_seeded(seed: u64) -> TestApp {
    set_up(TestAppOptions { seed, config: Some(config), ..TestAppOptions::default() }).await
}

/// The same with a second company, whose flow `over-issue-b` shares the form.
pub async fn two_companies() -> TestApp {
    fn both(c: &mut Value) {
        config(c);
        let mut second = c["connections"][0].clone();
        (second["id"], second["base_url"]) = (json!("b1-b"), json!("http://b1-b"));
        c["connections"].as_array_mut().unwrap().push(second);
        let mut flow = c["flows"][2].clone();
        (flow["id"], flow["erp"]) = (json!("over-issue-b"), json!("b1-b"));
        c["flows"].as_array_mut().unwrap().push(flow);
    }
    let app = set_up(TestAppOptions { config: Some(both), second_company: true, ..TestAppOptions::default() }).await;
    app.second.as_ref().unwrap().b1().register_set("OVERISSUE", "DocEntry", true);
    app
}

async fn set_up(options: TestAppOptions) -> TestApp {
    let app = TestApp::new(options).await;
    app.sandbox.wecom().set_callback_url(Some("http://tenon/callbacks/wecom/wecom-main".to_owned()));
    app.sandbox.wecom().set_template("TMPL-SCRAP", scrap());
    app.sandbox.wecom().set_template("TMPL-OVER", over_issue());
    app.sandbox.b1().register_set("OVERISSUE", "DocEntry", true);
    app
}

/// A goods issue of a kind, whose approval waits for these stages' users.
pub fn goods_issue(kind: &str, stages: &[&[i64]]) -> NewDraft {
    NewDraft::new("60")
        .field("U_ISSYN", "N")
        .field("U_SrvTransType", kind)
        .field("U_ScrapOrigin", "产线")
        .field("DocTotal", 1234.5)
        .line(json!({ "ItemCode": "11028", "Quantity": 0.0 }))
        .line(json!({ "ItemCode": "14003", "Quantity": 11.5 }))
        .stages(stages)
}

/// An over-issue document.
pub fn over_issue_document(app: &TestApp, user: Option<&str>) -> i64 {
    let fields = json!({ "DocNum": 900_007, "U_ISSYN": "N", "U_UserID": user, "U_Reason": "补料", "U_SPNO": null });
    let made = app.sandbox.b1().create_document(app.clock.now_ms(), "OVERISSUE", fields).unwrap();
    made["DocEntry"].as_i64().unwrap()
}

/// Numbers of the approvals whose control has this text.
pub fn numbers(app: &TestApp, control: &str, text: &str) -> Vec<String> {
    let has = |info: &Value| {
        let contents = info.pointer("/apply_data/contents").unwrap().as_array().unwrap();
        contents.iter().any(|c| c["id"] == control && c["value"]["text"] == text)
    };
    app.sandbox
        .wecom()
        .instances()
        .iter()
        .filter(|info| has(info))
        .map(|info| info["sp_no"].as_str().unwrap().to_owned())
        .collect()
}

/// Those of a document's key.
pub fn of_key(app: &TestApp, key: i64) -> Vec<String> {
    numbers(app, "Text-1", &key.to_string())
}
