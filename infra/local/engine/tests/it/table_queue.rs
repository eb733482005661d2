//! What the table-backed queues promise beyond the suite.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tenon_engine::queue::{Depth, FREE_DEATHS, MAX_RECEIVES};
use tenon_engine::{Gate, GateDecision, Local, MOST_RECEIVED, Moment, TableQueue, memory_context};
use tenon_platform::http::NoHttp;
use tenon_platform::queue::{APPROVALS_SUBMIT, APPROVALS_WRITE_BACK, Queue};
use tenon_platform::{Clock, Entropy, Retry};

const START: i64 = 1_800_000_000_000;
const VISIBILITY: Duration = Duration::from_secs(60);

async fn local() -> (Local, Clock) {
    let clock = Clock::manual(START);
    (Local::memory(clock.clone()).await.unwrap(), clock)
}

async fn send(queue: &TableQueue, body: &str, delay_s: u64) {
    queue.send(&APPROVALS_SUBMIT, body.to_owned(), Duration::from_secs(delay_s)).await.unwrap();
}

#[tokio::test]
async fn messages_come_in_the_order_they_become_visible() {
    let (Local { queue, .. }, clock) = local().await;
    send(&queue, "late", 20).await;
    send(&queue, "first", 0).await;
    send(&queue, "second", 0).await;
    send(&queue, "soon", 10).await;
    clock.advance(Duration::from_secs(30));
    let got = queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
    assert_eq!(got.iter().map(|m| m.body.as_str()).collect::<Vec<_>>(), ["first", "second", "soon", "late"]);
}

#[tokio::test]
async fn a_pump_learns_when_something_is_due() {
    let (Local { queue, .. }, clock) = local().await;
    assert_eq!(queue.next_visible_at(&APPROVALS_SUBMIT).await, Ok(None));
    send(&queue, "later", 30).await;
    assert_eq!(queue.next_visible_at(&APPROVALS_SUBMIT).await, Ok(Some(START + 30_000)));
    clock.advance(Duration::from_secs(30));
    let got = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    assert_eq!(queue.next_visible_at(&APPROVALS_SUBMIT).await, Ok(Some(START + 90_000)));
    queue.delete(&APPROVALS_SUBMIT, &got[0].receipt).await.unwrap();
    assert_eq!(queue.next_visible_at(&APPROVALS_SUBMIT).await, Ok(None));
}

#[tokio::test]
async fn depth_and_peek_show_without_receiving() {
    let (Local { queue, .. }, _) = local().await;
    for n in 0..3 {
        send(&queue, &format!("now {n}"), 0).await;
    }
    send(&queue, "later", 5).await;
    let taken = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    assert_eq!(queue.depth(&APPROVALS_SUBMIT).await, Ok(Depth { visible: 2, hidden: 2 }));
    assert_eq!(queue.depth(&APPROVALS_WRITE_BACK).await.unwrap().total(), 0);
    let seen = queue.peek(&APPROVALS_SUBMIT, 10).await.unwrap();
    let shown: Vec<(&str, u32, i64)> =
        seen.iter().map(|p| (p.body.as_str(), p.receives, p.visible_ms - START)).collect();
    assert_eq!(shown, [("now 1", 0, 0), ("now 2", 0, 0), ("later", 0, 5000), ("now 0", 1, 60_000)]);
    assert_eq!(queue.peek(&APPROVALS_SUBMIT, 2).await.unwrap().len(), 2);
    queue.delete(&APPROVALS_SUBMIT, &taken[0].receipt).await.unwrap();
    assert_eq!(queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 3);
}

#[tokio::test]
async fn without_settings_there_is_an_end_of_receives() {
    let (Local { queue, .. }, clock) = local().await;
    send(&queue, "poison", 0).await;
    for receives in 1..=MAX_RECEIVES {
        let got = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
        assert_eq!(got[0].receives, receives);
        clock.advance(VISIBILITY);
    }
    assert_eq!(queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await, Ok(vec![]));
    // Dead letters wait for a person however often they are looked at.
    let dead_letters = APPROVALS_SUBMIT.dead_letters();
    for receives in 1..=MAX_RECEIVES + 2 {
        let got = queue.receive(&dead_letters, 1, VISIBILITY).await.unwrap();
        assert_eq!((got[0].body.as_str(), got[0].receives), ("poison", receives));
        clock.advance(VISIBILITY);
    }
}

#[tokio::test]
async fn a_poisoned_message_does_not_hide_those_behind_it() {
    let (Local { queue, .. }, clock) = local().await;
    let queue = queue.with_max_receives(APPROVALS_SUBMIT, 1);
    send(&queue, "poison", 0).await;
    queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    clock.advance(VISIBILITY);
    send(&queue, "good", 0).await;
    let got = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    assert_eq!(got[0].body, "good");
}

#[tokio::test]
async fn a_send_is_one_write_and_so_are_a_receive_and_a_delete_of_many() {
    let (local, _) = local().await;
    let operations = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&operations);
    let Local { queue, .. } = local.with_gate(Gate::new(move |operation, moment| {
        if moment == Moment::Before {
            log.lock().unwrap().push(operation.to_owned());
        }
        GateDecision::Go
    }));
    queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
    assert_eq!(std::mem::take(&mut *operations.lock().unwrap()), ["Query"]);
    for body in ["x", "y", "z"] {
        send(&queue, body, 0).await;
        assert_eq!(std::mem::take(&mut *operations.lock().unwrap()), ["PutItem"]);
    }
    let got = queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
    assert_eq!(got.len(), 3);
    assert_eq!(std::mem::take(&mut *operations.lock().unwrap()), ["Query", "TransactWriteItems"]);
    let receipts: Vec<String> = got.into_iter().map(|m| m.receipt).collect();
    queue.delete_all(&APPROVALS_SUBMIT, &receipts).await.unwrap();
    assert_eq!(std::mem::take(&mut *operations.lock().unwrap()), ["TransactWriteItems"]);
}

#[tokio::test]
async fn a_receipt_that_no_longer_counts_keeps_no_other_from_being_deleted() {
    let (Local { queue, .. }, clock) = local().await;
    for body in ["slow", "a", "b"] {
        send(&queue, body, 0).await;
    }
    let got = queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
    let receipts: Vec<String> = got.into_iter().map(|m| m.receipt).collect();
    clock.advance(VISIBILITY);
    assert_eq!(queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap()[0].body, "slow");
    queue.delete_all(&APPROVALS_SUBMIT, &receipts).await.unwrap();
    assert_eq!(queue.depth(&APPROVALS_SUBMIT).await.unwrap(), Depth { visible: 0, hidden: 1 });
}

#[tokio::test]
async fn receivers_on_many_threads_share_without_repeat() {
    let (Local { queue, .. }, _) = local().await;
    for n in 0..60 {
        send(&queue, &n.to_string(), 0).await;
    }
    let (queue, seen) = (Arc::new(queue), Arc::new(Mutex::new(Vec::new())));
    let receivers: Vec<_> = (0..4)
        .map(|_| {
            let (queue, seen) = (Arc::clone(&queue), Arc::clone(&seen));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                while seen.lock().unwrap().len() < 60 {
                    let got = runtime.block_on(queue.receive(&APPROVALS_SUBMIT, 7, VISIBILITY)).unwrap();
                    seen.lock().unwrap().extend(got.into_iter().map(|m| m.body.parse::<u32>().unwrap()));
                }
            })
        })
        .collect();
    for receiver in receivers {
        receiver.join().unwrap();
    }
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..60).collect::<Vec<_>>());
}

#[tokio::test]
async fn messages_as_long_as_sqs_takes_them_are_received_many_at_once() {
    let (Local { queue, .. }, _) = local().await;
    let body = "x".repeat(250_000);
    queue.send_all(&APPROVALS_SUBMIT, vec![body.clone(); 40]).await.unwrap();
    let mut got = 0;
    while got < 40 {
        let some = queue.receive_many(&APPROVALS_SUBMIT, MOST_RECEIVED, VISIBILITY).await.unwrap();
        assert!(!some.is_empty() && some.iter().all(|message| message.body == body), "{got} of 40");
        got += some.len();
    }
    assert_eq!(queue.depth(&APPROVALS_SUBMIT).await.unwrap(), Depth { visible: 0, hidden: 40 });
}

#[tokio::test]
async fn what_sqs_would_refuse_is_refused() {
    let (Local { queue, .. }, _) = local().await;
    let long = queue.send(&APPROVALS_SUBMIT, "x".to_owned(), Duration::from_secs(901)).await.unwrap_err();
    assert_eq!(long.retry, Retry::Permanent);
    let receipt = queue.delete(&APPROVALS_SUBMIT, "no receipt").await.unwrap_err();
    assert!(receipt.to_string().contains("no receipt"), "{receipt}");
}

#[tokio::test]
async fn deleting_once_more_is_no_error() {
    // The answer of the first may have been lost.
    let (Local { queue, .. }, _) = local().await;
    send(&queue, "x", 0).await;
    let got = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    for _ in 0..2 {
        queue.delete(&APPROVALS_SUBMIT, &got[0].receipt).await.unwrap();
    }
    assert_eq!(queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 0);
}

#[tokio::test]
async fn a_receive_hands_out_ten_at_most() {
    let (Local { queue, .. }, _) = local().await;
    for n in 0..12 {
        send(&queue, &n.to_string(), 0).await;
    }
    assert_eq!(queue.receive(&APPROVALS_SUBMIT, 50, VISIBILITY).await.unwrap().len(), 10);
}

#[tokio::test]
async fn a_receipt_counts_in_its_own_queue_only() {
    let (Local { queue, .. }, _) = local().await;
    send(&queue, "mine", 0).await;
    let got = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    queue.delete(&APPROVALS_WRITE_BACK, &got[0].receipt).await.unwrap();
    assert_eq!(queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 1);
}

#[tokio::test]
async fn a_context_in_memory_stands_ready() {
    let context = memory_context(Arc::new(NoHttp), Clock::manual(START), Entropy::seeded(1)).await.unwrap();
    context.queue.send(&APPROVALS_SUBMIT, "x".to_owned(), Duration::ZERO).await.unwrap();
    let got = context.queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    assert_eq!((got[0].body.as_str(), got[0].sent_ms), ("x", START));
}

#[tokio::test]
async fn a_successor_gets_at_once_what_a_dead_process_had_in_hand() {
    let (Local { queue, .. }, _clock) = local().await;
    send(&queue, "in hand", 0).await;
    let got = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    send(&queue, "delayed", 30).await;
    assert!(queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap().is_empty());
    assert_eq!(queue.recover(&APPROVALS_SUBMIT).await, Ok(1));
    let again = queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
    assert_eq!(again.iter().map(|m| (m.body.as_str(), m.receives)).collect::<Vec<_>>(), [("in hand", 1)]);
    // The dead process's receipt is worth nothing.
    queue.delete(&APPROVALS_SUBMIT, &got[0].receipt).await.unwrap();
    assert_eq!(queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 2);
}

#[tokio::test]
async fn what_kills_every_process_that_takes_it_comes_to_an_end() {
    let (Local { queue, .. }, _clock) = local().await;
    send(&queue, "killer", 0).await;
    let mut counted = Vec::new();
    while let [message] = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap().as_slice() {
        counted.push(message.receives);
        queue.recover(&APPROVALS_SUBMIT).await.unwrap();
    }
    let free = usize::try_from(FREE_DEATHS).unwrap();
    assert!(counted[..free].iter().all(|n| *n == 1), "{counted:?}");
    assert_eq!(counted[free..], (1..=MAX_RECEIVES).collect::<Vec<_>>());
    assert_eq!(queue.depth(&APPROVALS_SUBMIT.dead_letters()).await.unwrap().visible, 1);
}

#[tokio::test]
async fn what_is_in_hand_is_not_handed_out_again_when_the_clock_is_set_ahead() {
    let (Local { queue, .. }, clock) = local().await;
    send(&queue, "in hand", 0).await;
    let got = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    clock.step(600_000);
    assert_eq!(queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap(), []);
    // The pump sleeps meanwhile: it is shown as hidden again.
    assert_eq!(queue.next_visible_at(&APPROVALS_SUBMIT).await, Ok(Some(clock.now_ms() + 60_000)));
    send(&queue, "other", 0).await;
    assert_eq!(queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap().len(), 1);
    // Its time is over all the same, and what was answered for is gone.
    clock.advance(VISIBILITY);
    assert_eq!(queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap().len(), 2);
    queue.delete(&APPROVALS_SUBMIT, &got[0].receipt).await.unwrap();
}

#[tokio::test]
async fn a_receipt_counts_wherever_its_message_was_moved() {
    let (Local { queue, .. }, clock) = local().await;
    send(&queue, "x", 0).await;
    let receipt = queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap().remove(0).receipt;
    // To where it is already, further off, and by a clock that is set ahead.
    for delay in [VISIBILITY, 2 * VISIBILITY] {
        queue.release(&APPROVALS_SUBMIT, &receipt, delay).await.unwrap();
        assert_eq!(
            queue.next_visible_at(&APPROVALS_SUBMIT).await.unwrap(),
            Some(clock.now_ms() + delay.as_millis() as i64)
        );
    }
    queue.delete(&APPROVALS_SUBMIT, &receipt).await.unwrap();
    assert_eq!(queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 0);
}

#[tokio::test]
async fn messages_of_a_former_version_are_there_after_the_update() {
    use aws_sdk_dynamodb::types::AttributeValue;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.db");
    let (text, number) = (|it: &str| AttributeValue::S(it.to_owned()), |it: i64| AttributeValue::N(it.to_string()));
    let former = Local::open(&path, Clock::manual(START)).await.unwrap();
    for (id, visible_ms, receives) in [("m-1", START, 1), ("m-2", START + 5, 4)] {
        // Under its id, with an entry of the index.
        let put = former.queue_client.put_item().table_name(tenon_engine::local::QUEUE_TABLE);
        let put = put.item("pk", text(id)).item("sk", text("-")).item("gsi1pk", text("approvals-submit"));
        let put = put.item("gsi1sk", text(&format!("{visible_ms:015}#{id}"))).item("body", text(id));
        let put = put.item("receives", number(receives)).item("deaths", number(1)).item("sent_ms", number(START - 7));
        put.send().await.unwrap();
    }
    drop(former);
    for _ in 0..2 {
        let local = Local::open(&path, Clock::manual(START + 5)).await.unwrap();
        assert_eq!(local.queue.depth(&APPROVALS_SUBMIT).await, Ok(Depth { visible: 2, hidden: 0 }));
    }
    let local = Local::open(&path, Clock::manual(START + 5)).await.unwrap();
    let got = local.queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
    let received: Vec<_> = got.iter().map(|m| (m.id.as_str(), m.body.as_str(), m.receives, m.sent_ms)).collect();
    assert_eq!(received, [("m-1", "m-1", 1, START - 7), ("m-2", "m-2", 4, START - 7)]);
    let receipts: Vec<String> = got.into_iter().map(|m| m.receipt).collect();
    local.queue.delete_all(&APPROVALS_SUBMIT, &receipts).await.unwrap();
    assert_eq!(local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 0);
}
