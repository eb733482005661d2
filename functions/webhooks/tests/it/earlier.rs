//! Subscriptions that were stored before there was an index of their ends are entered in it, once, and told of.

use crate::common::receiver::Receiver;
use crate::common::{Fixture, START};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tenon_engine::{Counts, Gate, Moment, Tally};
use tenon_model::access::Role;
use tenon_model::{EventKind, Module, TenantId};
use tenon_platform::table::{Expect, Key, Write};
use tenon_tenants::access::{NewToken, issue};
use tenon_tenants::store::ending_from;
use tenon_webhooks::renewals::handler;

const DAY: Duration = Duration::from_secs(86_400);
const QUARTER: Duration = Duration::from_secs(900);
const HOUR: Duration = Duration::from_secs(3_600);

/// The first record of a kind as the version before wrote it.
fn stored_before(kind: &str) -> Value {
    let path = format!("{}/../../tests/records/{kind}.1.json", env!("CARGO_MANIFEST_DIR"));
    let records: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    records[0].clone()
}

fn of(mut record: Value, tenant: &str, changes: Value) -> Value {
    record["tenant"] = tenant.into();
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

/// A subscription in the table as it lay there before the index, which ends in forty days.
fn subscription(tenant: &str) -> Write {
    let days = |days: i64| START + days * 86_400_000;
    let term = json!({ "startsMs": days(-325), "createdMs": days(-325), "updatedMs": days(-325), "endsMs": days(40) });
    let record = of(stored_before("STORE-SUBSCRIPTION"), tenant, term);
    let key = Key::new(&TenantId::new(tenant), "STORE-SUBSCRIPTION", &[], "ORDER_SYNC");
    Write::put(key, &record, Expect::Anything).unwrap()
}

/// An order in the operator's list.
fn order(number: usize, tenant: &str) -> Write {
    let number = format!("ORD20260131{number:012}");
    let record = of(stored_before("STORE-ORDER"), tenant, json!({ "number": number }));
    Write::put(Key::new(&TenantId::operator(), "STORE-ORDER", &[], number), &record, Expect::Anything).unwrap()
}

/// So many orders of which the first and the last are of tenants that have subscriptions, and a tenant that has one without
/// an order; the operator's app hears of all of them.
async fn fixture(orders: usize) -> (Fixture, Receiver) {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let asks = vec![EventKind::AppExpiring];
    let asks = |app: &mut tenon_model::tenant_app::TenantApp| app.callback.as_mut().unwrap().events = Some(asks);
    fixture.app_of(&TenantId::operator(), Module::PaymentSync, &receiver.url, asks).await;
    let token = NewToken {
        name: "buys".to_owned(),
        role: Role::TenantAdmin,
        tenant: Some(TenantId::new("t-trial")),
        scopes: Vec::new(),
        expires_ms: None,
    };
    issue(&fixture.ctx, token).await.unwrap();
    let mut writes: Vec<Write> = ["t-first", "t-last", "t-trial"].into_iter().map(subscription).collect();
    writes.push(order(0, "t-first"));
    writes.extend((1..orders - 1).map(|number| order(number, "t-other")));
    writes.push(order(orders - 1, "t-last"));
    fixture.ctx.table.put_many(writes).await.unwrap();
    (fixture, receiver)
}

/// A look as the catalog lets the function see the table; whether it came to its end.
async fn look(fixture: &Fixture) -> bool {
    let ctx = fixture.ctx.of_function(tenon_catalog::function("renewal-notices").unwrap());
    let done = handler(&ctx).await.is_ok();
    fixture.clock.advance(QUARTER);
    done
}

/// How often each tenant's subscription stands in the index.
async fn entered(fixture: &Fixture) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for subscription in ending_from(&fixture.onlooker(), 0).await.unwrap() {
        *all.entry(subscription.tenant.to_string()).or_default() += 1;
    }
    all
}

fn once(tenants: &[&str]) -> BTreeMap<String, usize> {
    tenants.iter().map(|tenant| ((*tenant).to_owned(), 1)).collect()
}

/// How often the receiver was told of each tenant.
fn told(receiver: &Receiver) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for hit in receiver.hits() {
        let body: Value = serde_json::from_str(&hit.body).unwrap();
        assert_eq!((&body["event"], &body["data"]["daysLeft"]), (&"APP_EXPIRING".into(), &30.into()), "{body}");
        *all.entry(body["data"]["tenantId"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    all
}

/// What a look asks of the table.
async fn cost(fixture: &Fixture) -> Counts {
    let (ctx, tally) = Tally::of(&fixture.ctx);
    handler(&ctx).await.unwrap();
    fixture.clock.advance(QUARTER);
    tally.counts()
}

#[tokio::test]
async fn they_are_entered_by_pages_over_several_looks_and_told_of_and_nobody_looks_for_more() {
    let (mut fixture, receiver) = fixture(1_200).await;
    // A process of the version before may still be at work.
    assert!(look(&fixture).await);
    let waiting = cost(&fixture).await;
    for _ in 0..2 {
        assert!(look(&fixture).await);
        assert_eq!(entered(&fixture).await, once(&[]));
    }
    assert!(look(&fixture).await);
    assert_eq!(entered(&fixture).await, once(&["t-first"]), "a thousand orders at a time");
    // The next dies when it has read of some pages.
    fixture.restart(Gate::crash_at_write(2, Moment::After)).await;
    assert!(!look(&fixture).await);
    fixture.restart(Gate::open()).await;
    assert!(look(&fixture).await);
    assert_eq!(entered(&fixture).await, once(&["t-first", "t-last", "t-trial"]));
    // From now on it costs a read, beside that of the slot; and each tenant's apps are looked at for their quotas.
    let (waiting, idle) = (waiting.operations, cost(&fixture).await.operations);
    assert_eq!((waiting["GetItem"], waiting["PutItem"]), (2, 1), "{waiting:?}");
    let expected = BTreeMap::from([("GetItem", 2), ("PutItem", 1), ("Query", waiting["Query"] + 3)]);
    assert_eq!(idle, expected);
    assert_eq!(cost(&fixture).await.operations, expected);
    fixture.clock.advance(DAY * 10);
    for _ in 0..3 {
        assert!(look(&fixture).await);
        fixture.settle().await;
    }
    assert_eq!(told(&receiver), once(&["t-first", "t-last", "t-trial"]));
}

/// A look that the gate kills, and what comes after it.
async fn scenario(gate: Gate) -> (Fixture, Receiver) {
    let (mut fixture, receiver) = fixture(150).await;
    assert!(look(&fixture).await);
    fixture.clock.advance(HOUR);
    fixture.restart(gate).await;
    look(&fixture).await;
    fixture.restart(Gate::open()).await;
    for _ in 0..2 {
        assert!(look(&fixture).await);
    }
    (fixture, receiver)
}

#[tokio::test]
async fn whatever_write_a_look_dies_at_every_subscription_is_entered_once() {
    let (gate, writes) = Gate::counting_writes();
    let (fixture, _) = scenario(gate).await;
    let all = once(&["t-first", "t-last", "t-trial"]);
    assert_eq!(entered(&fixture).await, all);
    let writes = writes.load(Ordering::SeqCst);
    // The slot, three subscriptions, and how far it came after each of three pages.
    assert_eq!(writes, 7);
    for n in 0..writes {
        for moment in [Moment::Before, Moment::After] {
            let (fixture, _) = scenario(Gate::crash_at_write(n, moment)).await;
            assert_eq!(entered(&fixture).await, all, "write {n}, {moment:?}");
        }
    }
}

#[tokio::test]
async fn a_subscription_that_is_renewed_meanwhile_keeps_its_new_end() {
    let (fixture, _) = fixture(2).await;
    assert!(look(&fixture).await);
    fixture.clock.advance(HOUR);
    let tenant = TenantId::new("t-first");
    let new = json!({ "appId": "ORDER_SYNC", "subscriptionType": "YEARLY", "contactName": "张三", "contactPhone": "13800138000" });
    let new = serde_json::from_value(new).unwrap();
    let order = tenon_tenants::store::create_order(&fixture.ctx, &tenant, &new).await.unwrap();
    let paid = tenon_tenants::store::activate(&fixture.ctx, &order.number, "", "tok-1").await.unwrap();
    for _ in 0..3 {
        assert!(look(&fixture).await);
    }
    assert_eq!(entered(&fixture).await, once(&["t-first", "t-last", "t-trial"]));
    let stored = tenon_tenants::store::subscription(&fixture.ctx, &tenant, Module::OrderSync).await.unwrap().unwrap();
    assert_eq!(Some(stored.data), paid.subscription);
    assert_eq!(stored.version, 2, "it was entered when it was renewed, and nobody else wrote it");
}
