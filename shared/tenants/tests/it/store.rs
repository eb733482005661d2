//! The app store: trials, purchases, renewals, upgrades and what ends them.

use crate::common::{DAY, Fixture, START, order, tenant};
use tenon_model::openapi::Yuan;
use tenon_model::{Module, TenantId};
use tenon_platform::Rejection;
use tenon_tenants::apps;
use tenon_tenants::store::{
    Edit, NewOrder, Order, OrderKind, OrderState, SubscriptionState, Term, WantedOrders, activate, cancel,
    create_order, edit, orders, product, start_trial, subscription, trial_status,
};
use tenon_tenants::times::local;

const MODULE: Module = Module::OrderSync;

fn every(of: &TenantId) -> WantedOrders {
    WantedOrders { of: of.clone(), module: None, state: None, page: 1, size: 100, cursor: None }
}

async fn all(w: &Fixture, of: &TenantId) -> Vec<Order> {
    let page = orders(&w.ctx, &every(of)).await.unwrap();
    assert_eq!((page.total, page.next), (i64::try_from(page.orders.len()).unwrap(), None));
    page.orders
}

fn field(refusal: Rejection) -> String {
    match refusal {
        Rejection::BadRequest(bad) => bad.field,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_trial_is_seven_days_with_a_key_and_a_hundred_calls_a_day() {
    let w = Fixture::new().await;
    let t = tenant("t-1");
    let before = trial_status(&w.ctx, &t, MODULE).await.unwrap();
    assert!(before.can_try && before.mark.is_none());

    let started = start_trial(&w.ctx, &t, MODULE).await.unwrap();
    assert!(started.subscription.number.starts_with("SUB20260131"));
    assert_eq!(local(started.subscription.ends_ms), "2026-02-07T10:00:00");
    let app = apps::by_key(&w.ctx, &started.credentials.app_key).await.unwrap().unwrap();
    assert_eq!((app.daily_quota, app.trial, app.name.as_str()), (100, true, "下单对接(试用)"));
    assert_eq!(app.expires_ms, Some(started.subscription.ends_ms));
    let opened = apps::open(&w.ctx, &app, apps::APP_SECRET, &app.secrets).await.unwrap();
    assert_eq!(opened[0], started.credentials.app_secret);

    // It ends by the clock alone, and its data stays.
    w.clock.advance(7 * DAY - std::time::Duration::from_millis(1));
    let state = async || subscription(&w.ctx, &t, MODULE).await.unwrap().unwrap().data.state(w.ctx.now_ms());
    assert_eq!(state().await, SubscriptionState::Trial);
    w.clock.advance(std::time::Duration::from_millis(1));
    assert_eq!(state().await, SubscriptionState::Expired);
    assert!(apps::by_key(&w.ctx, &app.app_key).await.unwrap().unwrap().is_expired(w.ctx.now_ms()));
    w.clock.advance(4000 * DAY);
    w.local.sweep_expired().unwrap();
    let after = trial_status(&w.ctx, &t, MODULE).await.unwrap();
    assert!(after.expired && !after.can_try);
    assert_eq!(field(start_trial(&w.ctx, &t, MODULE).await.unwrap_err()), "appId");
}

#[tokio::test]
async fn twenty_starts_at_once_make_one_trial() {
    let w = Fixture::new().await;
    let t = tenant("t-1");
    let mut starts = tokio::task::JoinSet::new();
    for seed in 0..20 {
        let (ctx, t) = (w.process(tenon_engine::Gate::open(), 100 + seed), t.clone());
        starts.spawn(async move { start_trial(&ctx, &t, MODULE).await.map_err(field) });
    }
    let ends = starts.join_all().await;
    assert_eq!(ends.iter().filter(|e| e.is_ok()).count(), 1);
    assert!(ends.iter().filter_map(|e| e.as_ref().err()).all(|f| f == "appId"));
    assert_eq!(apps::list(&w.ctx, &t).await.unwrap().len(), 1);
    // Other tenants and other modules are not in the way.
    start_trial(&w.ctx, &tenant("t-2"), MODULE).await.unwrap();
    start_trial(&w.ctx, &t, Module::PaymentSync).await.unwrap();
}

#[tokio::test]
async fn a_purchase_gives_a_calendar_month_and_a_renewal_adds_to_it() {
    let w = Fixture::new().await;
    let t = tenant("t-1");
    let placed = create_order(&w.ctx, &t, &order(MODULE, Term::Monthly)).await.unwrap();
    assert_eq!((placed.kind, placed.state, placed.amount_fen), (OrderKind::New, OrderState::Pending, 99_900));
    assert!(subscription(&w.ctx, &t, MODULE).await.unwrap().is_none(), "nothing before it is paid");

    let first = activate(&w.ctx, &placed.number, "收到转账", "tok-1").await.unwrap();
    let key = first.credentials.unwrap().app_key;
    assert_eq!(local(first.subscription.unwrap().ends_ms), "2026-02-28T10:00:00");
    let app = apps::by_key(&w.ctx, &key).await.unwrap().unwrap();
    assert_eq!((app.daily_quota, app.trial), (10_000, false));

    w.clock.advance(10 * DAY);
    let second = w.buy(&t, MODULE, Term::Yearly).await;
    assert_eq!((second.order.kind, second.order.amount_fen), (OrderKind::Renew, 999_000));
    assert_eq!(second.credentials, None);
    assert_eq!(local(second.subscription.unwrap().ends_ms), "2027-02-28T10:00:00");
    let app = apps::by_key(&w.ctx, &key).await.unwrap().unwrap();
    assert_eq!(local(app.expires_ms.unwrap()), "2027-02-28T10:00:00");

    // After its end, time counts from the payment.
    w.clock.advance(1000 * DAY);
    let third = w.buy(&t, MODULE, Term::Perpetual).await;
    assert_eq!(third.order.kind, OrderKind::Renew);
    assert_eq!(local(third.subscription.unwrap().ends_ms), local(w.ctx.now_ms()).replace("2028-", "2127-"));
}

#[tokio::test]
async fn an_upgrade_keeps_the_key_unless_a_new_one_is_asked_for() {
    let w = Fixture::new().await;
    for (t, new_credentials) in [(tenant("t-1"), false), (tenant("t-2"), true)] {
        let trial = start_trial(&w.ctx, &t, MODULE).await.unwrap();
        w.clock.advance(DAY);
        let wanted = NewOrder { new_credentials, ..order(MODULE, Term::Monthly) };
        let placed = create_order(&w.ctx, &t, &wanted).await.unwrap();
        let done = activate(&w.ctx, &placed.number, "", "tok-1").await.unwrap();
        assert_eq!(done.order.kind, OrderKind::Upgrade);
        let subscription = done.subscription.unwrap();
        assert_eq!((subscription.number, subscription.term), (trial.subscription.number, Term::Monthly));
        assert_eq!(done.credentials.is_some(), new_credentials);

        let key = done.credentials.map_or(trial.credentials.app_key.clone(), |c| c.app_key);
        let app = apps::by_key(&w.ctx, &key).await.unwrap().unwrap();
        assert_eq!(app.id, trial.credentials.app, "the app and its settings stay");
        assert_eq!((app.trial, app.daily_quota, app.expires_ms), (false, 10_000, Some(subscription.ends_ms)));
        assert_eq!(app.name, "下单对接");
        let opened = apps::open(&w.ctx, &app, apps::APP_SECRET, &app.secrets).await.unwrap();
        assert_eq!(opened[0] == trial.credentials.app_secret, !new_credentials);
        let old = apps::by_key(&w.ctx, &trial.credentials.app_key).await.unwrap();
        assert_eq!(old.is_none(), new_credentials, "an old key is dead");
    }
}

#[tokio::test]
async fn an_order_is_paid_once_however_often_it_is_marked() {
    let w = Fixture::new().await;
    let t = tenant("t-1");
    let placed = create_order(&w.ctx, &t, &order(MODULE, Term::Monthly)).await.unwrap();
    let mut marks = tokio::task::JoinSet::new();
    for seed in 0..8 {
        let (ctx, number) = (w.process(tenon_engine::Gate::open(), 200 + seed), placed.number.clone());
        marks.spawn(async move { activate(&ctx, &number, "", "tok-1").await.unwrap() });
    }
    let done = marks.join_all().await;
    assert_eq!(done.iter().filter(|d| d.credentials.is_some()).count(), 1, "shown once");
    assert!(done.iter().all(|d| d.order.payment == done[0].order.payment));
    let everything = w.everything().await;
    assert_eq!(everything.matches("\"t-1#STORE-PAYMENT\"").count(), 1);
    assert_eq!(apps::list(&w.ctx, &t).await.unwrap().len(), 1);
    assert_eq!(local(done[0].subscription.as_ref().unwrap().ends_ms), "2026-02-28T10:00:00");
}

#[tokio::test]
async fn an_order_placed_before_a_trial_upgrades_it() {
    let w = Fixture::new().await;
    let t = tenant("t-1");
    let placed = create_order(&w.ctx, &t, &order(MODULE, Term::Monthly)).await.unwrap();
    let trial = start_trial(&w.ctx, &t, MODULE).await.unwrap();
    let done = activate(&w.ctx, &placed.number, "", "tok-1").await.unwrap();
    assert_eq!(done.order.kind, OrderKind::Upgrade);
    assert_eq!(done.credentials, None);
    assert!(!apps::by_key(&w.ctx, &trial.credentials.app_key).await.unwrap().unwrap().trial);
    assert_eq!(field(start_trial(&w.ctx, &t, MODULE).await.unwrap_err()), "appId");
}

#[tokio::test]
async fn a_canceled_order_cannot_be_paid_and_a_refund_ends_what_it_bought() {
    let w = Fixture::new().await;
    let t = tenant("t-1");
    let placed = create_order(&w.ctx, &t, &order(MODULE, Term::Monthly)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(cancel(&w.ctx, &placed.number, "", false).await.unwrap().state, OrderState::Canceled);
    }
    assert_eq!(field(activate(&w.ctx, &placed.number, "", "tok-1").await.unwrap_err()), "orderId");

    let first = w.buy(&t, MODULE, Term::Monthly).await;
    let renewal = w.buy(&t, MODULE, Term::Monthly).await;
    assert_eq!(field(cancel(&w.ctx, &renewal.order.number, "", false).await.unwrap_err()), "refund");
    assert_eq!(field(cancel(&w.ctx, &first.order.number, "", true).await.unwrap_err()), "orderId");
    let refunded = cancel(&w.ctx, &renewal.order.number, "", true).await.unwrap();
    assert_eq!(refunded.state, OrderState::Refunded);
    // The renewal had not begun, so the first month is left.
    let held = subscription(&w.ctx, &t, MODULE).await.unwrap().unwrap().data;
    assert_eq!(held.ends_ms, first.subscription.unwrap().ends_ms);
    assert_eq!(held.state(w.ctx.now_ms()), SubscriptionState::Active);
    let app = apps::by_key(&w.ctx, &first.credentials.unwrap().app_key).await.unwrap().unwrap();
    assert_eq!(app.expires_ms, Some(held.ends_ms));

    w.clock.advance(100 * DAY);
    let third = w.buy(&t, MODULE, Term::Yearly).await;
    w.clock.advance(DAY);
    cancel(&w.ctx, &third.order.number, "", true).await.unwrap();
    let held = subscription(&w.ctx, &t, MODULE).await.unwrap().unwrap().data;
    assert_eq!(held.state(w.ctx.now_ms()), SubscriptionState::Canceled);
    assert!(apps::by_key(&w.ctx, &app.app_key).await.unwrap().unwrap().is_expired(w.ctx.now_ms()));
}

#[tokio::test]
async fn a_renewal_keeps_the_day_of_the_month_it_began_on() {
    let (w, t) = (Fixture::new().await, tenant("t-1"));
    let mut ends = Vec::new();
    for _ in 0..3 {
        let held = w.buy(&t, MODULE, Term::Monthly).await.subscription.unwrap();
        ends.push(local(held.ends_ms));
        w.clock.advance(10 * DAY);
    }
    assert_eq!(ends, ["2026-02-28T10:00:00", "2026-03-31T10:00:00", "2026-04-30T10:00:00"]);
}

#[tokio::test]
async fn refunds_go_back_order_by_order() {
    let (w, t) = (Fixture::new().await, tenant("t-1"));
    let first = w.buy(&t, MODULE, Term::Yearly).await;
    let second = w.buy(&t, MODULE, Term::Monthly).await;
    let third = w.buy(&t, MODULE, Term::Monthly).await;
    w.clock.advance(DAY);
    let held = async || subscription(&w.ctx, &t, MODULE).await.unwrap().unwrap().data;
    assert_eq!(field(cancel(&w.ctx, &second.order.number, "", true).await.unwrap_err()), "orderId");
    for (refunded, before) in [(&third, &second), (&second, &first)] {
        cancel(&w.ctx, &refunded.order.number, "", true).await.unwrap();
        let (held, was) = (held().await, before.subscription.as_ref().unwrap());
        assert_eq!((held.ends_ms, held.term, &held.order), (was.ends_ms, was.term, &was.order));
        assert_eq!(held.state(w.ctx.now_ms()), SubscriptionState::Active);
    }
    // A renewal after a refund is refunded in its turn, and what was paid before it still can be.
    let fourth = w.buy(&t, MODULE, Term::Monthly).await;
    cancel(&w.ctx, &fourth.order.number, "", true).await.unwrap();
    cancel(&w.ctx, &first.order.number, "", true).await.unwrap();
    assert_eq!(held().await.state(w.ctx.now_ms()), SubscriptionState::Canceled);
    assert_eq!(held().await.order, None);
}

#[tokio::test]
async fn orders_are_seen_by_their_tenant_and_the_operator_newest_first() {
    let w = Fixture::new().await;
    let first = create_order(&w.ctx, &tenant("t-1"), &order(MODULE, Term::Monthly)).await.unwrap();
    w.clock.advance(std::time::Duration::from_secs(1));
    let second = create_order(&w.ctx, &tenant("t-2"), &order(MODULE, Term::Yearly)).await.unwrap();
    assert_eq!(all(&w, &tenant("t-1")).await, std::slice::from_ref(&first));
    assert_eq!(all(&w, &TenantId::operator()).await, [second, first]);
}

#[tokio::test]
async fn a_list_of_orders_reads_no_more_than_it_shows() {
    let w = Fixture::new().await;
    let mut placed = Vec::new();
    for n in 0..60 {
        let (t, module) = (tenant(if n % 3 == 0 { "t-1" } else { "t-2" }), Module::ALL[n % 4]);
        placed.push(create_order(&w.ctx, &t, &order(module, Term::Monthly)).await.unwrap());
        w.clock.advance(std::time::Duration::from_secs(1));
    }
    for order in placed.iter().step_by(5) {
        activate(&w.ctx, &order.number, "", "tok-1").await.unwrap();
    }
    for order in placed.iter().skip(1).step_by(5) {
        cancel(&w.ctx, &order.number, "", false).await.unwrap();
    }
    placed.reverse();
    let t2 = tenant("t-2");
    for (wanted, fits) in [
        (every(&TenantId::operator()), Box::new(|_: &Order| true) as Box<dyn Fn(&Order) -> bool>),
        (every(&t2), Box::new(|o: &Order| o.tenant == tenant("t-2"))),
        (
            WantedOrders { module: Some(MODULE), ..every(&TenantId::operator()) },
            Box::new(|o: &Order| o.module == MODULE),
        ),
    ] {
        let wanted_numbers: Vec<&String> = placed.iter().filter(|o| fits(o)).map(|o| &o.number).collect();
        let (mut by_page, mut by_cursor, mut cursor) = (Vec::new(), Vec::new(), None);
        for page in 1..=wanted_numbers.len().div_ceil(7) {
            let numbered = orders(&w.ctx, &WantedOrders { page, size: 7, ..wanted.clone() }).await.unwrap();
            assert_eq!(numbered.total, i64::try_from(wanted_numbers.len()).unwrap());
            by_page.extend(numbered.orders.into_iter().map(|o| o.number));
            let next = orders(&w.ctx, &WantedOrders { cursor, size: 7, ..wanted.clone() }).await.unwrap();
            by_cursor.extend(next.orders.into_iter().map(|o| o.number));
            cursor = next.next;
        }
        assert_eq!(by_page.iter().collect::<Vec<_>>(), wanted_numbers);
        assert_eq!((by_cursor, cursor), (by_page, None));
    }
    for (state, count) in [(OrderState::Pending, 36), (OrderState::Paid, 12), (OrderState::Canceled, 12)] {
        let page = orders(&w.ctx, &WantedOrders { state: Some(state), ..every(&TenantId::operator()) }).await.unwrap();
        assert_eq!((page.total, page.orders.len()), (count, usize::try_from(count).unwrap()), "{state:?}");
        assert!(page.orders.iter().all(|o| o.state == state));
    }
    let deep = |page, cursor: Option<&str>| WantedOrders { page, cursor: cursor.map(str::to_owned), ..every(&t2) };
    for (wanted, wrong) in [
        (deep(101, None), "page"),
        (deep(2, Some("ORD1")), "page"),
        (deep(1, Some("#")), "cursor"),
        (deep(usize::MAX, None), "page"),
    ] {
        assert_eq!(field(orders(&w.ctx, &wanted).await.unwrap_err()), wrong);
    }
    assert!(orders(&w.ctx, &deep(100, None)).await.unwrap().orders.is_empty());
}

#[tokio::test]
async fn the_operator_edits_the_catalogue_and_an_older_reading_does_not_overwrite_it() {
    let w = Fixture::new().await;
    let t = tenant("t-1");
    let placed = create_order(&w.ctx, &t, &order(MODULE, Term::Monthly)).await.unwrap();
    let change =
        Edit { monthly_price: Some(Yuan::from_fen(88_850)), trial_days: Some(14), version: Some(0), ..Edit::default() };
    let listed = edit(&w.ctx, MODULE, &change).await.unwrap();
    assert_eq!((listed.product.monthly_fen, listed.version), (88_850, 1));
    assert_eq!(product(&w.ctx, MODULE).await.unwrap(), listed);
    assert_eq!(field(edit(&w.ctx, MODULE, &change).await.unwrap_err()), "version");

    assert_eq!(all(&w, &t).await[0].amount_fen, placed.amount_fen, "an order keeps its price");
    let trial = start_trial(&w.ctx, &t, MODULE).await.unwrap();
    assert_eq!(trial.subscription.ends_ms, START + 14 * 86_400_000);

    let off = Edit { enabled: Some(false), ..Edit::default() };
    edit(&w.ctx, MODULE, &off).await.unwrap();
    assert_eq!(field(create_order(&w.ctx, &t, &order(MODULE, Term::Monthly)).await.unwrap_err()), "appId");
    assert_eq!(field(start_trial(&w.ctx, &tenant("t-2"), MODULE).await.unwrap_err()), "appId");
}

#[tokio::test]
async fn secrets_lie_sealed_in_the_table() {
    let w = Fixture::new().await;
    let trial = start_trial(&w.ctx, &tenant("t-1"), MODULE).await.unwrap();
    let bought = w.buy(&tenant("t-2"), MODULE, Term::Monthly).await;
    let everything = w.everything().await;
    for credentials in [trial.credentials, bought.credentials.unwrap()] {
        assert!(everything.contains(&credentials.app_key));
        assert!(!everything.contains(credentials.app_secret.expose()));
        assert!(!format!("{credentials:?}").contains(credentials.app_secret.expose()));
    }
}
