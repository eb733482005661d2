//! Queries through the DI API and prints through stored queries.

use super::test_app::{app, app_with, config, post, runs};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::lease;
use tenon_platform::runs as history;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

async fn query(app: &TestApp, sql: &str) -> Value {
    post(app, "b1-main/query", &json!({ "sql": sql })).await
}

// R-B4, R-B5, R-B8, R-B13
#[tokio::test]
async fn a_select_passes_as_it_was_written_and_its_rows_as_they_came() {
    let app = app().await;
    app.sandbox
        .di_api()
        .set_table(
            "OBTN",
            &[json!({ "ItemCode": "", "U_N": null, "Q": 1234567890.123456, "UPDATEDATE": "2023-10-23" })],
        )
        .unwrap();
    let sql = "select \"ItemCode\", \"U_N\", \"Q\", UPDATEDATE from oBTN";
    let answer = query(&app, sql).await;
    let rows = json!([{ "ItemCode": "", "U_N": null, "Q": 1234567890.123456, "UPDATEDATE": "2023-10-23" }]);
    assert_eq!(answer, json!({ "success": true, "code": "RIS.10000000", "message": "OK", "data": { "value": rows } }));
    assert_eq!(app.sandbox.di_api().statements(), [sql]);
    query(&app, sql).await;
    assert_eq!(app.sandbox.di_api().logins(), (1, 0));
    let found = runs(&app).await;
    assert_eq!((found.len(), found[0].message.as_str()), (2, "query of app udp: 1 rows"));
    let steps = history::steps(&app.ctx, &TenantId::operator(), &found[0].id).await.unwrap();
    assert_eq!(steps[0].input, json!({ "sql": sql, "app": "udp" }));
}

// R-B9, R-B10, R-B11
#[tokio::test]
async fn what_is_refused_reaches_no_database_and_is_kept_in_the_history() {
    let app = app().await;
    for sql in ["select 1 from DUMMY; drop table OITM", "call TMDK('a','b','c')", "select PASSWORD from OUSR", ""] {
        let answer = query(&app, sql).await;
        assert_eq!(answer["success"], false, "{sql}");
        assert!(answer["code"].as_str().unwrap().starts_with("sql."), "{answer}");
    }
    assert_eq!(app.sandbox.total_calls(), 0);
    assert_eq!(runs(&app).await.len(), 4);
    let wrong = query(&app, "select * from OXYZ").await;
    assert_eq!((&wrong["success"], &wrong["code"]), (&json!(false), &json!("RIS.20000003")), "{wrong}");
    assert!(wrong["message"].as_str().unwrap().contains("no such table"));
}

// R-B4, R-B5
#[tokio::test]
async fn a_session_slides_is_renewed_once_and_a_refused_login_is_not_repeated() {
    let mut app = app().await;
    let sql = "select 1 from DUMMY";
    for _ in 0..4 {
        assert_eq!(query(&app, sql).await["success"], true);
        app.clock.advance(Duration::from_secs(20 * 60));
    }
    // Another process finds it in the table.
    app.restart(None);
    assert_eq!(query(&app, sql).await["success"], true);
    assert_eq!(app.sandbox.di_api().logins(), (1, 0));
    app.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::DiApi));
    assert_eq!(query(&app, sql).await["success"], true);
    assert_eq!(app.sandbox.di_api().logins(), (2, 0));
    app.sandbox.configure(|options| options.di_api.password = "another".to_owned());
    app.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::DiApi));
    for _ in 0..3 {
        assert_eq!(query(&app, sql).await["success"], false);
    }
    assert_eq!(app.sandbox.di_api().logins(), (2, 1));
}

// R-B4
#[tokio::test]
async fn a_login_without_a_cookie_is_none() {
    let app = app_with(config, |options| options.di_api.forgets_cookies = true).await;
    let answer = query(&app, "select 1 from DUMMY").await;
    assert_eq!((&answer["success"], &answer["code"]), (&json!(false), &json!("di-api.login-refused")), "{answer}");
}

// R-B12
#[tokio::test]
async fn more_than_the_caps_is_told_and_not_cut() {
    fn few(c: &mut Value) {
        config(c);
        (c["barcode"][0]["max_rows"], c["barcode"][0]["max_bytes"]) = (json!(3), json!(1024));
    }
    let app = app_with(few, |_| {}).await;
    let rows: Vec<Value> = (0..4).map(|n| json!({ "ItemCode": format!("A{n}") })).collect();
    app.sandbox.di_api().set_table("OITM", &rows).unwrap();
    let all = "select \"ItemCode\" from OITM";
    assert_eq!(query(&app, all).await["code"], "barcode.too-many-rows");
    assert_eq!(query(&app, &format!("{all} limit 3")).await["success"], true);
    app.sandbox.di_api().set_table("OITM", &[json!({ "ItemCode": "x".repeat(2_000) })]).unwrap();
    assert_eq!(query(&app, all).await["code"], "barcode.too-large");
    app.sandbox.inject(Fault::new(FaultKind::Latency(Duration::from_secs(60))).on("POST", "exec-sql"));
    let late = query(&app, "select 1 from DUMMY").await;
    assert_eq!((&late["success"], &late["code"]), (&json!(false), &json!("timeout")), "{late}");
    assert_eq!(late["requestId"], "r-1");
}

// R-B12
#[tokio::test]
async fn no_more_queries_than_allowed_are_made_at_once_and_each_gives_its_place_back() {
    fn two(c: &mut Value) {
        config(c);
        c["barcode"][0]["max_queries"] = json!(2);
    }
    let app = app_with(two, |_| {}).await;
    let sql = "select 1 from DUMMY";
    let tenant = TenantId::operator();
    // As the queries of other processes hold them.
    let mut held = Vec::new();
    for place in 0..2 {
        let name = format!("barcode-query/b1-main/{place}");
        held.push(lease::acquire(&app.ctx, &tenant, &name, Duration::from_secs(30)).await.unwrap().unwrap());
    }
    let busy = query(&app, sql).await;
    assert_eq!((&busy["success"], &busy["code"]), (&json!(false), &json!("barcode.busy")), "{busy}");
    assert!(busy["message"].as_str().unwrap().contains("2 个"), "{busy}");
    let print = post(&app, "b1-main/print", &json!({ "sql": sql })).await;
    assert_eq!(print["code"], "barcode.busy", "a print counts like a query");
    assert_eq!(app.sandbox.total_calls(), 0);
    // Of another company there are places of its own.
    assert_ne!(post(&app, "b1-two/print", &json!({ "sql": sql })).await["code"], "barcode.busy");
    lease::release(&app.ctx, held.pop().unwrap()).await.unwrap();
    // Whatever comes of a query, the one place that is left is given back.
    app.sandbox.inject(Fault::new(FaultKind::Latency(Duration::from_secs(60))).on("POST", "exec-sql"));
    assert_eq!(query(&app, sql).await["code"], "timeout");
    for _ in 0..3 {
        assert_eq!(query(&app, "select * from OXYZ").await["code"], "RIS.20000003");
    }
    assert_eq!(query(&app, sql).await["success"], true);
    // That of a process that died is free after its time.
    let name = "barcode-query/b1-main/1";
    let dead = lease::acquire(&app.ctx, &tenant, name, Duration::from_secs(30)).await.unwrap();
    assert!(dead.is_some());
    assert_eq!(query(&app, sql).await["code"], "barcode.busy");
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(query(&app, sql).await["success"], true);
}

#[tokio::test]
async fn a_configured_query_is_asked_for_by_its_name() {
    let app = app().await;
    let named = |values: Value| json!({ "name": "stock", "parameters": values });
    let found = post(&app, "b1-main/query", &named(json!({ "item": "RM-2001" }))).await;
    assert_eq!(found["data"]["value"], json!([{ "ItemCode": "RM-2001" }]));
    let quoted = post(&app, "b1-main/query", &named(json!({ "item": "a' or '1'='1" }))).await;
    assert_eq!(quoted["data"]["value"], json!([]));
    assert_eq!(post(&app, "b1-main/query", &named(json!({}))).await["code"], "barcode.request");
    assert_eq!(post(&app, "b1-main/query", &json!({ "name": "other" })).await["code"], "barcode.no-query");
}

// R-B38
#[tokio::test]
async fn a_print_reads_every_page_of_a_stored_query() {
    let app = app_with(config, |options| options.b1.rows_a_page = Some(20)).await;
    app.sandbox.b1().register_sql(
        "from OITM",
        std::sync::Arc::new(|_: &tenon_sandbox::SqlCall| {
            (0..45).map(|n| json!({ "ItemCode": format!("A{n:02}") })).collect()
        }),
    );
    let sql = json!({ "sql": "select T0.ItemCode from OITM T0 order by T0.ItemCode" });
    let answer = post(&app, "b1-main/print", &sql).await;
    assert_eq!((&answer["success"], &answer["code"]), (&json!(true), &json!("200")), "{answer}");
    assert_eq!(answer["data"]["value"].as_array().unwrap().len(), 45);
    post(&app, "b1-main/print", &sql).await;
    // Stored once, under a code that is made of the text.
    assert_eq!(app.sandbox.b1().rows("SQLQueries").len(), 1);
    for refused in ["select * from OUSR", "delete from OITM", "select :a from DUMMY"] {
        assert_eq!(post(&app, "b1-main/print", &json!({ "sql": refused })).await["success"], false, "{refused}");
    }
    assert_eq!(app.sandbox.b1().rows("SQLQueries").len(), 1);
    let own_words = post(&app, "b1-main/print", &json!({ "sql": "select * from OWDD" })).await;
    assert_eq!((&own_words["code"], &own_words["message"]), (&json!("702"), &json!("Table 'OWDD' not accessible")));
    assert!(app.sandbox.di_api().statements().is_empty());
}
