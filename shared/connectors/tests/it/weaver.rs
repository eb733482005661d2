//! The Weaver connector against the simulated E-cology.

use crate::support::{TestConnections, answer};
use std::time::Duration;
use tenon_connectors::oa::Oa;
use tenon_model::config::{Connection, Secret, WeaverConnection, WeaverResult};
use tenon_model::oa::{Field, FieldValue, FormDraft, LostCreate};
use tenon_model::{ConnectionId, InstanceId};
use tenon_platform::{Error, Retry};
use tenon_sandbox::{Fault, FaultKind, Vendor, WeaverCodes, WeaverOptions, WeaverWorkflow};

const TOKEN: &str = "/api/ec/dev/auth/applytoken";
const CREATE: &str = "/api/workflow/paService/doCreateRequest";

pub fn connection() -> WeaverConnection {
    let options = WeaverOptions::default();
    WeaverConnection {
        id: ConnectionId::new("weaver-main"),
        base_url: "http://weaver.test".into(),
        app_id: options.app_id,
        secret: Secret::new(options.secret),
        spk: Secret::new(options.spk),
        token_path: TOKEN.into(),
        token_life: Duration::from_secs(1_800),
        read_as: "1".into(),
        list_requests: true,
        system_id: None,
        system_password: Secret::default(),
        operator: None,
        app: Some("weaver".into()),
        result: WeaverResult::default(),
        time_zone: "Asia/Shanghai".into(),
        reconcile_every: Duration::from_secs(600),
        check_open_after: Duration::from_secs(1_800),
        link: None,
        timeout: Duration::from_secs(10),
    }
}

fn oa(connections: &TestConnections) -> Oa<'_> {
    with(connections, connection())
}

fn with(connections: &TestConnections, connection: WeaverConnection) -> Oa<'_> {
    Oa::over(&connections.ctx, &connections.tenant, &Connection::Weaver(Box::new(connection)), 1).unwrap()
}

fn draft() -> FormDraft {
    let field = |name: &str, value| Field { name: name.into(), value };
    FormDraft {
        template: "23".into(),
        title: Some("采购申请 16".into()),
        originator: "66".into(),
        fields: vec![
            field("sqr", FieldValue::Text("销售经理：张涛".into())),
            field("", FieldValue::Table(vec![vec![field("wlbm", FieldValue::Text("11028".into()))]])),
        ],
        ..FormDraft::default()
    }
}

fn workflow() -> WeaverOptions {
    let form = WeaverWorkflow::new("采购申请", &["sqr"]).table("formtable_main_45_dt1", &["wlbm"]);
    WeaverOptions { workflows: [("23".to_owned(), form)].into(), ..WeaverOptions::default() }
}

async fn refused(connections: &TestConnections, draft: &FormDraft) -> Error {
    oa(connections).create(draft).await.unwrap_err()
}

// R-W2, R-W5
#[tokio::test]
async fn a_call_carries_token_app_and_user_and_never_a_cookie() {
    let connections = TestConnections::new(workflow()).await;
    oa(&connections).create(&draft()).await.unwrap();
    let requested = connections.wire.sent("POST", TOKEN);
    assert_eq!((requested[0].header("appid"), requested[0].header("time")), ("weaver-sandbox-app", "1800"));
    assert!(requested[0].header("secret").len() > 300, "one RSA block");
    let sent = &connections.wire.sent("POST", CREATE)[0];
    assert_eq!(sent.header("content-type"), "application/x-www-form-urlencoded; charset=utf-8");
    assert!(!sent.header("token").is_empty() && sent.header("userid").len() > 300);
    assert_eq!((sent.header("appid"), sent.header("cookie")), ("weaver-sandbox-app", ""));
    assert_eq!(connections.sandbox.weaver().requests()[0]["creator"], "66", "the OA opened whose request it is");
}

// R-W1
#[tokio::test]
async fn the_token_path_and_life_are_the_connections() {
    let connections = TestConnections::new(WeaverOptions::default()).await;
    let life = Duration::from_secs(300);
    let oa = with(&connections, WeaverConnection { token_life: life, ..connection() });
    oa.check().await.unwrap();
    connections.wait(Duration::from_secs(280));
    oa.check().await.unwrap();
    assert_eq!(connections.wire.sent("POST", TOKEN)[0].header("time"), "300");
    let other = WeaverConnection { token_path: "/api/ec/other".into(), ..connection() };
    assert!(with(&connections, other).check().await.is_err());
    assert_eq!(connections.wire.sent("POST", "/api/ec/other").len(), 1);
}

// R-W3
#[tokio::test]
async fn a_token_that_is_not_accepted_is_renewed_once_and_a_user_in_trouble_is_not_its_fault() {
    let connections = TestConnections::new(WeaverOptions::default()).await;
    let path = "/api/workflow";
    for body in [
        r#"{"code":-1,"status":false,"msg":"token不存在或者超时"}"#,
        r#"{"errorCode":"002","status":false,"msg":"登录信息超时"}"#,
    ] {
        connections
            .sandbox
            .inject(Fault::new(FaultKind::Status(200, body.into())).vendor(Vendor::Weaver).on("POST", path));
        let before = connections.wire.sent("POST", TOKEN).len();
        oa(&connections).check().await.unwrap();
        assert_eq!(connections.wire.sent("POST", TOKEN).len() - before, 2, "the check's own, and one renewal");
    }
    let logins = connections.wire.sent("POST", TOKEN).len();
    let about_user = r#"{"code":-1,"msg":"该账号存在异常,单点登录失败"}"#;
    connections
        .sandbox
        .inject(Fault::new(FaultKind::Status(200, about_user.into())).vendor(Vendor::Weaver).on("POST", CREATE));
    let mut draft = draft();
    draft.fields.pop();
    let error = refused(&connections, &draft).await;
    assert_eq!((error.code, error.retry), ("weaver.refused", Retry::Permanent));
    assert!(error.message.contains("OA user 66"), "{error}");
    assert_eq!(connections.wire.sent("POST", TOKEN).len(), logins);
    connections.wire.answer(|sent| {
        if sent.url.contains("applytoken") { None } else { answer(200, r#"{"code":-1,"msg":"token"}"#) }
    });
    assert_eq!(refused(&connections, &draft).await.code, "weaver.session");
}

// R-W4
#[tokio::test]
async fn nothing_registers_and_a_new_pair_counts_at_once() {
    let connections = TestConnections::new(WeaverOptions::default()).await;
    oa(&connections).check().await.unwrap();
    connections.sandbox.configure(|options| options.weaver.secret = "the-next-secret".into());
    connections.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::Weaver));
    let error = oa(&connections).check().await.unwrap_err();
    assert_eq!(error.code, "weaver.login-refused");
    let next =
        Connection::Weaver(Box::new(WeaverConnection { secret: Secret::new("the-next-secret"), ..connection() }));
    Oa::over(&connections.ctx, &connections.tenant, &next, 2).unwrap().check().await.unwrap();
    assert!(connections.wire.sent("POST", "regist").is_empty());
}

// R-W23
#[tokio::test]
async fn rows_without_a_table_go_to_the_only_one() {
    let connections = TestConnections::new(workflow()).await;
    oa(&connections).create(&draft()).await.unwrap();
    let made = &connections.sandbox.weaver().requests()[0];
    assert_eq!(made["tables"]["formtable_main_45_dt1"][0][0][1], "11028", "{made}");
    let several = WeaverWorkflow::new("采购申请", &["sqr"]).table("dt1", &["wlbm"]).table("dt2", &["wlbm"]);
    connections.sandbox.weaver().set_workflow("23", several);
    let error = refused(&connections, &draft()).await;
    assert_eq!((error.code, error.retry), ("weaver.table", Retry::Permanent));
    assert!(error.message.contains("dt1, dt2"), "{error}");
    let mut header_only = draft();
    header_only.fields.pop();
    oa(&connections).create(&header_only).await.unwrap();
    assert!(!String::from_utf8_lossy(&connections.wire.sent("POST", CREATE)[1].body).contains("detailData"));
}

// R-W26, R-W27
#[tokio::test]
async fn a_success_needs_a_request_and_a_refusal_is_told_in_the_oas_words() {
    let connections = TestConnections::new(WeaverOptions { codes: WeaverCodes::Object, ..workflow() }).await;
    assert_eq!(oa(&connections).create(&draft()).await.unwrap().as_str(), "2966060");
    let mut wrong = draft();
    wrong.fields[0].name = "xx".into();
    let error = refused(&connections, &wrong).await;
    assert_eq!(error.retry, Retry::Permanent);
    assert!(error.message.contains("xx字段不存在"), "{error}");
    let nobody = FormDraft { originator: "404".into(), ..draft() };
    connections.sandbox.configure(|options| options.weaver.forbidden_users = ["404".to_owned()].into());
    let error = refused(&connections, &nobody).await;
    assert_eq!((error.code, error.retry), ("weaver.forbidden", Retry::Permanent));
    assert!(error.message.contains("404"), "{error}");
    let empty = r#"{"code":"SUCCESS","data":{},"errMsg":{}}"#;
    connections
        .sandbox
        .inject(Fault::new(FaultKind::Status(200, empty.into())).vendor(Vendor::Weaver).on("POST", CREATE));
    assert_eq!(refused(&connections, &draft()).await.retry, Retry::UnknownOutcome);
}

// R-W28
#[tokio::test]
async fn a_lost_request_is_found_by_its_title_and_user_or_held_for_a_person() {
    let connections = TestConnections::new(WeaverOptions { title_suffix: "-张涛".into(), ..workflow() }).await;
    let ours = oa(&connections).create(&draft()).await.unwrap();
    for title in ["采购申请 161", "采购申请 1"] {
        oa(&connections).create(&FormDraft { title: Some(title.into()), ..draft() }).await.unwrap();
    }
    let lost = LostCreate {
        template: "23".into(),
        title: draft().title,
        originator: Some("66".into()),
        from_ms: connections.now() - 1_000,
        to_ms: connections.now() + 1_000,
    };
    assert_eq!(oa(&connections).find(&lost).await.unwrap(), [ours]);
    connections.sandbox.weaver().set_lists_requests(false);
    let error = oa(&connections).find(&lost).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("flow.instance-unclear", Retry::Permanent));
    let report = oa(&connections).check().await.unwrap();
    assert!(report.steps.iter().any(|step| step.name.contains("not allowed")), "{report:?}");
}

#[tokio::test]
async fn a_secret_is_shown_nowhere() {
    let connections = TestConnections::new(WeaverOptions::default()).await;
    let wrong = WeaverConnection { secret: Secret::new("no-such-secret"), ..connection() };
    let error = with(&connections, wrong).check().await.unwrap_err();
    assert_eq!(error.code, "weaver.login-refused");
    assert!(!format!("{error:?}").contains("no-such-secret"));
    let broken = WeaverConnection { spk: Secret::new("no key"), ..connection() };
    assert_eq!(with(&connections, broken).read(&InstanceId::new("1")).await.unwrap_err().code, "weaver.key");
}
