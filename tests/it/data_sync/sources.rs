//! B1 and Odoo as the ERP: entity sets and models become tables as forms of Kingdee do.

use super::fixture::call;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_databases::Db;
use tenon_sandbox::SandboxOptions;
use tenon_testkit::databases::{self, DatabaseFixture};
use tenon_tests::{TestApp, TestAppOptions};

const CODE: &str = super::fixture::CODE;

struct Fixture {
    app: TestApp,
    database: DatabaseFixture,
}

impl Fixture {
    async fn new(flows: Value) -> Self {
        let (app, database) = (TestApp::new(TestAppOptions::default()).await, databases::sqlite());
        let fixture = Self { app, database };
        fixture.configure(flows).await;
        fixture
    }

    async fn configure(&self, flows: Value) {
        let options = SandboxOptions::default();
        let (b1, odoo) = (&options.b1, &options.odoo_hr);
        let config = json!({
            "connections": [
                { "kind": "b1", "id": "b1-main", "base_url": "http://b1", "company_db": b1.company_db,
                  "username": b1.username, "password": b1.password },
                { "kind": "odoo", "id": "odoo-main", "base_url": "http://odoo", "database": odoo.database,
                  "username": odoo.username, "api_key": odoo.api_key },
            ],
            "databases": [serde_json::to_value(&self.database.database).unwrap()],
            "apps": [{ "id": "boards", "app_code": CODE, "services": ["data-sync"] }],
            "flows": flows,
        });
        self.app.apply(config).await;
    }

    async fn sync(&self, what: &str, form: &str) -> (u16, Value) {
        call(&self.app, "GET", &format!("/dataSync/{what}?formId={form}"), Some(CODE)).await
    }

    async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let db = Db::open(&self.database.database).await.unwrap();
        let rows = db.rows(sql, Vec::new()).await.unwrap();
        rows.into_iter()
            .map(|row| row.into_iter().map(|cell| cell.unwrap_or_else(|| "-".to_owned())).collect())
            .collect()
    }
}

fn order(entry: i64, lines: Value) -> Value {
    json!({ "DocNum": 1000 + entry, "CardCode": "C'1", "DocTotal": 0.300_000_000_000_000_04,
        "DocumentStatus": "bost_Open", "DocDate": "2026-11-02T00:00:00Z", "DocumentLines": lines })
}

#[tokio::test]
async fn documents_of_b1_become_a_table_and_their_lines_another() {
    let flow = json!({ "id": "orders", "kind": "data-sync", "erp": "b1-main", "database": "boards", "form": "Orders",
        "entries": ["DocumentLines"], "reconcile": "02:00", "filter": "CardCode ne 'X'" });
    let fixture = Fixture::new(json!([flow])).await;
    let (b1, now) = (fixture.app.sandbox.b1(), fixture.app.clock.now_ms());
    for entry in 1..=5 {
        let lines = json!([{ "LineNum": 0, "ItemCode": "A", "Quantity": 2 }, { "LineNum": 1, "ItemCode": "B", "Quantity": 3.5 }]);
        b1.create_document(now, "Orders", order(entry, lines)).unwrap();
    }
    b1.create_document(now, "Orders", order(6, json!([]))).unwrap();
    let (status, answer) = fixture.sync("create", "Orders").await;
    assert_eq!(
        (status, &answer["data"]["table"], &answer["data"]["rows"]),
        (200, &json!("ERP_Orders"), &json!(16)),
        "{answer}"
    );
    assert_eq!(
        fixture.rows("SELECT DocEntry, DocNum, CardCode, DocTotal, DocumentStatus, DocDate, typeof(DocTotal) FROM ERP_Orders WHERE DocEntry = 3").await,
        [["3", "1003", "C'1", "0.3", "bost_Open", "2026-11-02 00:00:00", "real"]]
    );
    let lines =
        "SELECT DocEntry, LineNum, ItemCode, Quantity FROM ERP_Orders_DocumentLines WHERE DocEntry >= 5 ORDER BY 1, 2";
    assert_eq!(fixture.rows(lines).await, [["5", "0", "A", "2"], ["5", "1", "B", "3.5"]]);
    // A line that its document lost goes with the update, and so do the lines of one that lost all.
    let changed = json!({ "DocumentLines": [{ "LineNum": 1, "ItemCode": "B", "Quantity": 9 }], "DocNum": 77 });
    b1.change_document(now, "Orders", 5, changed).unwrap();
    b1.change_document(now, "Orders", 4, json!({ "DocumentLines": [] })).unwrap();
    let (status, answer) = fixture.sync("update", "Orders").await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(fixture.rows(lines).await, [["5", "1", "B", "9"]]);
    assert_eq!(fixture.rows("SELECT count(*) FROM ERP_Orders_DocumentLines WHERE DocEntry = 4").await, [["0"]]);
    assert_eq!(fixture.rows("SELECT DocNum FROM ERP_Orders WHERE DocEntry = 5").await, [["77"]]);
    // At night what is gone there is gone here, by its key.
    b1.remove("Orders", 2);
    fixture.app.clock.advance(Duration::from_secs(30 * 3600));
    let (status, answer) = fixture.sync("update", "Orders").await;
    assert_eq!((status, &answer["data"]["rowsDeleted"]), (200, &json!(1)), "{answer}");
    assert_eq!(fixture.rows("SELECT count(*) FROM ERP_Orders").await, [["5"]]);
    assert_eq!(fixture.rows("SELECT count(*) FROM ERP_Orders_DocumentLines WHERE DocEntry = 2").await, [["0"]]);
    assert_eq!(fixture.app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn master_data_of_b1_has_texts_for_keys_and_what_is_not_there_is_told() {
    let fixture = Fixture::new(json!([
        { "id": "all", "kind": "data-sync", "erp": "b1-main", "database": "boards", "reconcile": "off" },
    ]))
    .await;
    let b1 = fixture.app.sandbox.b1();
    for n in 0..300 {
        let partner = json!({ "CardCode": format!("K{n:03}'"), "CardName": "客户" });
        b1.create_document(fixture.app.clock.now_ms(), "BusinessPartners", partner).unwrap();
    }
    let (status, answer) = fixture.sync("create", "BusinessPartners").await;
    assert_eq!((status, &answer["data"]["state"]), (200, &json!("succeeded")), "{answer}");
    assert_eq!(fixture.rows("SELECT count(*) FROM ERP_BusinessPartners WHERE CardCode LIKE 'K%'").await, [["300"]]);
    let (status, answer) = fixture.sync("create", "NothingOfTheKind").await;
    assert_eq!(status, 404, "{answer}");
    assert!(answer["msg"].as_str().unwrap().contains("no entity set NothingOfTheKind"), "{answer}");
    let (status, answer) = fixture.sync("create", "SpecialPrices").await;
    assert_eq!(status, 404, "{answer}");
    assert!(answer["msg"].as_str().unwrap().contains("CardCode, ItemCode"), "{answer}");
}

#[tokio::test]
async fn models_of_odoo_become_tables() {
    let flow = json!({ "id": "partners", "kind": "data-sync", "erp": "odoo-main", "database": "boards", "form": "res.partner",
        "reconcile": "02:00", "filter": "[[\"name\", \"!=\", \"hidden\"]]" });
    let fixture = Fixture::new(json!([flow])).await;
    let (odoo, now) = (fixture.app.sandbox.odoo_hr(), fixture.app.clock.now_ms());
    odoo.put_at(
        "res.partner",
        1,
        &json!({ "name": "深圳客户", "credit_limit": 1e-7, "date": "2026-11-02" }),
        now - 86_400_000,
    );
    for id in 2..=600 {
        odoo.put_at("res.partner", id, &json!({ "name": format!("联系人{id}"), "parent_id": 1 }), now - 86_400_000);
    }
    odoo.put_at("res.partner", 601, &json!({ "name": "归档", "active": false }), now - 86_400_000);
    odoo.put_at("res.partner", 602, &json!({ "name": "hidden" }), now - 86_400_000);
    let (status, answer) = fixture.sync("create", "res.partner").await;
    assert_eq!(
        (status, &answer["data"]["table"], &answer["data"]["rows"]),
        (200, &json!("ERP_res_partner"), &json!(601)),
        "{answer}"
    );
    assert_eq!(
        fixture.rows("SELECT id, name, active, parent_id, parent_id_name, credit_limit, date, ref FROM ERP_res_partner WHERE id IN (1, 2, 601) ORDER BY id").await,
        [
            ["1", "深圳客户", "true", "-", "-", "0.0000001", "2026-11-02 00:00:00", "-"],
            ["2", "联系人2", "true", "1", "深圳客户", "0", "-", "-"],
            ["601", "归档", "false", "-", "-", "0", "-", "-"],
        ]
    );
    let made = fixture.rows("SELECT sql FROM sqlite_master WHERE name = 'ERP_res_partner'").await;
    assert!(made[0][0].contains("上级公司 ID (parent_id.id)") && made[0][0].contains("联系人"), "{made:?}");
    let columns = fixture.rows("SELECT name FROM pragma_table_info('ERP_res_partner')").await;
    let has = |name: &str| columns.iter().any(|row| row[0] == name);
    assert!(!has("child_ids") && !has("image_1920") && !has("display_name") && has("write_date"), "{columns:?}");
    odoo.put_at("res.partner", 2, &json!({ "name": "改名" }), now);
    odoo.put_at("res.partner", 603, &json!({ "name": "新" }), now);
    odoo.remove("res.partner", 3);
    fixture.app.clock.advance(Duration::from_secs(30 * 3600));
    let (status, answer) = fixture.sync("update", "res.partner").await;
    assert_eq!((status, &answer["data"]["rowsDeleted"]), (200, &json!(1)), "{answer}");
    assert_eq!(
        fixture.rows("SELECT name FROM ERP_res_partner WHERE id IN (2, 3, 603) ORDER BY id").await,
        [["改名"], ["新"]]
    );
    // Where Chinese is not installed captions are English, and what may not be read is told.
    fixture.app.sandbox.configure(|options| options.odoo_hr.languages.clear());
    assert_eq!(fixture.sync("update", "res.partner").await.0, 200);
    fixture.app.sandbox.configure(|options| options.odoo_hr.may_read = false);
    let (status, answer) = fixture.sync("update", "res.partner").await;
    assert_eq!(status, 502, "{answer}");
    assert!(answer["msg"].as_str().unwrap().contains("You are not allowed to access"), "{answer}");
}
