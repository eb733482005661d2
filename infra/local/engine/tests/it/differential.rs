//! The embedded engine called in this process, by prepared statements and with its own requests, answers as it does
//! through the AWS SDK, whatever is asked in whatever order.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_engine::local::TABLE;
use tenon_engine::{Database, Gate, Local, client, create_table};
use tenon_model::TenantId;
use tenon_platform::Clock;
use tenon_platform::error::Error;
use tenon_platform::queue::{APPROVALS_SUBMIT, Queue};
use tenon_platform::table::{Claim, Count, Counted, Expect, Key, Outcome, Range, Table, Write};

const NAME: &str = "differential";
const NOW_MS: i64 = 1_800_000_000_000;

/// Numbers that are the same for the same seed.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    fn partition(&mut self) -> String {
        Key::partition_of(&TenantId::operator(), "RUN", &[["a", "b#1", "中文"][self.below(3) as usize]])
    }

    fn key(&mut self) -> Key {
        let part = ["a", "b#1", "中文"][self.below(3) as usize];
        Key::new(&TenantId::operator(), "RUN", &[part], format!("s#{}", self.below(4)))
    }

    fn data(&mut self) -> Value {
        match self.below(8) {
            0 => json!({}),
            1 => json!({ "text": "", "nothing": null, "flag": true }),
            2 => {
                json!({ "id": 9_223_372_036_854_775_807_i64, "price": "1.50", "half": 0.5, "large": 1e21, "minus": -0.000_1 })
            }
            3 => {
                json!({ "lines": [{ "item": "螺丝", "quantity": "12.000" }, [], {}], "deep": { "a": { "b": [1, 2, 3] } } })
            }
            4 => json!("a text alone"),
            5 => json!({ "emoji": "🚢", "quote": "\"\\\u{1}" }),
            6 => json!([null, 0, -1, 18_446_744_073_709_551_615_u64]),
            _ => json!({ "n": self.below(5) }),
        }
    }

    fn expect(&mut self) -> Expect {
        match self.below(4) {
            0 => Expect::Anything,
            1 => Expect::AbsentAt(NOW_MS),
            _ => Expect::Version(self.below(4)),
        }
    }

    fn write(&mut self) -> Write {
        let key = self.key();
        match self.below(5) {
            0 => Write::delete(key, self.expect()),
            1 => Write::count(self.count(key)),
            _ => {
                let write = Write::put(key, &self.data(), self.expect()).unwrap();
                let write = if self.flag() {
                    write.indexed(["index", "other"][self.below(2) as usize].to_owned(), format!("i{}", self.below(9)))
                } else {
                    write
                };
                write.expiring([None, Some(NOW_MS / 1000 - 5), Some(NOW_MS / 1000 + 5)][self.below(3) as usize])
            }
        }
    }

    fn count(&mut self, key: Key) -> Count {
        let count = Count::new(key).add(["all", "failed"][self.below(2) as usize], self.below(7) as i64 - 2);
        let count = if self.flag() { count.set("latest", self.below(100) as i64) } else { count };
        let count = if self.flag() { count.below("all", self.below(4) as i64) } else { count };
        count.expiring(self.flag().then_some(NOW_MS / 1000 + 60))
    }

    fn range(&mut self) -> Range {
        let (prefix, from, up_to) = match self.below(5) {
            0 => (Some("s#".to_owned()), None, None),
            1 => (None, Some("s#1".to_owned()), None),
            2 => (None, None, Some("s#2".to_owned())),
            3 => (None, Some("i2".to_owned()), Some("s#2".to_owned())),
            _ => (None, None, None),
        };
        let limit = self.flag().then(|| self.below(3) as u32 + 1);
        Range { prefix, from, up_to, backwards: self.flag(), limit, start: None }
    }
}

fn describe<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{} {:?} {:?} {:?}", error.code, error.kind, error.retry, error.vendor_code),
    }
}

/// Every page of a range.
async fn pages(table: &Table, partition: &str, mut range: Range, in_index: bool) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    loop {
        let page = match in_index {
            true => table.query_index::<Value>(partition, range.clone()).await?,
            false => table.query::<Value>(partition, range.clone()).await?,
        };
        all.push(format!("{:?}", page.items));
        match page.next {
            Some(next) => range.start = Some(next),
            None => return Ok(all),
        }
    }
}

/// One drawn operation, and what it answered.
async fn operation(table: &Table, drawn: &mut Drawn) -> String {
    match drawn.below(12) {
        0 => describe(table.get::<Value>(&drawn.key()).await),
        1 => {
            let keys = [drawn.key(), drawn.key(), drawn.key()];
            let keys: Vec<Key> =
                keys.iter().enumerate().filter(|(i, k)| !keys[..*i].contains(k)).map(|(_, k)| k.clone()).collect();
            describe(table.get_many::<Value>(&keys).await.map(|found| {
                let sorted = found.into_iter().map(|(k, v)| (format!("{k:?}"), v));
                sorted.collect::<BTreeMap<_, _>>()
            }))
        }
        2 => {
            let (key, data) = (drawn.key(), drawn.data());
            let expires = drawn.flag().then_some(NOW_MS / 1000 - 1);
            describe(table.claim(&key, &data, expires, NOW_MS).await)
        }
        3 => {
            let key = drawn.key();
            describe(table.count(drawn.count(key)).await)
        }
        4 => {
            let found = table.counters(&[drawn.key()]).await;
            describe(found.map(|found| found.into_values().collect::<Vec<_>>()))
        }
        5 => {
            let (partition, range) = (drawn.partition(), drawn.range());
            describe(pages(table, &partition, range, false).await)
        }
        6 => {
            let (partition, range) = (["index", "other"][drawn.below(2) as usize], drawn.range());
            describe(pages(table, partition, range, true).await)
        }
        7 | 8 => {
            let writes = (0..=drawn.below(3)).map(|_| drawn.write()).collect();
            describe(table.transact_each(writes).await)
        }
        9 => {
            // The engine gives a whole table in an order that is its own, which is no promise.
            let found = table.scan(None, 100).await;
            describe(found.map(|page| {
                let records = page.records.into_iter().map(|raw| (format!("{:?}", raw.key), raw.data));
                records.collect::<BTreeMap<_, _>>()
            }))
        }
        _ => {
            let write = drawn.write();
            describe(table.write(write).await)
        }
    }
}

/// The engine as the local run calls it, and another of the same kind as the AWS SDK reaches it.
async fn engines() -> (Local, Table) {
    let through = client(Database::memory().unwrap(), Gate::open());
    create_table(&through, NAME).await.unwrap();
    (Local::memory(Clock::manual(NOW_MS)).await.unwrap(), Table::new(through, NAME))
}

/// 60 sequences of 40 operations; `TENON_SEQUENCES` asks for more. Every third operation goes through the SDK to the same
/// data, so that what one way stores the other finds.
#[tokio::test]
async fn all_ways_to_the_engine_answer_the_same() {
    let sequences = std::env::var("TENON_SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    for seed in 1..=sequences {
        let (local, through) = engines().await;
        let same = Table::new(local.client.clone(), TABLE);
        let (mut one, mut other) = (Drawn(seed * 0x9e37_79b9), Drawn(seed * 0x9e37_79b9));
        for step in 0..40 {
            let way = if (seed + step) % 3 == 0 { &same } else { &local.table };
            let (by_direct, by_sdk) = (operation(way, &mut one).await, operation(&through, &mut other).await);
            assert_eq!(by_direct, by_sdk, "sequence {seed}, operation {step}");
        }
    }
}

/// Whatever the platform does all the time costs a statement or two, and not a request of the engine: a change of its
/// words that the statements do not know would be noticed by nobody but the clock.
#[tokio::test]
async fn what_the_platform_asks_for_all_the_time_is_not_handed_on() {
    let clock = Clock::manual(NOW_MS);
    let local = Local::memory(clock.clone()).await.unwrap();
    let (table, mut drawn) = (&local.table, Drawn(7));
    let (partition, key) = (drawn.partition(), drawn.key());
    let write = |expect| Write::put(key.clone(), &json!({ "a": [1, "x", null, { "b": true }] }), expect).unwrap();
    let expires = Some(NOW_MS / 1000 + 60);
    let claimed = table.claim::<Value>(&key, &json!({ "n": 1 }), expires, NOW_MS).await.unwrap();
    assert_eq!(claimed, Claim::Stored);
    assert_eq!(
        table.write(write(Expect::Version(1)).indexed("index".to_owned(), "i1".to_owned())).await,
        Ok(Outcome::Done)
    );
    assert_eq!(
        table.write(write(Expect::Anything).indexed("index".to_owned(), "i2".to_owned())).await,
        Ok(Outcome::Done)
    );
    let counted = Key::new(&TenantId::operator(), "RUN", &[], "counted");
    let count = || Count::new(counted.clone()).add("all", 2).set("latest", 5).below("all", 9).expiring(expires);
    assert!(matches!(table.count(count()).await, Ok(Counted::Done(now)) if now.get("all") == Some(&2)));
    assert_eq!(table.transact(vec![Write::count(count()), write(Expect::Version(1))]).await, Ok(Outcome::Done));
    assert_eq!(table.get::<Value>(&key).await.unwrap().unwrap().version, 2);
    assert_eq!(table.get_many::<Value>(std::slice::from_ref(&key)).await.unwrap().len(), 1);
    for _ in 0..8 {
        let range = drawn.range();
        if range.from <= range.up_to || range.up_to.is_none() {
            pages(table, &partition, range.clone(), false).await.unwrap();
            pages(table, "index", range, true).await.unwrap();
        }
    }
    assert_eq!(table.write(Write::delete(key.clone(), Expect::Version(2))).await, Ok(Outcome::Done));

    let (queue, of, hidden) = (&local.queue, &APPROVALS_SUBMIT, Duration::from_secs(60));
    queue.send(of, "a".to_owned(), Duration::from_secs(1)).await.unwrap();
    queue.send_all(of, vec!["b".to_owned(), "c".to_owned()]).await.unwrap();
    clock.advance(Duration::from_secs(1));
    let received = queue.receive(of, 10, hidden).await.unwrap();
    queue.release(of, &received[0].receipt, Duration::ZERO).await.unwrap();
    let left: Vec<String> = received[1..].iter().map(|message| message.receipt.clone()).collect();
    queue.delete_all(of, &left).await.unwrap();
    queue.next_visible_at(of).await.unwrap();
    assert_eq!((received.len(), local.handed_on()), (3, 0));
}
