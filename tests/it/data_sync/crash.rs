//! Rows change while they are read, processes die between any two steps, and in the end every row is there, once, as it
//! was last.

use super::fixture::{FORM, Fixture, TABLE, order};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;
use tenon_databases::STATE_TABLE;
use tenon_engine::Moment;
use tenon_flows::data_sync::record::What;
use tenon_flows::data_sync::{begin, flow_of};
use tenon_flows::kinds::Scope;
use tenon_model::TenantId;
use tenon_model::run::Trigger;
use tenon_tables::Slice;
use tenon_testkit::databases::DatabaseFixture;
use tenon_tests::Boundary;

/// What somebody does between two questions.
#[derive(Clone, Debug)]
enum Act {
    Change(i64),
    Add,
    Delete(i64),
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        4 => (1..40_i64).prop_map(Act::Change),
        2 => Just(Act::Add),
        1 => (1..40_i64).prop_map(Act::Delete),
    ];
    proptest::collection::vec((0..24_u64, act), 0..30)
}

async fn begun(fixture: &Fixture, what: What) -> tenon_model::RunId {
    let tenant = TenantId::operator();
    let loaded = fixture.app.ctx.config.load(&tenant).await.unwrap();
    let at = Scope { ctx: &fixture.app.ctx, tenant: &tenant, loaded: &loaded };
    let flow = flow_of(&loaded, FORM).unwrap();
    begin::begin(at, flow, FORM, what, Trigger::Operator, Duration::ZERO).await.unwrap().run
}

/// A run, a page a slice, while people work between the pages. What they did while the window was read is in the table
/// at the end of the run; what they did after that is there after the next update.
async fn changes(seed: u64, acts: Vec<(u64, Act)>, what: What) {
    let fixture = Fixture::new(seed, 30).await;
    if what == What::Update {
        let (status, _) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
        assert_eq!(status, 200);
    }
    let run = begun(&fixture, what).await;
    let mut late = BTreeSet::new();
    for slice in 0..200 {
        for (n, (_, act)) in acts.iter().enumerate().filter(|(_, (at, _))| *at == slice) {
            let touched = play(&fixture, i64::try_from(n).unwrap(), act);
            if pass(&fixture).await > 0 {
                late.insert(touched);
            }
        }
        match tenon_tables::work(&fixture.app.ctx, &TenantId::operator(), &run, Some(Duration::ZERO)).await.unwrap() {
            Slice::OutOfTime => {}
            Slice::Done | Slice::Ended => break,
        }
    }
    compare(&fixture, &late).await;
    fixture.app.clock.advance(Duration::from_secs(60));
    let (status, answer) = fixture.call("GET", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!(status, 200, "{answer}");
    compare(&fixture, &BTreeSet::new()).await;
}

/// Does it, and says to which row.
fn play(fixture: &Fixture, n: i64, act: &Act) -> i64 {
    let (kingdee, now) = (fixture.app.sandbox.kingdee(), fixture.app.clock.now_ms() + 1_000);
    match act {
        Act::Change(id) => kingdee.put(FORM, *id, &order(*id, &format!("CHANGED-{n}")), now),
        Act::Add => kingdee.put(FORM, 1000 + n, &order(n, &format!("ADDED-{n}")), now),
        Act::Delete(id) => kingdee.remove(FORM, *id),
    }
    match act {
        Act::Change(id) | Act::Delete(id) => *id,
        Act::Add => 1000 + n,
    }
}

/// Which pass the run is in.
async fn pass(fixture: &Fixture) -> u64 {
    let sql = format!("SELECT state FROM {STATE_TABLE} WHERE name = ?1");
    let rows = fixture.db().await.rows(sql, vec![Some(TABLE.to_owned())]).await.unwrap_or_default();
    let state = rows.first().and_then(|row| row[0].clone()).unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(&state).map_or(0, |state| state["pass"].as_u64().unwrap_or(0))
}

async fn compare(fixture: &Fixture, but: &BTreeSet<i64>) {
    let found = fixture.numbers().await;
    for row in fixture.app.sandbox.kingdee().records(FORM).iter().filter(|row| !but.contains(&row.id)) {
        let number = row.fields["FBillNo"].as_str().unwrap();
        let is = found.get(&row.id);
        assert!(is.is_some_and(|found| found == number), "{} is {number} and not {is:?}", row.id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("TENON_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(8), ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_there_as_it_was_last_however_others_change_while_it_is_read(seed in 0..1000_u64, acts in acts(), creates in any::<bool>()) {
        let what = if creates { What::Create } else { What::Update };
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(changes(seed, acts, what));
    }
}

/// Whoever reads while a table is made anew sees the old rows or the new ones, all of them.
pub async fn dies_at(mut fixture: Fixture, effect: usize, moment: Moment, what: What) -> (bool, DatabaseFixture) {
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!(status, 200, "{answer}");
    for id in 1..=8 {
        fixture.order(id, &format!("AGAIN-{id}"));
    }
    fixture.app.restart(Some(Boundary { effect, moment }));
    let target = format!("/dataSync/{}?formId={FORM}", what.word());
    let _ = super::fixture::call(&fixture.app, "POST", &target, Some(super::fixture::CODE)).await;
    let died = fixture.app.crash_injector.is_dead();
    let rows = fixture.numbers().await;
    assert_eq!(rows.len(), 8, "a half table after {effect}");
    if what == What::Create {
        let new = rows.values().filter(|number| number.starts_with("AGAIN")).count();
        assert!(new == 0 || new == 8, "half a table after {effect}: {rows:?}");
    }
    fixture.app.restart(None);
    fixture.app.clock.advance(Duration::from_secs(200));
    fixture.rest().await;
    if !died {
        return (false, fixture.database);
    }
    // Whether it was begun at all is for whoever asked to find out: asked again, it is done.
    let (status, answer) = fixture.call("POST", &target).await;
    assert_eq!(status, 200, "after {effect}: {answer}");
    let rows = fixture.numbers().await;
    assert!(rows.len() == 8 && rows.values().all(|number| number.starts_with("AGAIN")), "after {effect}: {rows:?}");
    for name in ["__new", "__old"] {
        let left = fixture.db().await.describe(&format!("{TABLE}{name}")).await.unwrap();
        assert!(left.is_none(), "{TABLE}{name} was left after {effect}");
    }
    assert_eq!(fixture.app.dead_letters().await, Vec::<String>::new(), "after {effect}");
    (true, fixture.database)
}

#[tokio::test]
async fn a_run_survives_the_death_of_its_process_at_every_boundary() {
    for what in [What::Create, What::Update] {
        let mut effect = 0;
        loop {
            let moment = if effect % 2 == 0 { Moment::Before } else { Moment::After };
            if !dies_at(Fixture::new(77, 8).await, effect, moment, what).await.0 {
                break;
            }
            effect += 1;
        }
        assert!(effect > 10, "{effect}");
    }
}
