//! The Kingdee connector against the sandbox, with every way in which its answers are peculiar.

use crate::support::{START_MS, TestConnections, answer};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::kingdee::{BillQuery, Kingdee};
use tenon_connectors::tabular::{Hint, PageQuery, source};
use tenon_model::config::{Connection, DataSyncFlow, KingdeeConnection};
use tenon_platform::Retry;
use tenon_platform::http::Failure;
use tenon_sandbox::{Fault, FaultKind, KingdeeErrors, KingdeeLost, KingdeeOptions, SandboxOptions, Vendor};

fn with(change: impl FnOnce(&mut Value)) -> KingdeeConnection {
    let options = KingdeeOptions::default();
    let mut connection = json!({ "id": "kingdee-main", "base_url": "http://kingdee.test/k3cloud/",
        "account": options.account, "username": options.username, "password": options.password });
    change(&mut connection);
    serde_json::from_value(connection).unwrap()
}

fn of(connections: &TestConnections, connection: KingdeeConnection) -> Kingdee<'_> {
    Kingdee::new(&connections.ctx, &connections.tenant, connection, 1)
}

fn client(connections: &TestConnections) -> Kingdee<'_> {
    of(connections, with(|_| {}))
}

fn by_app(connection: &mut Value) {
    let options = KingdeeOptions::default();
    connection.as_object_mut().unwrap().remove("password");
    (connection["app_id"], connection["app_secret"]) = (json!(options.app_id), json!(options.app_secret));
}

async fn new_app(change: impl FnOnce(&mut KingdeeOptions)) -> TestConnections {
    let mut options = SandboxOptions::default();
    change(&mut options.kingdee);
    let connections = TestConnections::new(options).await;
    for id in 1..=7 {
        let fields = json!({ "FBillNo": format!("NO{id}"), "FNote": "会话信息已丢失 session" });
        connections.sandbox.kingdee().put("SAL_SaleOrder", id, &fields, START_MS);
    }
    connections
}

fn fields(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn numbers(kingdee: &Kingdee<'_>, limit: u32) -> tenon_platform::Result<Vec<Value>> {
    let fields = fields(&["FID", "FNote"]);
    let query = BillQuery { form: "SAL_SaleOrder", fields: &fields, filter: String::new(), order: "FID".into(), limit };
    Ok(kingdee.rows(&query).await?.into_iter().map(|row| row[0].clone()).collect())
}

#[tokio::test]
async fn every_way_to_log_in_reads_and_a_check_names_what_answered() {
    for (change, logins) in [
        ((|_: &mut Value| {}) as fn(&mut Value), 1),
        (by_app, 1),
        (
            |c| {
                by_app(c);
                (c["signed"], c["organisation"]) = (json!(true), json!("200"));
            },
            0,
        ),
    ] {
        let connections = new_app(|_| {}).await;
        let kingdee = of(&connections, with(change));
        let report = kingdee.try_connection().await.unwrap();
        assert!(report.answered.contains("K3Cloud"), "{report:?}");
        assert_eq!(numbers(&kingdee, 100).await.unwrap().len(), 7);
        assert_eq!(connections.sandbox.kingdee().logins(), logins);
    }
}

#[tokio::test]
async fn a_session_that_is_lost_is_renewed_once_however_it_is_told_and_a_row_with_such_words_is_a_row() {
    for lost in [KingdeeLost::MsgCode, KingdeeLost::Status, KingdeeLost::Text] {
        for errors in [KingdeeErrors::Rows, KingdeeErrors::List, KingdeeErrors::Bare] {
            let connections = new_app(|o| (o.lost, o.errors) = (lost, errors)).await;
            let kingdee = client(&connections);
            assert_eq!(numbers(&kingdee, 100).await.unwrap().len(), 7);
            connections.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::Kingdee));
            assert_eq!(numbers(&kingdee, 100).await.unwrap().len(), 7);
            assert_eq!(connections.sandbox.kingdee().logins(), 2, "{lost:?} {errors:?}");
        }
    }
    // An idle session ends after twenty minutes; one that is used lives on.
    let connections = new_app(|_| {}).await;
    for _ in 0..5 {
        connections.clock.advance(Duration::from_secs(900));
        assert_eq!(numbers(&client(&connections), 100).await.unwrap().len(), 7);
    }
    assert_eq!(connections.sandbox.kingdee().logins(), 1);
    connections.clock.advance(Duration::from_secs(1_500));
    assert_eq!(numbers(&client(&connections), 100).await.unwrap().len(), 7);
    assert_eq!(connections.sandbox.kingdee().logins(), 2);
}

#[tokio::test]
async fn credentials_that_are_not_taken_are_tried_once_and_never_in_a_loop() {
    let connections = new_app(|_| {}).await;
    let wrong = of(&connections, with(|c| c["password"] = json!("no-such-secret")));
    for _ in 0..3 {
        let error = numbers(&wrong, 100).await.unwrap_err();
        assert_eq!(error.code, "kingdee.login-refused");
        assert!(matches!(error.retry, Retry::Blocked(_)) && !format!("{error:?}").contains("no-such-secret"));
    }
    assert_eq!(connections.wire.sent("POST", "ValidateUser").len(), 1);
    // As Kingdee also answers authentication that failed.
    let connections = new_app(|_| {}).await;
    connections.wire.answer(|sent| {
        let lost = r#"[[{"Result":{"ResponseStatus":{"ErrorCode":500,"IsSuccess":false,"Errors":[{"Message":"会话信息已丢失"}],"MsgCode":1}}}]]"#;
        if sent.url.contains("AuthService") { None } else { answer(200, lost) }
    });
    let error = numbers(&client(&connections), 100).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("kingdee.session", Retry::Session));
    assert_eq!(connections.wire.sent("POST", "ValidateUser").len(), 2);
    connections.wire.answer(|_| Some(Err(Failure::NotSent("no route".into()))));
    let error = client(&connections).try_connection().await.unwrap_err();
    assert_eq!((error.code, error.retry), ("kingdee.unreachable", Retry::Transient));
}

#[tokio::test]
async fn rows_come_behind_a_key_whatever_the_site_caps_and_nests() {
    for (most, nests) in [(10_000, false), (2, false), (1, true), (10_000, true)] {
        let connections = new_app(|o| (o.most_rows, o.nests_single) = (most, nests)).await;
        let connection = Connection::Kingdee(Box::new(with(|_| {})));
        let source = source(&connections.ctx, &connections.tenant, &connection, 1).unwrap();
        let fields = fields(&["FID"]);
        let (mut found, mut after) = (Vec::new(), None::<Vec<Value>>);
        loop {
            let query = PageQuery {
                form: "SAL_SaleOrder",
                fields: &fields,
                key: 1,
                after: after.as_deref(),
                window: None,
                organisation: None,
                filter: Some("FDocumentStatus = 'C' or FID > 0"),
                limit: 5,
            };
            let page = source.page(&query).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            found.extend(page.into_iter().map(|row| row[0].as_i64().unwrap()));
        }
        assert_eq!(found, (1..=7).collect::<Vec<_>>(), "{most} {nests}");
    }
}

#[tokio::test]
async fn a_form_is_described_with_base_data_as_number_and_name_and_what_is_wrong_is_named() {
    let connections = new_app(|_| {}).await;
    let flow: DataSyncFlow = serde_json::from_value(json!({ "id": "f", "erp": "k", "database": "d",
        "entries": ["FSaleOrderEntry"], "without": ["FNote", "FCustId.FName"] }))
    .unwrap();
    let connection = Connection::Kingdee(Box::new(with(|_| {})));
    let source = source(&connections.ctx, &connections.tenant, &connection, 1).unwrap();
    let form = source.describe(&flow, "SAL_SaleOrder").await.unwrap();
    let path: Vec<&str> = form.tables[0].fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(
        path,
        [
            "FBillNo",
            "FDate",
            "FCustId.FNumber",
            "FCreatorId.FName",
            "FDocumentStatus",
            "FBillAllAmount",
            "FModifyDate",
            "F_ORA_Mystery"
        ]
    );
    let mystery = form.tables[0].fields.last().unwrap();
    assert_eq!((mystery.hint, mystery.code.as_str()), (Hint::Unknown, "4711"));
    let keys: Vec<&str> = form.tables[1].key.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(
        (keys.as_slice(), form.date.as_deref()),
        (["FID", "FSaleOrderEntry_FEntryId"].as_slice(), Some("FModifyDate"))
    );
    assert_eq!(source.organisations().await.unwrap(), ["100", "200"]);
    let error = source.describe(&flow, "NO_SUCH").await.unwrap_err();
    assert!(error.code == "kingdee.refused" && error.message.contains("NO_SUCH"), "{error}");
    let fields = fields(&["FID", "FNoSuchField"]);
    let query =
        BillQuery { form: "SAL_SaleOrder", fields: &fields, filter: String::new(), order: "FID".into(), limit: 5 };
    let error = client(&connections).rows(&query).await.unwrap_err();
    assert!(error.code == "kingdee.refused" && error.message.contains("FNoSuchField"), "{error}");
}

#[tokio::test]
async fn calls_go_no_faster_than_the_site_allows() {
    let connections = new_app(|_| {}).await;
    let kingdee = of(&connections, with(|c| c["calls_per_second"] = json!(4)));
    let before = connections.clock.now_ms();
    for _ in 0..9 {
        numbers(&kingdee, 1).await.unwrap();
    }
    assert!(connections.clock.now_ms() - before >= 2_000, "{}", connections.clock.now_ms() - before);
}
