use crate::support::Client;
use serde_json::json;
use std::sync::Arc;
use tenon_sandbox::{NewDraft, SandboxOptions};

fn store(client: &Client, code: &str, text: &str) {
    let made = client.post("/b1s/v1/SQLQueries", json!({"SqlCode": code, "SqlName": code, "SqlText": text}));
    assert_eq!(made.status, 201, "{}", made.text);
}

#[test]
fn the_documents_main_and_lines_queries_run_over_drafts() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, _) = client.purchase_request(&[&[1]]);
    client.sandbox.b1().create_draft(0, NewDraft::new("1470000113").field("U_ISSYN", "Y")).unwrap();
    store(
        &client,
        "main",
        "select T0.DocEntry, T0.ReqName as '申请人', T0.U_UserID from ODRF T0 where T0.ObjType = '1470000113' and isnull(T0.U_ISSYN,'N') = 'N' order by T0.DocEntry",
    );
    let rows = client.get("/b1s/v1/SQLQueries('main')/List").json()["value"].clone();
    assert_eq!(rows, json!([{"DocEntry": draft, "申请人": "张三", "U_UserID": null}]));
    store(
        &client,
        "lines",
        "select T1.\"ItemCode\", T1.Quantity from ODRF T0 inner join DRF1 T1 on T0.DocEntry = T1.DocEntry where T1.DocEntry = :key",
    );
    let expected = json!([{"ItemCode": "A-1", "Quantity": 10.0}, {"ItemCode": "A-2", "Quantity": 2.0}]);
    assert_eq!(client.get(&format!("/b1s/v1/SQLQueries('lines')/List?key={draft}")).json()["value"], expected);
    let posted = client.post("/b1s/v1/SQLQueries('lines')/List", json!({"ParamList": format!("key='{draft}'")}));
    assert_eq!(posted.json()["value"], expected);
    assert_eq!(client.get("/b1s/v1/SQLQueries('lines')/List").code(), 704);
}

#[test]
fn a_query_is_stored_once_and_refused_when_it_may_not_run() {
    let client = Client::ready(SandboxOptions::default());
    store(&client, "q", "select DocEntry from ODRF");
    let again = client.post("/b1s/v1/SQLQueries", json!({"SqlCode": "q", "SqlText": "select 1 from ODRF"}));
    assert_eq!(again.code(), -2035);
    for (text, code) in [("delete from ODRF", 701), ("select * from OWDD", 702)] {
        assert_eq!(client.post("/b1s/v1/SQLQueries", json!({"SqlCode": "x", "SqlText": text})).code(), code);
    }
}

#[test]
fn registered_functions_answer_and_are_paged() {
    let client = Client::ready(SandboxOptions::default());
    client.sandbox.b1().register_sql(
        "from oitw",
        Arc::new(|call| (0..45).map(|n| json!({"n": n, "item": call.parameters.get("item")})).collect()),
    );
    store(&client, "stock", "SELECT OnHand FROM OITW WHERE ItemCode = :item");
    let first = client.get("/b1s/v1/SQLQueries('stock')/List?item='a'").json();
    assert_eq!((first["value"].as_array().unwrap().len(), &first["value"][0]["item"]), (20, &json!("a")));
    assert_eq!(first["odata.nextLink"], "SQLQueries('stock')/List?item=%27a%27&$skip=20");
    let last = client.get("/b1s/v1/SQLQueries('stock')/List?item='a'&$skip=40").json();
    assert_eq!((last["value"].as_array().unwrap().len(), last.get("odata.nextLink")), (5, None));
}

#[test]
fn a_query_compares_and_orders() {
    let client = Client::ready(SandboxOptions::default());
    let drafts: Vec<i64> = (0..12).map(|_| client.purchase_request(&[&[1]]).0).collect();
    let text = "select DocEntry from ODRF where DocEntry > :last and DocEntry <= 11 order by DocEntry desc";
    store(&client, "behind", text);
    let rows = client.get("/b1s/v1/SQLQueries('behind')/List?last=9").json()["value"].clone();
    assert_eq!(drafts.last(), Some(&12));
    assert_eq!(rows, json!([{"DocEntry": 11}, {"DocEntry": 10}]));
}
