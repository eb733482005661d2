//! Writes: what their errors say, and what is known of their outcome.

use super::fixture::{all, connections, draft, plain, world_with};
use serde_json::{Value, json};
use tenon_connectors::b1::{Batch, Change, Entity, Query, WriteOptions};
use tenon_model::DocumentKey;
use tenon_platform::Retry;
use tenon_platform::http::Failure;
use tenon_sandbox::{B1Options, Fault, FaultKind};

#[tokio::test]
async fn an_error_names_the_operation_the_status_and_the_vendors_code() {
    let connections = connections().await;
    let entry = connections.draft();
    let body = r#"{"error":{"code":"-5002","message":"Quantity [DocumentLines.Quantity][line: 1]"}}"#;
    connections.sandbox.inject(Fault::new(FaultKind::Status(400, body.into())).on("PATCH", "Drafts"));
    let error = connections.b1().change(&draft(entry), &json!({}), plain()).await.unwrap_err();
    assert_eq!((error.code, error.retry, error.status), ("b1.refused", Retry::Permanent, Some(400)));
    assert_eq!(error.vendor_code.as_deref(), Some("-5002"));
    assert_eq!(*error.operation, format!("b1 PATCH Drafts({entry})"));
    assert!(error.message.contains("[line: 1]"));
}

#[tokio::test]
async fn a_write_without_an_answer_is_unknown_whether_or_not_it_happened_and_is_sent_once() {
    for (kind, happened) in [(FaultKind::DropBeforeCommit, false), (FaultKind::DropAfterCommit, true)] {
        let connections = connections().await;
        let entry = connections.draft();
        connections.sandbox.inject(Fault::new(kind.clone()).on("PATCH", "Drafts"));
        let error = connections.b1().change(&draft(entry), &json!({"U_ISSYN": "Y"}), plain()).await.unwrap_err();
        assert_eq!((error.code, error.retry), ("b1.unknown-outcome", Retry::UnknownOutcome), "{kind:?}");
        assert_eq!(connections.wire.sent("PATCH", "Drafts").len(), 1);
        let now = connections.b1().read(&draft(entry), &all()).await.unwrap();
        assert_eq!(now["U_ISSYN"] == "Y", happened);
    }
}

#[tokio::test]
async fn gateways_pages_and_full_queues_are_told_apart() {
    let connections = connections().await;
    let entry = connections.draft();
    let entity = draft(entry);
    for status in [502, 503, 504] {
        connections.sandbox.inject(Fault::new(FaultKind::Html(status)).on("PATCH", "Drafts"));
        connections.sandbox.inject(Fault::new(FaultKind::Html(status)).on("GET", "Drafts"));
        let write = connections.b1().change(&entity, &json!({"U_ISSYN": "Y"}), plain()).await.unwrap_err();
        let read = connections.b1().read(&entity, &all()).await.unwrap_err();
        assert_eq!((write.retry, read.retry), (Retry::UnknownOutcome, Retry::Transient), "{status}");
    }
    connections.sandbox.inject(Fault::new(FaultKind::RateLimited).on("GET", "Drafts"));
    assert!(matches!(connections.b1().read(&entity, &all()).await.unwrap_err().retry, Retry::RateLimited(_)));
    connections.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).on("GET", "Drafts"));
    assert_eq!(connections.b1().read(&entity, &all()).await.unwrap_err().code, "b1.no-answer");
}

#[tokio::test]
async fn a_strangers_page_is_not_taken_for_a_done_write() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.sandbox.inject(Fault::new(FaultKind::Html(200)).on("PATCH", "Drafts"));
    let error = connections.b1().change(&draft(entry), &json!({"U_ISSYN": "Y"}), plain()).await.unwrap_err();
    assert_eq!(error.retry, Retry::UnknownOutcome);
}

#[tokio::test]
async fn a_write_that_never_left_may_be_repeated() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.wire.answer(|sent| (sent.method == "PATCH").then(|| Err(Failure::NotSent("no route".into()))));
    let error = connections.b1().change(&draft(entry), &json!({"U_ISSYN": "Y"}), plain()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.unreachable", Retry::Transient));
}

#[tokio::test]
async fn a_document_taken_by_an_approval_procedure_is_an_unknown_outcome_not_a_failure() {
    let connections =
        world_with(B1Options { approval_on_post: ["PurchaseRequests".to_owned()].into(), ..B1Options::default() })
            .await;
    let body = json!({"RequriedDate": "2026-01-01", "DocumentLines": [{"ItemCode": "A", "Quantity": 1}]});
    let error = connections.b1().create("PurchaseRequests", &body, plain()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.unknown-outcome", Retry::UnknownOutcome), "{error}");
    assert_eq!(connections.sandbox.snapshot().b1.drafts.len(), 1);
}

#[tokio::test]
async fn an_entry_that_exists_is_named_so() {
    let connections = connections().await;
    connections.sandbox.b1().register_set("ITEM", "Code", false);
    connections.b1().create("ITEM", &json!({"Code": "A"}), plain()).await.unwrap();
    let error = connections.b1().create("ITEM", &json!({"Code": "A"}), plain()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.exists", Retry::Permanent));
}

#[tokio::test]
async fn a_change_under_an_old_etag_is_refused_and_under_the_present_one_done() {
    let connections = connections().await;
    let entry = connections.draft();
    let (_, old) = connections.b1().read_with_etag(&draft(entry), &all()).await.unwrap();
    assert!(old.is_some());
    let under = |etag: &Option<String>| WriteOptions { if_match: etag.clone(), ..plain() };
    connections.b1().change(&draft(entry), &json!({"U_A": "1"}), under(&old)).await.unwrap();
    let error = connections.b1().change(&draft(entry), &json!({"U_A": "2"}), under(&old)).await.unwrap_err();
    assert_eq!((error.code, error.status), ("b1.changed", Some(412)));
    let (value, new) = connections.b1().read_with_etag(&draft(entry), &all()).await.unwrap();
    assert_eq!(value["U_A"], "1");
    connections.b1().change(&draft(entry), &json!({"U_A": "2"}), under(&new)).await.unwrap();
    let (_, projected) = connections.b1().read_with_etag(&draft(entry), &Query::new().select(["U_A"])).await.unwrap();
    assert_eq!(projected, None, "an ETag read with a projection is stale");
}

#[tokio::test]
async fn options_reach_the_wire() {
    let connections = connections().await;
    let entry = connections.draft();
    let options = WriteOptions { replace_collections: true, ..plain() };
    connections.b1().change(&draft(entry), &json!({"Comments": "c"}), options).await.unwrap();
    assert_eq!(connections.wire.sent("PATCH", "Drafts")[0].header("b1s-replacecollectionsonpatch"), "true");
    connections.sandbox.b1().register_set("ITEM", "Code", false);
    let options = WriteOptions { return_no_content: true, ..plain() };
    assert_eq!(connections.b1().create("ITEM", &json!({"Code": "A"}), options).await.unwrap(), Value::Null);
    connections.b1().page("Drafts", &Query::new().page_size(7), None).await.unwrap();
    assert_eq!(connections.wire.sent("GET", "Drafts")[0].header("prefer"), "odata.maxpagesize=7");
}

#[tokio::test]
async fn a_batch_answers_each_call_and_a_failed_changeset_leaves_nothing() {
    let connections = connections().await;
    connections.sandbox.b1().register_set("ITEM", "Code", false);
    let entry = connections.draft();
    let batch = Batch::new().read(&draft(entry), &all()).changes([
        Change::create("ITEM", json!({"Code": "采'1"})),
        Change::patch(&draft(entry), json!({"U_ISSYN": "Y"}), &plain()),
    ]);
    let answers = connections.b1().batch(&batch).await.unwrap();
    let seen: Vec<_> = answers.iter().map(|a| (a.step, a.change, a.result.is_ok())).collect();
    assert_eq!(seen, [(0, None, true), (1, Some(0), true), (1, Some(1), true)]);
    assert_eq!(answers[0].result.as_ref().unwrap()["DocEntry"], entry);

    let failing = Batch::new()
        .changes([Change::create("ITEM", json!({"Code": "B"})), Change::create("ITEM", json!({"Code": "采'1"}))])
        .read(&draft(entry), &all());
    let answers = connections.b1().batch(&failing).await.unwrap();
    assert_eq!(answers.len(), 1, "one answer for the changeset, none for what was not executed");
    assert_eq!((answers[0].step, answers[0].change), (0, None));
    assert_eq!(answers[0].result.as_ref().unwrap_err().code, "b1.exists");
    assert_eq!(
        connections.b1().read_optional(&Entity::new("ITEM").key(&DocumentKey::Text("B".into())), &all()).await.unwrap(),
        None
    );
}
