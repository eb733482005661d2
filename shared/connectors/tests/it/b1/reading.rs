//! Documents, keys and pages.

use super::fixture::{all, connections, draft, plain, world_with};
use serde_json::json;
use tenon_connectors::b1::{Entity, Query};
use tenon_model::DocumentKey;
use tenon_platform::Retry;
use tenon_sandbox::{B1Options, Fault, FaultKind, NewDraft, NextLink};

#[tokio::test]
async fn a_missing_document_is_none_and_an_unknown_set_is_an_error() {
    let connections = connections().await;
    assert_eq!(connections.b1().read_optional(&draft(999), &all()).await.unwrap(), None);
    assert_eq!(connections.b1().read(&draft(999), &all()).await.unwrap_err().code, "b1.not-found");
    let unknown = Entity::new("NoSuchSet").key(&DocumentKey::Number(1));
    let error = connections.b1().read_optional(&unknown, &all()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.refused", Retry::Permanent));
    // A proxy's 404 says nothing about the document.
    connections.sandbox.inject(Fault::new(FaultKind::Html(404)).on("GET", "Drafts"));
    assert_eq!(connections.b1().read_optional(&draft(999), &all()).await.unwrap_err().code, "b1.answer");
}

#[tokio::test]
async fn keys_with_apostrophes_slashes_and_chinese_reach_their_entity() {
    let connections = connections().await;
    connections.sandbox.b1().register_set("ITEM", "Code", false);
    for code in ["a'b", "采购/1", "x y?#%&+", "''"] {
        connections.b1().create("ITEM", &json!({"Code": code, "U_A": code}), plain()).await.unwrap();
        let key = DocumentKey::Text(code.into());
        let entity = Entity::new("ITEM").key(&key);
        assert_eq!(connections.b1().read(&entity, &all()).await.unwrap()["U_A"], code);
        let filter = format!("Code eq {}", tenon_connectors::b1::literal(&key));
        let found = connections.b1().read_all("ITEM", &Query::new().filter(filter).order_by("Code"), 5).await.unwrap();
        assert_eq!(found.len(), 1, "{code}");
    }
}

#[tokio::test]
async fn every_form_of_next_link_leads_through_all_pages_under_the_callers_filter() {
    for form in [NextLink::Relative, NextLink::RootPath, NextLink::Absolute, NextLink::DropsFilter] {
        let connections = world_with(B1Options { next_link: form, ..B1Options::default() }).await;
        let wanted: Vec<i64> = (0..7).map(|_| connections.draft()).collect();
        connections
            .sandbox
            .b1()
            .create_draft(connections.now(), NewDraft::new("1470000113").field("U_ISSYN", "Y"))
            .unwrap();
        let query = Query::new().filter("U_ISSYN eq 'N'").order_by("DocEntry").page_size(2);
        let found = connections.b1().read_all("Drafts", &query, 10).await.unwrap();
        let entries: Vec<i64> = found.iter().map(|d| d["DocEntry"].as_i64().unwrap()).collect();
        assert_eq!(entries, wanted, "{form:?}");
        let top = connections.b1().read_all("Drafts", &query.top(3), 10).await.unwrap();
        assert_eq!(top.len(), 3, "{form:?}");
    }
}

#[tokio::test]
async fn links_that_run_in_a_circle_and_endless_sets_are_errors() {
    let connections = world_with(B1Options { next_link: NextLink::Loops, ..B1Options::default() }).await;
    for _ in 0..5 {
        connections.draft();
    }
    let query = Query::new().order_by("DocEntry").page_size(2);
    assert_eq!(connections.b1().read_all("Drafts", &query, 50).await.unwrap_err().code, "b1.next-link");
    connections.sandbox.configure(|o| o.b1.next_link = NextLink::Relative);
    assert_eq!(connections.b1().read_all("Drafts", &query, 2).await.unwrap_err().code, "b1.next-link");
}
