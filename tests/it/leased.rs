//! A record that one worker at a time has: who is late changes nothing, what was promised is kept, and what was sent is
//! waited for whatever the wall clock says.

use std::time::Duration;
use tenon_engine::Gate;
use tenon_flows::leased::{Closed, Leased, Leasing};
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::message::Envelope;
use tenon_model::{ConnectionId, FlowId, RunId, TenantId};
use tenon_platform::outbox::{Entry, GRACE, owed};
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_platform::table::{Expect, Key, Stored, Write};
use tenon_platform::{Context, ErrorKind};
use tenon_testkit::Installation;

const TIME: Duration = Duration::from_secs(60);

fn key() -> Key {
    Key::new(&TenantId::operator(), "DOCUMENT", &["oa", "orders"], "91")
}

fn fresh(ctx: &Context) -> DocumentRecord {
    DocumentRecord {
        flow: FlowId::new("orders"),
        oa: ConnectionId::new("oa"),
        erp: ConnectionId::new("b1"),
        object: "Orders".to_owned(),
        request: "91".to_owned(),
        attempt: 1,
        state: DocumentState::Claimed,
        run: RunId::new("r-1"),
        lease: None,
        taken_ms: 0,
        lease_until_ms: 0,
        pushed: None,
        fingerprint: None,
        corrected: None,
        mark: None,
        create_sent_ms: None,
        key: None,
        is_draft: false,
        code: None,
        message: None,
        claimed_ms: ctx.now_ms(),
        changed_ms: ctx.now_ms(),
        check_after_ms: 0,
    }
}

async fn stored(ctx: &Context) -> Stored<DocumentRecord> {
    ctx.table.get(&key()).await.unwrap().unwrap()
}

async fn first(ctx: &Context) -> Option<Leased<DocumentRecord>> {
    Leasing::new(ctx, &TenantId::operator(), TIME).first(key(), fresh(ctx)).await.unwrap()
}

async fn take(ctx: &Context) -> Option<Leased<DocumentRecord>> {
    Leasing::new(ctx, &TenantId::operator(), TIME).take(key(), stored(ctx).await, |_| {}).await.unwrap()
}

#[tokio::test]
async fn a_worker_that_is_late_changes_nothing() {
    let at = Installation::at(1_795_305_600_000).await;
    let (slow, other) = (at.ctx.clone(), at.process(Gate::open(), 2));
    let mut late = first(&slow).await.unwrap();
    assert!(first(&other).await.is_none(), "there is one");
    assert!(take(&other).await.is_none() && take(&slow).await.is_none(), "it is in hand");

    at.pass(TIME + Duration::from_secs(6));
    let mut held = take(&other).await.unwrap();
    held.advance(&other, DocumentState::Creating, |record| record.create_sent_ms = Some(7)).await.unwrap();
    let error = late.advance(&slow, DocumentState::Creating, |record| record.attempt = 2).await.unwrap_err();
    assert_eq!((error.code, error.kind()), ("flow.lost", ErrorKind::Lost));
    assert_eq!((late.record.state, late.record.attempt), (DocumentState::Claimed, 1), "nor here");
    late.release(&slow).await.unwrap();
    let kept = stored(&other).await.data;
    assert_eq!((kept.state, kept.create_sent_ms, kept.lease.is_some()), (DocumentState::Creating, Some(7), true));

    let error = held.advance(&other, DocumentState::Closed, |_| {}).await.unwrap_err();
    assert_eq!(error.code, "flow.transition");
    held.release(&other).await.unwrap();
    assert!(take(&slow).await.is_some(), "given back");
}

fn later(ctx: &Context, stored: Stored<DocumentRecord>) -> Option<Leased<DocumentRecord>> {
    Leasing::new(ctx, &TenantId::operator(), TIME).take_later(key(), stored).unwrap()
}

#[tokio::test]
async fn of_two_that_take_a_record_with_their_first_change_one_has_it_and_the_other_has_changed_nothing() {
    let at = Installation::at(1_795_305_600_000).await;
    let (ctx, other) = (at.ctx.clone(), at.process(Gate::open(), 2));
    let mut one = Leasing::new(&ctx, &TenantId::operator(), TIME).first_later(key(), fresh(&ctx)).unwrap();
    let mut two = Leasing::new(&other, &TenantId::operator(), TIME).first_later(key(), fresh(&other)).unwrap();
    assert_eq!(ctx.table.get::<DocumentRecord>(&key()).await.unwrap(), None, "nothing is stored yet");
    one.advance(&ctx, DocumentState::Creating, |record| record.create_sent_ms = Some(7)).await.unwrap();
    let error = two.advance(&other, DocumentState::Creating, |_| {}).await.unwrap_err();
    assert_eq!((error.kind(), two.is_overtaken(), one.is_overtaken()), (ErrorKind::Busy, true, false));
    let kept = stored(&ctx).await;
    assert_eq!((kept.data.state, kept.data.lease.is_some()), (DocumentState::Creating, true), "taken with the change");
    assert!(later(&other, kept).is_none(), "it is in hand");

    // What is not stored yet comes with the end, and both with what belongs to them or not at all.
    one.advance_later(&ctx, DocumentState::Unknown, |_| {}).unwrap();
    assert_eq!(stored(&ctx).await.data.state, DocumentState::Creating);
    let beside = |expect| Write::put(Key::new(&TenantId::operator(), "RUN", &["r-1"], "s"), &"told", expect).unwrap();
    let taken = beside(Expect::Version(3));
    assert_eq!(one.close(&ctx, vec![taken]).await.unwrap(), Closed::Beside);
    assert_eq!(stored(&ctx).await.data.state, DocumentState::Creating);
    assert!(later(&other, stored(&ctx).await).is_none(), "and it is still in hand");
    assert_eq!(one.close(&ctx, vec![beside(Expect::Anything)]).await.unwrap(), Closed::Stored);
    let kept = stored(&ctx).await.data;
    assert_eq!((kept.state, kept.create_sent_ms, kept.lease), (DocumentState::Unknown, Some(7), None));

    // Whoever changed it since was faster, and a late end changes nothing either.
    let (mut slow, mut fast) = (later(&ctx, stored(&ctx).await).unwrap(), later(&other, stored(&ctx).await).unwrap());
    fast.store(&other).await.unwrap();
    slow.advance_later(&ctx, DocumentState::Failed, |_| {}).unwrap();
    assert_eq!(slow.close(&ctx, vec![beside(Expect::Version(1))]).await.unwrap(), Closed::Lost);
    let kept = stored(&ctx).await.data;
    assert_eq!((kept.state, kept.lease.is_some()), (DocumentState::Unknown, true));
    assert_eq!(fast.close(&other, Vec::new()).await.unwrap(), Closed::Stored);
    assert!(take(&ctx).await.is_some(), "given back");
}

#[tokio::test]
async fn what_was_promised_is_sent_with_open_work_and_taken_out_with_finished() {
    let at = Installation::at(1_795_305_600_000).await;
    let (ctx, tenant) = (&at.ctx, TenantId::operator());
    let promise = || Entry::of(ctx, &APPROVALS_WRITE_BACK, &Envelope::new("test", "m-1", &tenant, ())).unwrap();
    let waiting = async || at.local.queue.peek(&APPROVALS_WRITE_BACK, 10).await.unwrap().len();

    let leasing = Leasing::new(ctx, &tenant, TIME).promising(Some(promise()));
    let held = leasing.first(key(), fresh(ctx)).await.unwrap().unwrap();
    at.pass(GRACE);
    assert_eq!((owed(ctx).await.unwrap().messages, waiting().await), (1, 0));
    held.release(ctx).await.unwrap();
    assert_eq!((owed(ctx).await.unwrap().messages, waiting().await), (0, 1));

    let leasing = Leasing::new(ctx, &tenant, TIME).promising(Some(promise()));
    let mut held = leasing.take(key(), stored(ctx).await, |_| {}).await.unwrap().unwrap();
    held.advance(ctx, DocumentState::Failed, |_| {}).await.unwrap();
    held.release(ctx).await.unwrap();
    at.pass(GRACE);
    assert_eq!((owed(ctx).await.unwrap().messages, waiting().await), (0, 1));

    let anew = |record: &mut DocumentRecord| record.state = DocumentState::Claimed;
    let held = Leasing::new(ctx, &tenant, TIME).take(key(), stored(ctx).await, anew).await.unwrap().unwrap();
    held.hand_on(ctx, promise(), |_| {}).await.unwrap();
    assert_eq!((owed(ctx).await.unwrap().messages, waiting().await), (0, 2));
    assert_eq!(stored(ctx).await.data.lease, None);
}

#[tokio::test]
async fn what_was_sent_is_waited_for_by_the_time_that_passes_and_not_by_the_wall_clock() {
    let at = Installation::at(1_795_305_600_000).await;
    let held = first(&at.ctx).await.unwrap();
    let (sent_ms, within) = (Some(at.ctx.now_ms()), Duration::from_secs(90));
    held.note_sent(&at.ctx);
    at.pass(Duration::from_secs(10));
    assert_eq!(held.unsettled(&at.ctx, sent_ms, within), Some(Duration::from_secs(80)));
    at.clock.step(3_600_000);
    assert_eq!(held.unsettled(&at.ctx, sent_ms, within), Some(Duration::from_secs(80)), "an hour ahead at once");
    at.pass(Duration::from_secs(80));
    assert_eq!(held.unsettled(&at.ctx, sent_ms, within), None);
    let other = at.process(Gate::open(), 2);
    assert_eq!(held.unsettled(&other, Some(other.now_ms() - 30_000), within), Some(Duration::from_secs(60)));
}
