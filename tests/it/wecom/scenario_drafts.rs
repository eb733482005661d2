//! Drafts of several stages, by the numbers of a site: story E6.

use super::callback::CHECKED;
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::Run;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewDraft, Outcome, SandboxOptions, Vendor, WecomControl, WecomTemplate};
use tenon_tests::{TestApp, TestAppOptions};

const TEMPLATE: &str = "3WK7Goods8IssueScrapTmplQz1";
const DEPARTMENT: &str = "3WK7Goods8IssueDeptTmplQz2";
const DETAIL: &str = "/cgi-bin/oa/getapprovaldetail";
/// 2024-12-04 09:30 in Shanghai.
const BEGINS_MS: i64 = 1_733_275_800_000;
const SEALED: &str = include_str!("sealed-event.xml");
const EVENT: &str = "http://tenon/callbacks/wecom/wecom-main?msg_signature=44d49f73f5cb91d373899a74c06deb84ca8b50a3&timestamp=1733278801&nonce=1597299001";

fn template() -> WecomTemplate {
    let columns = vec![
        WecomControl::new("Text", "Text-6", "物料编号"),
        WecomControl::new("Number", "Number-7", "数量"),
        WecomControl::new("Text", "Text-8", "备注"),
    ];
    WecomTemplate::new("库存发货")
        .with(WecomControl::new("Text", "Text-1", "草稿单号").required())
        .with(WecomControl::new("Date", "Date-2", "过账日期"))
        .with(WecomControl::new("Money", "Money-3", "金额"))
        .with(WecomControl::new("Selector", "Selector-4", "报废来源").options(&[("option-77", "产线")]))
        .with(WecomControl::table("Table-5", "物料明细", columns))
}

fn config(c: &mut Value) {
    let flow = |id: &str, kind: &str, template: &str| {
        json!({ "id": id, "kind": "approval", "erp": "sbo-a", "oa": "wecom-main",
            "source": { "filter": format!("DocObjectCode eq '60' and U_SrvTransType eq '{kind}' and U_ISSYN eq 'N'"),
                        "approver": "oa" },
            "form": { "template": template, "originator_user": "OriginatorID", "on_withdrawn": "resend",
                      "fields": [ { "from": "DocEntry", "to": "草稿单号" },
                                  { "from": "DocDate", "to": "Date-2", "format": "date" },
                                  { "from": "DocTotal", "to": "金额", "format": "money" },
                                  { "from": "U_ScrapOrigin", "to": "报废来源", "format": "choice" } ],
                      "lines": { "to": "Table-5", "fields": [ { "from": "ItemCode", "to": "Text-6" },
                                                              { "from": "Quantity", "to": "Number-7", "format": "number" } ] } },
            "marks": { "approver": "U_Approver", "decided_at": "U_ApprovalDate", "comments": "U_Remarks" } })
    };
    let options = SandboxOptions::default();
    c["connections"] = json!([
        { "kind": "b1", "id": "sbo-a", "base_url": "http://b1", "company_db": options.b1.company_db,
          "username": "oa", "password": "oa-password" },
        { "kind": "wecom", "id": "wecom-main", "api_url": "http://wecom", "corp_id": CHECKED.corp,
          "secret": options.wecom.secret, "token": CHECKED.token, "aes_key": CHECKED.key, "reconcile_every": "1m",
          "check_open_after": "2m" },
    ]);
    c["flows"] = json!([flow("issue-scrap", "报废", TEMPLATE), flow("issue-dept", "部门领用", DEPARTMENT)]);
}

/// Users manager (1, whose fax number is zhangtao), 5, 6, 9 and oa (82).
async fn new_app(pushes: bool) -> TestApp {
    let sandbox: fn(&mut SandboxOptions) = |o| {
        (o.wecom.corp_id, o.wecom.token, o.wecom.aes_key) =
            (CHECKED.corp.to_owned(), CHECKED.token.to_owned(), CHECKED.key.to_owned());
    };
    let options = TestAppOptions {
        begins_ms: Some(BEGINS_MS),
        sandbox: Some(sandbox),
        config: Some(config),
        ..TestAppOptions::default()
    };
    let app = TestApp::new(options).await;
    let (b1, now) = (app.sandbox.b1(), app.clock.now_ms());
    for user in [1, 2] {
        b1.change_document(now, "Users", user, json!({ "FaxNumber": "zhangtao" })).unwrap();
    }
    for (code, key) in [("five", 5), ("six", 6)] {
        assert_eq!(b1.add_user(code, code, code), key);
    }
    b1.create_document(now, "Users", json!({ "InternalKey": 9, "UserCode": "nine" })).unwrap();
    b1.create_document(now, "Users", json!({ "InternalKey": 81, "UserCode": "eighty-one" })).unwrap();
    assert_eq!(b1.add_user("oa", "OA", "oa-password"), 82);
    for id in [TEMPLATE, DEPARTMENT] {
        app.sandbox.wecom().set_template(id, template());
    }
    app.sandbox.wecom().set_callback_url(pushes.then(|| "http://tenon/callbacks/wecom/wecom-main".to_owned()));
    app
}

fn issue(kind: &str, entry: i64, stages: &[&[i64]]) -> NewDraft {
    let mut draft = NewDraft::new("60")
        .field("DocEntry", entry)
        .field("U_ISSYN", "N")
        .field("U_SrvTransType", kind)
        .field("U_ScrapOrigin", "产线")
        .field("DocDate", "2024-12-04")
        .field("DocTotal", 1234.5)
        .line(json!({ "ItemCode": "11028", "Quantity": 0 }))
        .stages(stages);
    draft.originator = 1;
    draft
}

/// A user of B1 agrees there.
fn agree_in_b1(app: &TestApp, user: &str, request: i64) {
    let now = app.clock.now_ms();
    let call = |method: &str, path: &str, cookie: &str, body: Value| {
        let request = http::Request::builder().method(method).uri(format!("http://b1/b1s/v1/{path}"));
        let request = request.header("cookie", cookie).body(Bytes::from(body.to_string())).unwrap();
        match app.sandbox.handle(now, request) {
            Outcome::Answer { response, .. } => response,
            Outcome::Dropped { .. } => panic!("{path} was not answered"),
        }
    };
    let company = SandboxOptions::default().b1.company_db;
    let login = call("POST", "Login", "", json!({ "CompanyDB": company, "UserName": user, "Password": user }));
    let session: Value = serde_json::from_slice(login.body()).unwrap();
    let cookie = format!("B1SESSION={}", session["SessionId"].as_str().unwrap());
    let decision = json!({ "ApprovalRequestDecisions": [{ "Status": "ardApproved" }] });
    let answer = call("PATCH", &format!("ApprovalRequests({request})"), &cookie, decision);
    assert_eq!(answer.status(), 204, "{:?}", answer.body());
}

fn number_of(app: &TestApp, draft: i64) -> Option<String> {
    let number = app.draft(draft)["U_SPNO"].as_str().map(str::to_owned);
    number.filter(|number| !number.is_empty())
}

async fn marked(app: &mut TestApp, draft: i64, before: Option<&str>) -> String {
    app.minutes_until(6, "submission", |s| number_of(s, draft).is_some_and(|n| Some(n.as_str()) != before)).await;
    number_of(app, draft).unwrap()
}

async fn run_of(app: &TestApp, flow: &str, key: i64) -> Run {
    let (tenant, flow) = (TenantId::operator(), FlowId::new(flow));
    let link = tenon_flows::approvals::links::get(&app.ctx, &tenant, &flow, &DocumentKey::Number(key)).await.unwrap();
    tenon_platform::runs::get(&app.ctx, &tenant, &link.unwrap().data.run).await.unwrap().unwrap()
}

// E6/1–2, R-C20, R-C21, R-C23, R-C24, R-C25, R-C26, R-C28, R-C31
#[tokio::test]
async fn a_draft_goes_out_when_its_stage_comes_with_the_body_that_the_site_expects() {
    let mut app = new_app(false).await;
    let now = app.clock.now_ms();
    let (scrap, request) = app.sandbox.b1().create_draft(now, issue("报废", 40, &[&[5], &[6], &[82]])).unwrap();
    let (dept, _) = app.sandbox.b1().create_draft(now, issue("部门领用", 41, &[&[82], &[9]])).unwrap();
    let request = request.unwrap();
    app.sandbox.b1().change_document(now, "ApprovalRequests", request, json!({ "Remarks": "三号线报废" })).unwrap();
    marked(&mut app, dept, None).await;
    app.minute().await;
    assert_eq!((number_of(&app, scrap), app.dead_letters().await.len()), (None, 0));
    let tenant = TenantId::operator();
    let runs = tenon_platform::runs::newest(&app.ctx, &tenant, &FlowId::new("issue-scrap"), 10).await.unwrap();
    assert!(runs.iter().all(|run| run.document.is_none()), "a stage that has not come is no failed run: {runs:?}");

    agree_in_b1(&app, "five", request);
    app.minute().await;
    assert_eq!(number_of(&app, scrap), None);
    agree_in_b1(&app, "six", request);
    let key = Some(DocumentKey::Number(scrap));
    let shown = tenon_flows::operator::preview(&app.ctx, &tenant, &FlowId::new("issue-scrap"), key).await.unwrap();
    assert_eq!(
        shown["would_create"],
        json!({"creator_userid":"zhangtao","template_id":"3WK7Goods8IssueScrapTmplQz1","use_template_approver":1,
            "apply_data":{"contents":[
                {"control":"Text","id":"Text-1","value":{"text":"40"}},
                {"control":"Date","id":"Date-2","value":{"date":{"type":"day","s_timestamp":"1733241600"}}},
                {"control":"Money","id":"Money-3","value":{"new_money":"1234.50"}},
                {"control":"Selector","id":"Selector-4","value":{"selector":{"type":"single","options":[{"key":"option-77"}]}}},
                {"control":"Table","id":"Table-5","value":{"children":[
                    {"list":[{"control":"Text","id":"Text-6","value":{"text":"11028"}},{"control":"Number","id":"Number-7","value":{"new_number":"0"}},{"control":"Text","id":"Text-8","value":{"text":""}}]}]}}]},
            "summary_list":[{"summary_info":[{"text":"三号线报废","lang":"zh_CN"}]}]})
    );
    assert_eq!(marked(&mut app, scrap, None).await, "202412040002");
    let draft = app.draft(scrap);
    assert_eq!((draft["U_ISSYN"].as_str(), draft["U_SPNO"].as_str()), (Some("Y"), Some("202412040002")));
    assert_eq!(app.sandbox.wecom().instance_count(), 2);
}

/// The draft 40 in WeCom as number 202412040001, and its request.
async fn waiting(app: &mut TestApp) -> i64 {
    let draft = issue("报废", 40, &[&[82]]);
    let (scrap, request) = app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap();
    assert_eq!(marked(app, scrap, None).await, "202412040001");
    request.unwrap()
}

/// Waits until 10:20, when felix agreed.
fn until_agreed(app: &TestApp) {
    let left = 1_733_278_800_000 - app.clock.now_ms();
    app.clock.advance(Duration::from_millis(u64::try_from(left).unwrap()));
    app.sandbox.wecom().approve(app.clock.now_ms(), "202412040001", "", "同意报废").unwrap();
    app.clock.advance(Duration::from_secs(2));
}

async fn deliver(app: &TestApp) -> (u16, Bytes) {
    app.post_with(EVENT, &[("content-type", "text/xml".to_owned())], SEALED).await
}

fn written(app: &TestApp) -> Value {
    let draft = app.draft(40);
    json!({ "U_Approver": draft["U_Approver"], "U_ApprovalDate": draft["U_ApprovalDate"], "U_Remarks": draft["U_Remarks"],
            "decisions": app.decisions(40), "status": draft["DocumentStatus"] })
}

fn as_decided() -> Value {
    json!({ "U_Approver": "felix", "U_ApprovalDate": "2024-12-04", "U_Remarks": "同意报废",
            "decisions": ["ardApproved"], "status": "bost_Open" })
}

// E6/3–4, 6, R-C8, R-C10, R-C12, R-C14, R-C15, R-C18, R-C39: the event as WeCom sealed it
#[tokio::test]
async fn the_sealed_event_decides_the_draft_once_however_often_it_comes() {
    let mut app = new_app(false).await;
    let request = waiting(&mut app).await;
    until_agreed(&app);
    for _ in 0..3 {
        assert_eq!(deliver(&app).await, (200, Bytes::new()));
    }
    app.minutes_until(6, "write-back", |s| !s.decisions(40).is_empty()).await;
    app.minute().await;
    assert_eq!(written(&app), as_decided());
    let decided = app.sandbox.b1().accepted_decisions(40).remove(0);
    assert_eq!((decided.request, decided.remarks.as_str(), decided.user), (request, "同意报废", Some(82)));
    app.sandbox.wecom().set_callback_url(Some("http://tenon/callbacks/wecom/wecom-main".to_owned()));
    app.sandbox.wecom().comment(app.clock.now_ms(), "202412040001", "谢谢").unwrap();
    app.minute().await;
    app.sandbox.wecom().withdraw(app.clock.now_ms(), "202412040001").unwrap();
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!(written(&app), as_decided());
    let run_message = run_of(&app, "issue-scrap", 40).await.message;
    assert!(run_message.contains("withdrawn in the OA after it was approved"), "{run_message}");
    assert_eq!((number_of(&app, 40).as_deref(), app.dead_letters().await.len()), (Some("202412040001"), 0));
}

// E6/7, R-C8, R-C19: B1 is out when it comes
#[tokio::test]
async fn what_comes_while_b1_is_out_is_written_when_it_is_back() {
    let mut app = new_app(false).await;
    waiting(&mut app).await;
    until_agreed(&app);
    let until_ms = app.clock.now_ms() + 300_000;
    app.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    let read = app.sandbox.calls(&format!("POST {DETAIL}"));
    assert_eq!(deliver(&app).await, (200, Bytes::new()));
    assert_eq!(app.sandbox.calls(&format!("POST {DETAIL}")), read, "nobody is called for the answer");
    app.minutes_until(30, "write-back", |s| !s.decisions(40).is_empty()).await;
    app.minute().await;
    assert_eq!(written(&app), as_decided());
}

// E6/7, R-C19: nobody was there to take it, three times
#[tokio::test]
async fn what_came_while_nobody_was_there_is_found_afterwards() {
    let mut app = new_app(false).await;
    waiting(&mut app).await;
    until_agreed(&app);
    app.clock.advance(Duration::from_secs(3_600));
    app.minutes_until(6, "write-back", |s| !s.decisions(40).is_empty()).await;
    app.minute().await;
    assert_eq!(written(&app), as_decided());
}

// E6/5, R-C22, R-C36
#[tokio::test]
async fn the_stage_after_it_is_another_users_and_a_corrected_draft_gets_a_new_form() {
    let mut app = new_app(true).await;
    let (dept, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), issue("部门领用", 41, &[&[82], &[9]])).unwrap();
    let number = marked(&mut app, dept, None).await;
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "").unwrap();
    app.minutes_until(6, "write-back", |s| !s.decisions(dept).is_empty()).await;
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!((app.decisions(dept), app.sandbox.wecom().instance_count()), (vec!["ardApproved".to_owned()], 1));
    let requests = app.sandbox.b1().rows("ApprovalRequests");
    let request = requests.iter().find(|r| r["DraftEntry"] == dept).unwrap();
    assert_eq!(request["Status"], "arsPending");

    let (refused, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), issue("部门领用", 42, &[&[82]])).unwrap();
    let old = marked(&mut app, refused, None).await;
    app.sandbox.wecom().refuse(app.clock.now_ms(), &old, "", "数量不对").unwrap();
    app.minutes_until(6, "refusal", |s| s.decisions(refused) == ["ardNotApproved"]).await;
    app.minute().await;
    let now = app.clock.now_ms();
    app.sandbox.b1().change_document(now, "Drafts", refused, json!({ "U_ISSYN": "N", "DocTotal": 99 })).unwrap();
    app.sandbox.b1().hand_in_again_to(now, "Drafts", refused, &[&[82]]).unwrap();
    let new = marked(&mut app, refused, Some(&old)).await;
    assert!(app.sandbox.wecom().replay_last_callback(app.clock.now_ms()), "a late event");
    app.sandbox.wecom().comment(app.clock.now_ms(), &old, "已改").unwrap();
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!((number_of(&app, refused), app.decisions(refused).len()), (Some(new), 1));
}
