//! People are told, in the chat they use, that a trial, a subscription or a quota ends.

use super::test_app::{app_with, config, reached};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_directory::{Directory, Person};
use tenon_model::{Module, TenantId};
use tenon_platform::table::{Count, Key, Outcome};
use tenon_tenants::{apps, store};
use tenon_tests::TestApp;

const DAY: Duration = Duration::from_secs(86_400);

fn renewals(c: &mut Value) {
    config(c);
    c["notices"]["renewals"] = json!({ "people": ["zhangsan"], "tenants": { "t-1": ["buyer"] } });
}

async fn look(app: &mut TestApp) {
    // As the catalog lets the function see the table.
    tenon_renewals::notify_due(&app.ctx_of("renewal-notices")).await.unwrap();
    app.step().await;
    app.step().await;
}

#[tokio::test]
async fn the_tenants_own_people_and_the_operators_are_told_over_their_channels() {
    let mut app = app_with(0, renewals).await;
    let tenant = TenantId::new("t-1");
    let mut buyer = Person::new("buyer", "buyer");
    buyer.accounts.insert("ding-main".to_owned(), "lisi".to_owned());
    assert_eq!(Directory::new(&app.ctx, &tenant).put(None, &buyer, "test").await.unwrap(), Outcome::Done);
    store::start_trial(&app.ctx, &tenant, Module::OrderSync).await.unwrap();
    look(&mut app).await;
    assert_eq!((reached(&app, "zhangsan").len(), reached(&app, "lisi").len()), (0, 0));
    app.clock.advance(DAY * 6 + DAY / 4);
    for _ in 0..3 {
        look(&mut app).await;
        app.clock.advance(Duration::from_secs(900));
    }
    let (operators, own) = (reached(&app, "zhangsan"), reached(&app, "lisi"));
    assert_eq!((operators.len(), own.len()), (1, 1), "{operators:?} {own:?}");
    assert!(own[0].contains("下单对接试用1天后到期") && !own[0].contains("租户"), "{own:?}");
    assert!(operators[0].contains("租户") && operators[0].contains("t-1"), "{operators:?}");
    // The day's quota of the trial: a hundred calls.
    let made = apps::list(&app.ctx, &tenant).await.unwrap().remove(0).data;
    let day = app.clock.now_ms().div_euclid(86_400_000).to_string();
    let key = Key::new(&tenant, "QUOTA", &[made.module.code(), &day], "-");
    app.ctx.table.count(Count::new(key).add("calls", 100)).await.unwrap();
    for _ in 0..2 {
        app.clock.advance(Duration::from_secs(900));
        look(&mut app).await;
    }
    let own = reached(&app, "lisi");
    assert_eq!(own.len(), 2, "{own:?}");
    assert!(own[1].contains("今日调用次数已用完") && own[1].contains("100/100"), "{own:?}");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}
