//! What the table costs, and what happens when it cannot be reached.

use super::fixture::{Fixture, Signed, word};
use std::sync::{Arc, Mutex};
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_platform::Context;
use tenon_platform::Rejection;
use tenon_testkit::Logged;

/// A gate that writes down the operations that reach the engine.
fn watching() -> (Gate, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let gate = Gate::new(move |operation, moment| {
        if moment == Moment::Before {
            log.lock().unwrap().push(operation.to_owned());
        }
        GateDecision::Go
    });
    (gate, seen)
}

/// A gate that kills these operations at this moment.
fn killing(operations: &'static [&'static str], at: Moment) -> Gate {
    Gate::new(move |operation, moment| {
        let dies = moment == at && operations.contains(&operation);
        if dies { GateDecision::Kill } else { GateDecision::Go }
    })
}

async fn requests(ctx: &Context, seen: &Mutex<Vec<String>>, call: &Signed, write: bool) -> Vec<String> {
    seen.lock().unwrap().clear();
    let _ = if write { call.write(ctx).await } else { call.read(ctx).await };
    std::mem::take(&mut seen.lock().unwrap())
}

#[tokio::test]
async fn a_call_costs_two_table_requests_and_one_that_may_come_once_three() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let (gate, seen) = watching();
    let ctx = fixture.gated(gate);
    let (one, two) = (fixture.v1(&app, "{}"), fixture.v2(&app, "nonce-0123456789"));
    assert_eq!(requests(&ctx, &seen, &one, false).await, ["GetItem", "UpdateItem"]);
    assert_eq!(requests(&ctx, &seen, &one, true).await, ["GetItem", "PutItem", "UpdateItem"]);
    assert_eq!(requests(&ctx, &seen, &two, false).await, ["GetItem", "PutItem", "UpdateItem"]);
    let forged = Signed { signature: "0".repeat(64), ..one.clone() };
    assert_eq!(requests(&ctx, &seen, &forged, true).await, ["GetItem"]);
    let malformed = Signed { signature: "0".into(), ..one };
    assert_eq!(requests(&ctx, &seen, &malformed, true).await, Vec::<String>::new());
}

#[tokio::test]
async fn without_a_counter_a_trial_waits_and_a_customer_who_pays_does_not() {
    let fixture = Fixture::new().await;
    let paid = fixture.app(|_| ()).await;
    let trial = fixture.app(|app| app.trial = true).await;
    let ctx = fixture.gated(killing(&["UpdateItem"], Moment::Before));
    let (logged, _listening) = Logged::listen(tracing::Level::DEBUG);
    let counted = |plan: &str| {
        let of = format!("dimension=\"{plan}\"");
        logged.all().iter().filter(|line| line.contains("QuotaUnavailable") && line.contains(&of)).count()
    };
    let refused = fixture.v1(&trial, "{}").read(&ctx).await.unwrap_err();
    assert_eq!((refused.rejection.status(), refused.rejection.message().as_str()), (500, "服务器内部错误"));
    assert!(matches!(refused.rejection, Rejection::Failed(_)));
    assert_eq!((counted("trial"), counted("paid")), (1, 0));
    assert_eq!(word(&fixture.v1(&paid, "{}").read(&ctx).await), "admitted");
    assert_eq!((counted("trial"), counted("paid")), (1, 1));
}

#[tokio::test]
async fn without_a_counter_a_replay_is_still_noticed() {
    let fixture = Fixture::new().await;
    let paid = fixture.app(|_| ()).await;
    let trial = fixture.app(|app| app.trial = true).await;
    let ctx = fixture.gated(killing(&["UpdateItem"], Moment::Before));
    assert_eq!(word(&fixture.v1(&trial, "{}").write(&ctx).await), "internal");
    let call = fixture.v1(&paid, "{}");
    assert_eq!(word(&call.write(&ctx).await), "admitted");
    assert_eq!(word(&call.write(&ctx).await), "replay");
    assert_eq!(word(&call.write(&fixture.ctx).await), "replay");
}

#[tokio::test]
async fn a_replay_check_that_cannot_be_made_refuses() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let ctx = fixture.gated(killing(&["PutItem"], Moment::Before));
    assert_eq!(word(&fixture.v1(&app, "{}").write(&ctx).await), "internal");
    assert_eq!(word(&fixture.v2(&app, "nonce-0123456789").read(&ctx).await), "internal");
    // So does one that is made because the call is refused anyway.
    fixture.change(&app.id, |app| app.module = tenon_model::Module::PaymentSync).await;
    let reads = Arc::new(Mutex::new(0));
    let blind = fixture.gated(Gate::new(move |operation, moment| {
        let mut reads = reads.lock().unwrap();
        *reads += u32::from(operation == "GetItem" && moment == Moment::Before);
        if *reads > 1 { GateDecision::Kill } else { GateDecision::Go }
    }));
    assert_eq!(word(&fixture.v1(&app, "{}").write(&blind).await), "internal");
}

#[tokio::test]
async fn a_call_knows_its_own_record_after_a_lost_answer() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let lost = Arc::new(Mutex::new(0));
    let ctx = fixture.gated(Gate::new(move |operation, moment| {
        let mut lost = lost.lock().unwrap();
        let dies = operation == "PutItem" && moment == Moment::After && *lost == 0;
        *lost += u32::from(dies);
        if dies { GateDecision::Kill } else { GateDecision::Go }
    }));
    let call = fixture.v1(&app, "{}");
    assert_eq!(word(&call.write(&ctx).await), "admitted");
    assert_eq!(fixture.used(&app).await, 1);
    assert_eq!(word(&call.write(&fixture.ctx).await), "replay");
}

#[tokio::test]
async fn without_the_table_nobody_is_told_that_a_key_is_unknown() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let ctx = fixture.gated(killing(&["GetItem"], Moment::Before));
    let refused = fixture.v1(&app, "{}").read(&ctx).await.unwrap_err();
    assert_eq!((refused.rejection.status(), refused.reason), (500, "internal"));
}
