//! The connector of Black Lake against its simulator.

use crate::support::{TestConnections, answer};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::blacklake::{Blacklake, Closing};
use tenon_model::blacklake::{LastOperation, Performed};
use tenon_model::config::{BlacklakeConnection, Secret, TokenPlace};
use tenon_platform::http::Failure;
use tenon_platform::{ErrorKind, Retry};
use tenon_sandbox::{AbsentCode, BlacklakeOptions, Fault, FaultKind, NewFeeding, NewReport, Vendor};

const TOKEN: &str = "/system/_refreshToken";
const CODE_TO_ID: &str = "/_code_to_id";

pub fn connection() -> BlacklakeConnection {
    let options = BlacklakeOptions::default();
    let keys = json!({ "id": "mes-main", "base_url": "http://mes.test", "app_key": options.app_key,
        "app_secret": options.app_secret, "factory_number": options.factory_number });
    serde_json::from_value(keys).unwrap()
}

fn client(connections: &TestConnections) -> Blacklake<'_> {
    with(connections, connection())
}

fn with(connections: &TestConnections, connection: BlacklakeConnection) -> Blacklake<'_> {
    Blacklake::new(&connections.ctx, &connections.tenant, connection, 1)
}

fn token_calls(connections: &TestConnections) -> usize {
    connections.wire.sent("POST", TOKEN).len()
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn material(code: &str) -> Map<String, Value> {
    fields(json!({ "materialCode": code, "materialName": "x", "unitName": "个", "bizType": "默认" }))
}

#[tokio::test]
async fn a_check_names_what_answered() {
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    let report = client(&connections).check().await.unwrap();
    assert_eq!(report.answered, "Black Lake, factory 34133123");
    assert_eq!(report.steps.len(), 3);
}

// R-M1
#[tokio::test]
async fn one_token_serves_all_calls_and_processes_until_it_ends() {
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    client(&connections).work_order_id("478").await.unwrap();
    client(&connections).material("A").await.unwrap();
    let other = connections.another_process();
    client(&other).work_order_id("479").await.unwrap();
    assert_eq!((token_calls(&connections), token_calls(&other)), (1, 0));
    let body: Value = serde_json::from_slice(&connections.wire.sent("POST", TOKEN)[0].body).unwrap();
    assert_eq!(
        body,
        json!({ "appKey": "blacklake-sandbox-app", "appSecret": "blacklake-sandbox-secret", "factoryNumber": "34133123" })
    );
    // Two hours, less what is kept in hand.
    connections.wait(Duration::from_secs(7_200 - 200));
    client(&connections).work_order_id("478").await.unwrap();
    assert_eq!(token_calls(&connections), 1);
    connections.wait(Duration::from_secs(30));
    client(&connections).work_order_id("478").await.unwrap();
    assert_eq!(token_calls(&connections), 2);
}

// R-M2
#[tokio::test]
async fn a_token_that_is_not_accepted_is_renewed_once_and_the_call_repeated_once() {
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    client(&connections).work_order_id("478").await.unwrap();
    connections.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::Blacklake));
    client(&connections).work_order_id("478").await.unwrap();
    assert_eq!((token_calls(&connections), connections.wire.sent("POST", CODE_TO_ID).len()), (2, 3));
    connections.wire.answer(|sent| {
        if sent.url.contains(TOKEN) { None } else { answer(401, r#"{"code":400150,"subCode":"SSO_TOKEN_FAIL"}"#) }
    });
    let error = client(&connections).work_order_id("478").await.unwrap_err();
    assert_eq!((error.code, error.retry), ("blacklake.session", Retry::Session));
    assert_eq!((token_calls(&connections), connections.wire.sent("POST", CODE_TO_ID).len()), (3, 5));
}

// R-M2
#[tokio::test]
async fn a_refused_login_is_remembered_and_a_wrong_address_is_told() {
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    let wrong = BlacklakeConnection { app_secret: Secret::new("no-such-secret"), ..connection() };
    let client = with(&connections, wrong);
    for _ in 0..3 {
        let error = client.work_order_id("478").await.unwrap_err();
        assert_eq!(error.code, "blacklake.login-refused");
        assert!(!format!("{error:?}").contains("no-such-secret"));
    }
    assert_eq!(token_calls(&connections), 1);
    connections.wire.answer(|_| Some(Err(Failure::NotSent("no route".into()))));
    let error = self::client(&connections).check().await.unwrap_err();
    assert_eq!((error.code, error.retry), ("blacklake.unreachable", Retry::Transient));
}

// R-M3
#[tokio::test]
async fn the_token_goes_where_the_connection_says_and_is_shown_nowhere() {
    for (place, in_query, in_header) in
        [(TokenPlace::Query, true, false), (TokenPlace::Header, false, true), (TokenPlace::Both, true, true)]
    {
        let connections = TestConnections::new(BlacklakeOptions::default()).await;
        let client = with(&connections, BlacklakeConnection { token_in: place, ..connection() });
        client.work_order_id("478").await.unwrap();
        let sent = &connections.wire.sent("POST", CODE_TO_ID)[0];
        let token = sent.url.split_once("access_token=").map(|(_, token)| token.to_owned());
        assert_eq!((token.is_some(), !sent.header("access_token").is_empty()), (in_query, in_header), "{place:?}");
        let token = token.unwrap_or_else(|| sent.header("access_token").to_owned());
        let echoed = format!(r#"{{"code":500,"message":"token {token} 无权限"}}"#);
        connections.wire.answer(move |sent| if sent.url.contains(TOKEN) { None } else { answer(200, &echoed) });
        let error = client.work_order_id("478").await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains(&token), "{error:?}");
    }
}

// R-M4
#[tokio::test]
async fn a_refusal_says_what_the_mes_said_and_a_question_is_not_done() {
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    let respond = |body: &str| {
        let path = "/material/open/v1/material/_doimport";
        let fault = Fault::new(FaultKind::Status(200, body.to_owned())).vendor(Vendor::Blacklake).on("POST", path);
        connections.sandbox.inject(fault);
    };
    respond(r#"{"code":500,"subCode":"MATERIAL/UNIT","message":"单位不存在"}"#);
    let error = client(&connections).import_material(&material("A")).await.unwrap_err();
    assert_eq!((error.code, error.retry, error.kind()), ("blacklake.refused", Retry::Permanent, ErrorKind::Refused));
    assert!(error.message.contains("单位不存在") && error.message.contains("500 MATERIAL/UNIT"), "{error}");
    respond(r#"{"code":200,"needCheck":1,"message":"确认?","data":{}}"#);
    assert_eq!(client(&connections).import_material(&material("A")).await.unwrap_err().code, "blacklake.confirmation");
    for kind in [FaultKind::DropAfterCommit, FaultKind::Html(502)] {
        connections.sandbox.inject(Fault::new(kind).vendor(Vendor::Blacklake).on("POST", "/material"));
        let error = client(&connections).import_material(&material("A")).await.unwrap_err();
        assert_eq!((error.code, error.retry), ("blacklake.unknown-outcome", Retry::UnknownOutcome));
    }
    connections.sandbox.inject(Fault::new(FaultKind::RateLimited).vendor(Vendor::Blacklake).on("POST", "/material"));
    let error = client(&connections).import_material(&material("A")).await.unwrap_err();
    assert!(matches!(error.retry, Retry::RateLimited(_)), "{error:?}");
}

// R-M10, R-M11
#[tokio::test]
async fn a_material_is_found_by_its_whole_code() {
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    let client = client(&connections);
    for n in 0..120 {
        client.import_material(&material(&format!("A000-{n}"))).await.unwrap();
    }
    assert_eq!(client.material("A000").await.unwrap(), None);
    client.import_material(&material("A000")).await.unwrap();
    let found = client.material("A000").await.unwrap().unwrap();
    assert!(!found.is_stopped);
    client.set_stopped(found.id, true).await.unwrap();
    assert!(client.material("A000").await.unwrap().unwrap().is_stopped);
    assert_eq!(connections.sandbox.blacklake().sent("/_stop"), [json!({ "ids": [found.id] })]);
    client.set_stopped(found.id, false).await.unwrap();
    assert!(!client.material("A000").await.unwrap().unwrap().is_stopped);
}

// R-M18
#[tokio::test]
async fn only_what_says_so_means_that_a_work_order_is_not_there() {
    let absent = "CUSTOM-OBJECT/NOT_EXIST".to_owned();
    for absent_as in [AbsentCode::IdNull, AbsentCode::NoData, AbsentCode::SubCode(absent.clone())] {
        let by_sub_code = matches!(absent_as, AbsentCode::SubCode(_));
        let connections =
            TestConnections::new(BlacklakeOptions { absent: absent_as, ..BlacklakeOptions::default() }).await;
        let outcome = client(&connections).work_order_id("478").await;
        match by_sub_code {
            true => assert_eq!(outcome.unwrap_err().code, "blacklake.refused"),
            false => assert_eq!(outcome.unwrap(), None),
        }
        let absent_as = BlacklakeConnection { absent_sub_codes: vec![absent.clone()], ..connection() };
        assert_eq!(with(&connections, absent_as).work_order_id("478").await.unwrap(), None);
    }
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    connections.wire.answer(|sent| {
        if sent.url.contains(TOKEN) { None } else { answer(200, r#"{"code":200,"data":{"id":"none"}}"#) }
    });
    assert_eq!(client(&connections).work_order_id("478").await.unwrap_err().code, "blacklake.answer");
}

// R-M5, R-M22, R-M23
#[tokio::test]
async fn a_work_order_is_closed_only_when_the_answer_does_not_list_it() {
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    let id = connections.sandbox.blacklake().make_order(connections.now(), "478", "FG-1001");
    assert!(id > 1_700_000_000_000_000);
    let client = client(&connections);
    assert_eq!(client.work_order_id("478").await.unwrap(), Some(id));
    connections.sandbox.blacklake().lock_order("478", Some("存在未结束任务"));
    assert_eq!(
        client.close_work_order(id, "B1 10023 已取消", 1).await.unwrap(),
        Closing::Failed("存在未结束任务".into())
    );
    assert!(!client.is_closed(&client.work_order(id).await.unwrap()));
    connections.sandbox.blacklake().lock_order("478", None);
    assert_eq!(client.close_work_order(id, "B1 10023 已取消", 1).await.unwrap(), Closing::Closed);
    let order = client.work_order(id).await.unwrap();
    assert!(client.is_closed(&order) && order.code == "478");
    let sent = connections.sandbox.blacklake().sent("/batch_close");
    assert_eq!(
        sent[0],
        json!({ "workOrderIdList": [id], "workOrderCloseType": 1, "operateReason": "B1 10023 已取消" })
    );
}

// R-M30, R-M33
#[tokio::test]
async fn reports_come_in_pages_of_a_time_and_a_plan_tells_the_last_operation() {
    for spelled in ["processes", "processess"] {
        let options = BlacklakeOptions { processes: spelled, ..BlacklakeOptions::default() };
        let connections = TestConnections::new(options).await;
        let mes = connections.sandbox.blacklake();
        let id = mes.make_order(connections.now(), "478", "FG-1001");
        for n in 0..45 {
            mes.report(connections.now(), NewReport { at_ms: Some(1_000 + n), ..NewReport::of("478", 30.5) }).unwrap();
        }
        let client = client(&connections);
        let page = client.reports((1_000, 1_040), 2, 20).await.unwrap();
        assert_eq!((page.rows.len(), page.total), (20, 40));
        let report = page.rows[0].as_ref().unwrap();
        assert_eq!(report.quantity.as_ref().unwrap().amount, "30.5");
        let operations = client.operations(id).await.unwrap();
        assert_eq!(operations.is_last(report.performed(), LastOperation::Auto), Ok(true));
        let first = Performed { process: operations.all[0].id, ..Performed::default() };
        assert_eq!(operations.is_last(first, LastOperation::Auto), Ok(false));
        let sent = mes.sent("/progress_report/_list");
        assert_eq!(sent[0], json!({ "reportTimeFrom": 1_000, "reportTimeTo": 1_040, "page": 2, "size": 20 }));
    }
}

// R-M49, R-M56
#[tokio::test]
async fn a_feeding_is_read_by_its_id_and_listed_within_an_hour() {
    let connections = TestConnections::new(BlacklakeOptions::default()).await;
    let mes = connections.sandbox.blacklake();
    let order = mes.make_order(connections.now(), "478", "FG-1001");
    let fed = NewFeeding { batch: "RM2001-B7".into(), ..NewFeeding::of("478", "RM-2001", "12.50") };
    let id = mes.feed(connections.now(), fed).unwrap();
    let client = client(&connections);
    let feeding = client.feeding(id).await.unwrap().unwrap();
    assert_eq!((feeding.material.as_str(), feeding.quantity.unwrap().amount.as_str()), ("RM-2001", "12.5"));
    assert_eq!(client.feeding(id + 1_000).await.unwrap(), None);
    let hour = (connections.now() - 3_599_000, connections.now() + 1);
    let (seen, total) = client.feedings(Some(order), hour, 1, 20).await.unwrap();
    assert_eq!((seen[0].id, total), (id, 1));
    let longer = (connections.now() - 3_600_000, connections.now() + 1);
    assert_eq!(client.feedings(None, longer, 1, 20).await.unwrap_err().code, "blacklake.refused");
    assert_eq!(mes.events()[0].event["data"]["recordIds"], json!([id]));
}
