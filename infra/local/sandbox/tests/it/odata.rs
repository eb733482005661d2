use crate::support::Client;
use serde_json::{Value, json};
use tenon_sandbox::{B1Options, NextLink, SandboxOptions};

fn with_items(count: usize, options: impl Into<SandboxOptions>) -> Client {
    let client = Client::ready(options);
    for n in 0..count {
        let item = json!({"ItemCode": format!("I{n:03}"), "ItemName": format!("物料{n}"), "Valid": if n % 2 == 0 { "tYES" } else { "tNO" }});
        client.sandbox.b1().create_document(0, "Items", item).unwrap();
    }
    client
}

fn codes(page: &Value) -> Vec<String> {
    page["value"].as_array().unwrap().iter().map(|i| i["ItemCode"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_of_twenty_are_linked_to_the_end() {
    let client = with_items(45, SandboxOptions::default());
    let mut uri = "/b1s/v1/Items?$orderby=ItemCode".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = client.get(&uri).json();
        seen.push(codes(&page).len());
        match page.get("odata.nextLink") {
            Some(link) => uri = format!("/b1s/v1/{}", link.as_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, [20, 20, 5]);
}

#[test]
fn page_size_headers_and_top() {
    let client = with_items(45, SandboxOptions::default());
    let page = |uri: &str, name: &str, value: &str| client.send("GET", uri, &[(name, value)], b"").json();
    assert_eq!(codes(&page("/b1s/v1/Items", "prefer", "odata.maxpagesize=7")).len(), 7);
    assert_eq!(codes(&page("/b1s/v1/Items", "b1s-pagesize", "30")).len(), 30);
    let all = page("/b1s/v1/Items", "prefer", "odata.maxpagesize=0");
    assert_eq!((codes(&all).len(), all.get("odata.nextLink")), (45, None));
    let top = client.get("/b1s/v1/Items?$top=5").json();
    assert_eq!((codes(&top).len(), top.get("odata.nextLink")), (5, None));
}

#[test]
fn count_filter_select_and_order() {
    let client = with_items(5, SandboxOptions::default());
    assert_eq!(client.get("/b1s/v1/Items/$count?$filter=Valid eq 'tYES'").text, "3");
    let page = client
        .get("/b1s/v1/Items?$filter=Valid eq 'tYES'&$select=ItemCode&$orderby=ItemCode desc&$inlinecount=allpages")
        .json();
    assert_eq!(codes(&page), ["I004", "I002", "I000"]);
    assert_eq!(page["odata.count"], "3");
    assert_eq!(page["value"][0].get("ItemName"), None);
    client.sandbox.configure(|o| o.b1.count_as_text = false);
    assert_eq!(client.get("/b1s/v1/Items?$inlinecount=allpages").json()["odata.count"], 5);
}

#[test]
fn every_form_of_the_next_link() {
    for (form, expected) in [
        (NextLink::Relative, "Items?$filter=Valid%20ne%20null&$skip=20"),
        (NextLink::RootPath, "/b1s/v1/Items?$filter=Valid%20ne%20null&$skip=20"),
        (NextLink::Absolute, "http://sandbox/b1s/v1/Items?$filter=Valid%20ne%20null&$skip=20"),
        (NextLink::DropsFilter, "Items?$skip=20"),
        (NextLink::Loops, "Items?$filter=Valid%20ne%20null&$skip=0"),
    ] {
        let client = with_items(21, B1Options { next_link: form, ..B1Options::default() });
        let page = client.get("/b1s/v1/Items?$filter=Valid ne null").json();
        assert_eq!(page["odata.nextLink"], expected);
    }
}

#[test]
fn keys_with_apostrophes_read_back() {
    let client = Client::ready(SandboxOptions::default());
    assert_eq!(client.post("/b1s/v1/Items", json!({"ItemCode": "a'b", "ItemName": "x"})).status, 201);
    assert_eq!(client.get("/b1s/v1/Items('a''b')").json()["ItemName"], "x");
    assert_eq!(client.get("/b1s/v1/Items('a'b')").code(), -1000);
}

#[test]
fn missing_taken_and_unknown() {
    let client = with_items(1, SandboxOptions::default());
    let missing = client.get("/b1s/v1/Items('none')");
    assert_eq!((missing.status, missing.code()), (404, -2028));
    let taken = client.post("/b1s/v1/Items", json!({"ItemCode": "I000"}));
    assert_eq!((taken.status, taken.code()), (400, -2035));
    for answer in [
        client.post("/b1s/v1/Items", json!({"ItemCode": "I9", "Colour": "red"})),
        client.get("/b1s/v1/Items?$filter=Colour eq 'red'"),
        client.get("/b1s/v1/Items?$select=Colour"),
        client.patch("/b1s/v1/Items('I000')", json!({"Colour": "red"})),
    ] {
        assert_eq!((answer.status, answer.code()), (400, -1000));
        assert!(answer.text.contains("Colour"), "{}", answer.text);
    }
    assert_eq!(client.patch("/b1s/v1/Items('I000')", json!({"U_Colour": "red"})).status, 204);
    client.sandbox.b1().remove_field("Items", "U_Colour");
    assert_eq!(client.patch("/b1s/v1/Items('I000')", json!({"U_Colour": "red"})).code(), -1000);
}

#[test]
fn a_created_entity_comes_back_or_not_as_preferred() {
    let client = Client::ready(SandboxOptions::default());
    let made = client.post("/b1s/v1/PurchaseOrders", json!({"CardCode": "V1", "DocumentLines": [{"ItemCode": "A"}]}));
    assert_eq!((made.status, made.json()["DocEntry"].as_i64()), (201, Some(1)));
    assert_eq!(made.json()["DocumentLines"][0]["LineNum"], 0);
    let body = json!({"CardCode": "V1"}).to_string();
    let quiet = client.send("POST", "/b1s/v1/PurchaseOrders", &[("prefer", "return-no-content")], body.as_bytes());
    assert_eq!((quiet.status, quiet.text.as_str()), (204, ""));
    assert!(quiet.header("location").contains("PurchaseOrders(2)"), "{}", quiet.header("location"));
}

#[test]
fn an_unknown_partner_is_a_minus_2028_with_400() {
    let client = Client::ready(SandboxOptions::default());
    client.sandbox.b1().create_document(0, "BusinessPartners", json!({"CardCode": "V1"})).unwrap();
    let answer = client.post("/b1s/v1/PurchaseOrders", json!({"CardCode": "V2"}));
    assert_eq!((answer.status, answer.code()), (400, -2028));
    assert_eq!(client.post("/b1s/v1/PurchaseOrders", json!({"CardCode": "V1"})).status, 201);
}

#[test]
fn custom_objects_take_any_property() {
    let client = Client::ready(SandboxOptions::default());
    assert_eq!(client.get("/b1s/v1/OAPRICE").status, 404);
    client.sandbox.b1().register_set("OAPRICE", "Code", false);
    assert_eq!(
        client
            .post("/b1s/v1/OAPRICE", json!({"Code": "P1", "U_ISSYN": "N", "PRICE1Collection": [{"LineId": 1}]}))
            .status,
        201
    );
    assert_eq!(client.get("/b1s/v1/OAPRICE?$filter=U_ISSYN eq 'N'").json()["value"][0]["Code"], "P1");
    assert_eq!(client.patch("/b1s/v1/OAPRICE('P1')", json!({"U_ISSYN": "Y"})).status, 204);
    assert_eq!(client.get("/b1s/v1/OAPRICE/$count?$filter=U_ISSYN eq 'N'").text, "0");
}

#[test]
fn version_two_uses_its_own_names() {
    let client = with_items(25, SandboxOptions::default());
    let page = client.get("/b1s/v2/Items?$count=true").json();
    assert_eq!(page["@odata.count"], 25);
    assert!(page["@odata.nextLink"].is_string() && page.get("odata.nextLink").is_none());
}
