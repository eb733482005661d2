//! `Idempotency-Key`: what is repeated under a key is done once and answered as the first time.

use crate::common::Fixture;
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_model::tenant_app::TenantApp;
use tenon_model::{AppId, TenantId};
use tenon_tenants::apps as apps_of_tenants;

const ORDER: &str = "POST /api/system/app-store/create-order";
const APP: &str = "POST /api/system/tenant-app/create";
const TRIAL: &str = "POST /api/system/app-store/start-trial";
/// Longer than any function that serves these routes runs, and the clocks' skew.
const DEAD: Duration = Duration::from_secs(40);

fn order() -> Value {
    json!({ "appId": 1, "subscriptionType": "YEARLY", "contactName": "王小明", "contactPhone": "13800000000" })
}

async fn orders(fixture: &Fixture) -> Value {
    fixture.data(&fixture.admin, "POST /api/system/app-store/my-orders", Value::Null).await["total"].clone()
}

async fn apps(fixture: &Fixture) -> Value {
    fixture.data(&fixture.admin, "POST /api/system/tenant-app/list", Value::Null).await["total"].clone()
}

/// Subscribed for a year, with the app that came with it.
async fn subscribed() -> Fixture {
    let fixture = Fixture::new().await;
    let placed = fixture.data(&fixture.admin, ORDER, order()).await;
    let paid = json!({ "orderId": placed["orderNo"] });
    fixture.data(&fixture.operator, "POST /api/system/app-store/admin/activate-order", paid).await;
    fixture
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_to_the_byte() {
    let fixture = Fixture::new().await;
    let first = fixture.keyed(&fixture.admin, ORDER, "k-1", "r-1", &order()).await;
    assert_eq!((first.status, first.replayed), (200, false), "{}", first.body);
    fixture.pass(Duration::from_secs(3600));
    let again = fixture.keyed(&fixture.admin, ORDER, "k-1", "r-2", &order()).await;
    assert_eq!((again.status, again.replayed, &again.body), (200, true, &first.body));
    assert_eq!(orders(&fixture).await, 1);
    // A day later the key is a new one.
    fixture.pass(Duration::from_secs(86_400));
    let later = fixture.keyed(&fixture.admin, ORDER, "k-1", "r-3", &order()).await;
    assert_eq!((later.status, later.replayed), (200, false));
    assert_eq!(orders(&fixture).await, 2);
}

#[tokio::test]
async fn without_a_key_a_call_is_a_call() {
    let fixture = Fixture::new().await;
    for _ in 0..2 {
        fixture.data(&fixture.admin, ORDER, order()).await;
    }
    assert_eq!(orders(&fixture).await, 2);
}

#[tokio::test]
async fn a_key_belongs_to_one_payload() {
    let fixture = Fixture::new().await;
    fixture.keyed(&fixture.admin, ORDER, "k-1", "r-1", &order()).await;
    let mut other = order();
    other["userCount"] = json!(7);
    let refused = fixture.keyed(&fixture.admin, ORDER, "k-1", "r-2", &other).await;
    let reply: Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!((refused.status, &reply["code"], &reply["data"]), (422, &json!(422), &Value::Null), "{reply}");
    assert_eq!(reply["requestId"], "r-2");
    assert_eq!(orders(&fixture).await, 1);
}

#[tokio::test]
async fn a_key_is_its_tenants_its_callers_and_its_routes_own() {
    let fixture = subscribed().await;
    let body = json!({ "appType": 1, "appName": "二号" });
    for (token, line, body) in
        [(&fixture.admin, ORDER, order()), (&fixture.other, ORDER, order()), (&fixture.admin, APP, body)]
    {
        let answer = fixture.keyed(token, line, "k-1", "r-1", &body).await;
        assert_eq!((answer.status, answer.replayed), (200, false), "{line}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_comes_at_once_under_one_key_is_done_once() {
    let fixture = subscribed().await;
    let body = json!({ "appType": 1, "appName": "二号" });
    let calls = (0..20).map(|n| {
        let (fixture, body) = (&fixture, &body);
        async move { fixture.keyed(&fixture.admin, APP, "k-1", &format!("r-{n}"), body).await }
    });
    let answers = join_all(calls).await;
    let (done, waiting): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert!(done.iter().filter(|answer| !answer.replayed).count() == 1);
    assert!(done.iter().all(|answer| answer.body == done[0].body));
    for answer in waiting {
        assert_eq!((answer.status, answer.retry_after.as_deref()), (409, Some("1")), "{}", answer.body);
        assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap()["code"], 409);
    }
    assert_eq!(apps(&fixture).await, 2);
}

#[tokio::test]
async fn what_was_refused_may_be_mended_and_sent_again_under_its_key() {
    let fixture = Fixture::new().await;
    let mut wrong = order();
    wrong["contactPhone"] = json!("none");
    let refused = fixture.keyed(&fixture.admin, ORDER, "k-1", "r-1", &wrong).await;
    assert_eq!(refused.status, 400);
    let mended = fixture.keyed(&fixture.admin, ORDER, "k-1", "r-2", &order()).await;
    assert_eq!((mended.status, mended.replayed), (200, false), "{}", mended.body);
}

#[tokio::test]
async fn what_is_no_key_is_refused_by_its_name() {
    let fixture = Fixture::new().await;
    for key in ["", "   ", "ключ", &"k".repeat(256)] {
        let refused = fixture.keyed(&fixture.admin, ORDER, key, "r-1", &order()).await;
        assert_eq!(refused.status, 400, "{key}");
        assert!(refused.body.contains("Idempotency-Key"), "{}", refused.body);
    }
    assert_eq!(orders(&fixture).await, 0);
    for key in ["k".repeat(255), "two words".to_owned(), "!\"#~".to_owned()] {
        assert_eq!(fixture.keyed(&fixture.admin, ORDER, &key, "r-1", &order()).await.status, 200, "{key}");
    }
}

/// A call whose process dies at its n-th write, on one side of it: it is in progress until the function's end, and
/// repeated after that it is done once. `false` when it has fewer writes.
async fn dies_at(n: usize, at: Moment, line: &str, body: &Value, made: Value) -> bool {
    let fixture = match line {
        APP => subscribed().await,
        _ => Fixture::new().await,
    };
    let (gate, dead) = dying(n, at);
    fixture.process(gate).keyed(&fixture.admin, line, "k-1", "r-1", body).await;
    if !dead.load(Ordering::SeqCst) {
        return false;
    }
    let at_once = fixture.keyed(&fixture.admin, line, "k-1", "r-2", body).await;
    if n == 0 && at == Moment::Before {
        assert_eq!(at_once.status, 200, "nothing was claimed");
    } else if at_once.status != 200 {
        assert_eq!((at_once.status, at_once.retry_after.as_deref()), (409, Some("1")), "{n} {at:?}");
    }
    fixture.pass(DEAD);
    let again = fixture.keyed(&fixture.admin, line, "k-1", "r-3", body).await;
    assert_eq!(again.status, 200, "{n} {at:?}: {}", again.body);
    let count = if line == ORDER { orders(&fixture).await } else { apps(&fixture).await };
    assert_eq!(count, made, "{n} {at:?}");
    let last = fixture.keyed(&fixture.admin, line, "k-1", "r-4", body).await;
    assert_eq!((last.replayed, &last.body), (true, &again.body), "{n} {at:?}");
    true
}

#[tokio::test]
async fn a_call_that_dies_anywhere_and_is_repeated_makes_one_thing() {
    let app = json!({ "appType": 1, "appName": "二号", "callbackUrl": "https://erp.example/hook" });
    for (line, body, made) in [(ORDER, order(), 1), (APP, app, 2), (TRIAL, json!({ "appId": 1 }), 1)] {
        for at in [Moment::Before, Moment::After] {
            let mut writes = 0;
            while dies_at(writes, at, line, &body, json!(made)).await {
                writes += 1;
            }
            assert!(writes >= 3, "claim, work and answer are three writes: {writes} of {line}");
        }
    }
}

/// A process that dies at its n-th write, and whether it did.
fn dying(n: usize, at: Moment) -> (Gate, Arc<AtomicBool>) {
    let (crash, dead) = (Gate::crash_at_write(n, at), Arc::new(AtomicBool::new(false)));
    let killed = Arc::clone(&dead);
    let gate = Gate::new(move |operation, moment| {
        let decision = crash.decide(operation, moment);
        killed.fetch_or(decision == GateDecision::Kill, Ordering::SeqCst);
        decision
    });
    (gate, dead)
}

/// The one app of the installation.
async fn first_app(fixture: &Fixture) -> Value {
    let listed = fixture.data(&fixture.admin, "POST /api/system/tenant-app/list", Value::Null).await;
    listed["records"][0]["id"].clone()
}

/// The same, with a callback.
async fn with_callback(fixture: &Fixture) -> Value {
    let id = first_app(fixture).await;
    let line = format!("PUT /api/system/tenant-app/{}", id.as_str().unwrap());
    fixture.data(&fixture.admin, &line, json!({ "callbackUrl": "https://erp.example/hook" })).await;
    id
}

async fn secrets(fixture: &Fixture, id: &Value) -> (usize, usize, bool) {
    let app = stored(fixture, id).await;
    (app.secrets.len(), app.callback.map_or(0, |callback| callback.secrets.len()), app.enabled)
}

async fn stored(fixture: &Fixture, id: &Value) -> TenantApp {
    let (tenant, id) = (TenantId::new("t-1"), AppId::new(id.as_str().unwrap()));
    apps_of_tenants::get(&fixture.ctx, &tenant, &id).await.unwrap().unwrap().data
}

/// A secret that is shown once is not lost with the process that made it, and not made twice: after a death anywhere
/// the repetition shows the secret that counts, and nothing has happened but once.
#[tokio::test]
async fn a_secret_whose_process_dies_anywhere_is_shown_to_the_repetition_and_is_the_one_that_counts() {
    let overlap = json!({ "overlapHours": 24 });
    let cases = [
        ("POST", "/reset-secret", overlap.clone(), "appSecret", (2, 1, true)),
        ("POST", "/reset-callback-secret", overlap, "callbackSecret", (1, 2, true)),
        ("POST", "/toggle-status", json!({}), "", (1, 1, false)),
        ("PUT", "", json!({ "callbackUrl": "https://erp.example/hook" }), "callbackSecret", (1, 1, true)),
    ];
    for (method, path, body, shown, wanted) in cases {
        for at in [Moment::Before, Moment::After] {
            for n in 0.. {
                let fixture = subscribed().await;
                let id = match method {
                    "POST" => with_callback(&fixture).await,
                    _ => first_app(&fixture).await,
                };
                let line = format!("{method} /api/system/tenant-app/{}{path}", id.as_str().unwrap());
                let (gate, dead) = dying(n, at);
                fixture.process(gate).keyed(&fixture.admin, &line, "k-1", "r-1", &body).await;
                if !dead.load(Ordering::SeqCst) {
                    assert!(n >= 3, "claim, work and answer are three writes: {n} of {line}");
                    break;
                }
                fixture.pass(DEAD);
                let again = fixture.keyed(&fixture.admin, &line, "k-1", "r-2", &body).await;
                assert_eq!(again.status, 200, "{line} {n} {at:?}: {}", again.body);
                assert_eq!(secrets(&fixture, &id).await, wanted, "{line} {n} {at:?}");
                let reply: Value = serde_json::from_str(&again.body).unwrap();
                if !shown.is_empty() {
                    counts(&fixture, &id, reply["data"][shown].as_str().unwrap_or_else(|| panic!("{reply}"))).await;
                }
                let last = fixture.keyed(&fixture.admin, &line, "k-1", "r-3", &body).await;
                assert_eq!((last.replayed, &last.body), (true, &again.body), "{line} {n} {at:?}");
            }
        }
    }
}

/// Both copies of the app: its tenant's, and the gateway's under its key.
async fn copies(fixture: &Fixture, app: &TenantApp) -> (bool, bool) {
    let managed = apps_of_tenants::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap().is_some();
    (managed, apps_of_tenants::by_key(&fixture.ctx, &app.app_key).await.unwrap().is_some())
}

#[tokio::test]
async fn a_deletion_that_dies_anywhere_and_is_repeated_under_its_key_gets_the_first_answer() {
    for at in [Moment::Before, Moment::After] {
        for n in 0.. {
            let fixture = subscribed().await;
            let id = first_app(&fixture).await;
            let app = stored(&fixture, &id).await;
            let line = format!("DELETE /api/system/tenant-app/{}", id.as_str().unwrap());
            let (gate, dead) = dying(n, at);
            fixture.process(gate).keyed(&fixture.admin, &line, "k-1", "r-1", &Value::Null).await;
            if !dead.load(Ordering::SeqCst) {
                assert!(n >= 3, "claim, work and answer are three writes: {n}");
                break;
            }
            let (managed, by_key) = copies(&fixture, &app).await;
            assert_eq!(managed, by_key, "{n} {at:?}: an app is never half deleted");
            fixture.pass(DEAD);
            let again = fixture.keyed(&fixture.admin, &line, "k-1", "r-2", &Value::Null).await;
            assert_eq!(again.status, 200, "{n} {at:?}: {}", again.body);
            let reply: Value = serde_json::from_str(&again.body).unwrap();
            assert_eq!(reply["data"], json!({ "id": id, "deleted": true }), "{n} {at:?}");
            assert_eq!(copies(&fixture, &app).await, (false, false), "{n} {at:?}");
            let last = fixture.keyed(&fixture.admin, &line, "k-1", "r-3", &Value::Null).await;
            assert_eq!((last.replayed, &last.body), (true, &again.body), "{n} {at:?}");
            // Another call is another: there is nothing to delete any more.
            assert_eq!(fixture.keyed(&fixture.admin, &line, "k-2", "r-4", &Value::Null).await.status, 404);
        }
    }
}

#[tokio::test]
async fn a_deletion_without_a_key_that_dies_anywhere_is_carried_to_its_end_by_its_repetition() {
    for at in [Moment::Before, Moment::After] {
        for n in 0.. {
            let fixture = subscribed().await;
            let id = first_app(&fixture).await;
            let app = stored(&fixture, &id).await;
            let line = format!("DELETE /api/system/tenant-app/{}", id.as_str().unwrap());
            let (gate, dead) = dying(n, at);
            let process = fixture.process(gate);
            process.call(&fixture.admin, &line, Value::Null).await;
            if !dead.load(Ordering::SeqCst) {
                assert!(n >= 1, "a deletion is a write");
                break;
            }
            let (managed, by_key) = copies(&fixture, &app).await;
            assert_eq!(managed, by_key, "{n} {at:?}: an app is never half deleted");
            // What the first call did not do the second does, and what it did is found done.
            let again = fixture.call(&fixture.admin, &line, Value::Null).await;
            assert_eq!(again.status, if managed { 200 } else { 404 }, "{n} {at:?}: {}", again.body);
            assert_eq!(copies(&fixture, &app).await, (false, false), "{n} {at:?}");
        }
    }
}

/// That a secret is the newest of the app's.
async fn counts(fixture: &Fixture, id: &Value, shown: &str) {
    use apps_of_tenants::{APP_SECRET, CALLBACK_SECRET, open};
    let app = stored(fixture, id).await;
    let calls = open(&fixture.ctx, &app, APP_SECRET, &app.secrets).await.unwrap();
    let pushes = open(&fixture.ctx, &app, CALLBACK_SECRET, &app.callback.as_ref().unwrap().secrets).await.unwrap();
    let newest = [calls.first(), pushes.first()];
    assert!(newest.iter().flatten().any(|secret| secret.expose() == shown), "{shown} does not count");
}

#[tokio::test]
async fn the_key_of_a_paid_order_is_shown_to_the_repetition_when_its_process_dies() {
    const ACTIVATE: &str = "POST /api/system/app-store/admin/activate-order";
    for at in [Moment::Before, Moment::After] {
        for n in 0.. {
            let fixture = Fixture::new().await;
            let placed = fixture.data(&fixture.admin, ORDER, order()).await;
            let body = json!({ "orderId": placed["orderNo"] });
            let (gate, dead) = dying(n, at);
            fixture.process(gate).keyed(&fixture.operator, ACTIVATE, "k-1", "r-1", &body).await;
            if !dead.load(Ordering::SeqCst) {
                assert!(n >= 3, "{n} writes");
                break;
            }
            fixture.pass(DEAD);
            let again = fixture.keyed(&fixture.operator, ACTIVATE, "k-1", "r-2", &body).await;
            assert_eq!(again.status, 200, "{n} {at:?}: {}", again.body);
            let reply: Value = serde_json::from_str(&again.body).unwrap();
            assert!(reply["data"]["apiCredentials"]["appSecret"].is_string(), "{n} {at:?}: {reply}");
            assert_eq!(apps(&fixture).await, 1);
        }
    }
}
