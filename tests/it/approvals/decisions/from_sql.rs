//! Documents that a query reads are compared as any other.

use super::{app, decided, for_100, run_of, status, submitted};
use serde_json::{Value, json};

fn sql(c: &mut Value) {
    c["flows"][0]["source"] = json!({ "sql": {
        "main": "select T0.DocEntry, T0.U_UserID, T0.ReqName, T0.DocTotal from ODRF T0 where T0.U_ISSYN = 'N'",
        "lines": "select T1.ItemCode, T1.Quantity from DRF1 T1 where T1.DocEntry = :key" } });
    c["flows"][0]["form"]["fields"] =
        json!([{ "from": "ReqName", "to": "申请人" }, { "from": "DocTotal", "to": "金额", "format": "money" }]);
}

#[tokio::test]
async fn a_document_from_sql_is_compared_too() {
    let changes = [
        (json!({ "DocTotal": 1_000_000.0 }), "DocTotal: 100 → 1000000"),
        (json!({ "RequesterName": "李四" }), "ReqName: 销售经理：张涛 → 李四"),
        (json!({ "DocumentLines": [{ "ItemCode": "11028", "Quantity": 1.0 }] }), "DocumentLines[0].Quantity: 55 → 1"),
    ];
    for (change, words) in changes {
        let mut app = app(sql).await;
        let (draft, instance, request) = submitted(&mut app, for_100()).await;
        app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, change).unwrap();
        decided(&mut app, &instance, true).await;
        assert_eq!(status(&app, request), "arsPending");
        let run = run_of(&app, "purchase-request", draft).await;
        assert!(run.message.contains(words), "{words} not in {}", run.message);
    }
    let mut app = app(sql).await;
    let (_, instance, request) = submitted(&mut app, for_100()).await;
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsApproved");
}

#[tokio::test]
async fn a_row_of_its_own_query_is_compared_whole() {
    fn with_row(c: &mut Value) {
        sql(c);
        c["flows"][0]["source"]["sql"]["row"] =
            json!("select T0.U_UserID, T0.ReqName, T0.DocTotal from ODRF T0 where T0.DocEntry = :key");
    }
    let mut app = app(with_row).await;
    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "RequesterName": "李四" })).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsPending");
    let run = run_of(&app, "purchase-request", draft).await;
    assert!(run.message.contains("ReqName: 销售经理：张涛 → 李四"), "{}", run.message);
}
