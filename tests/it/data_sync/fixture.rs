//! A site with a Kingdee and a SQLite file.

use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_data_sync::work::TableSyncer;
use tenon_databases::{Cell, Db, Dialect};
use tenon_model::config::Database;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::queue::DATA_SYNC;
use tenon_sandbox::SandboxOptions;
use tenon_testkit::HttpEvent;
use tenon_testkit::databases::{self, DatabaseFixture};
use tenon_tests::{TestApp, TestAppOptions};

pub const CODE: &str = "boards-5b0e6c1d2f";
pub const FORM: &str = "SAL_SaleOrder";
pub const TABLE: &str = "ERP_SAL_SaleOrder";

pub struct Fixture {
    pub app: TestApp,
    pub database: DatabaseFixture,
}

pub fn config(database: &Database, change: impl FnOnce(&mut Value)) -> Value {
    let options = SandboxOptions::default().kingdee;
    let mut config = json!({
        "connections": [{ "kind": "kingdee", "id": "kingdee-main", "base_url": "http://kingdee/k3cloud",
            "account": options.account, "username": options.username, "password": options.password, "page_size": 3 }],
        "databases": [serde_json::to_value(database).unwrap()],
        "apps": [{ "id": "boards", "app_code": CODE, "services": ["data-sync"] }],
        "flows": [
            { "id": "orders", "kind": "data-sync", "erp": "kingdee-main", "database": "boards", "form": FORM, "reconcile": "off" },
            { "id": "others", "kind": "data-sync", "erp": "kingdee-main", "database": "boards" },
        ],
    });
    change(&mut config);
    config
}

impl Fixture {
    /// With so many orders, and a SQLite file.
    pub async fn new(seed: u64, orders: i64) -> Self {
        Self::on(databases::sqlite(), seed, orders).await
    }

    /// The same with another database.
    pub async fn on(database: DatabaseFixture, seed: u64, orders: i64) -> Self {
        let app = TestApp::new(TestAppOptions { seed, ..TestAppOptions::default() }).await;
        let fixture = Self { app, database };
        fixture.configure(|_| {}).await;
        for id in 1..=orders {
            fixture.order(id, &format!("XSDD{id:06}"));
        }
        fixture
    }

    pub async fn configure(&self, change: impl FnOnce(&mut Value)) {
        self.app.apply(config(&self.database.database, change)).await;
    }

    /// An order, changed a day ago.
    pub fn order(&self, id: i64, number: &str) {
        let at = self.app.clock.now_ms() - 86_400_000;
        self.app.sandbox.kingdee().put(FORM, id, &order(id, number), at);
    }

    pub async fn db(&self) -> Db {
        Db::open(&self.database.database).await.unwrap()
    }

    /// The order numbers of the table, by key.
    pub async fn numbers(&self) -> BTreeMap<i64, String> {
        let db = self.db().await;
        let found = numbers(&db).await;
        db.close().await;
        found
    }

    /// A call as API Gateway hands it on.
    pub async fn call(&self, method: &str, target: &str) -> (u16, Value) {
        call(&self.app, method, target, Some(CODE)).await
    }

    /// The queue is worked until nothing is left, and what was promised is sent.
    pub async fn rest(&mut self) {
        for _ in 0..10 {
            let _ = tenon_platform::outbox::sweep::sweep_due(&self.app.ctx_of("outbox-sweep")).await;
            let ctx = self.app.ctx.within(Duration::from_secs(120));
            tenon_testkit::pump(&ctx, &DATA_SYNC, &TableSyncer, Duration::from_secs(180)).await;
            self.app.clock.advance(Duration::from_secs(61));
        }
    }
}

pub fn order(id: i64, number: &str) -> Value {
    json!({ "FBillNo": number, "FDate": "2026-11-02T00:00:00", "FDocumentStatus": "C",
        "FCustId": { "Id": 70 + id, "FNumber": format!("C-{}", id % 3), "FName": "深圳客户" },
        "FCreatorId": { "Id": 1, "FName": "会话 session" }, "FBillAllAmount": 12.5,
        "FNote": "O'Neil \"x\"; DROP TABLE y; --", "F_ORA_Mystery": id % 2 == 0 })
}

/// A column as text, in the engine's words.
pub fn shown(db: &Db, name: &str) -> String {
    let quoted = db.dialect().name(name);
    match db.dialect() {
        Dialect::Postgres => format!("{quoted}::text"),
        Dialect::Mysql => format!("CAST({quoted} AS CHAR)"),
        Dialect::Sqlite => quoted,
    }
}

pub async fn numbers(db: &Db) -> BTreeMap<i64, String> {
    let sql = format!("SELECT {}, {} FROM {}", shown(db, "FID"), shown(db, "FBillNo"), db.dialect().name(TABLE));
    let rows = db.rows(sql, Vec::new()).await.unwrap();
    let cell = |cell: &Cell| cell.clone().unwrap();
    let all: Vec<(i64, String)> = rows.iter().map(|row| (cell(&row[0]).parse().unwrap(), cell(&row[1]))).collect();
    let unique: BTreeMap<i64, String> = all.iter().cloned().collect();
    assert_eq!(unique.len(), all.len(), "a row is there twice: {all:?}");
    unique
}

pub async fn call(app: &TestApp, method: &str, target: &str, code: Option<&str>) -> (u16, Value) {
    let path = target.split('?').next().unwrap();
    let route = if path.starts_with("/dataSync/runs/") { "/dataSync/runs/{id}" } else { path };
    let mut event = HttpEvent::new(method, target).route(route);
    if let Some(code) = code {
        event = event.header("x-apig-appcode", code);
    }
    if let Some(run) = path.strip_prefix("/dataSync/runs/") {
        event = event.parameter("id", run);
    }
    let service: &dyn Dispatch = &tenon_data_sync::requests::SERVICE;
    let response = service.answer(&app.ctx_of("data-sync-run"), event.request()).await;
    let body = Bytes::copy_from_slice(response.body().as_ref());
    (response.status().as_u16(), serde_json::from_slice(&body).unwrap())
}
