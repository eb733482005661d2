//! The acceptance scenario: one order from its release to its cancellation.

use super::test_app::{
    app, change_item, change_order, finished, items, mark, order, order_row, receipts, run_of, sent,
};
use serde_json::json;
use tenon_model::run::RunStatus;
use tenon_sandbox::NewReport;

// R-M9, R-M11, R-M13, R-M16, R-M19, R-M22, R-M23, R-M24, R-M25, R-M32, R-M33, R-M36, R-M38
#[tokio::test]
async fn one_order_from_its_release_to_its_cancellation() {
    let mut app = app().await;
    items(&app);
    app.step().await;
    let imported = sent(&app, "/material/_doimport");
    let product = imported.iter().find(|body| body["materialCode"] == "FG-1001").unwrap();
    assert_eq!(
        *product,
        json!({ "materialCode": "FG-1001", "materialName": "打印机总成", "unitName": "台", "bizType": "默认",
            "batchManagementEnable": "是", "manufactureQualityStatus": "合格" })
    );
    assert_eq!((imported.len(), sent(&app, "/_stop").len()), (3, 0));
    app.minute().await;
    assert_eq!(sent(&app, "/material/_doimport").len(), 3, "the overlap causes no second call");

    order(&app, 478);
    app.minute().await;
    assert_eq!(sent(&app, "/_code_to_id"), [json!({ "code": "478", "objectCode": "ProductionOrder" })]);
    let created = sent(&app, "/work_order/_doImport");
    assert_eq!(created.len(), 1);
    assert_eq!(created[0]["planStartTime"], "2026-11-20 00:00:00");
    assert_eq!(created[0]["inputMaterialOpenCOs"].as_array().unwrap().len(), 2);
    let row = order_row(&app, 478);
    assert_eq!((&row["U_SyncStatus"], &row["U_SyncFlag"]), (&json!("Y"), &json!("N")));
    app.sandbox.blacklake().forget_calls();
    app.minute().await;
    let quiet: Vec<String> =
        app.sandbox.blacklake().called().into_iter().filter(|call| !call.contains("progress_report")).collect();
    assert_eq!(quiet, Vec::<String>::new());

    change_order(&app, 478, json!({ "PlannedQuantity": 120 }));
    assert_eq!(mark(&app, 478), "N");
    app.minute().await;
    let id = app.sandbox.blacklake().order("478").unwrap()["id"].clone();
    assert_eq!(sent(&app, "/base/_detail"), [json!({ "workOrderId": id })]);
    let edited = sent(&app, "/work_order/update");
    assert_eq!((edited.len(), &edited[0]["outputMaterials"][0]["plannedAmount"]), (1, &json!("120")));
    assert_eq!(edited[0]["workOrderBaseCO"], json!({ "code": "478" }));
    assert_eq!(mark(&app, 478), "Y");

    let (now, mes) = (app.clock.now_ms(), app.sandbox.blacklake());
    mes.make_order(now, "PO-9", "FG-1001");
    let first = NewReport { process: Some("P-CUT".into()), ..finished("478", 30) };
    let first = mes.report(now, first).unwrap();
    let last = mes.report(now, finished("478", 30.5)).unwrap();
    let foreign = mes.report(now, finished("PO-9", 5)).unwrap();
    for _ in 0..3 {
        app.minute().await;
    }
    let made = receipts(&app);
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!((&made[0]["Comments"], &made[0]["U_InboundType"]), (&json!(format!("MES {last}")), &json!("1")));
    let line = &made[0]["DocumentLines"][0];
    assert_eq!(
        (&line["BaseEntry"], &line["Quantity"], &line["WarehouseCode"]),
        (&json!(478), &json!(30.5), &json!("W05001"))
    );
    assert_eq!(line["BatchNumbers"][0]["BatchNumber"], "FG-B1");
    for (report, why) in [(first, "not the last operation"), (foreign, "no order that was sent from here")] {
        let run = run_of(&app, "receipts", report).await;
        assert!(run.status == RunStatus::Ended && run.message.contains(why), "{run:?}");
    }
    assert_eq!(run_of(&app, "receipts", last).await.status, RunStatus::Succeeded);

    app.sandbox.blacklake().lock_order("478", Some("存在未结束任务"));
    change_order(&app, 478, json!({ "ProductionOrderStatus": "boposCancelled" }));
    app.minute().await;
    let run = run_of(&app, "orders", 478).await;
    assert!(run.status == RunStatus::Failed && run.message.contains("存在未结束任务"), "{run:?}");
    assert_eq!(mark(&app, 478), "N");
    assert_eq!(
        sent(&app, "/batch_close")[0],
        json!({ "workOrderIdList": [id], "workOrderCloseType": 1, "operateReason": "B1 10023 已取消" })
    );
    app.sandbox.blacklake().lock_order("478", None);
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!((mark(&app, 478).as_str(), &app.sandbox.blacklake().order("478").unwrap()["status"]), ("Y", &json!(5)));

    change_item(&app, "FG-1001", json!({ "Valid": "tNO" }));
    app.minute().await;
    let material = app.sandbox.blacklake().material("FG-1001").unwrap();
    assert_eq!(sent(&app, "/_stop"), [json!({ "ids": [material["id"]] })]);
    assert_eq!(material["enabled"], false);
    assert_eq!((app.sandbox.blacklake().order_count(), app.dead_letters().await), (2, Vec::new()));
}
