//! The table within DynamoDB's limits, by a clock that is moved by hand: what one key takes a second, and what happens above it.

use futures::future::join_all;
use std::collections::BTreeMap;
use tenon_engine::limits::Rejections;
use tenon_engine::{Limits, Local};
use tenon_model::TenantId;
use tenon_platform::table::{Count, Counted, Expect, Key, Range, Table, Transacted, Write};
use tenon_platform::{Clock, ErrorKind};

async fn limited() -> (Table, Limits) {
    let clock = Clock::manual_for_many(1_800_000_000_000);
    let limits = Limits::by(clock.clone());
    (Local::memory(clock).await.unwrap().within(&limits).table, limits)
}

fn key(name: &str, sort: &str) -> Key {
    Key::new(&TenantId::new("t-1"), name, &[], sort)
}

#[tokio::test]
async fn a_key_takes_a_thousand_counts_a_second_and_the_others_wait() {
    let (table, limits) = limited().await;
    let counts = (0..1_400).map(|_| table.count(Count::new(key("HOT", "-")).add("calls", 1)));
    let outcomes = join_all(counts).await;
    let done = outcomes.iter().filter(|o| matches!(o, Ok(Counted::Done(_)))).count();
    let given_up = outcomes.iter().filter(|o| o.as_ref().is_err_and(|e| e.kind() == ErrorKind::Throttled)).count();
    assert_eq!(done + given_up, 1_400, "a count is made, or known not to be made");
    let took = limits.clock().elapsed_ms();
    assert!(done == 1_400 && (400..=4_200).contains(&took), "{done} in {took} ms");
    assert!(limits.refused().throttled >= 400);
    let stored = table.counters(&[key("HOT", "-")]).await.unwrap();
    assert_eq!(stored[&key("HOT", "-")]["calls"], i64::try_from(done).unwrap());
}

#[tokio::test]
async fn keys_have_a_share_each() {
    let (table, limits) = limited().await;
    let counts = (0..1_600).map(|n| table.count(Count::new(key(&format!("HOT{}", n % 4), "-")).add("calls", 1)));
    assert!(join_all(counts).await.iter().all(Result::is_ok));
    assert_eq!(limits.refused(), Rejections::default());
}

#[tokio::test]
async fn transactions_that_meet_are_made_again_and_each_is_made_once() {
    let (table, limits) = limited().await;
    let transact = |n: usize| {
        let own = Write::put(key("OWN", &n.to_string()), &n, Expect::AbsentAt(0)).unwrap();
        let both = vec![own, Write::count(Count::new(key("MET", "-")).add("made", 1))];
        let table = &table;
        async move {
            loop {
                match table.transact_each(both.clone()).await {
                    Err(error) if error.kind() == ErrorKind::Contended => {}
                    outcome => break outcome,
                }
            }
        }
    };
    let made = join_all((0..40).map(transact)).await;
    assert!(made.iter().all(|m| *m == Ok(Transacted::Done)));
    assert!(limits.refused().contended > 0);
    assert_eq!(
        table.counters(&[key("MET", "-")]).await.unwrap()[&key("MET", "-")],
        BTreeMap::from([("made".to_owned(), 40)])
    );
}

#[tokio::test]
async fn what_a_batch_leaves_undone_is_done_after_a_pause() {
    let (table, limits) = limited().await;
    let writes = (0..1_500).map(|n| Write::put(key("BATCH", &format!("{n:04}")), &n, Expect::Anything).unwrap());
    table.put_many(writes.collect()).await.unwrap();
    let written = limits.refused().throttled;
    assert!(written > 0);
    let keys: Vec<Key> = (0..1_500).map(|n| key("BATCH", &format!("{n:04}"))).collect();
    for _ in 0..3 {
        assert_eq!(table.get_many::<i64>(&keys).await.unwrap().len(), 1_500);
    }
    assert!(limits.refused().throttled > written, "4,500 reads of one key are more than a second's share");
    assert_eq!(table.query_all::<i64>(keys[0].partition(), Range::default()).await.unwrap().len(), 1_500);
}

#[tokio::test]
async fn a_hot_key_of_the_index_holds_up_its_writes() {
    let (table, limits) = limited().await;
    let write = |n: usize| {
        let write = Write::put(key(&format!("SPREAD{n}"), "-"), &n, Expect::Anything).unwrap();
        table.write(write.indexed("HOT".to_owned(), n.to_string()))
    };
    let outcomes = join_all((0..1_300).map(write)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(limits.refused().throttled >= 300);
}

#[tokio::test]
async fn an_item_beyond_400_kb_is_refused_for_good() {
    let (table, _) = limited().await;
    let large = Write::put(key("LARGE", "-"), &"x".repeat(400 * 1024), Expect::Anything).unwrap();
    let error = table.write(large).await.unwrap_err();
    assert_eq!((error.code, error.vendor_code.as_deref()), ("platform.table", Some("ValidationException")));
}
