//! Sites that serve one version of the Service Layer.

use super::API;
use super::fixture::{b1_connection, connections};
use serde_json::json;
use tenon_connectors::b1::{B1, Entity, Query, WriteOptions};
use tenon_model::DocumentKey;
use tenon_model::config::B1Connection;
use tenon_model::json::number;

#[tokio::test]
async fn a_check_of_the_other_version_says_which_to_set() {
    let connections = connections().await;
    let other = B1Connection { api: API.other(), ..b1_connection() };
    let refused = B1::new(&connections.ctx, &connections.tenant, other, 1).check().await.unwrap_err();
    assert_eq!(refused.code, "b1.version");
    let wanted =
        format!("there is no {} here, but {} answers; set api = \"{}\"", API.other().root(), API.root(), API.word());
    assert!(refused.message.starts_with(&wanted), "{}", refused.message);
    assert!(connections.b1().check().await.is_ok());
}

#[tokio::test]
async fn only_the_version_of_the_connection_is_called() {
    let connections = connections().await;
    connections.b1().page("Drafts", &Query::new(), None).await.unwrap();
    assert!(connections.wire.sent("GET", "/b1s/").iter().all(|sent| sent.url.contains(API.root())));
    let batch =
        tenon_connectors::b1::Batch::new().read(&Entity::new("Users").key(&DocumentKey::Number(1)), &Query::new());
    assert_eq!(connections.b1().batch(&batch).await.unwrap()[0].status, 200);
    let sent = String::from_utf8(connections.wire.sent("POST", "$batch")[0].body.to_vec()).unwrap();
    assert!(sent.contains(&format!("GET {}/Users(1) HTTP/1.1", API.root())), "{sent}");
}

#[tokio::test]
async fn numbers_go_over_the_wire_as_they_are() {
    let connections = connections().await;
    let price = number::of_text("0.000001").unwrap();
    let body = json!({"CardCode": "C1", "ItemCode": "I1", "Price": price, "DiscountPercent": number::of_text("12.50").unwrap()});
    connections.b1().create("SpecialPrices", &body, WriteOptions::default()).await.unwrap();
    let sent = String::from_utf8(connections.wire.sent("POST", "SpecialPrices")[0].body.to_vec()).unwrap();
    assert!(sent.contains("\"Price\":0.000001}") && sent.contains("\"DiscountPercent\":12.5,"), "{sent}");
    let key = |text: &str| DocumentKey::Text(text.to_owned());
    let entity = Entity::composite("SpecialPrices", &[("CardCode", &key("C1")), ("ItemCode", &key("I1"))]);
    connections.wire.answer(|sent| {
        let body = r#"{"Price": 1234567890123.123456, "DiscountPercent": 500.0, "U_Id": 12345678901234567890123}"#;
        if sent.method == "GET" { crate::support::answer(200, body) } else { None }
    });
    let read = connections.b1().read(&entity, &Query::new()).await.unwrap();
    assert_eq!(number::text_of(&read["Price"]).unwrap(), "1234567890123.123456");
    assert_eq!(number::text_of(&read["U_Id"]).unwrap(), "12345678901234567890123");
    assert_eq!(read["DiscountPercent"].as_i64(), Some(500));
}
