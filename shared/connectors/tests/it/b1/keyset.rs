use super::fixture::{all, connections, plain, world_with};
use crate::support::TestConnections;
use serde_json::{Value, json};
use tenon_connectors::b1::{ByKey, Entity, Query};
use tenon_model::DocumentKey;
use tenon_sandbox::{B1Options, NextLink};

/// Reads everything, taking the documents of each page out of the filter before the next is asked for.
async fn read_and_mark(connections: &TestConnections, set: &str, key: &str, mut pages: ByKey) -> Vec<Value> {
    let b1 = connections.b1();
    let mut keys = Vec::new();
    while let Some(values) = pages.next(&b1).await.unwrap() {
        for row in values {
            let entity = Entity::new(set).key(&DocumentKey::from_json(&row[key]).unwrap());
            b1.change(&entity, &json!({"U_ISSYN": "Y"}), plain()).await.unwrap();
            keys.push(row[key].clone());
        }
    }
    keys
}

fn unsynced() -> Query {
    all().filter("U_ISSYN eq 'N' or U_ISSYN eq 'X'").select(["U_ISSYN"])
}

fn calls(connections: &TestConnections, part: &str) -> usize {
    connections.wire.sent("GET", part).len()
}

#[tokio::test]
async fn ten_thousand_documents_that_are_marked_while_they_are_read_are_all_found_in_one_reading() {
    for (size, count) in [(37, 1_000), (100, 1_000), (1000, 10_000_usize)] {
        let connections = connections().await;
        let wanted: Vec<Value> = (0..count).map(|_| json!(connections.draft())).collect();
        let found =
            read_and_mark(&connections, "Drafts", "DocEntry", ByKey::of_set("Drafts", "DocEntry", unsynced(), size))
                .await;
        assert_eq!(found, wanted, "{size} a page");
        let most = count.div_ceil(size as usize) + 1;
        assert!(calls(&connections, "/Drafts") <= most, "{size} a page: {} calls", calls(&connections, "/Drafts"));
    }
}

#[tokio::test]
async fn text_keys_are_read_by_key_in_the_order_of_the_server() {
    let connections = connections().await;
    connections.sandbox.b1().register_set("ITEM", "Code", false);
    let mut wanted: Vec<String> = (0..60).map(|n| format!("{}采'{n}", if n % 2 == 0 { "a" } else { "B" })).collect();
    for code in &wanted {
        connections.b1().create("ITEM", &json!({"Code": code, "U_ISSYN": "N"}), plain()).await.unwrap();
    }
    let found = read_and_mark(&connections, "ITEM", "Code", ByKey::of_set("ITEM", "Code", unsynced(), 7)).await;
    wanted.sort();
    assert_eq!(found, wanted);
    assert_eq!(calls(&connections, "/ITEM?"), 60_usize.div_ceil(7));
}

#[tokio::test]
async fn no_habit_of_a_server_hides_or_repeats_a_document() {
    for form in [NextLink::Relative, NextLink::RootPath, NextLink::Absolute, NextLink::DropsFilter, NextLink::Loops] {
        for (rows_a_page, links_to_nothing) in [(None, false), (None, true), (Some(2), false), (Some(2), true)] {
            let options = B1Options { next_link: form, rows_a_page, links_to_nothing, ..B1Options::default() };
            let connections = world_with(options).await;
            let wanted: Vec<Value> = (0..10).map(|_| json!(connections.draft())).collect();
            let pages = ByKey::of_set("Drafts", "DocEntry", unsynced(), 5);
            assert_eq!(
                read_and_mark(&connections, "Drafts", "DocEntry", pages).await,
                wanted,
                "{form:?} {rows_a_page:?}"
            );
            let most = 10 / rows_a_page.unwrap_or(5) + 1;
            assert!(calls(&connections, "/Drafts?") <= most, "{form:?} {rows_a_page:?} {links_to_nothing}");
        }
    }
}

#[tokio::test]
async fn a_stored_query_with_last_is_read_by_key() {
    for size in [20, 333] {
        let connections = connections().await;
        let wanted: Vec<Value> = (0..2_000).map(|_| json!(connections.draft())).collect();
        let text = "select DocEntry from ODRF where U_ISSYN = 'N' and DocEntry > :last order by DocEntry";
        let code = connections.b1().sql_ensure(text).await.unwrap();
        let pages = ByKey::of_sql(code, "DocEntry", DocumentKey::Number(0), size);
        assert_eq!(read_and_mark(&connections, "Drafts", "DocEntry", pages).await, wanted);
        assert!(calls(&connections, "/List") <= 2_000_usize.div_ceil(size as usize) + 1);
    }
}

#[tokio::test]
async fn a_server_that_never_advances_is_an_error() {
    let connections = connections().await;
    let entries: Vec<i64> = (0..3).map(|_| connections.draft()).collect();
    let page =
        json!({"value": [{"DocEntry": entries[0]}, {"DocEntry": entries[1]}], "odata.nextLink": "Drafts?$skip=2"});
    connections.wire.answer(move |sent| {
        sent.url.contains("/Drafts").then(|| crate::support::answer(200, &page.to_string()).unwrap())
    });
    let b1 = connections.b1();
    let mut pages = ByKey::of_set("Drafts", "DocEntry", unsynced(), 2);
    assert!(pages.next(&b1).await.unwrap().is_some());
    assert_eq!(pages.next(&b1).await.unwrap_err().code, "b1.next-link");
}
