//! `tenon new flow`: both sides are read, and what is written can be applied, checked and previewed.

mod remote;

use super::{Kept, TestApp};
use serde_json::{Value, json};
use std::path::PathBuf;
use tenon::commands::new::{self, FlowArgs, NewArgs};
use tenon::commands::{apply, check};
use tenon::output::ExitKind;
use tenon_sandbox::{DingTalkControl, DingTalkForm, UserFieldRight, WeaverWorkflow, WecomControl, WecomTemplate};

const ORDER: &str = "3TmOrder";

fn order_form() -> WecomTemplate {
    let columns = vec![
        WecomControl::new("Text", "Text-11", "品号"),
        WecomControl::new("Number", "Number-12", "数量"),
        WecomControl::new("Money", "Money-13", "含税单价"),
    ];
    WecomTemplate::new("采购订单审批")
        .with(WecomControl::new("Text", "Text-1", "来源单号").required())
        .with(WecomControl::new("Text", "Text-2", "供应商名称"))
        .with(WecomControl::new("Date", "Date-3", "单据日期"))
        .with(WecomControl::new("Money", "Money-4", "总金额"))
        .with(WecomControl::new("Text", "Text-5", "项目编号"))
        .with(WecomControl::new("Text", "Text-6", "审批级别").required())
        .with(WecomControl::new("Tips", "Tips-7", "填表说明"))
        .with(WecomControl::table("Table-8", "采购明细", columns))
}

impl TestApp {
    fn args(&self, oa: &str, template: &str) -> FlowArgs {
        FlowArgs {
            erp: "b1-sandbox".into(),
            object: "PurchaseOrders".into(),
            draft_of: None,
            oa: oa.into(),
            template: template.into(),
            id: Some("orders".into()),
            config: self.file(),
            create_fields: false,
            enabled: false,
            choices: None,
            dry_run: false,
            preview: None,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("tenon.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }
}

fn pairs(lines: &Value) -> Vec<(String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    lines.as_array().unwrap().iter().filter(|l| l["sure"] == true).map(|l| (text(l, "from"), text(l, "to"))).collect()
}

fn owned(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

#[tokio::test]
async fn a_flow_is_written_applied_and_told_of_when_its_form_has_changed() {
    let test_app = TestApp::open().await;
    let (sandbox, now) = (&test_app.sandbox.sandbox, 1_790_000_000_000);
    sandbox.wecom().set_template(ORDER, order_form());
    sandbox.b1().add_user_field("OPOR", "ProjectCode", "项目编号", "db_Alpha", &[]);
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let before = test_app.text();

    let mut args = test_app.args("wecom-sandbox", ORDER);
    let (done, document) = output!(new::new, NewArgs::flow(args.clone()), test_app);
    assert_eq!(done, Ok(()), "{document}");
    let header = [
        ("DocEntry", "Text-1"),
        ("CardName", "Text-2"),
        ("DocDate", "Date-3"),
        ("DocTotal", "Money-4"),
        ("U_ProjectCode", "Text-5"),
    ];
    assert_eq!(pairs(&document["lines"]), owned(&header), "{document}");
    assert_eq!(document["tables"][0]["from"], "DocumentLines");
    let columns = [("ItemCode", "Text-11"), ("Quantity", "Number-12"), ("PriceAfterVAT", "Money-13")];
    assert_eq!(pairs(&document["tables"][0]["lines"]), owned(&columns));
    assert_eq!(document["unmatched"][0]["to"], "Text-6", "words on the form are no controls");
    let states = |document: &Value| -> Vec<(String, String)> {
        let fields = document["fields"].as_array().unwrap().iter();
        fields
            .map(|f| (f["name"].as_str().unwrap().to_owned(), f["is"]["state"].as_str().unwrap().to_owned()))
            .collect()
    };
    let needed = |state| owned(&["U_ISSYN", "U_SPNO", "U_UserID", "U_SUCCESS"].map(|name| (name, state)));
    assert_eq!(states(&document), needed("missing"));
    let written = test_app.text();
    assert!(written.starts_with(&before), "what was there stays");
    assert!(sandbox.b1().user_fields("OPOR").len() == 1, "nothing was made");

    // Once more, with the fields.
    args.create_fields = true;
    let (done, document) = output!(new::new, NewArgs::flow(args.clone()), test_app);
    assert_eq!((done, states(&document)), (Ok(()), needed("created")));
    assert_eq!(document["written"], false);
    let made = sandbox.b1().user_fields("OPOR");
    let synced = made.iter().find(|field| field["Name"] == "ISSYN").unwrap();
    assert_eq!((&synced["DefaultValue"], &synced["EditSize"], &synced["FieldID"]), (&json!("N"), &json!(1), &json!(1)));
    assert_eq!(sandbox.b1().user_fields("ODRF").len(), 5, "a field of one document is one of all");
    sandbox.b1().create_document(now, "PurchaseOrders", json!({"CardName": "华南", "U_UserID": "zhangsan", "U_ISSYN": "N",
        "U_ProjectCode": "P-1", "DocTotal": 12.5, "DocumentLines": [{"ItemCode": "A1", "Quantity": 2, "PriceAfterVAT": 6.25}]})).unwrap();
    args.preview = Some("first".into());
    let (done, document) = output!(new::new, NewArgs::flow(args.clone()), test_app);
    assert_eq!((done, states(&document)), (Ok(()), needed("found")));
    assert!(document["preview"].to_string().contains("华南"), "{document}");
    assert_eq!(test_app.text(), written, "to the byte");

    let dry = apply::ApplyArgs { config: test_app.file(), dry_run: true, prune: false, new_key: false };
    assert_eq!(output!(apply::apply, dry.clone(), test_app).0, Ok(()));
    output!(apply::apply, apply::ApplyArgs { dry_run: false, ..dry }, test_app).0.unwrap();
    let looked = async || {
        let (_, document) = output!(check::check, check::CheckArgs { connection: None }, test_app);
        let flows = document["flows"].as_array().unwrap().clone();
        flows.into_iter().find(|flow| flow["flow"] == "orders").unwrap()["findings"].to_string()
    };
    let sound = looked().await;
    assert!(!sound.contains("has changed") && sound.contains("审批级别"), "{sound}");
    let mut changed = order_form();
    changed.controls.retain(|control| control.id != "Text-2");
    changed.controls[1].control = "Text".into();
    changed.controls[2] = WecomControl::new("Text", "Text-20", "合同编号");
    sandbox.wecom().set_template(ORDER, changed);
    let answer = looked().await;
    for words in [
        "供应商名称 (Text-2) is gone",
        "总金额 (Money-4) is gone",
        "合同编号 (Text-20) is new",
        "单据日期 (Date-3) was of the kind Date",
    ] {
        assert!(answer.contains(words), "{words}: {answer}");
    }
}

#[tokio::test]
async fn drafts_custom_objects_and_the_other_oas_are_mapped_too() {
    let test_app = TestApp::open().await;
    let sandbox = &test_app.sandbox.sandbox;
    let columns = vec![
        DingTalkControl::new("TextField", "TextField-a", "物料编码"),
        DingTalkControl::new("NumberField", "NumberField-b", "需求数量"),
        DingTalkControl::new("DDSelectField", "DDSelectField-c", "急料").options(&["是", "否"], true),
    ];
    let form = DingTalkForm {
        title: "采购申请".into(),
        in_suite: true,
        controls: vec![
            DingTalkControl::new("TextField", "TextField-1", "申请人").required(),
            DingTalkControl::new("DDDateField", "DDDateField-2", "需求日期"),
            DingTalkControl::new("TextField", "TextField-3", "备注"),
            DingTalkControl::new("TextField", "TextField-4", "备注"),
            DingTalkControl::table("TableField-5", "物料明细", columns),
        ],
    };
    sandbox.configure(|options| {
        options.dingtalk.schemas.insert("PROC-NEW".into(), form);
        let workflow = WeaverWorkflow::new("工艺路线审批", &["lxbm", "lxmc", "sqrq"])
            .describe("lxbm", "路线编码", (1, 1))
            .describe("lxmc", "工艺路线名称", (1, 1))
            .describe("sqrq", "生效日期", (3, 2))
            .describe("gx", "工序名称", (1, 1))
            .describe("bzgs", "标准工时", (1, 3))
            .table("formtable_main_9_dt1", &["gx", "bzgs"]);
        options.weaver.workflows.insert("9".into(), workflow);
    });
    let b1 = sandbox.b1();
    b1.add_user_field("PRQ1", "IsUrgent", "急料", "db_Alpha", &[("Y", "是"), ("N", "否")]);
    b1.add_user_object("GYL", "DocEntry", "GYL", &[("GYL_L", "GYL_L")]);
    b1.add_user_field("@GYL", "Code", "路线编码", "db_Alpha", &[]);
    b1.add_user_field("@GYL", "Name", "工艺路线名称", "db_Alpha", &[]);
    b1.add_user_field("@GYL", "From", "生效日期", "db_Date", &[]);
    b1.add_user_field("@GYL_L", "Step", "工序名称", "db_Alpha", &[]);
    b1.add_user_field("@GYL_L", "Hours", "标准工时", "db_Float", &[]);
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();

    let flow = FlowArgs {
        object: "Drafts".into(),
        draft_of: Some("PurchaseRequests".into()),
        ..test_app.args("ding-sandbox", "PROC-NEW")
    };
    let (done, document) = output!(new::new, NewArgs::flow(flow), test_app);
    assert_eq!(done, Ok(()), "{document}");
    assert_eq!(
        pairs(&document["lines"]),
        owned(&[("RequesterName", "申请人"), ("RequiredDate", "需求日期")]),
        "{document}"
    );
    let lines = &document["tables"][0]["lines"];
    assert_eq!(
        pairs(lines),
        owned(&[("ItemCode", "物料编码"), ("Quantity", "需求数量"), ("U_IsUrgent", "急料")]),
        "{document}"
    );
    let text = test_app.text();
    assert!(text.contains(r#"values = { "N" = "否", "Y" = "是" }"#), "{text}");
    assert!(text.contains("filter = \"DocObjectCode eq '1470000113' and U_ISSYN eq 'N'\""), "{text}");
    assert!(text.contains("several controls have this label"), "{text}");

    let mut flow =
        FlowArgs { object: "GYL".into(), id: Some("routing".into()), ..test_app.args("weaver-sandbox", "9") };
    flow.config = test_app.folder.path().join("routing.toml");
    let (done, document) = output!(new::new, NewArgs::flow(flow.clone()), test_app);
    assert_eq!(done, Ok(()), "{document}");
    assert_eq!(
        pairs(&document["lines"]),
        owned(&[("U_Code", "lxbm"), ("U_Name", "lxmc"), ("U_From", "sqrq")]),
        "{document}"
    );
    let lines = &document["tables"][0];
    assert_eq!((lines["from"].as_str(), lines["to"].as_str()), (Some("GYL_LCollection"), Some("formtable_main_9_dt1")));
    assert_eq!(pairs(&lines["lines"]), owned(&[("U_Hours", "bzgs"), ("U_Step", "gx")]));
    assert_eq!(document["fields"][1]["name"], "U_REQUESTID");
    assert_eq!(document["fields"][1]["table"], "@GYL");
    // A file of flows alone is held against the connections that are stored, and is not stored in their place.
    let dry = apply::ApplyArgs { config: flow.config, dry_run: true, prune: false, new_key: false };
    assert_eq!(output!(apply::apply, dry.clone(), test_app).0, Ok(()));
    assert_eq!(output!(apply::apply, apply::ApplyArgs { dry_run: false, ..dry }, test_app).0, Err(ExitKind::Usage));
    let whole = apply::ApplyArgs { config: test_app.file(), dry_run: true, prune: false, new_key: false };
    assert_eq!(output!(apply::apply, whole, test_app).0, Ok(()));
}

#[tokio::test]
async fn what_either_side_refuses_is_told_in_its_own_words() {
    let test_app = TestApp::open().await;
    let sandbox = &test_app.sandbox.sandbox;
    sandbox.wecom().set_template(ORDER, order_form());
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let before = test_app.text();
    let refused = async |args: FlowArgs| {
        let (done, document) = output!(new::new, NewArgs::flow(args), test_app);
        assert!(done.is_err(), "{document}");
        document["error"]["message"].as_str().unwrap().to_owned()
    };
    let wecom = test_app.args("wecom-sandbox", ORDER);
    assert!(refused(FlowArgs { template: "nothing".into(), ..wecom.clone() }).await.contains("invalid template_id"));
    assert!(refused(FlowArgs { object: "NoSuchSet".into(), ..wecom.clone() }).await.contains("NoSuchSet"));
    assert!(refused(FlowArgs { erp: "wecom-sandbox".into(), ..wecom.clone() }).await.contains("an ERP"));
    assert!(refused(FlowArgs { id: Some("quotation".into()), ..wecom.clone() }).await.contains("quotation"));
    let drafts = FlowArgs { object: "Drafts".into(), draft_of: Some("Nonsense".into()), ..wecom.clone() };
    assert!(refused(drafts).await.contains("Nonsense"));
    sandbox.configure(|options| {
        options.wecom.approval_denied = true;
        options.weaver.forbidden_users.insert("1".into());
    });
    assert!(refused(wecom.clone()).await.contains("api forbidden"));
    let weaver = refused(test_app.args("weaver-sandbox", "24")).await;
    assert!(weaver.contains("没有创建权限") && weaver.contains("read_as"), "{weaver}");
    let ding = refused(test_app.args("ding-sandbox", "PROC-1")).await;
    assert!(ding.contains("Workflow.Form.Read"), "{ding}");
    assert_eq!(test_app.text(), before, "nothing is written of what was not read");

    // Without the right to user-defined fields it is mapped all the same, and none is made.
    sandbox.configure(|options| {
        options.wecom.approval_denied = false;
        options.b1.user_fields = UserFieldRight::None;
    });
    let (done, document) = output!(new::new, NewArgs::flow(wecom.clone()), test_app);
    assert_eq!(done, Ok(()), "{document}");
    assert!(document["notes"][0].as_str().unwrap().contains("not permitted"), "{document}");
    assert!(!pairs(&document["lines"]).is_empty());
    sandbox.configure(|options| options.b1.user_fields = UserFieldRight::Read);
    let out = Kept::default();
    let out_as_json = tenon::output::Out::to(true, Box::new(std::io::sink()), Box::new(out.clone()));
    let create = NewArgs::flow(FlowArgs { create_fields: true, ..wecom });
    let failure = new::new(&create, &test_app.place, &out_as_json).await.unwrap_err();
    assert!(failure.message.contains("U_ISSYN of OPOR") && failure.message.contains("not permitted"), "{failure}");
    assert!(sandbox.b1().user_fields("OPOR").is_empty());
}
