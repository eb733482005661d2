//! Behaviour of the table.

use std::collections::BTreeSet;
use tenon_model::TenantId;
use tenon_platform::table::{Claim, Count, Counted, Counters, Expect, Key, Outcome, Range, Table, Transacted, Write};

const NOW_MS: i64 = 1_800_000_000_000;

fn tenant() -> TenantId {
    TenantId::new("acme")
}

fn key(collection: &str, sort: &str) -> Key {
    Key::new(&tenant(), collection, &[], sort)
}

fn partition(collection: &str) -> String {
    Key::partition_of(&tenant(), collection, &[])
}

fn put(collection: &str, sort: &str, data: &str) -> Write {
    Write::put(key(collection, sort), &data, Expect::Anything).unwrap()
}

async fn data(table: &Table, key: &Key) -> Option<String> {
    table.get::<String>(key).await.unwrap().map(|s| s.data)
}

pub async fn a_claim_tells_who_was_first(table: &Table) {
    let key = key("CLAIM", "order-1");
    let first = table.claim(&key, &"first".to_owned(), None, NOW_MS).await.unwrap();
    assert_eq!(first, Claim::Stored);
    let second = table.claim(&key, &"second".to_owned(), None, NOW_MS).await.unwrap();
    let Claim::Exists(old) = second else { panic!("the second claim was stored") };
    assert_eq!((old.data.as_str(), old.version, old.sort.as_str()), ("first", 1, "order-1"));
}

pub async fn one_of_many_claims_wins(table: &Table) {
    let key = key("RACE", "order-1");
    let names: Vec<String> = (0..12).map(|n| format!("process-{n}")).collect();
    let claims = futures::future::join_all(names.iter().map(|name| table.claim(&key, name, None, NOW_MS))).await;
    let winners: Vec<&String> =
        names.iter().zip(&claims).filter(|(_, c)| **c == Ok(Claim::Stored)).map(|(n, _)| n).collect();
    assert_eq!(winners.len(), 1, "{claims:?}");
    assert_eq!(data(table, &key).await.as_ref(), Some(winners[0]));
}

pub async fn an_expired_record_is_claimed_again(table: &Table) {
    // The engines keep their own time for deleting, so the record's end is in this test's future.
    let ends_s = 4_000_000_000;
    let key = key("EXPIRY", "session");
    table.claim(&key, &"old".to_owned(), Some(ends_s), NOW_MS).await.unwrap();
    let before = table.claim(&key, &"early".to_owned(), Some(ends_s), ends_s * 1000 - 1).await.unwrap();
    assert!(matches!(before, Claim::Exists(_)), "taken before its end");
    let after = table.claim(&key, &"new".to_owned(), Some(ends_s + 60), ends_s * 1000).await.unwrap();
    assert_eq!(after, Claim::Stored);
    assert_eq!(data(table, &key).await.as_deref(), Some("new"));
}

pub async fn a_write_expecting_an_old_version_conflicts(table: &Table) {
    let key = key("VERSION", "-");
    let write = |data: &str, expect| Write::put(key.clone(), &data, expect).unwrap();
    assert_eq!(table.write(write("a", Expect::AbsentAt(NOW_MS))).await, Ok(Outcome::Done));
    assert_eq!(table.write(write("x", Expect::AbsentAt(NOW_MS))).await, Ok(Outcome::Conflict));
    assert_eq!(table.write(write("b", Expect::Version(1))).await, Ok(Outcome::Done));
    assert_eq!(table.write(write("x", Expect::Version(1))).await, Ok(Outcome::Conflict));
    let stored = table.get::<String>(&key).await.unwrap().unwrap();
    assert_eq!((stored.data.as_str(), stored.version), ("b", 2));

    assert_eq!(table.write(Write::delete(key.clone(), Expect::Version(1))).await, Ok(Outcome::Conflict));
    assert_eq!(table.write(Write::delete(key.clone(), Expect::Version(2))).await, Ok(Outcome::Done));
    assert_eq!(data(table, &key).await, None);
}

pub async fn a_transaction_is_all_or_nothing(table: &Table) {
    table.write(put("TX", "taken", "before")).await.unwrap();
    let writes = |expect| {
        vec![
            put("TX", "one", "after"),
            Write::put(key("TX", "taken"), &"after", expect).unwrap(),
            Write::delete(key("TX", "gone"), Expect::Anything),
        ]
    };
    table.write(put("TX", "gone", "before")).await.unwrap();
    assert_eq!(table.transact(writes(Expect::AbsentAt(NOW_MS))).await, Ok(Outcome::Conflict));
    assert_eq!(data(table, &key("TX", "one")).await, None);
    assert_eq!(data(table, &key("TX", "taken")).await.as_deref(), Some("before"));
    assert_eq!(data(table, &key("TX", "gone")).await.as_deref(), Some("before"));

    assert_eq!(table.transact(writes(Expect::Version(1))).await, Ok(Outcome::Done));
    assert_eq!(data(table, &key("TX", "one")).await.as_deref(), Some("after"));
    assert_eq!(data(table, &key("TX", "taken")).await.as_deref(), Some("after"));
    assert_eq!(data(table, &key("TX", "gone")).await, None);
}

pub async fn a_transaction_holds_only_while_what_it_checks_is_as_expected(table: &Table) {
    let (checked, other) = (key("CHECKED", "checked"), key("CHECKED", "other"));
    let with = |expect| vec![Write::check(checked.clone(), expect), put("CHECKED", "other", "x")];
    assert_eq!(table.transact(with(Expect::Version(1))).await, Ok(Outcome::Conflict));
    assert_eq!(table.transact(with(Expect::AbsentAt(NOW_MS))).await, Ok(Outcome::Done));
    assert!(data(table, &checked).await.is_none(), "what is checked is not written");
    table.write(Write::delete(other.clone(), Expect::Anything)).await.unwrap();
    table.write(put("CHECKED", "checked", "here")).await.unwrap();
    let transacted = table.transact_each(with(Expect::AbsentAt(NOW_MS))).await.unwrap();
    assert_eq!(transacted, Transacted::Conflict(vec![0]));
    assert!(data(table, &other).await.is_none(), "nothing of it is written");
    assert_eq!(table.transact(with(Expect::Version(1))).await, Ok(Outcome::Done));
    assert_eq!(data(table, &checked).await.as_deref(), Some("here"), "and it stays as it is");
    assert!(table.write(Write::check(checked, Expect::Version(1))).await.is_err(), "only in a transaction");
}

pub async fn a_transaction_takes_a_hundred_writes(table: &Table) {
    let writes = (0..100).map(|n| put("TX100", &format!("{n:03}"), "x")).collect();
    assert_eq!(table.transact(writes).await, Ok(Outcome::Done));
    assert_eq!(table.query_all::<String>(&partition("TX100"), Range::default()).await.unwrap().len(), 100);
}

pub async fn absent_records_are_left_out_of_many(table: &Table) {
    let stored: Vec<Write> = (0..130).filter(|n| n % 3 != 0).map(|n| put("MANY", &format!("{n:03}"), "x")).collect();
    let expected = stored.len();
    table.put_many(stored).await.unwrap();
    let keys: Vec<Key> = (0..130).map(|n| key("MANY", &format!("{n:03}"))).collect();
    let found = table.get_many::<String>(&keys).await.unwrap();
    assert_eq!(found.len(), expected);
    assert!(found.contains_key(&keys[1]) && !found.contains_key(&keys[3]));
}

pub async fn a_range_is_by_prefix_or_end_either_way(table: &Table) {
    for sort in ["a#1", "a#2", "b#1", "b#2", "c#1"] {
        table.write(put("RANGE", sort, sort)).await.unwrap();
    }
    let sorts = async |range: Range| -> Vec<String> {
        let page = table.query::<String>(&partition("RANGE"), range).await.unwrap();
        page.items.into_iter().map(|s| s.sort).collect()
    };
    let prefix = |p: &str| Range { prefix: Some(p.to_owned()), ..Range::default() };
    let up_to = |p: &str| Range { up_to: Some(p.to_owned()), ..Range::default() };
    assert_eq!(sorts(prefix("b#")).await, ["b#1", "b#2"]);
    assert_eq!(sorts(prefix("d")).await, [""; 0]);
    assert_eq!(sorts(up_to("b#1")).await, ["a#1", "a#2", "b#1"]);
    assert_eq!(sorts(Range { backwards: true, limit: Some(2), ..Range::default() }).await, ["c#1", "b#2"]);
    assert_eq!(sorts(Range { backwards: true, ..up_to("b#1") }).await, ["b#1", "a#2", "a#1"]);
}

pub async fn pages_join_without_gap_or_repeat(table: &Table) {
    let all: Vec<String> = (0..45).map(|n| format!("{n:02}")).collect();
    table.put_many(all.iter().map(|sort| put("PAGES", sort, sort)).collect()).await.unwrap();
    for backwards in [false, true] {
        let mut range = Range { limit: Some(7), backwards, ..Range::default() };
        let (mut seen, mut pages) = (Vec::new(), 0);
        loop {
            let page = table.query::<String>(&partition("PAGES"), range.clone()).await.unwrap();
            assert!(page.items.len() <= 7);
            seen.extend(page.items.into_iter().map(|s| s.data));
            pages += 1;
            let Some(next) = page.next else { break };
            range.start = Some(next);
        }
        let mut expected = all.clone();
        if backwards {
            expected.reverse();
        }
        assert_eq!(seen, expected);
        assert!(pages >= 7, "{pages} pages");
    }
}

pub async fn pages_cut_by_size_join_too(table: &Table) {
    // DynamoDB ends a page at 1 MB.
    let large = "x".repeat(150_000);
    for n in 0..12 {
        table.write(put("LARGE", &format!("{n:02}"), &large)).await.unwrap();
    }
    let first = table.query::<String>(&partition("LARGE"), Range::default()).await.unwrap();
    assert!(first.items.len() < 12 && first.next.is_some(), "a page held {} records", first.items.len());
    let all = table.query_all::<String>(&partition("LARGE"), Range::default()).await.unwrap();
    assert_eq!(all.iter().map(|s| s.sort.parse::<u32>().unwrap()).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
    assert!(all.iter().all(|s| s.data.len() == 150_000));
}

pub async fn the_index_holds_only_what_was_entered(table: &Table) {
    let due = partition("DUE");
    for n in 0..9 {
        let write = put("JOB", &format!("{n}"), &format!("job {n}"));
        // Every third is entered, in the opposite order.
        let write = if n % 3 == 0 { write.indexed(due.clone(), format!("{}", 9 - n)) } else { write };
        table.write(write).await.unwrap();
    }
    let jobs = async |range: Range| -> Vec<String> {
        table.query_index::<String>(&due, range).await.unwrap().items.into_iter().map(|s| s.data).collect()
    };
    assert_eq!(jobs(Range::default()).await, ["job 6", "job 3", "job 0"]);
    assert_eq!(jobs(Range { up_to: Some("6".to_owned()), ..Range::default() }).await, ["job 6", "job 3"]);

    let first = table.query_index::<String>(&due, Range { limit: Some(2), ..Range::default() }).await.unwrap();
    let rest = Range { start: first.next, ..Range::default() };
    assert_eq!(jobs(rest).await, ["job 0"]);

    // Written without an entry, a record leaves the index; deleted, too.
    table.write(put("JOB", "6", "done")).await.unwrap();
    table.write(Write::delete(key("JOB", "3"), Expect::Anything)).await.unwrap();
    assert_eq!(jobs(Range::default()).await, ["job 0"]);
}

pub async fn sixty_records_are_stored_in_batches(table: &Table) {
    let sorts: BTreeSet<String> = (0..60).map(|n| format!("{n:02}")).collect();
    table.put_many(sorts.iter().map(|sort| put("BATCH", sort, sort)).collect()).await.unwrap();
    let stored = table.query_all::<String>(&partition("BATCH"), Range::default()).await.unwrap();
    assert_eq!(stored.into_iter().map(|s| s.data).collect::<BTreeSet<_>>(), sorts);
}

pub async fn tenants_are_apart(table: &Table) {
    let (a, b) = (TenantId::new("a"), TenantId::new("a#APART"));
    let write = |tenant: &TenantId, data: &str| {
        Write::put(Key::new(tenant, "APART", &["x"], "-"), &data, Expect::Anything).unwrap()
    };
    table.write(write(&a, "of a")).await.unwrap();
    assert_eq!(data(table, &Key::new(&b, "APART", &["x"], "-")).await, None);
    table.write(write(&b, "of b")).await.unwrap();
    let of_a = table.query_all::<String>(&Key::partition_of(&a, "APART", &["x"]), Range::default()).await.unwrap();
    assert_eq!(of_a.into_iter().map(|s| s.data).collect::<Vec<_>>(), ["of a"]);
    assert_eq!(data(table, &Key::new(&b, "APART", &["x"], "-")).await.as_deref(), Some("of b"));
}

pub async fn a_range_has_a_beginning_too(table: &Table) {
    for sort in ["1", "2", "3", "4"] {
        table.write(put("FROM", sort, sort)).await.unwrap();
    }
    let sorts = async |from: Option<&str>, up_to: Option<&str>| -> Vec<String> {
        let range = Range { from: from.map(str::to_owned), up_to: up_to.map(str::to_owned), ..Range::default() };
        table.query::<String>(&partition("FROM"), range).await.unwrap().items.into_iter().map(|s| s.sort).collect()
    };
    assert_eq!(sorts(Some("3"), None).await, ["3", "4"]);
    assert_eq!(sorts(Some("2"), Some("3")).await, ["2", "3"]);
    assert_eq!(sorts(Some("2x"), Some("3")).await, ["3"]);
}

pub async fn a_hundred_counts_at_once_stop_at_the_limit(table: &Table) {
    let counts = (0..100).map(|_| {
        let table = table.clone();
        tokio::spawn(
            async move { table.count(Count::new(key("COUNT", "quota")).add("calls", 1).below("calls", 25)).await },
        )
    });
    let (mut done, mut full) = (0, 0);
    for count in counts.collect::<Vec<_>>() {
        match count.await.unwrap().unwrap() {
            Counted::Done(_) => done += 1,
            Counted::Full(now) => {
                assert_eq!(now["calls"], 25);
                full += 1;
            }
        }
    }
    assert_eq!((done, full), (25, 75));
    let none = table.count(Count::new(key("COUNT", "none")).add("calls", 1).below("calls", 0)).await.unwrap();
    assert_eq!(none, Counted::Full(Counters::new()));
}

pub async fn counters_are_kept_apart_and_read_together(table: &Table) {
    let (one, two, never) = (key("COUNTERS", "1"), key("COUNTERS", "2"), key("COUNTERS", "3"));
    table.count(Count::new(one.clone()).add("a", 2).add("b", 5)).await.unwrap();
    let now = table.count(Count::new(one.clone()).add("a", -3)).await.unwrap();
    assert_eq!(now, Counted::Done(Counters::from([("a".to_owned(), -1)])));
    table.count(Count::new(two.clone()).add("a", 7).expiring(Some(4_102_444_800))).await.unwrap();
    let found = table.counters(&[one.clone(), two.clone(), never.clone()]).await.unwrap();
    assert_eq!(found[&one], Counters::from([("a".to_owned(), -1), ("b".to_owned(), 5)]));
    assert_eq!(found[&two], Counters::from([("a".to_owned(), 7)]));
    assert!(!found.contains_key(&never));
}

pub async fn a_count_in_a_transaction_holds_the_rest_back_at_its_limit(table: &Table) {
    let counter = key("LIMITED", "calls");
    let count = || Write::count(Count::new(counter.clone()).add("calls", 1).below("calls", 1));
    assert_eq!(table.transact(vec![put("LIMITED", "first", "x"), count()]).await.unwrap(), Outcome::Done);
    let second = table.transact_each(vec![put("LIMITED", "second", "x"), count()]).await.unwrap();
    assert_eq!(second, Transacted::Conflict(vec![1]));
    assert_eq!(table.get::<String>(&key("LIMITED", "second")).await.unwrap(), None);
    assert_eq!(table.counters(std::slice::from_ref(&counter)).await.unwrap()[&counter]["calls"], 1);
}

pub async fn a_transaction_tells_which_writes_stood_in_the_way(table: &Table) {
    let fresh = |sort: &str| Write::put(key("PLACES", sort), &"x", Expect::AbsentAt(1)).unwrap();
    table.write(fresh("1")).await.unwrap();
    table.write(fresh("3")).await.unwrap();
    let transacted = table.transact_each(["0", "1", "2", "3"].map(fresh).into()).await.unwrap();
    assert_eq!(transacted, Transacted::Conflict(vec![1, 3]));
    assert_eq!(table.get::<String>(&key("PLACES", "0")).await.unwrap(), None);
}

pub async fn a_name_that_no_record_can_have_finds_none(table: &Table) {
    let long = "x".repeat(3_000);
    for name in ["", long.as_str()] {
        assert_eq!(data(table, &key("NAMES", name)).await, None, "a sort key of {} bytes", name.len());
    }
    assert_eq!(data(table, &Key::new(&tenant(), "NAMES", &[&long], "-")).await, None);
    let partition = Key::partition_of(&tenant(), "NAMES", &[&long]);
    assert!(table.query::<String>(&partition, Range::default()).await.unwrap().items.is_empty());
    assert!(table.query_index::<String>(&partition, Range::default()).await.unwrap().items.is_empty());
}

pub async fn writes_made_together_have_outcomes_of_their_own(table: &Table) {
    let one = |sort: &str, data: &str, expect| Write::put(key("EACH", sort), &data, expect).unwrap();
    table.write(one("taken", "before", Expect::Anything)).await.unwrap();
    let too_large = "x".repeat(420_000);
    let mut writes: Vec<Write> = (0..110).map(|n| one(&format!("n{n:03}"), "new", Expect::AbsentAt(NOW_MS))).collect();
    writes.push(one("taken", "after", Expect::AbsentAt(NOW_MS)));
    writes.push(one("large", &too_large, Expect::AbsentAt(NOW_MS)));
    // Of two of one record the second sees what the first did.
    writes.push(one("twice", "first", Expect::AbsentAt(NOW_MS)));
    writes.push(one("twice", "second", Expect::AbsentAt(NOW_MS)));
    let outcomes = table.write_each(writes).await;
    assert_eq!(outcomes.len(), 114);
    assert!(outcomes[..110].iter().all(|outcome| *outcome == Ok(Outcome::Done)), "{outcomes:?}");
    assert_eq!(outcomes[110], Ok(Outcome::Conflict));
    assert!(outcomes[111].is_err(), "{:?}", outcomes[111]);
    assert_eq!((&outcomes[112], &outcomes[113]), (&Ok(Outcome::Done), &Ok(Outcome::Conflict)));
    let wanted = ["taken", "twice", "n000", "n109", "none"].map(|sort| key("EACH", sort));
    let twice = [wanted.to_vec(), wanted.to_vec()].concat();
    let mut several = table.get_several(twice).await.unwrap();
    let found = wanted.map(|key| several.take::<String>(&key).unwrap().map(|stored| stored.data));
    assert_eq!(found.map(Option::unwrap_or_default), ["before", "first", "new", "new", ""]);
}

pub async fn changes_of_several_writes_made_together_are_each_made_or_not(table: &Table) {
    let one = |sort: &str, expect| Write::put(key("CHANGES", sort), &"new", expect).unwrap();
    let new = |sort: &str| one(sort, Expect::AbsentAt(NOW_MS));
    table.write(one("taken", Expect::Anything)).await.unwrap();
    let too_large = Write::put(key("CHANGES", "large"), &"x".repeat(420_000), Expect::Anything).unwrap();
    let mut changes: Vec<Vec<Write>> =
        (0..40).map(|n| ["a", "b", "c"].map(|s| new(&format!("{s}{n}"))).into()).collect();
    changes.push(vec![new("beside"), new("taken")]);
    changes.push(vec![new("with"), too_large]);
    changes.push(vec![new("alone")]);
    let outcomes = table.change_each(changes).await;
    assert_eq!(outcomes.len(), 43);
    assert!(outcomes[..40].iter().all(|outcome| *outcome == Ok(Transacted::Done)), "{outcomes:?}");
    assert_eq!(outcomes[40], Ok(Transacted::Conflict(vec![1])));
    assert!(outcomes[41].is_err(), "{:?}", outcomes[41]);
    assert_eq!(outcomes[42], Ok(Transacted::Done));
    let wanted = ["a0", "c39", "alone", "beside", "with"].map(|sort| key("CHANGES", sort));
    let mut several = table.get_several(wanted.to_vec()).await.unwrap();
    let found = wanted.map(|key| several.take::<String>(&key).unwrap().is_some());
    assert_eq!(found, [true, true, true, false, false]);
}
