//! A custom document from SQL in two companies under one form, by the numbers of a site: story E7.

use super::test_app::numbers;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Sandbox, SandboxOptions, Vendor, WecomControl, WecomTemplate};
use tenon_tests::{TestApp, TestAppOptions};

const TEMPLATE: &str = "3TmOverIssue";
const APPLY: &str = "/cgi-bin/oa/applyevent";
/// 2024-12-04 10:30 in Shanghai.
const BEGINS_MS: i64 = 1_733_279_400_000;
const MAIN: &str =
    "select DocEntry, DocNum, U_UserID, U_Reason from [@OVERISSUE] where U_ISSYN = 'N' order by DocEntry";

fn template(reason: &str) -> WecomTemplate {
    WecomTemplate::new("超领料单")
        .with(WecomControl::new("Text", "Text-1", "单据编号"))
        .with(WecomControl::new("Text", reason, "原因"))
}

fn config(c: &mut Value) {
    let options = SandboxOptions::default();
    let b1 = |id: &str, url: &str| {
        json!({ "kind": "b1", "id": id, "base_url": url, "company_db": options.b1.company_db,
            "username": options.b1.username, "password": options.b1.password })
    };
    let flow = |id: &str, erp: &str| {
        json!({ "id": id, "kind": "approval", "erp": erp, "oa": "wecom-main",
            "source": { "document": "document", "object": "OVERISSUE", "sql": { "main": MAIN } },
            "form": { "template": TEMPLATE, "key": "单据编号", "fields": [ { "from": "U_Reason", "to": "原因" } ] } })
    };
    c["connections"] = json!([
        b1("sbo-a", "http://b1"),
        b1("sbo-b", "http://b1-b"),
        { "kind": "wecom", "id": "wecom-main", "api_url": "http://wecom", "corp_id": options.wecom.corp_id,
          "secret": options.wecom.secret, "token": options.wecom.token, "aes_key": options.wecom.aes_key,
          "reconcile_every": "1m", "check_open_after": "2m" },
    ]);
    c["flows"] = json!([flow("over-a", "sbo-a"), flow("over-b", "sbo-b")]);
}

/// A company's B1, and what its query shows: a simulator that answers cannot be asked.
#[derive(Clone)]
struct Company {
    sandbox: Sandbox,
    shown: Arc<Mutex<Vec<Value>>>,
}

impl Company {
    fn new(sandbox: &Sandbox) -> Self {
        let shown: Arc<Mutex<Vec<Value>>> = Arc::default();
        sandbox.b1().register_set("OVERISSUE", "DocEntry", true);
        let rows = Arc::clone(&shown);
        sandbox.b1().register_sql("from [@OVERISSUE] ", Arc::new(move |_| rows.lock().unwrap().clone()));
        Self { sandbox: sandbox.clone(), shown }
    }

    fn refresh(&self) {
        let column = |row: &Value, name: &str| (name.to_owned(), row[name].clone());
        let columns = ["DocEntry", "DocNum", "U_UserID", "U_Reason"];
        let shown = |row: &Value| Value::Object(columns.iter().map(|name| column(row, name)).collect());
        let rows = self.sandbox.b1().rows("OVERISSUE");
        *self.shown.lock().unwrap() = rows.iter().filter(|row| row["U_ISSYN"] == "N").map(shown).collect();
    }

    fn add(&self, now_ms: i64, entry: i64, user: Option<&str>, reason: &str) {
        let fields = json!({ "DocEntry": entry, "DocNum": 900_007, "U_ISSYN": "N", "U_UserID": user, "U_Reason": reason,
            "U_SPNO": null, "UserSign": 5 });
        self.sandbox.b1().create_document(now_ms, "OVERISSUE", fields).unwrap();
    }

    fn field(&self, entry: i64, name: &str) -> Value {
        self.sandbox.b1().row("OVERISSUE", "DocEntry", &json!(entry)).unwrap()[name].clone()
    }
}

struct Fixture {
    app: TestApp,
    a: Company,
    b: Company,
}

impl Fixture {
    async fn new(config: fn(&mut Value)) -> Self {
        let options = TestAppOptions {
            begins_ms: Some(BEGINS_MS),
            second_company: true,
            config: Some(config),
            ..TestAppOptions::default()
        };
        let app = TestApp::new(options).await;
        app.sandbox.wecom().set_callback_url(Some("http://tenon/callbacks/wecom/wecom-main".to_owned()));
        app.sandbox.wecom().set_template(TEMPLATE, template("Text-2"));
        let (a, b) = (Company::new(&app.sandbox), Company::new(app.second.as_ref().unwrap()));
        Self { app, a, b }
    }

    async fn until(&mut self, limit: usize, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..limit {
            if done(self) {
                return;
            }
            self.minute().await;
        }
        assert!(done(self), "{what}: {:?}", self.app.sandbox.wecom().instances());
    }

    async fn minute(&mut self) {
        for _ in 0..4 {
            self.a.refresh();
            self.b.refresh();
            for _ in 0..3 {
                self.app.step().await;
                self.app.clock.advance(Duration::from_secs(5));
            }
        }
    }

    async fn minutes(&mut self, count: usize) {
        for _ in 0..count {
            self.minute().await;
        }
    }

    fn now(&self) -> i64 {
        self.app.clock.now_ms()
    }

    /// The form of a reason.
    fn number(&self, reason: &str) -> String {
        let mut all = numbers(&self.app, "Text-2", reason);
        assert_eq!(all.len(), 1, "{reason}: {all:?}");
        all.remove(0)
    }

    async fn run_messages(&self, flow: &str) -> Vec<String> {
        let runs = tenon_platform::runs::newest(&self.app.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await;
        runs.unwrap().into_iter().map(|run| run.message).collect()
    }
}

// E7/1–2, R-C11, R-C16, R-C24, R-C26, R-C29, R-C33, R-C35
#[tokio::test]
async fn both_companies_send_under_one_form_and_each_gets_its_own_result_by_its_key() {
    let mut fixture = Fixture::new(config).await;
    fixture.a.add(fixture.now(), 7, Some("lisi"), "甲补料");
    fixture.b.add(fixture.now(), 7, Some("lisi"), "乙补料");
    fixture.a.add(fixture.now(), 8, None, "无人提交");
    fixture
        .until(5, "submission", |s| s.a.field(7, "U_SPNO") != Value::Null && s.b.field(7, "U_SPNO") != Value::Null)
        .await;
    let (of_a, of_b) = (fixture.number("甲补料"), fixture.number("乙补料"));
    let mut both = [of_a.as_str(), of_b.as_str()];
    both.sort_unstable();
    assert_eq!(both, ["202412040001", "202412040002"]);
    assert_eq!((fixture.a.field(7, "U_SPNO"), fixture.b.field(7, "U_SPNO")), (json!(of_a), json!(of_b)));
    let messages = fixture.run_messages("over-a").await;
    assert!(
        messages.iter().any(|m| m.contains("U_UserID") && m.contains('8')),
        "the third names document and field: {messages:?}"
    );
    let first = fixture.app.sandbox.wecom().instances().remove(0);
    assert_eq!(first.pointer("/applyer/userid"), Some(&json!("lisi")));

    fixture.app.sandbox.wecom().approve(fixture.now(), &of_a, "", "同意").unwrap();
    fixture.app.sandbox.wecom().refuse(fixture.now(), &of_b, "", "不需要").unwrap();
    fixture.until(8, "results", |s| s.a.field(7, "U_SUCCESS") == "Y" && s.b.field(7, "U_SUCCESS") == "N").await;
    for company in [&fixture.a, &fixture.b] {
        let calls = company.sandbox.snapshot();
        assert!(calls.calls_of("PATCH OVERISSUE(7)") >= 2, "{:?}", calls.requests_by_key);
        assert_eq!(calls.calls_of("PATCH OVERISSUE(900007)"), 0, "the number is never taken for the key");
    }
    assert_eq!(fixture.app.sandbox.wecom().instance_count(), 2);
}

// E7/3, R-C24
#[tokio::test]
async fn the_fax_number_of_the_user_who_entered_it_submits_and_a_user_without_one_is_named() {
    fn by_user(c: &mut Value) {
        config(c);
        for flow in c["flows"].as_array_mut().unwrap() {
            flow["source"] = json!({ "document": "document", "object": "OVERISSUE" });
            flow["form"]["originator_user"] = json!("UserSign");
        }
    }
    let mut fixture = Fixture::new(by_user).await;
    for (company, fax) in [(&fixture.a, json!("wangwu")), (&fixture.b, json!(null))] {
        let user = json!({ "InternalKey": 5, "UserCode": "five", "FaxNumber": fax });
        company.sandbox.b1().create_document(fixture.now(), "Users", user).unwrap();
        company.add(fixture.now(), 7, None, if fax.is_null() { "乙补料" } else { "甲补料" });
    }
    fixture.until(5, "submission", |s| s.a.field(7, "U_SPNO") != Value::Null).await;
    fixture.minutes(2).await;
    let all = fixture.app.sandbox.wecom().instances();
    assert_eq!((all.len(), all[0].pointer("/applyer/userid")), (1, Some(&json!("wangwu"))));
    let messages = fixture.run_messages("over-b").await;
    assert!(messages.iter().any(|message| message.contains("user 5") && message.contains("传真名")), "{messages:?}");
}

// E7/4, R-C36
#[tokio::test]
async fn a_form_that_was_withdrawn_or_deleted_keeps_its_marks_or_is_sent_again_as_the_flow_says() {
    fn resend(c: &mut Value) {
        config(c);
        c["flows"][1]["form"]["on_withdrawn"] = json!("resend");
    }
    for deleted in [false, true] {
        let mut fixture = Fixture::new(resend).await;
        fixture.a.add(fixture.now(), 7, Some("lisi"), "甲补料");
        fixture.b.add(fixture.now(), 7, Some("lisi"), "乙补料");
        fixture
            .until(5, "submission", |s| s.a.field(7, "U_SPNO") != Value::Null && s.b.field(7, "U_SPNO") != Value::Null)
            .await;
        let (of_a, of_b) = (fixture.number("甲补料"), fixture.number("乙补料"));
        for number in [&of_a, &of_b] {
            let wecom = fixture.app.sandbox.wecom();
            if deleted {
                wecom.delete(fixture.now(), number).unwrap()
            } else {
                wecom.withdraw(fixture.now(), number).unwrap()
            }
        }
        fixture.until(10, "second form", |s| numbers(&s.app, "Text-2", "乙补料").len() == 2).await;
        fixture.minutes(3).await;
        assert_eq!((fixture.a.field(7, "U_ISSYN"), fixture.a.field(7, "U_SPNO")), (json!("Y"), json!(of_a)), "kept");
        let again = numbers(&fixture.app, "Text-2", "乙补料").pop().unwrap();
        assert_ne!(again, of_b);
        assert_eq!(
            (fixture.b.field(7, "U_ISSYN"), fixture.b.field(7, "U_SPNO")),
            (json!("Y"), json!(again)),
            "sent again"
        );
        assert_eq!((fixture.a.field(7, "U_SUCCESS"), fixture.b.field(7, "U_SUCCESS")), (Value::Null, Value::Null));
    }
}

// E7/5, R-C32, R-C37
#[tokio::test]
async fn a_lost_form_is_found_limits_are_waited_for_and_a_user_out_of_range_is_named() {
    let mut fixture = Fixture::new(config).await;
    fixture.app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::WeCom).on("POST", APPLY));
    fixture.a.add(fixture.now(), 7, Some("lisi"), "甲补料");
    fixture.until(6, "the lost form", |s| s.a.field(7, "U_SPNO") != Value::Null).await;
    assert_eq!(
        (json!(fixture.number("甲补料")), fixture.app.sandbox.calls("POST /cgi-bin/oa/getapprovalinfo") > 0),
        (fixture.a.field(7, "U_SPNO"), true)
    );

    let limit = FaultKind::Status(200, r#"{"errcode":45009,"errmsg":"reach max api daily quota limit"}"#.to_owned());
    fixture.app.sandbox.inject(Fault::new(limit).vendor(Vendor::WeCom).on("POST", APPLY));
    fixture.a.add(fixture.now(), 9, Some("lisi"), "限流");
    fixture.until(8, "what waited", |s| s.a.field(9, "U_SPNO") != Value::Null).await;
    fixture.number("限流");

    let range = FaultKind::Status(200, r#"{"errcode":301055,"errmsg":"no approval auth"}"#.to_owned());
    fixture.app.sandbox.inject(Fault::new(range).vendor(Vendor::WeCom).on("POST", APPLY).always());
    fixture.a.add(fixture.now(), 10, Some("lisi"), "不可见");
    fixture.minutes(3).await;
    let messages = fixture.run_messages("over-a").await;
    assert!(messages.iter().any(|message| message.contains("lisi") && message.contains("可见范围")), "{messages:?}");
    assert_eq!(fixture.a.field(10, "U_SPNO"), Value::Null);
}

// E7/6, R-C11, R-C17
#[tokio::test]
async fn a_foreign_form_is_dropped_unread_and_one_sent_before_is_found_by_its_number() {
    let mut fixture = Fixture::new(config).await;
    let foreign = fixture.app.sandbox.wecom().hand_in(fixture.now(), "Other", "lisi", &[("Text-1", "7")]);
    fixture.app.sandbox.wecom().approve(fixture.now(), &foreign, "", "").unwrap();
    fixture.minute().await;
    assert_eq!(fixture.app.sandbox.calls("POST /cgi-bin/oa/getapprovaldetail"), 0, "nothing is read");
    assert!(fixture.app.sandbox.wecom().callbacks().iter().all(|callback| callback.state == "delivered"));

    let before =
        fixture.app.sandbox.wecom().hand_in(fixture.now(), TEMPLATE, "lisi", &[("Text-1", "7"), ("Text-2", "旧单")]);
    fixture.a.add(fixture.now(), 7, Some("lisi"), "旧单");
    let marks = json!({ "U_ISSYN": "Y", "U_SPNO": before });
    fixture.a.sandbox.b1().change_document(fixture.now(), "OVERISSUE", 7, marks).unwrap();
    fixture.minute().await;
    fixture.app.sandbox.wecom().approve(fixture.now(), &before, "", "同意").unwrap();
    fixture.until(15, "the result of the form sent before", |s| s.a.field(7, "U_SUCCESS") == "Y").await;
}

// E7/7, R-C3, R-C27
#[tokio::test]
async fn a_form_that_was_changed_is_read_anew_and_a_title_that_is_gone_is_said_before() {
    let mut fixture = Fixture::new(config).await;
    fixture.a.add(fixture.now(), 7, Some("lisi"), "甲补料");
    fixture.until(5, "submission", |s| s.a.field(7, "U_SPNO") != Value::Null).await;
    fixture.app.sandbox.wecom().set_template(TEMPLATE, template("Text-22"));
    fixture.a.add(fixture.now(), 9, Some("lisi"), "新控件");
    fixture.until(5, "submission to the changed form", |s| s.a.field(9, "U_SPNO") != Value::Null).await;
    assert_eq!(numbers(&fixture.app, "Text-22", "新控件").len(), 1);

    let gone = WecomTemplate::new("超领料单").with(WecomControl::new("Text", "Text-1", "单据编号"));
    fixture.app.sandbox.wecom().set_template(TEMPLATE, gone);
    let flow = FlowId::new("over-a");
    let found = tenon_flows::compare::flow(&fixture.app.ctx, &TenantId::operator(), &flow).await.unwrap();
    assert!(found.problems.iter().any(|problem| problem.starts_with("原因 is no control")), "{found:?}");
    fixture.a.add(fixture.now(), 10, Some("lisi"), "无控件");
    fixture.minutes(3).await;
    let messages = fixture.run_messages("over-a").await;
    assert!(messages.iter().any(|message| message.contains("原因")), "{messages:?}");
    assert_eq!(fixture.a.field(10, "U_SPNO"), Value::Null);
}
