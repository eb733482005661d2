//! The process dies at every write of a trial and of an activation: all of it is there, or none.

use crate::common::{Fixture, order, tenant};
use tenon_engine::{Gate, Moment};
use tenon_model::Module;
use tenon_platform::Rejection;
use tenon_tenants::apps;
use tenon_tenants::store::{
    OrderState, Term, WantedOrders, activate, create_order, orders, start_trial, subscription, trial_status,
};

const MODULE: Module = Module::OrderSync;

#[tokio::test]
async fn a_trial_is_whole_or_not_begun() {
    let (gate, writes) = Gate::counting_writes();
    let w = Fixture::new().await;
    start_trial(&w.process(gate, 5), &tenant("t-1"), MODULE).await.unwrap();
    let writes = writes.load(std::sync::atomic::Ordering::SeqCst);
    assert!(writes > 0);
    for n in 0..writes {
        for at in [Moment::Before, Moment::After] {
            let (w, t) = (Fixture::new().await, tenant("t-1"));
            let dead = w.process(Gate::crash_at_write(n, at), 6);
            assert!(matches!(start_trial(&dead, &t, MODULE).await, Err(Rejection::Failed(_))), "{n} {at:?}");

            let begun = trial_status(&w.ctx, &t, MODULE).await.unwrap().mark.is_some();
            assert_eq!(subscription(&w.ctx, &t, MODULE).await.unwrap().is_some(), begun, "{n} {at:?}");
            let held = apps::list(&w.ctx, &t).await.unwrap();
            assert_eq!(held.len(), usize::from(begun), "{n} {at:?}");
            let again = start_trial(&w.ctx, &t, MODULE).await;
            assert_eq!(again.is_ok(), !begun, "{n} {at:?}");
            // A trial whose answer was lost is used with a new secret.
            let app = apps::list(&w.ctx, &t).await.unwrap().remove(0).data;
            let fresh = tenon_tenants::manage::reset_secret(&w.ctx, &t, &app.id, 0).await.unwrap();
            assert_eq!(apps::by_key(&w.ctx, &fresh.0.app_key).await.unwrap().unwrap().id, app.id);
        }
    }
}

#[tokio::test]
async fn an_activation_is_whole_or_not_done() {
    // With and without a trial before it: a new app, and a changed one.
    for tried in [false, true] {
        let prepared = async || {
            let (w, t) = (Fixture::new().await, tenant("t-1"));
            if tried {
                start_trial(&w.ctx, &t, MODULE).await.unwrap();
            }
            let number = create_order(&w.ctx, &t, &order(MODULE, Term::Monthly)).await.unwrap().number;
            (w, t, number)
        };
        let (gate, writes) = Gate::counting_writes();
        let (w, _, number) = prepared().await;
        activate(&w.process(gate, 5), &number, "", "tok-1").await.unwrap();
        let writes = writes.load(std::sync::atomic::Ordering::SeqCst);
        assert!(writes > 0);
        for n in 0..writes {
            for at in [Moment::Before, Moment::After] {
                let (w, t, number) = prepared().await;
                let dead = w.process(Gate::crash_at_write(n, at), 6);
                assert!(activate(&dead, &number, "", "tok-1").await.is_err(), "{n} {at:?}");

                let paid = WantedOrders {
                    of: t.clone(),
                    module: Some(MODULE),
                    state: Some(OrderState::Paid),
                    page: 1,
                    size: 20,
                    cursor: None,
                };
                let found = orders(&w.ctx, &paid).await.unwrap();
                assert_eq!(found.total, i64::try_from(found.orders.len()).unwrap());
                let paid = found.total == 1;
                let active =
                    subscription(&w.ctx, &t, MODULE).await.unwrap().is_some_and(|s| s.data.term != Term::Trial);
                let usable = apps::list(&w.ctx, &t).await.unwrap().iter().filter(|a| !a.data.trial).count();
                assert_eq!((active, usable), (paid, usize::from(paid)), "{n} {at:?}");

                let again = activate(&w.ctx, &number, "", "tok-1").await.unwrap();
                assert_eq!(again.order.state, OrderState::Paid);
                assert_eq!(again.credentials.is_some(), !paid && !tried);
                assert_eq!(w.everything().await.matches("\"t-1#STORE-PAYMENT\"").count(), 1);
                let app = apps::list(&w.ctx, &t).await.unwrap().remove(0).data;
                let at_gateway = apps::by_key(&w.ctx, &app.app_key).await.unwrap().unwrap();
                assert_eq!(at_gateway, app, "both copies are the same");
            }
        }
    }
}
