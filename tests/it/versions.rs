//! Processes of two versions side by side: what the version before stored is read, what this one stores is read by that
//! one, and what a newer one stored is left to it. `tests/records` has a record of every kind as each of the two
//! versions writes it; `infra/local/tenon` does the same for messages.

use crate::approvals::main_job::purchase_request;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use tenon_catalog::shapes::{FIRST, SHAPES, version};
use tenon_engine::local::TABLE;
use tenon_model::run::RunStatus;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::{self, Recorder};
use tenon_platform::table::{Expect, Key, Outcome, Range, RecordKind, Write};
use tenon_platform::{Context, ErrorKind, Result, Retry};
use tenon_tests::{TestApp, TestAppOptions};

/// The types that records are read as.
fn kinds() -> Vec<RecordKind> {
    let crates = [
        tenon_platform::record_kinds::record_kinds(),
        tenon_connectors::record_kinds(),
        tenon_flows::record_kinds(),
        tenon_tenants::record_kinds(),
        tenon_trade::record_kinds(),
        tenon_delivery::record_kinds(),
        tenon_directory::record_kinds(),
        tenon_task_center::record_kinds(),
        tenon_sso::record_kinds(),
        tenon_notices::record_kinds(),
        tenon_renewals::record_kinds(),
        tenon_oa_users::record_kinds(),
        tenon_process::record_kinds(),
        tenon_operations::record_kinds(),
    ];
    crates.concat()
}

fn place(kind: &str, version: u32) -> PathBuf {
    crate::template::source::root().join(format!("tests/records/{kind}.{version}.json"))
}

/// Records of a kind as a version writes them: what they are, and their data.
fn stored_by(kind: &str, version: u32) -> Vec<Value> {
    let path = place(kind, version);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| {
        panic!("{}: {why}. It holds records of the kind as that version writes them: [data, …]", path.display())
    });
    let records: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!records.is_empty(), "{}", path.display());
    records
}

/// Whether everything that was written before is written now, and the same. Fields that are new are passed over.
fn holds(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            before.iter().all(|(name, value)| now.get(name).is_some_and(|now| holds(now, value)))
        }
        (Value::Array(now), Value::Array(before)) => {
            now.len() == before.len() && now.iter().zip(before).all(|(now, before)| holds(now, before))
        }
        _ => now == before,
    }
}

#[test]
fn what_this_version_and_the_one_before_stored_is_read() {
    let kinds = kinds();
    for (name, own) in SHAPES {
        let types: Vec<_> = kinds.iter().filter(|kind| kind.collection == *name).collect();
        assert!(!types.is_empty(), "no crate's record_kinds() says what {name} is read as");
        let before = own.saturating_sub(1).max(FIRST);
        for version in before..=*own {
            let records = stored_by(name, version);
            for record in &records {
                let read: Vec<Result<Value>> = types.iter().map(|kind| kind.again(record)).collect();
                let readable = read.iter().any(Result::is_ok);
                assert!(readable, "{name} of version {version} is not read: {record}: {read:?}");
                // A process of the version before passes over what it does not know, and misses nothing it knows.
                let alike = read.iter().flatten().any(|again| holds(again, record));
                assert!(
                    alike || version < *own,
                    "{name} is written otherwise than version {version} writes it: {record} became {read:?}. Raise its \
                     version in functions/catalog/src/shapes.rs and give it a new fixture beside this one"
                );
            }
            for kind in types.iter().filter(|_| version == *own) {
                let read = records.iter().any(|record| kind.again(record).is_ok_and(|again| holds(&again, record)));
                assert!(read, "no fixture of {name} is of the type {kind:?}");
            }
        }
    }
    for kind in kinds {
        assert!(SHAPES.iter().any(|(name, _)| *name == kind.collection), "{kind:?} has no version");
    }
}

#[test]
fn every_fixture_is_of_a_version_that_is_read() {
    for file in std::fs::read_dir(place("X", 1).parent().unwrap()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let (kind, version) = name.strip_suffix(".json").unwrap().rsplit_once('.').unwrap();
        let (_, own) = SHAPES.iter().find(|(known, _)| *known == kind).unwrap_or_else(|| panic!("{name}"));
        let version: u32 = version.parse().unwrap();
        assert!((own.saturating_sub(1)..=*own).contains(&version), "{name} is not read any more");
    }
}

/// What every record of these partitions says its version is; `None` as before records said it.
pub async fn set_version(app: &TestApp, collection: &str, version: Option<u32>) -> usize {
    let (mut changed, mut pages) = (0, app.local.client.scan().table_name(TABLE).into_paginator().items().send());
    while let Some(item) = pages.next().await {
        let item = item.unwrap();
        let partition = item["pk"].as_s().unwrap();
        if (!collection.is_empty() && tenon_catalog::shapes::collection(partition) != collection)
            || !item.contains_key("data")
        {
            continue;
        }
        let request = app.local.client.update_item().table_name(TABLE);
        let request = request.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
        let request = match version {
            None => request.update_expression("REMOVE shape_v"),
            Some(version) => request
                .update_expression("SET shape_v = :v")
                .expression_attribute_values(":v", AttributeValue::N(version.to_string())),
        };
        request.send().await.unwrap();
        changed += 1;
    }
    changed
}

async fn submitted() -> (TestApp, i64) {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    (app, draft)
}

#[tokio::test]
async fn work_that_the_version_before_began_is_finished_by_this_one_and_the_other_way_round() {
    let (mut app, draft) = submitted().await;
    // The version before this wrote no version, whatever the record.
    assert!(set_version(&app, "", None).await > 10);
    app.restart(None);
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.deliver_callbacks().await;
    // And half-way through its records are again the former version's.
    set_version(&app, "", None).await;
    app.minutes_until(5, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
    app.minute().await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    assert_eq!((app.instances_of(draft).len(), app.dead_letters().await), (1, Vec::new()));
}

#[tokio::test]
async fn a_link_that_a_newer_version_wrote_is_left_alone_and_its_decision_waits_for_that_version() {
    let (mut app, draft) = submitted().await;
    let own = version("default#LINK#purchase-request");
    assert_eq!(set_version(&app, "LINK", Some(own + 1)).await, 1);
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    // Another document of the same flow goes its way meanwhile.
    let (other, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(5, "submission of the other", |s| s.open_instance(other).is_some()).await;
    for _ in 0..10 {
        app.minute().await;
    }
    assert_eq!((app.decisions(draft), app.dead_letters().await), (Vec::<String>::new(), Vec::new()));
    let key = tenon_flows::approvals::links::key(
        &TenantId::operator(),
        &FlowId::new("purchase-request"),
        &DocumentKey::Number(draft),
    );
    let refusal = app.ctx.table.get::<Value>(&key).await.unwrap_err();
    assert_eq!(
        (refusal.code, refusal.kind(), refusal.retry),
        ("platform.newer-record", ErrorKind::Newer, Retry::Transient)
    );
    // The newer version has its turn.
    set_version(&app, "LINK", Some(own)).await;
    app.minutes_until(30, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
    assert_eq!((app.instances_of(draft).len(), app.dead_letters().await), (1, Vec::new()));
}

#[tokio::test]
async fn a_flow_that_a_newer_version_applied_waits_and_stops_no_other() {
    let (mut app, draft) = submitted().await;
    let stored = raw(&app, "default#CONFIG", "flow#sales-order").await;
    let own = version("default#CONFIG");
    put(&app, stored, own + 1).await;
    app.restart(None);
    let loaded = app.ctx.config.load(&TenantId::operator()).await.unwrap();
    let error = |loaded: &Loaded, flow: &str| loaded.flow(&FlowId::new(flow)).unwrap_err();
    assert_eq!(error(&loaded, "sales-order").code, "platform.newer-record");
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minutes_until(5, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
}

async fn raw(app: &TestApp, pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let request = app.local.client.get_item().table_name(TABLE).key("pk", text(pk)).key("sk", text(sk));
    request.consistent_read(true).send().await.unwrap().item.expect("a record")
}

async fn put(app: &TestApp, mut item: HashMap<String, AttributeValue>, version: u32) {
    item.insert("shape_v".to_owned(), AttributeValue::N(version.to_string()));
    app.local.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
}

/// A record of this kind that a newer version wrote, in a form that nobody knows, under a place in the index.
async fn of_tomorrow(app: &TestApp, key: &Key, partition: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: u32| AttributeValue::N(number.to_string());
    let item = HashMap::from([
        ("pk".to_owned(), text(key.partition())),
        ("sk".to_owned(), text(key.sort())),
        ("data".to_owned(), AttributeValue::L(vec![text("of tomorrow")])),
        ("v".to_owned(), number(7)),
        ("gsi1pk".to_owned(), text(partition)),
        ("gsi1sk".to_owned(), text("1")),
    ]);
    put(app, item, version(key.partition()) + 1).await;
}

async fn refused(ctx: &Context, write: Write) {
    let another = Key::new(&TenantId::operator(), "RUN", &["another"], "s");
    let many = vec![Write::put(another.clone(), &json!({}), Expect::Anything).unwrap(), write.clone()];
    for outcome in [
        ctx.table.write(write.clone()).await.map(drop),
        ctx.table.transact(vec![write.clone()]).await.map(drop),
        ctx.table.put_many(vec![write]).await,
        ctx.table.put_many(many).await,
    ] {
        assert_eq!(outcome.unwrap_err().code, "platform.newer-record");
    }
    assert_eq!(ctx.table.get::<Value>(&another).await.unwrap(), None, "nothing is stored with it");
}

#[tokio::test]
async fn a_record_of_any_kind_that_a_newer_version_wrote_is_neither_read_nor_replaced() {
    let app = TestApp::new(TestAppOptions::default()).await;
    let ctx = &app.ctx;
    for (kind, _) in SHAPES {
        let key = Key::new(&TenantId::operator(), kind, &["of-tomorrow"], "s");
        let list = Key::partition_of(&TenantId::operator(), "LIST", &[kind]);
        of_tomorrow(&app, &key, &list).await;
        let before = raw(&app, key.partition(), key.sort()).await;
        assert_eq!(ctx.table.get::<Value>(&key).await.unwrap_err().code, "platform.newer-record", "{kind}");
        assert_eq!(
            ctx.table.get_many::<Value>(std::slice::from_ref(&key)).await.unwrap_err().code,
            "platform.newer-record"
        );
        let page = ctx.table.query::<Value>(key.partition(), Range::default()).await;
        assert_eq!(page.unwrap_err().code, "platform.newer-record", "{kind}");
        // Whoever goes through a list of work passes it over.
        let listed = ctx.table.query_index::<Value>(&list, Range::default()).await.unwrap();
        assert!(listed.items.is_empty(), "{kind}");
        let claim = ctx.table.claim(&key, &json!({}), None, ctx.now_ms()).await;
        assert_eq!(claim.unwrap_err().code, "platform.newer-record", "{kind}");
        refused(ctx, Write::put(key.clone(), &json!({}), Expect::Anything).unwrap()).await;
        refused(ctx, Write::delete(key.clone(), Expect::Anything)).await;
        assert_eq!(raw(&app, key.partition(), key.sort()).await, before, "{kind} is as it was");
        // One of this version is both.
        put(&app, before, version(key.partition())).await;
        assert!(ctx.table.get::<Value>(&key).await.unwrap().is_some());
        let write = Write::put(key, &json!({}), Expect::Anything).unwrap();
        assert_eq!(ctx.table.write(write).await.unwrap(), Outcome::Done);
    }
}

#[tokio::test]
async fn a_run_that_a_newer_version_tells_is_left_to_it_and_nothing_is_done_twice_or_lost_meanwhile() {
    let (mut app, draft) = submitted().await;
    let (tenant, flow) = (TenantId::operator(), FlowId::new("purchase-request"));
    let run = runs::newest(&app.ctx, &tenant, &flow, 10).await.unwrap().into_iter().find(|run| run.document.is_some());
    let run = run.expect("the document's run");
    let own = version("default#RUN#r");
    assert!(set_version(&app, "RUN", Some(own + 1)).await > 1);
    let place = format!("default#RUN#{}", run.id);
    let before = raw(&app, &place, "run").await;
    let mut steps = Recorder::new(&app.ctx, run.id.clone());
    steps.note("of the version before", json!({}));
    let save_error = steps.save(&app.ctx, &tenant, &run).await.unwrap_err();
    assert_eq!(
        (save_error.code, save_error.kind(), save_error.retry),
        ("platform.newer-record", ErrorKind::Newer, Retry::Transient)
    );
    assert_eq!(raw(&app, &place, "run").await, before);
    // The decision comes while only this version runs.
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.deliver_callbacks().await;
    for _ in 0..10 {
        app.minute().await;
    }
    assert_eq!(raw(&app, &place, "run").await, before);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
    set_version(&app, "RUN", Some(own)).await;
    app.minutes_until(60, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
    for _ in 0..60 {
        if runs::get(&app.ctx, &tenant, &run.id).await.unwrap().unwrap().status == RunStatus::Succeeded {
            break;
        }
        app.minute().await;
    }
    assert_eq!(runs::get(&app.ctx, &tenant, &run.id).await.unwrap().unwrap().status, RunStatus::Succeeded);
    assert_eq!((app.decisions(draft).len(), app.instances_of(draft).len()), (1, 1));
}

#[tokio::test]
async fn who_goes_through_the_whole_table_says_that_a_newer_version_wrote_to_it() {
    let (app, _) = submitted().await;
    set_version(&app, "LINK", Some(version("default#LINK#f") + 1)).await;
    assert_eq!(app.ctx.table.scan(None, 1_000).await.unwrap_err().code, "platform.newer-record");
}
