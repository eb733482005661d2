use crate::support::Client;
use serde_json::json;
use tenon_sandbox::SandboxOptions;

const KEY: &str = "/b1s/v1/SpecialPrices(CardCode='C26000',ItemCode='11028')";

#[test]
fn a_special_price_is_created_once_and_read_by_both_keys() {
    let client = Client::ready(SandboxOptions::default());
    let price = json!({"CardCode": "C26000", "ItemCode": "11028", "Price": 205});
    let made = client.post("/b1s/v1/SpecialPrices", price.clone());
    assert_eq!(made.status, 201);
    assert_eq!((&made.json()["Price"], &made.json()["Valid"]), (&json!(205), &json!("tYES")));
    assert_eq!(client.post("/b1s/v1/SpecialPrices", price).code(), -2035);
    assert_eq!(client.get(KEY).json()["Price"], 205);
    let turned = "/b1s/v1/SpecialPrices(ItemCode='11028',CardCode='C26000')";
    assert_eq!(client.get(turned).json()["Price"], 205);
    assert_eq!(client.get("/b1s/v1/SpecialPrices('C26000')").code(), -1000);
    assert_eq!(
        client.get("/b1s/v1/SpecialPrices?$filter=startswith(CardCode, 'C')&$select=ItemCode,CardCode,Price").json()["value"]
            [0]["ItemCode"],
        "11028"
    );
}

#[test]
fn periods_merge_by_row_number_and_are_replaced_when_asked() {
    let client = Client::ready(SandboxOptions::default());
    let area = json!({"DateFrom": "2025-01-17", "Dateto": "2025-02-17", "SpecialPrice": 123, "PriceListNo": 0});
    client.post(
        "/b1s/v1/SpecialPrices",
        json!({"CardCode": "C26000", "ItemCode": "11028", "SpecialPriceDataAreas": [area]}),
    );
    assert_eq!(client.get(KEY).json()["SpecialPriceDataAreas"][0]["BPCode"], "C26000");
    let more = json!({"SpecialPriceDataAreas": [{"DateFrom": "2026-01-17", "SpecialPrice": 130}, {"RowNumber": 0, "SpecialPrice": 120}]});
    assert_eq!(client.patch(KEY, more).status, 204);
    let areas = client.get(KEY).json()["SpecialPriceDataAreas"].clone();
    assert_eq!(areas.as_array().unwrap().len(), 2);
    assert_eq!((&areas[0]["SpecialPrice"], &areas[0]["Dateto"]), (&json!(120), &json!("2025-02-17")));
    assert_eq!(areas[1]["RowNumber"], 1);
    let replace = json!({"SpecialPriceDataAreas": [{"RowNumber": 1, "SpecialPrice": 9}]}).to_string();
    client.send("PATCH", &KEY.replace('\'', "%27"), &[("b1s-replacecollectionsonpatch", "true")], replace.as_bytes());
    assert_eq!(client.get(KEY).json()["SpecialPriceDataAreas"], json!([{"RowNumber": 1, "SpecialPrice": 9}]));
}

#[test]
fn a_price_can_be_deleted() {
    let client = Client::ready(SandboxOptions::default());
    client.post("/b1s/v1/SpecialPrices", json!({"CardCode": "C26000", "ItemCode": "11028", "Price": 1}));
    assert_eq!(client.send("DELETE", &KEY.replace('\'', "%27"), &[], b"").status, 204);
    assert_eq!(client.get(KEY).code(), -2028);
}
