//! What a site may set otherwise: marks, periods, submitters, approvers, SQL, flows that are copied.

use super::test_app::{app, configured, goods_issue, numbers, of_key, over_issue_document};
use serde_json::{Value, json};
use std::sync::Arc;
use tenon_flows::compare;
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Vendor, WecomControl, WecomTemplate};
use tenon_tests::TestApp;

async fn with(change: fn(&mut Value)) -> TestApp {
    let app = app().await;
    let mut config = configured();
    change(&mut config);
    app.apply(config).await;
    app
}

fn row(app: &TestApp, key: i64) -> Value {
    app.sandbox.b1().row("OVERISSUE", "DocEntry", &json!(key)).unwrap()
}

fn custom(app: &TestApp, fields: Value) -> i64 {
    app.sandbox.b1().create_document(app.clock.now_ms(), "OVERISSUE", fields).unwrap()["DocEntry"].as_i64().unwrap()
}

async fn run_messages(app: &TestApp, flow: &str) -> Vec<String> {
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await.unwrap();
    runs.into_iter().map(|r| r.message).collect()
}

// R-C20
#[tokio::test]
async fn the_marks_of_the_dev_guide_serve_as_well() {
    let mut app = with(|c| {
        c["flows"][2]["marks"] = json!({ "synced": "U_SyncStatus", "instance": "U_REQUESTID", "result": "U_Status" });
    })
    .await;
    let fields = json!({ "U_SyncStatus": "N", "U_UserID": "lisi", "U_Reason": "补料", "U_REQUESTID": null });
    let key = custom(&app, fields);
    app.minutes_until(4, "submission", |s| row(s, key)["U_SyncStatus"] == "Y").await;
    let number = of_key(&app, key).remove(0);
    assert_eq!(row(&app, key)["U_REQUESTID"], number.as_str());
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "").unwrap();
    app.minutes_until(6, "result", |s| row(s, key)["U_Status"] == "Y").await;
}

// R-C20
#[tokio::test]
async fn a_flow_polls_in_its_own_period() {
    let mut app = with(|c| c["flows"][2]["every"] = json!("5m")).await;
    app.minute().await;
    let key = over_issue_document(&app, Some("lisi"));
    app.minute().await;
    app.minute().await;
    assert_eq!(of_key(&app, key).len(), 0, "it is not its time");
    app.minutes_until(5, "submission", |s| of_key(s, key).len() == 1).await;
}

// R-C24
#[tokio::test]
async fn the_submitter_is_the_b1_users_fax_number_read_once_and_one_without_is_named() {
    let mut app = with(|c| {
        c["flows"][0]["form"]["originator_user"] = json!("OriginatorID");
        c["flows"][0]["form"].as_object_mut().unwrap().remove("default_originator");
        c["flows"][2]["form"]["originator_user"] = json!("UserSign");
    })
    .await;
    let now = app.clock.now_ms();
    app.sandbox.b1().change_document(now, "Users", 2, json!({ "FaxNumber": " zhangtao " })).unwrap();
    let (one, _) = app.sandbox.b1().create_draft(now, goods_issue("报废", &[&[1]])).unwrap();
    let (other, _) = app.sandbox.b1().create_draft(now, goods_issue("报废", &[&[1]])).unwrap();
    custom(&app, json!({ "U_ISSYN": "N", "U_Reason": "无人", "UserSign": 3 }));
    custom(&app, json!({ "U_ISSYN": "N", "U_Reason": "有人", "UserSign": 2 }));
    app.minutes_until(5, "submission", |s| {
        of_key(s, one).len() + of_key(s, other).len() + numbers(s, "Text-2", "有人").len() >= 3
    })
    .await;
    app.minute().await;
    for info in app.sandbox.wecom().instances() {
        assert_eq!(info.pointer("/applyer/userid"), Some(&json!("zhangtao")));
    }
    assert_eq!(numbers(&app, "Text-2", "无人"), Vec::<String>::new());
    let messages = run_messages(&app, "over-issue").await;
    let named = |text: &&String| text.contains("user 3") && text.contains("UserSign") && text.contains("传真名");
    assert!(messages.iter().any(|text| named(&text)), "{messages:?}");
    let reads = |app: &TestApp, user: i64| {
        let user_path = format!("Users({user})");
        app.sandbox.snapshot().log.iter().filter(|r| r.path.contains(&user_path)).count()
    };
    let read = reads(&app, 2);
    let (later, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    app.minutes_until(5, "submission", |s| of_key(s, later).len() == 1).await;
    assert_eq!(reads(&app, 2), read, "it is remembered");
}

// R-C18
#[tokio::test]
async fn all_who_decided_are_told_on_wish_and_the_last_one_otherwise() {
    for all in [false, true] {
        let mut app = with(|c| {
            for flow in [0, 2] {
                c["flows"][flow]["form"]["approvers"] = json!([{ "users": ["anna"] }, { "users": ["felix"] }, { "users": ["anna"] }]);
            }
            c["flows"][0]["marks"]["approvers"] = json!("all");
            c["flows"][2]["marks"] = json!({ "approver": "U_Approver", "comments": "U_Remarks", "decided_at": "U_ApprovalDate",
                "decided_at_style": "datetime" });
        })
        .await;
        let key = match all {
            true => app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap().0,
            false => over_issue_document(&app, Some("lisi")),
        };
        app.minutes_until(4, "submission", |s| of_key(s, key).len() == 1).await;
        app.minute().await;
        let number = of_key(&app, key).remove(0);
        for (user, words) in [("anna", "看过"), ("felix", ""), ("anna", "同意")] {
            app.clock.advance(std::time::Duration::from_secs(60));
            app.sandbox.wecom().approve(app.clock.now_ms(), &number, user, words).unwrap();
        }
        let shown = |s: &TestApp| if all { s.draft(key) } else { row(s, key) };
        app.minutes_until(6, "write-back", |s| shown(s)["U_Approver"].is_string()).await;
        app.minute().await;
        let found = shown(&app);
        let wanted = if all { ("anna felix", "anna:看过 anna:同意") } else { ("anna", "同意") };
        assert_eq!((found["U_Approver"].as_str(), found["U_Remarks"].as_str()), (Some(wanted.0), Some(wanted.1)));
        assert!(found["U_ApprovalDate"].as_str().unwrap().starts_with("2026-11-22"), "{found}");
    }
}

// R-C33
#[tokio::test]
async fn main_and_line_queries_fill_the_form_and_columns_without_a_control_are_allowed() {
    for text_key in [false, true] {
        let mut app = app().await;
        let (set, name, key) =
            if text_key { ("TOOLING", "Code", json!("T'9")) } else { ("OVERISSUE", "DocEntry", json!(7)) };
        app.sandbox.b1().register_set(set, name, !text_key);
        let document = json!({ name: key, "U_ISSYN": "N", "U_SPNO": null });
        app.sandbox.b1().create_document(app.clock.now_ms(), set, document).unwrap();
        let template = WecomTemplate::new("超领料单")
            .with(WecomControl::new("Text", "Text-1", "单据编号"))
            .with(WecomControl::new("Text", "Text-2", "原因"))
            .with(WecomControl::table("Table-3", "明细", vec![WecomControl::new("Text", "Text-4", "物料")]));
        app.sandbox.wecom().set_template("TMPL-SQL", template);
        let main = format!(
            "select {name}, DocNum, U_UserID, U_Reason from [@{set}] where U_ISSYN = 'N' and {name} > :last order by {name}"
        );
        let lines = format!("select U_Item from [@{set}1] where {name} = :key");
        let shown = json!({ name: key, "DocNum": 900_007, "U_UserID": "lisi", "U_Reason": "补料" });
        let after = if text_key { "" } else { "0" };
        app.sandbox.b1().register_sql(
            &format!("from [@{set}] "),
            Arc::new(move |call| if call.parameters["last"] == after { vec![shown.clone()] } else { Vec::new() }),
        );
        let of_key = if text_key { "T'9" } else { "7" };
        app.sandbox.b1().register_sql(
            &format!("from [@{set}1] "),
            Arc::new(move |call| {
                assert_eq!(call.parameters["key"], of_key);
                vec![json!({ "U_Item": "11028" }), json!({ "U_Item": "14003" })]
            }),
        );
        let mut config = configured();
        let mut sql = json!({ "main": main, "lines": lines });
        if text_key {
            sql["first"] = json!("");
        }
        config["flows"] = json!([{ "id": "over-sql", "kind": "approval", "erp": "b1-main", "oa": "wecom-main",
            "source": { "document": "document", "object": set, "key": name, "sql": sql },
            "form": { "template": "TMPL-SQL", "key": "单据编号", "fields": [{ "from": "U_Reason", "to": "原因" }],
                      "lines": { "from": "lines", "to": "明细", "fields": [{ "from": "U_Item", "to": "物料" }] } } }]);
        app.apply(config).await;
        app.minutes_until(4, "submission", |s| numbers(s, "Text-1", of_key).len() == 1).await;
        app.minute().await;
        let number = numbers(&app, "Text-1", of_key).remove(0);
        let info = app.sandbox.wecom().instances().remove(0);
        assert_eq!(info.pointer("/applyer/userid"), Some(&json!("lisi")));
        let table =
            info.pointer("/apply_data/contents").unwrap().as_array().unwrap().iter().find(|c| c["id"] == "Table-3");
        assert_eq!(table.unwrap()["value"]["children"].as_array().unwrap().len(), 2);
        app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "").unwrap();
        let marked = |s: &TestApp| s.sandbox.b1().row(set, name, &key).unwrap();
        app.minutes_until(6, "result", |s| marked(s)["U_SUCCESS"] == "Y").await;
        assert_eq!(marked(&app)["U_SPNO"], number.as_str());
    }
}

// R-C34
#[tokio::test]
async fn a_flow_that_is_copied_for_another_form_is_live_without_a_restart() {
    let mut app = app().await;
    app.minute().await;
    app.sandbox.b1().register_set("RETURNS", "DocEntry", true);
    let form = WecomTemplate::new("退料单")
        .with(WecomControl::new("Text", "Text-1", "单据编号"))
        .with(WecomControl::new("Text", "Text-2", "原因"));
    app.sandbox.wecom().set_template("TMPL-RETURN", form);
    let mut config = configured();
    let mut copy = config["flows"][2].clone();
    copy["id"] = json!("returns");
    copy["source"]["object"] = json!("RETURNS");
    copy["form"]["template"] = json!("TMPL-RETURN");
    config["flows"].as_array_mut().unwrap().push(copy);
    app.apply(config).await;
    app.clock.advance(std::time::Duration::from_secs(30));
    let fields = json!({ "U_ISSYN": "N", "U_UserID": "lisi", "U_Reason": "退料" });
    let key = app.sandbox.b1().create_document(app.clock.now_ms(), "RETURNS", fields).unwrap()["DocEntry"].clone();
    let old = over_issue_document(&app, Some("lisi"));
    app.minutes_until(3, "submission", |s| numbers(s, "Text-2", "退料").len() == 1 && !of_key(s, old).is_empty()).await;
    app.minute().await;
    let number = numbers(&app, "Text-2", "退料").remove(0);
    app.sandbox.wecom().refuse(app.clock.now_ms(), &number, "", "不").unwrap();
    app.minutes_until(4, "result", |s| s.sandbox.b1().row("RETURNS", "DocEntry", &key).unwrap()["U_SUCCESS"] == "N")
        .await;
    assert!(row(&app, old)["U_SUCCESS"].is_null());
}

// R-C3: 申请人自选
#[tokio::test]
async fn a_template_that_asks_for_approvers_is_told_of_before_and_after_and_takes_those_of_the_flow() {
    let mut app = app().await;
    let form = WecomTemplate::new("超领料单")
        .with(WecomControl::new("Text", "Text-1", "单据编号"))
        .with(WecomControl::new("Text", "Text-2", "原因"))
        .with_chosen_approvers();
    app.sandbox.wecom().set_template("TMPL-OVER", form);
    let warned = async |app: &TestApp| {
        let found = compare::flow(&app.ctx, &TenantId::operator(), &FlowId::new("over-issue")).await.unwrap();
        found.warnings.iter().any(|w| w.contains("申请人自选") && w.contains("form.approvers"))
    };
    assert!(warned(&app).await);
    custom(&app, json!({ "U_ISSYN": "N", "U_UserID": "lisi", "U_Reason": "补料" }));
    for _ in 0..3 {
        app.minute().await;
    }
    let messages = run_messages(&app, "over-issue").await;
    assert!(messages.iter().any(|m| m.contains("申请人自选")), "{messages:?}");
    assert_eq!(app.sandbox.wecom().instance_count(), 0);

    let mut config = configured();
    config["flows"][2]["form"]["approvers"] = json!([{ "users": ["felix"] }]);
    app.apply(config).await;
    custom(&app, json!({ "U_ISSYN": "N", "U_UserID": "lisi", "U_Reason": "再补料" }));
    app.minutes_until(5, "submission", |s| numbers(s, "Text-2", "再补料").len() == 1).await;
    assert!(!warned(&app).await);
}

// R-C3
#[tokio::test]
async fn a_check_names_controls_that_are_gone_those_that_nothing_fills_and_missing_permissions() {
    let app = app().await;
    let form = WecomTemplate::new("超领料单")
        .with(WecomControl::new("Text", "Text-1", "单据编号"))
        .with(WecomControl::new("Text", "Text-9", "事由"))
        .with(WecomControl::new("Date", "Date-3", "需用日期").required());
    app.sandbox.wecom().set_template("TMPL-OVER", form);
    let check = async || compare::flow(&app.ctx, &TenantId::operator(), &FlowId::new("over-issue")).await.unwrap();
    let found = check().await.problems;
    assert!(found.iter().any(|p| p.starts_with("原因 is no control of the form")), "{found:?}");
    assert!(found.iter().any(|p| p.contains("需用日期") && p.contains("must be filled in")), "{found:?}");
    for (code, words) in
        [(48002, "可调用接口的应用"), (60011, "可调用接口的应用"), (60020, "企业可信IP"), (301_055, "可见范围")]
    {
        let body = format!(r#"{{"errcode":{code},"errmsg":"no"}}"#);
        let path = "/cgi-bin/oa/gettemplatedetail";
        app.sandbox.inject(Fault::new(FaultKind::Status(200, body)).vendor(Vendor::WeCom).on("POST", path));
        let messages = check().await.warnings;
        assert!(messages.iter().any(|w| w.contains(words)), "{code}: {messages:?}");
    }
}
