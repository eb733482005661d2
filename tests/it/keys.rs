//! Keys of stored secrets: rotated while everything goes on, killed anywhere, and retired.

use std::collections::BTreeSet;
use tenon::commands::keys::FINDERS;
use tenon_crypto::secrets::{MasterKey, key_id};
use tenon_engine::gate::{Gate, Moment};
use tenon_model::access::Role;
use tenon_model::config::{Config, Secret};
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{AppId, Module, TenantId};
use tenon_platform::http::NoHttp;
use tenon_platform::keys::{self, Rotated, Rotation, State, Step};
use tenon_platform::{Context, Entropy, Error, data_key, kept};
use tenon_sandbox::NewDraft;
use tenon_tenants::access::{self, NewToken};
use tenon_tenants::apps;
use tenon_tests::{TestApp, TestAppOptions, standard_config};

/// An installation with everything that is sealed or proven.
struct Installation {
    app: TestApp,
    token: Secret,
    tenant_app: AppId,
    kept: String,
    seeds: u64,
}

impl Installation {
    async fn new() -> Self {
        let mut app = TestApp::new(TestAppOptions::default()).await;
        let mut config = standard_config();
        config["apps"] = serde_json::json!([{ "id": "mes", "app_code": "code-of-the-production-system" }]);
        let config: Config = serde_json::from_value(config).unwrap();
        app.ctx.config.replace_all(&TenantId::operator(), config, &app.ctx.entropy).await.unwrap();
        // A minute's work leaves sessions and vendors' tokens behind.
        let draft = NewDraft::new("1470000113")
            .field("U_ISSYN", "N")
            .field("U_UserID", "zhangsan")
            .line(serde_json::json!({ "ItemCode": "11028", "Quantity": 5.0 }));
        app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap();
        app.minute().await;
        let ctx = &app.ctx;
        data_key::establish(ctx).await.unwrap();
        let new =
            NewToken { name: "t".to_owned(), role: Role::Operator, tenant: None, scopes: Vec::new(), expires_ms: None };
        let (token, _) = access::issue(ctx, new).await.unwrap();
        let (tenant, id) = (TenantId::new("t-1"), AppId::new("app-1"));
        let secret = apps::seal(ctx, &tenant, &id, apps::APP_SECRET, "the app's secret").await.unwrap();
        let made = TenantApp {
            secrets: vec![AppSecret { secret, until_ms: None }],
            ..TenantApp::new(id.clone(), tenant, Module::OrderSync, "os_1".to_owned(), ctx.now_ms())
        };
        ctx.table.transact(apps::create_writes(&made, ctx.now_ms()).unwrap()).await.unwrap();
        let operator = TenantId::operator();
        let kept = kept::keep(ctx, &operator, kept::Kind::List, "ding-main", "a list", b"what was read").await;
        let kept = kept.unwrap().id;
        Self { app, token, tenant_app: id, kept, seeds: 100 }
    }

    /// A process of its own, which the gate may kill.
    fn process(&mut self, gate: &Gate) -> Context {
        self.seeds += 1;
        let local = self.app.local.with_gates(gate, gate);
        local.context(std::sync::Arc::new(NoHttp), Entropy::seeded(self.seeds), MasterKey::from_bytes([7; 32])).unwrap()
    }

    /// Everything can be read by a process that has just started.
    async fn is_whole(&mut self, when: &str) {
        let ctx = self.process(&Gate::open());
        let loaded = ctx.config.load(&TenantId::operator()).await.unwrap();
        assert_eq!(loaded.broken().map(|(id, error)| format!("{id}: {error}")).collect::<Vec<_>>(), [""; 0], "{when}");
        assert_eq!(loaded.connections().count(), 2, "{when}");
        assert!(loaded.caller("code-of-the-production-system", "10.0.0.1").is_some(), "{when}");
        let bearer = format!("Bearer {}", self.token.expose());
        access::authenticate(&ctx, Some(&bearer)).await.unwrap_or_else(|_| panic!("{when}: the token"));
        assert_eq!(access::list(&ctx).await.unwrap().len(), 1, "{when}");
        let by_key = apps::by_key(&ctx, "os_1").await.unwrap().unwrap();
        let by_id = apps::get(&ctx, &TenantId::new("t-1"), &self.tenant_app).await.unwrap().unwrap().data;
        for app in [by_key, by_id] {
            let secrets = apps::open(&ctx, &app, apps::APP_SECRET, &app.secrets).await.unwrap();
            assert_eq!(secrets.first().map(Secret::expose), Some("the app's secret"), "{when}");
        }
        let opened = kept::open(&ctx, &TenantId::operator(), &self.kept).await.unwrap().unwrap();
        assert_eq!(opened.1, b"what was read", "{when}");
        assert!(data_key::check(&ctx).await.unwrap().is_some(), "{when}");
    }

    /// The ids of the keys that stored texts name.
    async fn in_use(&mut self) -> BTreeSet<String> {
        let ctx = self.process(&Gate::open());
        let records = ctx.table.scan(None, 1000).await.unwrap().records;
        let kinds: BTreeSet<String> = records
            .iter()
            .filter(|record| FINDERS.iter().any(|finder| !finder(record).is_empty()))
            .map(|record| record.key.named().1.to_owned())
            .collect();
        let all = ["APP", "APP-KEY", "B1SESSION", "CONFIG", "DATA", "KEPT-PART", "TOKEN", "TOKENS", "VENDOR-TOKEN"];
        assert_eq!(kinds, all.iter().map(|kind| (*kind).to_owned()).collect(), "everything sealed is there");
        let texts = records.iter().flat_map(|record| FINDERS.iter().flat_map(|finder| finder(record)));
        texts.filter_map(|sealed| key_id(&sealed.text).map(str::to_owned)).collect()
    }
}

async fn rotate(ctx: &Context, alone: bool) -> Result<Rotated, Error> {
    keys::rotate(ctx, Rotation { finders: &FINDERS, alone, page: 7 }, &mut |_| {}).await
}

#[tokio::test]
async fn everything_stored_is_sealed_anew_and_the_former_key_reads_until_it_is_retired() {
    let mut all = Installation::new().await;
    let ctx = all.process(&Gate::open());
    let (before, _) = keys::list(&ctx).await.unwrap();
    let old = before[0].id.clone();
    assert_eq!(all.in_use().await, BTreeSet::from([old.clone()]));
    let rotated = rotate(&ctx, true).await.unwrap();
    assert_eq!((rotated.former.as_slice(), rotated.unopened.len()), ([old.clone()].as_slice(), 0));
    assert!(rotated.renewed > 8, "{rotated:?}");
    assert_eq!(all.in_use().await, BTreeSet::from([rotated.current.clone()]));
    all.is_whole("after the rotation").await;
    let current = keys::retire(&ctx, &FINDERS, &rotated.current, false).await.unwrap_err();
    assert_eq!(current.code, "keys.current");
    keys::retire(&ctx, &FINDERS, &old, false).await.unwrap();
    let (after, rotating) = keys::list(&ctx).await.unwrap();
    assert_eq!(after.iter().map(|e| e.state).collect::<Vec<_>>(), [State::Retired, State::Current]);
    assert!(!rotating);
    all.is_whole("after its end").await;
    // The work goes on with the sessions it had.
    let logins = all.app.sandbox.b1().sessions().1;
    all.app.minute().await;
    assert_eq!(all.app.sandbox.b1().sessions().1, logins, "no session was lost");
    // And once more, from a key of the table.
    let again = rotate(&ctx, true).await.unwrap();
    keys::retire(&ctx, &FINDERS, &rotated.current, false).await.unwrap();
    assert_eq!(all.in_use().await, BTreeSet::from([again.current]));
    all.is_whole("after a second rotation").await;
}

#[tokio::test]
async fn a_rotation_killed_at_any_write_goes_on_where_it_was() {
    let (gate, writes) = Gate::counting_writes();
    let mut counted = Installation::new().await;
    let ctx = counted.process(&gate);
    rotate(&ctx, true).await.unwrap();
    let writes = writes.load(std::sync::atomic::Ordering::SeqCst);
    assert!(writes > 15, "{writes} writes");
    for n in 0..writes {
        for moment in [Moment::Before, Moment::After] {
            let when = format!("{moment:?} write {n}");
            let mut all = Installation::new().await;
            let killed = all.process(&Gate::crash_at_write(n, moment));
            assert!(rotate(&killed, true).await.is_err(), "{when}");
            all.is_whole(&format!("{when}, before it goes on")).await;
            let ctx = all.process(&Gate::open());
            let (_, rotating) = keys::list(&ctx).await.unwrap();
            let rotated = rotate(&ctx, true).await.unwrap();
            let (entries, _) = keys::list(&ctx).await.unwrap();
            if rotating {
                assert_eq!(entries.len(), 2, "{when}: it goes on, and makes no other key");
            }
            for former in &rotated.former {
                keys::retire(&ctx, &FINDERS, former, false).await.unwrap();
            }
            assert_eq!(all.in_use().await, BTreeSet::from([rotated.current]), "{when}");
            all.is_whole(&format!("{when}, in the end")).await;
        }
    }
}

#[tokio::test]
async fn what_others_seal_with_the_former_key_meanwhile_is_found() {
    let mut all = Installation::new().await;
    let other = all.process(&Gate::open());
    // It knows the former key and trusts in it for a while.
    other.keys.to_seal().await.unwrap();
    let killed = all.process(&Gate::crash_at_write(12, Moment::After));
    assert!(rotate(&killed, false).await.is_err());
    let (tenant, id) = (TenantId::new("t-1"), all.tenant_app.clone());
    let secret = apps::seal(&other, &tenant, &id, apps::APP_SECRET, "the app's secret").await.unwrap();
    let stored = apps::get(&other, &tenant, &id).await.unwrap().unwrap();
    let app = TenantApp { secrets: vec![AppSecret { secret, until_ms: None }], ..stored.data };
    assert_eq!(apps::update(&other, &app, stored.version).await.unwrap(), tenon_platform::table::Outcome::Done);
    let ctx = all.process(&Gate::open());
    let mut waited = false;
    let rotation = Rotation { finders: &FINDERS, alone: false, page: 7 };
    let rotated = keys::rotate(&ctx, rotation, &mut |step| waited |= matches!(step, Step::Waits(_))).await.unwrap();
    assert!(waited, "until nobody trusts in the former key any more");
    assert_eq!(all.in_use().await, BTreeSet::from([rotated.current]));
    all.is_whole("in the end").await;
}

#[tokio::test]
async fn one_connection_that_does_not_open_stops_neither_the_others_nor_the_rotation() {
    let mut all = Installation::new().await;
    let ctx = all.process(&Gate::open());
    // Somebody changed its address in the table: its password does not open there.
    let records = ctx.table.scan(None, 1000).await.unwrap().records;
    let b1 = records.iter().find(|r| r.key.sort() == "connection#b1-main").unwrap();
    let elsewhere = [("http://b1".to_owned(), "http://elsewhere".to_owned())].into();
    ctx.table.replace_texts(b1, &elsewhere).await.unwrap();
    let rotated = rotate(&ctx, true).await.unwrap();
    assert_eq!(rotated.unopened.iter().map(|lost| lost.sort.as_str()).collect::<Vec<_>>(), ["connection#b1-main"]);
    let fresh = all.process(&Gate::open());
    let loaded = fresh.config.load(&TenantId::operator()).await.unwrap();
    assert_eq!(loaded.broken().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["b1-main"]);
    assert_eq!(loaded.connections().map(|c| c.id().as_str().to_owned()).collect::<Vec<_>>(), ["ding-main"]);
    // Its text would open if the address were put back, so its key is not given up unasked.
    let old = rotated.former[0].clone();
    let refused = keys::retire(&ctx, &FINDERS, &old, false).await.unwrap_err();
    assert_eq!(refused.code, "keys.in-use");
    assert!(refused.message.contains("connection#b1-main"), "{refused}");
    keys::retire(&ctx, &FINDERS, &old, true).await.unwrap();
}

#[tokio::test]
async fn nobody_who_writes_the_table_makes_a_key_current() {
    let mut all = Installation::new().await;
    let ctx = all.process(&Gate::open());
    let rotated = rotate(&ctx, true).await.unwrap();
    let records = ctx.table.scan(None, 1000).await.unwrap().records;
    let ring = records.iter().find(|r| r.key.sort() == "ring").unwrap();
    let text = ring.data["ring"].as_str().unwrap();
    assert!(text.contains(&rotated.current) && text.contains("current"), "{text}");
    let swapped = text.replace("former", "x").replace("current", "former").replace("\"x\"", "\"current\"");
    ctx.table.replace_texts(ring, &[(text.to_owned(), swapped)].into()).await.unwrap();
    let fresh = all.process(&Gate::open());
    assert_eq!(fresh.keys.to_seal().await.unwrap_err().code, "config.other-key");
}

// The master key itself.

/// A process with this master key.
fn with_master(all: &Installation, master: [u8; 32], gate: &Gate, seed: u64) -> Context {
    let local = all.app.local.with_gates(gate, gate);
    local.context(std::sync::Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes(master)).unwrap()
}

const FORMER: [u8; 32] = [7; 32];
const NEXT: [u8; 32] = [8; 32];

/// Whether everything that is sealed opens under this master key.
async fn opens(all: &Installation, master: [u8; 32]) -> Result<(), Error> {
    let ctx = with_master(all, master, &Gate::open(), 900);
    data_key::check(&ctx).await?;
    let loaded = ctx.config.load(&TenantId::operator()).await?;
    if let Some((_, error)) = loaded.broken().next() {
        return Err(error.clone());
    }
    let app = apps::by_key(&ctx, "os_1").await?.expect("an app");
    apps::open(&ctx, &app, apps::APP_SECRET, &app.secrets).await?;
    kept::open(&ctx, &TenantId::operator(), &all.kept).await?.expect("what was kept");
    let bearer = format!("Bearer {}", all.token.expose());
    access::authenticate(&ctx, Some(&bearer)).await.map_err(|_| Error::permanent("test", "the token"))?;
    Ok(())
}

#[tokio::test]
async fn the_master_key_is_changed_while_both_open_and_the_former_ends() {
    for rotated in [false, true] {
        let mut all = Installation::new().await;
        let former = with_master(&all, FORMER, &Gate::open(), 700);
        if rotated {
            rotate(&former, true).await.unwrap();
        }
        assert!(opens(&all, NEXT).await.is_err(), "not yet");
        keys::begin_change(&former, &MasterKey::from_bytes(NEXT)).await.unwrap();
        keys::begin_change(&former, &MasterKey::from_bytes(NEXT)).await.unwrap();
        let other = keys::begin_change(&former, &MasterKey::from_bytes([9; 32])).await.unwrap_err();
        assert_eq!(other.code, "keys.master");
        for master in [FORMER, NEXT] {
            opens(&all, master).await.unwrap_or_else(|error| panic!("{master:?}: {error}"));
        }
        assert!(opens(&all, [9; 32]).await.is_err(), "a third opens nothing");
        // What is sealed meanwhile opens under both; keys are not rotated meanwhile.
        all.app.minute().await;
        opens(&all, NEXT).await.unwrap();
        assert_eq!(rotate(&former, true).await.unwrap_err().code, "keys.master");
        assert_eq!(keys::retire(&former, &FINDERS, "any", false).await.unwrap_err().code, "keys.master");
        assert_eq!(keys::finish_change(&former).await.unwrap_err().code, "keys.master", "not by the former");
        let next = with_master(&all, NEXT, &Gate::open(), 701);
        assert_eq!(keys::cancel_change(&next).await.unwrap_err().code, "keys.master", "not by the new one");
        keys::finish_change(&next).await.unwrap();
        keys::finish_change(&next).await.unwrap();
        opens(&all, NEXT).await.unwrap();
        assert_eq!(opens(&all, FORMER).await.unwrap_err().code, "config.other-key");
        // What the former master key itself made is sealed anew, and then ended.
        let listed = keys::list(&next).await.unwrap().0;
        let rotated = rotate(&next, true).await.unwrap();
        assert_eq!(rotated.unopened.len(), 0, "{rotated:?}");
        for entry in listed.iter().filter(|entry| entry.state != State::Retired) {
            keys::retire(&next, &FINDERS, &entry.id, false).await.unwrap();
        }
        opens(&all, NEXT).await.unwrap();
        let in_use: BTreeSet<String> = {
            let records = next.table.scan(None, 1000).await.unwrap().records;
            let texts = records.iter().flat_map(|record| FINDERS.iter().flat_map(|finder| finder(record)));
            texts.filter_map(|sealed| key_id(&sealed.text).map(str::to_owned)).collect()
        };
        assert_eq!(in_use, BTreeSet::from([rotated.current]));
    }
}

#[tokio::test]
async fn a_change_of_the_master_key_that_is_canceled_leaves_the_former_alone() {
    let all = Installation::new().await;
    let former = with_master(&all, FORMER, &Gate::open(), 700);
    keys::begin_change(&former, &MasterKey::from_bytes(NEXT)).await.unwrap();
    assert!(keys::change(&former).await.unwrap().is_some_and(|change| !change.is_ours));
    keys::cancel_change(&former).await.unwrap();
    assert_eq!(keys::change(&former).await.unwrap(), None);
    opens(&all, FORMER).await.unwrap();
    assert!(opens(&all, NEXT).await.is_err());
    let same = keys::begin_change(&former, &MasterKey::from_bytes(FORMER)).await.unwrap_err();
    assert_eq!(same.code, "keys.master");
}

/// Killed before and after every write of either step, everything opens, and the step is repeated.
#[tokio::test]
async fn a_change_of_the_master_key_that_is_killed_goes_on() {
    for at in [Moment::Before, Moment::After] {
        let all = Installation::new().await;
        let dying = with_master(&all, FORMER, &Gate::crash_at_write(0, at), 800);
        assert!(keys::begin_change(&dying, &MasterKey::from_bytes(NEXT)).await.is_err(), "{at:?}");
        opens(&all, FORMER).await.unwrap();
        assert_eq!(opens(&all, NEXT).await.is_ok(), at == Moment::After);
        let former = with_master(&all, FORMER, &Gate::open(), 801);
        keys::begin_change(&former, &MasterKey::from_bytes(NEXT)).await.unwrap();
        let dying = with_master(&all, NEXT, &Gate::crash_at_write(0, at), 802);
        assert!(keys::finish_change(&dying).await.is_err(), "{at:?}");
        opens(&all, NEXT).await.unwrap();
        assert_eq!(opens(&all, FORMER).await.is_ok(), at == Moment::Before);
        keys::finish_change(&with_master(&all, NEXT, &Gate::open(), 803)).await.unwrap();
        opens(&all, NEXT).await.unwrap();
        assert!(opens(&all, FORMER).await.is_err());
    }
}
