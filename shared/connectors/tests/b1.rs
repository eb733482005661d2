#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! The B1 connector against the sandbox: sessions, errors, pages, writes, batches, queries,
//! approvals.

mod support;

use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use support::{World, answer, b1_connection};
use tenon_connectors::b1::{B1, Batch, Change, Entity, Query, Verdict, WriteOptions, release_sessions};
use tenon_model::DocumentKey;
use tenon_platform::Retry;
use tenon_platform::http::Failure;
use tenon_sandbox::{Fault, FaultKind, NewDraft, NextLink, SandboxOptions};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    fn b1(&self) -> B1<'_> {
        B1::new(&self.ctx, &self.tenant, b1_connection(), 1)
    }

    fn logins(&self) -> (u64, u64) {
        let b1 = self.sandbox.snapshot().b1;
        (b1.logins, b1.failed_logins)
    }

    fn draft(&self) -> i64 {
        self.sandbox.create_draft(self.now(), NewDraft::new("1470000113").field("U_ISSYN", "N")).unwrap().0
    }
}

async fn world() -> World {
    World::new(SandboxOptions::default()).await
}

fn draft(entry: i64) -> Entity {
    Entity::new("Drafts").key(&DocumentKey::Number(entry))
}

fn all() -> Query {
    Query::new()
}

fn plain() -> WriteOptions {
    WriteOptions::default()
}

#[tokio::test]
async fn many_calls_at_once_share_one_login_when_one_session_is_allowed() {
    let world = world().await;
    let entry = world.draft();
    let b1 =
        B1::new(&world.ctx, &world.tenant, tenon_model::config::B1Connection { max_sessions: 1, ..b1_connection() }, 1);
    let entity = draft(entry);
    let query = all();
    let results = join_all((0..20).map(|_| b1.read(&entity, &query))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(world.logins(), (1, 0));
}

#[tokio::test]
async fn calls_at_once_open_no_more_sessions_than_allowed_and_all_are_served() {
    let world = world().await;
    let entry = world.draft();
    let (b1, entity, query) = (world.b1(), draft(entry), all());
    let results = join_all((0..40).map(|_| b1.read(&entity, &query))).await;
    assert!(results.iter().all(Result::is_ok));
    let logins = world.logins().0;
    assert!((1..=3).contains(&logins), "{logins} logins for max_sessions 3");
}

#[tokio::test]
async fn a_held_session_costs_no_table_request_and_another_process_uses_it_once_it_is_given_back() {
    let world = world().await;
    let entry = world.draft();
    world.b1().read(&draft(entry), &all()).await.unwrap();
    let before = world.table_requests();
    for _ in 0..10 {
        world.b1().read(&draft(entry), &all()).await.unwrap();
    }
    assert_eq!(world.table_requests(), before);

    release_sessions(&world.ctx).await;
    let other = world.another_process();
    other.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(world.logins(), (1, 0));
    // The first process takes another slot while the second holds this one.
    world.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(world.logins(), (2, 0));
}

#[tokio::test]
async fn a_process_that_dies_leaves_its_session_to_the_next_when_the_lease_ends() {
    let world = world().await;
    let entry = world.draft();
    world.b1().read(&draft(entry), &all()).await.unwrap();
    let next = world.another_process();
    world.wait(2 * MINUTE);
    next.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(world.logins(), (1, 0));
    // The first was only slow: it notices that its slot is gone and takes another.
    world.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(world.logins(), (2, 0));
}

#[tokio::test]
async fn a_process_at_work_keeps_its_session_beyond_the_first_lease() {
    let world = world().await;
    let entry = world.draft();
    let other = world.another_process();
    for _ in 0..4 {
        world.b1().read(&draft(entry), &all()).await.unwrap();
        world.wait(Duration::from_secs(40));
    }
    other.b1().read(&draft(entry), &all()).await.unwrap();
    world.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(world.logins(), (2, 0), "each keeps its own");
}

#[tokio::test]
async fn sessions_of_two_tenants_are_never_shared() {
    let world = world().await;
    let entry = world.draft();
    world.b1().read(&draft(entry), &all()).await.unwrap();
    release_sessions(&world.ctx).await;
    let tenant = tenon_model::TenantId::new("t-2");
    B1::new(&world.ctx, &tenant, b1_connection(), 1).read(&draft(entry), &all()).await.unwrap();
    assert_eq!(world.logins(), (2, 0));
}

#[tokio::test]
async fn two_processes_that_log_in_at_once_both_get_a_session() {
    let world = world().await;
    let entry = world.draft();
    let other = world.another_process();
    let (one, two) = (world.b1(), other.b1());
    let (entity, query) = (draft(entry), all());
    let (first, second) = futures::join!(one.read(&entity, &query), two.read(&entity, &query));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(world.logins(), (2, 0));
}

#[tokio::test]
async fn when_other_processes_hold_every_session_the_caller_waits_a_little_and_is_told() {
    let world = world().await;
    let entry = world.draft();
    let one = || tenon_model::config::B1Connection { max_sessions: 1, ..b1_connection() };
    B1::new(&world.ctx, &world.tenant, one(), 1).read(&draft(entry), &all()).await.unwrap();
    let other = world.another_process();
    let before = other.now();
    let error = B1::new(&other.ctx, &other.tenant, one(), 1).read(&draft(entry), &all()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.sessions-busy", Retry::Transient));
    assert!(other.now() - before <= 13_000, "waited {} ms", other.now() - before);
}

#[tokio::test]
async fn a_session_that_the_server_forgot_is_renewed_once_and_the_write_repeated() {
    let world = world().await;
    let entry = world.draft();
    world.b1().read(&draft(entry), &all()).await.unwrap();
    world.sandbox.inject(Fault::new(FaultKind::ExpireSessions).on("PATCH", "Drafts"));
    world.b1().change(&draft(entry), &json!({"U_ISSYN": "Y"}), plain()).await.unwrap();
    assert_eq!(world.logins(), (2, 0));
    assert_eq!(world.b1().read(&draft(entry), &all()).await.unwrap()["U_ISSYN"], "Y");
    assert_eq!(world.logins(), (2, 0));
}

#[tokio::test]
async fn a_session_that_idled_too_long_is_replaced_before_it_is_tried_and_use_keeps_it_alive() {
    let world = world().await;
    let entry = world.draft();
    for _ in 0..5 {
        world.b1().read(&draft(entry), &all()).await.unwrap();
        world.wait(25 * MINUTE);
    }
    assert_eq!(world.logins(), (1, 0));
    world.wait(5 * MINUTE);
    let before = world.wire.sent("GET", "Drafts").len();
    world.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(world.logins(), (2, 0));
    assert_eq!(world.wire.sent("GET", "Drafts").len(), before + 1, "no call in a session that must be gone");
}

#[tokio::test]
async fn a_session_that_is_never_accepted_ends_in_an_error_not_in_a_loop() {
    let world = world().await;
    let entry = world.draft();
    world.sandbox.inject(Fault::new(FaultKind::ExpireSessions).on("GET", "Drafts").always());
    let error = world.b1().read(&draft(entry), &all()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.session", Retry::Session));
    assert_eq!(world.logins().0, 2);
}

#[tokio::test]
async fn a_refused_login_is_tried_once_by_all_callers_and_processes() {
    let world = world().await;
    let entry = world.draft();
    let wrong =
        || tenon_model::config::B1Connection { password: tenon_model::config::Secret::new("wrong"), ..b1_connection() };
    let (entity, query) = (draft(entry), all());
    let b1 = B1::new(&world.ctx, &world.tenant, wrong(), 1);
    let results = join_all((0..8).map(|_| b1.read(&entity, &query))).await;
    let other = world.another_process();
    let later = B1::new(&other.ctx, &other.tenant, wrong(), 1).read(&entity, &query).await;
    for result in results.into_iter().chain([later]) {
        let error = result.unwrap_err();
        assert_eq!((error.code, error.retry), ("b1.login-refused", Retry::Blocked(5 * MINUTE)));
        assert_eq!(error.vendor_code.as_deref(), Some("-304"));
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    assert_eq!(world.logins(), (0, 1));
    // Applied anew with the right password: another revision, and the way is open.
    B1::new(&world.ctx, &world.tenant, b1_connection(), 2).read(&entity, &query).await.unwrap();
}

#[tokio::test]
async fn a_check_knocks_once_and_its_success_opens_the_way() {
    let world = world().await;
    let entry = world.draft();
    world.sandbox.inject(Fault::new(FaultKind::WrongPassword).times(2));
    assert_eq!(world.b1().read(&draft(entry), &all()).await.unwrap_err().code, "b1.login-refused");
    assert_eq!(world.b1().check().await.unwrap_err().code, "b1.login-refused");
    assert_eq!(world.logins(), (0, 2));
    assert_eq!(world.b1().read(&draft(entry), &all()).await.unwrap_err().code, "b1.login-refused");
    assert_eq!(world.logins(), (0, 2), "a remembered refusal is not tried again");

    let report = world.b1().check().await.unwrap();
    assert!(report.answered.contains("1000190") && report.answered.contains("SBODEMOCN"), "{report:?}");
    world.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(world.sandbox.snapshot().b1.sessions, 1, "the check closed its session");
}

#[tokio::test]
async fn a_wrong_company_is_a_refused_login() {
    let world = world().await;
    let wrong = tenon_model::config::B1Connection { company_db: "NONE".into(), ..b1_connection() };
    let error = B1::new(&world.ctx, &world.tenant, wrong, 1).read(&draft(1), &all()).await.unwrap_err();
    assert_eq!(error.code, "b1.login-refused");
}

#[tokio::test]
async fn too_many_sessions_is_not_taken_for_wrong_credentials() {
    let world = World::new(SandboxOptions { max_sessions: 0, ..SandboxOptions::default() }).await;
    let error = world.b1().read(&draft(1), &all()).await.unwrap_err();
    assert_eq!(error.retry, Retry::Transient);
    world.sandbox.configure(|o| o.max_sessions = 1);
    assert_eq!(world.b1().read(&draft(1), &all()).await.unwrap_err().code, "b1.not-found");
}

#[tokio::test]
async fn the_route_is_sent_back_and_replaced_and_cookies_lie_sealed() {
    let world = world().await;
    let entry = world.draft();
    world.wire.answer(|sent| {
        if !sent.url.contains("Users") {
            return None;
        }
        let Some(Ok(mut reply)) = answer(200, r#"{"value":[]}"#) else { unreachable!() };
        reply.headers.append("set-cookie", "ROUTEID=.node7; path=/b1s".parse().unwrap());
        Some(Ok(reply))
    });
    world.b1().read(&draft(entry), &all()).await.unwrap();
    world.b1().page("Users", &all(), None).await.unwrap();
    world.b1().read(&draft(entry), &all()).await.unwrap();
    let reads = world.wire.sent("GET", "Drafts");
    assert!(reads[0].header("cookie").contains("ROUTEID=.node1") && reads[0].header("cookie").contains("B1SESSION="));
    assert!(reads[1].header("cookie").contains("ROUTEID=.node7"));

    let session = reads[0].header("cookie").split("B1SESSION=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let partition = tenon_platform::table::Key::partition_of(&world.tenant, "B1SESSION", &["b1-main"]);
    let stored = world.ctx.table.query_all::<Value>(&partition, tenon_platform::table::Range::default()).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert!(!stored[0].data.to_string().contains(&session));
}

#[tokio::test]
async fn a_missing_document_is_none_and_an_unknown_set_is_an_error() {
    let world = world().await;
    assert_eq!(world.b1().read_optional(&draft(999), &all()).await.unwrap(), None);
    assert_eq!(world.b1().read(&draft(999), &all()).await.unwrap_err().code, "b1.not-found");
    let unknown = Entity::new("NoSuchSet").key(&DocumentKey::Number(1));
    let error = world.b1().read_optional(&unknown, &all()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.refused", Retry::Permanent));
    // A proxy's 404 says nothing about the document.
    world.sandbox.inject(Fault::new(FaultKind::Html(404)).on("GET", "Drafts"));
    assert_eq!(world.b1().read_optional(&draft(999), &all()).await.unwrap_err().code, "b1.answer");
}

#[tokio::test]
async fn an_error_names_the_operation_the_status_and_the_vendors_code() {
    let world = world().await;
    let entry = world.draft();
    let body = r#"{"error":{"code":"-5002","message":"Quantity [DocumentLines.Quantity][line: 1]"}}"#;
    world.sandbox.inject(Fault::new(FaultKind::Status(400, body.into())).on("PATCH", "Drafts"));
    let error = world.b1().change(&draft(entry), &json!({}), plain()).await.unwrap_err();
    assert_eq!((error.code, error.retry, error.status), ("b1.refused", Retry::Permanent, Some(400)));
    assert_eq!(error.vendor_code.as_deref(), Some("-5002"));
    assert_eq!(error.operation, format!("b1 PATCH Drafts({entry})"));
    assert!(error.message.contains("[line: 1]"));
}

#[tokio::test]
async fn keys_with_apostrophes_slashes_and_chinese_reach_their_entity() {
    let world = world().await;
    world.sandbox.register_set("ITEM", "Code", false);
    for code in ["a'b", "采购/1", "x y?#%&+", "''"] {
        world.b1().create("ITEM", &json!({"Code": code, "U_A": code}), plain()).await.unwrap();
        let key = DocumentKey::Text(code.into());
        let entity = Entity::new("ITEM").key(&key);
        assert_eq!(world.b1().read(&entity, &all()).await.unwrap()["U_A"], code);
        let filter = format!("Code eq {}", tenon_connectors::b1::literal(&key));
        let found = world.b1().read_all("ITEM", &Query::new().filter(filter).order_by("Code"), 5).await.unwrap();
        assert_eq!(found.len(), 1, "{code}");
    }
}

#[tokio::test]
async fn every_form_of_next_link_leads_through_all_pages_under_the_callers_filter() {
    for form in [NextLink::Relative, NextLink::RootPath, NextLink::Absolute, NextLink::DropsFilter] {
        let world = World::new(SandboxOptions { next_link: form, ..SandboxOptions::default() }).await;
        let wanted: Vec<i64> = (0..7).map(|_| world.draft()).collect();
        world.sandbox.create_draft(world.now(), NewDraft::new("1470000113").field("U_ISSYN", "Y")).unwrap();
        let query = Query::new().filter("U_ISSYN eq 'N'").order_by("DocEntry").page_size(2);
        let found = world.b1().read_all("Drafts", &query, 10).await.unwrap();
        let entries: Vec<i64> = found.iter().map(|d| d["DocEntry"].as_i64().unwrap()).collect();
        assert_eq!(entries, wanted, "{form:?}");
        let top = world.b1().read_all("Drafts", &query.top(3), 10).await.unwrap();
        assert_eq!(top.len(), 3, "{form:?}");
    }
}

#[tokio::test]
async fn links_that_run_in_a_circle_and_endless_sets_are_errors() {
    let world = World::new(SandboxOptions { next_link: NextLink::Loops, ..SandboxOptions::default() }).await;
    for _ in 0..5 {
        world.draft();
    }
    let query = Query::new().order_by("DocEntry").page_size(2);
    assert_eq!(world.b1().read_all("Drafts", &query, 50).await.unwrap_err().code, "b1.next-link");
    world.sandbox.configure(|o| o.next_link = NextLink::Relative);
    assert_eq!(world.b1().read_all("Drafts", &query, 2).await.unwrap_err().code, "b1.next-link");
}

#[tokio::test]
async fn a_count_is_read_as_text_and_as_number() {
    for count_as_text in [true, false] {
        let world = World::new(SandboxOptions { count_as_text, ..SandboxOptions::default() }).await;
        for _ in 0..3 {
            world.draft();
        }
        let query = Query::new().order_by("DocEntry").page_size(2).with_count();
        assert_eq!(world.b1().page("Drafts", &query, None).await.unwrap().count, Some(3));
    }
}

#[tokio::test]
async fn a_write_without_an_answer_is_unknown_whether_or_not_it_happened_and_is_sent_once() {
    for (kind, happened) in [(FaultKind::DropBeforeCommit, false), (FaultKind::DropAfterCommit, true)] {
        let world = world().await;
        let entry = world.draft();
        world.sandbox.inject(Fault::new(kind.clone()).on("PATCH", "Drafts"));
        let error = world.b1().change(&draft(entry), &json!({"U_ISSYN": "Y"}), plain()).await.unwrap_err();
        assert_eq!((error.code, error.retry), ("b1.unknown-outcome", Retry::UnknownOutcome), "{kind:?}");
        assert_eq!(world.wire.sent("PATCH", "Drafts").len(), 1);
        let now = world.b1().read(&draft(entry), &all()).await.unwrap();
        assert_eq!(now["U_ISSYN"] == "Y", happened);
    }
}

#[tokio::test]
async fn gateways_pages_and_full_queues_are_told_apart() {
    let world = world().await;
    let entry = world.draft();
    let entity = draft(entry);
    for status in [502, 503, 504] {
        world.sandbox.inject(Fault::new(FaultKind::Html(status)).on("PATCH", "Drafts"));
        world.sandbox.inject(Fault::new(FaultKind::Html(status)).on("GET", "Drafts"));
        let write = world.b1().change(&entity, &json!({"U_ISSYN": "Y"}), plain()).await.unwrap_err();
        let read = world.b1().read(&entity, &all()).await.unwrap_err();
        assert_eq!((write.retry, read.retry), (Retry::UnknownOutcome, Retry::Transient), "{status}");
    }
    world.sandbox.inject(Fault::new(FaultKind::RateLimited).on("GET", "Drafts"));
    assert!(matches!(world.b1().read(&entity, &all()).await.unwrap_err().retry, Retry::RateLimited(_)));
    world.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).on("GET", "Drafts"));
    assert_eq!(world.b1().read(&entity, &all()).await.unwrap_err().code, "b1.no-answer");
}

#[tokio::test]
async fn a_strangers_page_is_not_taken_for_a_done_write() {
    let world = world().await;
    let entry = world.draft();
    world.sandbox.inject(Fault::new(FaultKind::Html(200)).on("PATCH", "Drafts"));
    let error = world.b1().change(&draft(entry), &json!({"U_ISSYN": "Y"}), plain()).await.unwrap_err();
    assert_eq!(error.retry, Retry::UnknownOutcome);
}

#[tokio::test]
async fn a_write_that_never_left_may_be_repeated() {
    let world = world().await;
    let entry = world.draft();
    world.wire.answer(|sent| (sent.method == "PATCH").then(|| Err(Failure::NotSent("no route".into()))));
    let error = world.b1().change(&draft(entry), &json!({"U_ISSYN": "Y"}), plain()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.unreachable", Retry::Transient));
}

#[tokio::test]
async fn a_document_taken_by_an_approval_procedure_is_an_unknown_outcome_not_a_failure() {
    let world = World::new(SandboxOptions {
        approval_on_post: ["PurchaseRequests".to_owned()].into(),
        ..SandboxOptions::default()
    })
    .await;
    let body = json!({"RequriedDate": "2026-01-01", "DocumentLines": [{"ItemCode": "A", "Quantity": 1}]});
    let error = world.b1().create("PurchaseRequests", &body, plain()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.unknown-outcome", Retry::UnknownOutcome), "{error}");
    assert_eq!(world.sandbox.snapshot().b1.drafts.len(), 1);
}

#[tokio::test]
async fn an_entry_that_exists_is_named_so() {
    let world = world().await;
    world.sandbox.register_set("ITEM", "Code", false);
    world.b1().create("ITEM", &json!({"Code": "A"}), plain()).await.unwrap();
    let error = world.b1().create("ITEM", &json!({"Code": "A"}), plain()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.exists", Retry::Permanent));
}

#[tokio::test]
async fn a_change_under_an_old_etag_is_refused_and_under_the_present_one_done() {
    let world = world().await;
    let entry = world.draft();
    let (_, old) = world.b1().read_with_etag(&draft(entry), &all()).await.unwrap();
    assert!(old.is_some());
    let under = |etag: &Option<String>| WriteOptions { if_match: etag.clone(), ..plain() };
    world.b1().change(&draft(entry), &json!({"U_A": "1"}), under(&old)).await.unwrap();
    let error = world.b1().change(&draft(entry), &json!({"U_A": "2"}), under(&old)).await.unwrap_err();
    assert_eq!((error.code, error.status), ("b1.changed", Some(412)));
    let (value, new) = world.b1().read_with_etag(&draft(entry), &all()).await.unwrap();
    assert_eq!(value["U_A"], "1");
    world.b1().change(&draft(entry), &json!({"U_A": "2"}), under(&new)).await.unwrap();
    let (_, projected) = world.b1().read_with_etag(&draft(entry), &Query::new().select(["U_A"])).await.unwrap();
    assert_eq!(projected, None, "an ETag read with a projection is stale");
}

#[tokio::test]
async fn options_reach_the_wire() {
    let world = world().await;
    let entry = world.draft();
    let options = WriteOptions { replace_collections: true, ..plain() };
    world.b1().change(&draft(entry), &json!({"Comments": "c"}), options).await.unwrap();
    assert_eq!(world.wire.sent("PATCH", "Drafts")[0].header("b1s-replacecollectionsonpatch"), "true");
    world.sandbox.register_set("ITEM", "Code", false);
    let options = WriteOptions { return_no_content: true, ..plain() };
    assert_eq!(world.b1().create("ITEM", &json!({"Code": "A"}), options).await.unwrap(), Value::Null);
    world.b1().page("Drafts", &Query::new().page_size(7), None).await.unwrap();
    assert_eq!(world.wire.sent("GET", "Drafts")[0].header("prefer"), "odata.maxpagesize=7");
}

#[tokio::test]
async fn a_batch_answers_each_call_and_a_failed_changeset_leaves_nothing() {
    let world = world().await;
    world.sandbox.register_set("ITEM", "Code", false);
    let entry = world.draft();
    let batch = Batch::new().read(&draft(entry), &all()).changes([
        Change::create("ITEM", json!({"Code": "采'1"})),
        Change::patch(&draft(entry), json!({"U_ISSYN": "Y"}), &plain()),
    ]);
    let answers = world.b1().batch(&batch).await.unwrap();
    let seen: Vec<_> = answers.iter().map(|a| (a.step, a.change, a.result.is_ok())).collect();
    assert_eq!(seen, [(0, None, true), (1, Some(0), true), (1, Some(1), true)]);
    assert_eq!(answers[0].result.as_ref().unwrap()["DocEntry"], entry);

    let failing = Batch::new()
        .changes([Change::create("ITEM", json!({"Code": "B"})), Change::create("ITEM", json!({"Code": "采'1"}))])
        .read(&draft(entry), &all());
    let answers = world.b1().batch(&failing).await.unwrap();
    assert_eq!(answers.len(), 1, "one answer for the changeset, none for what was not executed");
    assert_eq!((answers[0].step, answers[0].change), (0, None));
    assert_eq!(answers[0].result.as_ref().unwrap_err().code, "b1.exists");
    assert_eq!(
        world.b1().read_optional(&Entity::new("ITEM").key(&DocumentKey::Text("B".into())), &all()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_query_is_stored_once_and_read_page_by_page_with_its_parameters() {
    let world = world().await;
    for _ in 0..5 {
        world.draft();
    }
    let text = "select DocEntry from ODRF where U_ISSYN = :mark";
    let b1 = world.b1();
    let code = b1.sql_ensure(text).await.unwrap();
    assert_eq!(b1.sql_ensure(text).await.unwrap(), code);
    assert_eq!(world.wire.sent("POST", "SQLQueries").len(), 1);
    // Another process finds it there already.
    let other = world.another_process();
    assert_eq!(other.b1().sql_ensure(text).await.unwrap(), code);

    let mark = DocumentKey::Text("N".into());
    let (mut cursor, mut seen) = (None, HashSet::new());
    loop {
        let page = b1.sql_page(&code, &[("mark", &mark)], Some(2), cursor).await.unwrap();
        seen.extend(page.values.iter().map(|v| v["DocEntry"].as_i64().unwrap()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    let none = DocumentKey::Text("it's".into());
    assert!(b1.sql_page(&code, &[("mark", &none)], None, None).await.unwrap().values.is_empty());
    let refused = b1.sql_ensure("select Code from OWDD").await.unwrap_err();
    assert_eq!((refused.code, refused.retry), ("b1.refused", Retry::Permanent));
}

#[tokio::test]
async fn a_decision_is_made_as_the_sessions_user_with_remarks_b1_takes() {
    let world = world().await;
    let (entry, code) = world.sandbox.create_draft(world.now(), NewDraft::new("1470000113")).unwrap();
    let code = code.unwrap();
    let b1 = world.b1();
    let requests = b1.approval_requests_of_draft(entry).await.unwrap();
    assert_eq!(requests.iter().map(|r| (r.code, r.is_pending())).collect::<Vec<_>>(), [(code, true)]);
    b1.decide(code, Verdict::Approved, &"同意".repeat(300)).await.unwrap();
    let decisions = world.sandbox.snapshot().b1.decisions;
    assert_eq!((decisions.len(), decisions[0].accepted, decisions[0].user), (1, true, Some(1)));
    assert_eq!(decisions[0].remarks.chars().count(), 200);
    assert!(b1.approval_request(code).await.unwrap().unwrap().is_approved());
    assert_eq!(b1.approval_request(9999).await.unwrap(), None);
    let sent = world.wire.sent("PATCH", "ApprovalRequests");
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
    let names: Vec<&String> = body["ApprovalRequestDecisions"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["Remarks", "Status"], "no credentials and no nulls");
}

#[tokio::test]
async fn a_user_is_found_by_code_and_remembered_for_a_day() {
    let world = world().await;
    let key = world.sandbox.add_user("O'Neil", "Neil", "secret");
    let b1 = world.b1();
    assert_eq!(b1.user_key("17").await.unwrap(), 17);
    assert_eq!(b1.user_key("O'Neil").await.unwrap(), key);
    assert_eq!(world.another_process().b1().user_key("O'Neil").await.unwrap(), key);
    assert_eq!(world.wire.sent("GET", "Users").len(), 1);
    world.wait(25 * 60 * MINUTE);
    b1.user_key("O'Neil").await.unwrap();
    assert_eq!(world.wire.sent("GET", "Users").len(), 2);
    assert_eq!(b1.user_key("nobody").await.unwrap_err().code, "b1.no-user");
}

#[tokio::test]
async fn calls_can_be_made_from_tasks_of_their_own() {
    let world = world().await;
    let entry = world.draft();
    let ctx = world.ctx.clone();
    let task = tokio::spawn(async move {
        let tenant = tenon_model::TenantId::operator();
        B1::new(&ctx, &tenant, b1_connection(), 1).read(&draft(entry), &all()).await.is_ok()
    });
    assert!(task.await.unwrap());
}
