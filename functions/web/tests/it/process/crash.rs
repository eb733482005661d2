//! The process dies anywhere between a launch and its end, and whoever called calls again: one instance, no task lost, and
//! Odoo gets each key at least once and never an older state after a newer, people each notice.

use super::{CODE, Works};
use serde_json::json;
use std::sync::atomic::Ordering;
use tenon_engine::Moment;
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::queue::NOTICES_SEND;
use tenon_task_center::process::{TenantHost, flows_of};
use tenon_testkit::HttpEvent;

const NUMBER: &str = "n-1";

/// Calls a service; what a process that died answers is nobody's.
async fn call(works: &Works, target: &str) {
    let route = target.split('?').next().unwrap();
    let event = HttpEvent::new("GET", target).route(route).header("x-apig-appcode", CODE);
    let _ = tenon_processes::flow::SERVICE.answer(&works.fixture.ctx, event.request()).await;
}

/// From the launch to the end; each call may come again.
async fn to_its_end(works: &Works, data_id: &str) {
    call(works, &format!("/flow/launch?flowRunningNumber={NUMBER}&flowCode=purchase&dataId={data_id}&userName=%E5%BC%A0%E4%B8%89&userCode=E1001&deptName=%E9%87%87%E8%B4%AD%E9%83%A8")).await;
    for node in [1, 2] {
        call(works, &format!("/flow/onAudit?flowRunningNumber={NUMBER}&nodeSeq={node}&result=approve")).await;
    }
    works.work_but_notices(30).await;
}

async fn ready() -> (Works, String) {
    let works = Works::new().await;
    works.publish().await;
    let data_id = works.saved(json!(20_000.5)).await;
    (works, data_id)
}

/// What Odoo was told first of each key, in order; and that it was told nothing older after it.
fn received_in_order(works: &Works) -> Vec<String> {
    let (mut keys, mut latest): (Vec<String>, usize) = (Vec::new(), 0);
    for sent in works.fixture.odoo().received() {
        let key = sent["key"].as_str().unwrap().to_owned();
        let at = keys.iter().position(|known| *known == key).unwrap_or(keys.len());
        if at == keys.len() {
            keys.push(key);
        }
        assert!(at >= latest, "an older state after a newer: {:?}", works.received());
        latest = at;
    }
    let mut words = works.received();
    let mut seen = Vec::new();
    let received = works.fixture.odoo().received();
    let mut at = 0;
    words.retain(|_| {
        let key = received[at]["key"].clone();
        at += 1;
        let new = !seen.contains(&key);
        seen.push(key);
        new
    });
    words
}

/// What people are told, each key once: a message may come twice, and its key has it told once.
async fn notices(works: &Works) -> Vec<String> {
    let (ctx, tenant) = (&works.fixture.ctx, TenantId::operator());
    let host = TenantHost::new(ctx, &tenant).await.unwrap();
    let order = flows_of(ctx, &tenant, &host).instance(NUMBER).await.unwrap().unwrap().order.to_string();
    let messages = works.fixture.local.queue.peek(&NOTICES_SEND, 1_000).await.unwrap();
    let key = |text: &str| {
        let body = serde_json::from_str::<Envelope>(text).unwrap().body;
        body["key"].as_str().unwrap().replace(&order, "ORDER")
    };
    let mut keys: Vec<String> = messages.iter().map(|message| key(&message.body)).collect();
    keys.sort();
    keys.dedup();
    keys
}

#[tokio::test]
async fn wherever_the_process_dies_an_instance_is_one_and_odoo_hears_each_state_in_its_order() {
    let (mut works, data_id) = ready().await;
    works.fixture.restart(None);
    to_its_end(&works, &data_id).await;
    let (whole, effects) = (received_in_order(&works), works.fixture.effects.load(Ordering::SeqCst));
    let notified = notices(&works).await;
    assert!(whole.len() >= 4 && effects >= 20, "{whole:?} {effects}");
    assert!(notified.len() >= 3, "{notified:?}");
    // Every place where it can die with `TENON_HISTORIES`, else each seventh.
    let step = if std::env::var_os("TENON_HISTORIES").is_some() { 1 } else { 7 };
    for effect in (0..effects).step_by(step) {
        for side in [Moment::Before, Moment::After] {
            let (mut works, data_id) = ready().await;
            works.fixture.restart(Some((effect, side)));
            to_its_end(&works, &data_id).await;
            works.fixture.restart(None);
            works.fixture.clock.advance(std::time::Duration::from_secs(120));
            to_its_end(&works, &data_id).await;
            works.fixture.clock.advance(std::time::Duration::from_secs(900));
            works.work_but_notices(30).await;
            let at = format!("{effect} {side:?}");
            let (ctx, tenant) = (&works.fixture.ctx, TenantId::operator());
            let history = tenon_process::store::history(ctx, &tenant, NUMBER, 0, 1_000).await.unwrap();
            let did = |did: &str| history.iter().filter(|entry| json!(entry.did) == json!(did)).count();
            assert_eq!((did("launched"), did("approved"), did("passed")), (1, 2, 1), "{at}: {history:#?}");
            assert_eq!(received_in_order(&works), whole, "{at}");
            assert_eq!(notices(&works).await, notified, "{at}: nobody is told twice, and nobody is left out");
        }
    }
}
