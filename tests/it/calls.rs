//! How often the vendors are called for a document of each kind, beside what they are called when there is none: twenty
//! documents at once, logins and tokens apart. `docs/ARCHITECTURE.md` says why each call is made.
//!
//! `cargo test -p tenon-tests --test it calls:: -- --nocapture` prints the calls by name.

use crate::{barcode, base_data, issues, mes, plm, weaver, wecom};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_sandbox::NewFeeding;
use tenon_tests::TestApp;

const DOCUMENTS: usize = 20;

/// Calls a document.
struct Calls {
    b1: f64,
    other: f64,
}

/// HTTP requests by method and what is asked for, whatever its key; what a `$batch` brings along is no request.
fn requests(app: &TestApp) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in app.sandbox.snapshot().log {
        let path = request.path.split(['(', '?']).next().unwrap_or_default();
        *counts.entry(format!("{} {path}", request.method)).or_default() += 1;
    }
    counts
}

/// Measures a kind with documents and without.
#[expect(clippy::print_stdout, reason = "the counts are what the performance page states")]
async fn calls(kind: &str, measure: impl AsyncFn(usize) -> TestApp) -> Calls {
    let (none, mut more) = (requests(&measure(0).await), requests(&measure(DOCUMENTS).await));
    for (label, calls) in &mut more {
        *calls = calls.saturating_sub(none.get(label).copied().unwrap_or(0));
    }
    let is_login = |label: &str| ["login", "token", "regist"].iter().any(|word| label.to_lowercase().contains(word));
    more.retain(|label, calls| *calls > 0 && !is_login(label));
    let of = |of_b1: bool| {
        let them = more.iter().filter(|(label, _)| label.contains(" /b1s/") == of_b1);
        them.map(|(_, calls)| calls).sum::<usize>() as f64 / DOCUMENTS as f64
    };
    let calls = Calls { b1: of(true), other: of(false) };
    println!("{kind}: {} of B1, {} of others; of {DOCUMENTS} together {more:?}", calls.b1, calls.other);
    calls
}

impl Calls {
    fn are_at_most(&self, b1: f64, other: f64) {
        assert!(self.b1 <= b1 && self.other <= other, "{} of B1, {} of others", self.b1, self.other);
    }
}

async fn minutes(app: &mut TestApp, number: usize) {
    for _ in 0..number {
        app.minute().await;
    }
}

#[tokio::test]
async fn a_draft_that_is_approved_in_wecom() {
    let measure = async |documents: usize| {
        let mut app = wecom::test_app::app().await;
        let (b1, now) = (app.sandbox.b1(), app.clock.now_ms());
        let new = || b1.create_draft(now, wecom::test_app::goods_issue("报废", &[&[1]])).unwrap().0;
        let drafts: Vec<i64> = (0..documents).map(|_| new()).collect();
        // Before any that is open is looked at by itself.
        minutes(&mut app, 1).await;
        for draft in &drafts {
            let number = wecom::test_app::of_key(&app, *draft).pop().unwrap();
            app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
        }
        minutes(&mut app, 4).await;
        assert!(drafts.iter().all(|draft| app.decisions(*draft) == ["ardApproved"]));
        app
    };
    calls("WeCom, draft", measure).await.are_at_most(3.2, 2.1);
}

#[tokio::test]
async fn a_draft_that_is_approved_in_weaver() {
    let measure = async |documents: usize| {
        let mut app = weaver::test_app::app().await;
        let (b1, now) = (app.sandbox.b1(), app.clock.now_ms());
        let new = || b1.create_draft(now, weaver::test_app::purchase_request("66")).unwrap().0;
        let drafts: Vec<i64> = (0..documents).map(|_| new()).collect();
        minutes(&mut app, 3).await;
        for draft in &drafts {
            let request = weaver::test_app::request_of(&app, "23", &draft.to_string()).unwrap();
            app.sandbox.weaver().approve(app.clock.now_ms(), &request, "李总", "同意").unwrap();
        }
        minutes(&mut app, 4).await;
        assert!(drafts.iter().all(|draft| app.decisions(*draft) == ["ardApproved"]));
        app
    };
    calls("Weaver, draft", measure).await.are_at_most(3.2, 1.0);
}

#[tokio::test]
async fn a_record_of_base_data() {
    let measure = async |documents: usize| {
        let mut app = base_data::test_app::app().await;
        (0..documents).for_each(|n| base_data::test_app::item(&app, &format!("A{n:03}"), "x"));
        minutes(&mut app, 12).await;
        assert_eq!(app.sandbox.weaver().cube_rows("erpWuliao").len(), documents);
        app
    };
    // The pages of this site hold two records.
    calls("base data, record", measure).await.are_at_most(1.6, 1.0);
}

#[tokio::test]
async fn an_item_of_the_mes() {
    let measure = async |documents: usize| {
        let mut app = mes::test_app::app().await;
        (0..documents).for_each(|n| mes::test_app::item(&app, &format!("A{n:03}"), "x", "个", false));
        minutes(&mut app, 4).await;
        assert_eq!(app.sandbox.blacklake().material_count(), documents);
        app
    };
    calls("MES, item", measure).await.are_at_most(0.2, 2.0);
}

#[tokio::test]
async fn a_work_order_of_the_mes() {
    let measure = async |documents: usize| {
        let mut app = mes::test_app::app().await;
        mes::test_app::items(&app);
        (0..documents).for_each(|n| mes::test_app::order(&app, i64::try_from(n).unwrap() + 1));
        minutes(&mut app, 4).await;
        assert_eq!(app.sandbox.blacklake().order_count(), documents);
        app
    };
    calls("MES, work order", measure).await.are_at_most(5.1, 2.0);
}

#[tokio::test]
async fn a_receipt_of_a_report() {
    let measure = async |documents: usize| {
        let mut app = mes::test_app::app().await;
        mes::test_app::sent_order(&mut app, 478).await;
        for _ in 0..documents {
            let report = mes::test_app::finished("478", 1);
            app.sandbox.blacklake().report(app.clock.now_ms(), report).unwrap();
        }
        minutes(&mut app, 4).await;
        assert_eq!(mes::test_app::receipts(&app).len(), documents);
        app
    };
    calls("MES, receipt", measure).await.are_at_most(1.2, 0.1);
}

#[tokio::test]
async fn an_issue_of_a_feeding() {
    let measure = async |documents: usize| {
        let mut app = issues::test_app::app().await;
        minutes(&mut app, 1).await;
        let new = || NewFeeding { batch: "RM2001-B7".to_owned(), ..NewFeeding::of("478", "RM-2001", "1") };
        let fed: Vec<i64> = (0..documents).map(|_| issues::test_app::fed(&app, new())).collect();
        minutes(&mut app, 4).await;
        assert!(fed.iter().all(|id| issues::test_app::issues_of(&app, *id).len() == 1));
        app
    };
    calls("MES, issue", measure).await.are_at_most(2.1, 2.0);
}

async fn saved(documents: usize, body: impl Fn() -> Value) -> TestApp {
    let app = barcode::test_app::app().await;
    for n in 0..documents {
        let mut body = body();
        body["MainTable"]["U_CZSJ"] = json!(n.to_string());
        let answer = barcode::test_app::post(&app, "b1-main/save", &body).await;
        assert_eq!(answer["success"], true, "{answer}");
    }
    app
}

#[tokio::test]
async fn a_save_of_a_barcode_application() {
    let entry = || {
        json!({ "method": "StockGenEntry", "MainTable": {},
            "data": [{ "ItemCode": "FG-1002", "Quantity": "1", "WarehouseCode": "01" }] })
    };
    calls("barcode, save", async |n| saved(n, entry).await).await.are_at_most(1.0, 0.0);
    let receipt = barcode::test_app::receipt;
    calls("barcode, receipt from production", async |n| saved(n, receipt).await).await.are_at_most(1.0, 0.0);
    let small = || {
        let mut body = barcode::test_app::with_backflush();
        body["data"][0]["Quantity"] = json!("2");
        body["data"][0]["linetable"] = json!([{ "Quantity": "2", "BatchNumber": "B", "BinAbsEntry": "14" }]);
        body
    };
    calls("barcode, save with backflush", async |n| saved(n, small).await).await.are_at_most(1.1, 2.0);
}

#[tokio::test]
async fn a_record_of_a_plm() {
    let item = |n: usize, name: &str| json!({ "ItemCode": format!("P{n:03}"), "ItemName": name });
    let items = async |documents: usize| {
        let mut app = plm::test_app::app().await;
        if documents > 0 {
            plm::test_app::push(&app, "items", &(0..documents).map(|n| item(n, "x")).collect()).await;
        }
        minutes(&mut app, 1).await;
        app
    };
    calls("PLM, new item", items).await.are_at_most(1.1, 0.0);
    let boms = async |documents: usize| {
        let mut app = plm::test_app::app().await;
        for n in 0..=DOCUMENTS {
            plm::test_app::item(&app.sandbox, &app, &format!("P{n:03}"), "x");
        }
        let tree = |n: usize| json!({ "TreeCode": format!("P{n:03}"), "ProductTreeLines": [{ "ItemCode": "P020", "Quantity": 1 }] });
        if documents > 0 {
            plm::test_app::push(&app, "boms", &(0..documents).map(tree).collect()).await;
        }
        minutes(&mut app, 1).await;
        app
    };
    calls("PLM, new bill of materials", boms).await.are_at_most(1.1, 0.0);
}
