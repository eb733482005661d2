//! What the factory's operations cost: requests to the table and calls to vendors, printed and bounded.
//! `cargo test -p tenon-tests --test it requests:: -- --nocapture` shows the table. Each is the second of its kind in a
//! process, so that sessions, tokens and the configuration are there.

use crate::{barcode, issues, mes, plm};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_manufacturing::issues::FeedingIssuer;
use tenon_manufacturing::post::ErpPoster;
use tenon_manufacturing::send::MesSender;
use tenon_platform::consumer::Worker;
use tenon_platform::queue::{MANUFACTURING_POST, MANUFACTURING_SEND, PRODUCTION_ISSUES, QueueName};
use tenon_sandbox::NewFeeding;
use tenon_tests::TestApp;

/// Stated costs, and what is over them.
#[derive(Default)]
struct Costs {
    lines: Vec<String>,
    over: Vec<String>,
}

impl Costs {
    /// Does something that may cost so many requests to the table and calls to vendors.
    async fn of<T>(&mut self, app: &TestApp, what: &str, most: (usize, usize), does: impl Future<Output = T>) -> T {
        let seen = || (app.crash_injector.requests(), app.crash_injector.calls().len());
        let before = seen();
        let done = does.await;
        let after = seen();
        let (table, vendors) = (after.0 - before.0, after.1 - before.1);
        self.lines.push(format!("{table:>3} of {:>3}  {vendors:>3} of {:>3}  {what}", most.0, most.1));
        if table > most.0 || vendors > most.1 {
            let calls = app.crash_injector.calls().split_off(before.1);
            self.over.push(format!("{what} costs {table} and {vendors}, not {most:?}: {calls:#?}"));
        }
        done
    }

    /// The table, once everything is within its bounds.
    fn bounded(self) -> String {
        assert!(self.over.is_empty(), "{:#?}", self.over);
        self.lines.join("\n")
    }
}

async fn polls(app: &TestApp) {
    tenon_manufacturing::poll::handler(&app.ctx_of("manufacturing-poll")).await.unwrap();
}

async fn works(app: &TestApp, queue: &QueueName, worker: &dyn Worker) {
    let ctx = app.ctx.within(Duration::from_secs(120));
    tenon_testkit::pump(&ctx, queue, worker, Duration::from_secs(180)).await;
}

fn later(app: &TestApp) {
    app.clock.advance(Duration::from_secs(61));
}

// R-M7, R-M16, R-M30: the looks, and what is done for one item, one order and one report.
#[tokio::test]
async fn items_orders_and_reports_cost_a_stated_number_of_requests_and_calls() {
    let mut app = mes::test_app::app().await;
    mes::test_app::sent_order(&mut app, 478).await;
    later(&app);
    let mut costs = Costs::default();
    costs.of(&app, "a look of three flows that finds nothing", (26, 3), polls(&app)).await;
    later(&app);
    mes::test_app::change_item(&app, "RM-2002", json!({ "ItemName": "螺钉" }));
    costs.of(&app, "a look that finds an item", (33, 3), polls(&app)).await;
    let send = works(&app, &MANUFACTURING_SEND, &MesSender);
    costs.of(&app, "mes-items: one item", (9, 2), send).await;
    later(&app);
    mes::test_app::order(&app, 480);
    costs.of(&app, "a look that finds an order", (35, 3), polls(&app)).await;
    let send = works(&app, &MANUFACTURING_SEND, &MesSender);
    costs.of(&app, "mes-work-orders: a new order", (16, 7), send).await;
    later(&app);
    mes::test_app::change_order(&app, 480, json!({ "PlannedQuantity": 120 }));
    polls(&app).await;
    let send = works(&app, &MANUFACTURING_SEND, &MesSender);
    costs.of(&app, "mes-work-orders: a changed order", (14, 8), send).await;
    for _ in 0..2 {
        app.sandbox.blacklake().report(app.clock.now_ms(), mes::test_app::finished("478", 2)).unwrap();
        app.clock.advance(Duration::from_secs(180));
        costs.of(&app, "a look that finds a report", (36, 3), polls(&app)).await;
        let post = works(&app, &MANUFACTURING_POST, &ErpPoster);
        costs.of(&app, "production-receipts: one report", (14, 4), post).await;
    }
    assert_eq!(mes::test_app::receipts(&app).len(), 2);
    println!("{}", costs.bounded());
}

// R-M46, R-M56
#[tokio::test]
async fn a_feeding_costs_a_stated_number_of_requests_and_calls() {
    let app = issues::test_app::app().await;
    let mut costs = Costs::default();
    let order = issues::test_app::work_order(&app, "478");
    for n in 0..2 {
        let feeding =
            NewFeeding { publishes: false, batch: "RM2001-B7".into(), ..NewFeeding::of("478", "RM-2001", "2") };
        let id = issues::test_app::fed(&app, feeding);
        let event = issues::test_app::event_of(&format!("r-{n}"), &[(id, order)]);
        // Acknowledged without asking anybody: the event with its promise, and a note of the setting once a minute. The
        // first loads the configuration, which is two queries at the same time: what was applied, and flows' switches.
        let most = if n == 0 { 6 } else { 5 };
        costs.of(&app, "callback-blacklake: an event", (most, 0), issues::test_app::push(&app, &event)).await;
        let work = works(&app, &PRODUCTION_ISSUES, &FeedingIssuer);
        // The first asks for a token and logs in.
        let most = if n == 0 { (27, 7) } else { (13, 5) };
        costs.of(&app, "production-issues: one feeding", most, work).await;
        costs.of(&app, "callback-blacklake: the same event", (2, 0), issues::test_app::push(&app, &event)).await;
        assert_eq!(issues::test_app::issues_of(&app, id).len(), 1);
    }
    app.clock.advance(Duration::from_secs(601));
    polls(&app).await;
    app.clock.advance(Duration::from_secs(601));
    costs.of(&app, "production-issues: a look that finds what is known", (10, 1), polls(&app)).await;
    println!("{}", costs.bounded());
}

// R-B4, R-B24
#[tokio::test]
async fn a_save_and_a_query_cost_a_stated_number_of_requests_and_calls() {
    let app = barcode::test_app::app().await;
    let sql = json!({ "sql": "select 1 from DUMMY" });
    let scanned = |n: usize, mut body: Value| {
        body["MainTable"]["U_CZSJ"] = json!(format!("2023-09-20 21:05:{n:02}"));
        body
    };
    let (receipt, flushed) = (barcode::test_app::receipt(), barcode::test_app::with_backflush());
    let post = async |path: &str, body: &Value| barcode::test_app::post(&app, path, body).await;
    // The first of each logs in and stores what a print asks.
    post("b1-main/save", &scanned(0, receipt.clone())).await;
    post("b1-main/query", &sql).await;
    post("b1-main/print", &sql).await;
    let mut costs = Costs::default();
    let second = scanned(1, receipt);
    let saved = costs.of(&app, "save", (9, 1), post("b1-main/save", &second)).await;
    assert_eq!(saved["success"], true, "{saved}");
    let again = costs.of(&app, "save: a repeat", (1, 0), post("b1-main/save", &second)).await;
    assert_eq!(again["repeated"], true);
    let flushed = scanned(2, flushed);
    let saved = costs.of(&app, "save with a backflush", (10, 3), post("b1-main/save", &flushed)).await;
    assert_eq!(saved["success"], true, "{saved}");
    let found = costs.of(&app, "query", (4, 1), post("b1-main/query", &sql)).await;
    assert_eq!(found["success"], true, "{found}");
    let hostile = json!({ "sql": "select 1 from DUMMY; drop table OITM" });
    costs.of(&app, "query: a text that is refused", (2, 0), post("b1-main/query", &hostile)).await;
    costs.of(&app, "print", (7, 1), post("b1-main/print", &sql)).await;
    costs.of(&app, "methods", (1, 0), post("b1-main/methods", &json!({}))).await;
    post("b1-main/companies", &json!({})).await;
    costs.of(&app, "companies", (3, 1), post("b1-main/companies", &json!({}))).await;
    println!("{}", costs.bounded());
}

// R-P4, R-P5
#[tokio::test]
async fn a_push_costs_a_stated_number_of_requests_and_calls() {
    let app = plm::test_app::scenario().await;
    let item = |n: usize, name: &str| json!({ "ItemCode": format!("P-{n}"), "ItemName": name });
    let push = async |what: &str, body: &Value| plm::test_app::push(&app, what, body).await;
    push("items", &item(0, "1")).await;
    let mut costs = Costs::default();
    costs.of(&app, "plm: a new item", (6, 2), push("items", &item(1, "1"))).await;
    costs.of(&app, "plm: a changed item", (6, 2), push("items", &item(1, "2"))).await;
    let many: Vec<Value> = (0..50).map(|n| item(n, "3")).collect();
    let answer = costs.of(&app, "plm: fifty items", (106, 51), push("items", &json!(many))).await;
    assert_eq!(answer["code"], 200);
    let tree = json!({ "TreeCode": "P-1", "ProductTreeLines": [{ "ItemCode": "P-2", "Quantity": 2.5 }] });
    let answer = costs.of(&app, "plm: a new bill of materials", (6, 4), push("boms", &tree)).await;
    assert_eq!(answer["code"], 200, "{answer}");
    costs.of(&app, "plm: the same again", (6, 4), push("boms", &tree)).await;
    let routing = json!({ "Code": "R-1", "Name": "装配" });
    costs.of(&app, "plm: a new routing", (6, 2), push("routings", &routing)).await;
    println!("{}", costs.bounded());
}
