//! A schedule that nobody invokes is told by what it should have begun.

use std::time::Duration;
use tenon_flows::silent::{Begun, schedules};
use tenon_model::TenantId;
use tenon_tests::{TestApp, TestAppOptions};

async fn begun(app: &TestApp) -> Vec<Begun> {
    let tenant = TenantId::operator();
    let loaded = app.ctx.config.load(&tenant).await.unwrap();
    schedules(&app.ctx, &tenant, &loaded).await.unwrap()
}

fn silent(all: &[Begun]) -> Vec<(&str, &str)> {
    all.iter().filter(|begun| begun.is_silent).map(|begun| (begun.schedule, begun.of.as_str())).collect()
}

#[tokio::test]
async fn a_schedule_is_silent_when_it_was_not_invoked_for_three_of_its_periods() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    assert_eq!(silent(&begun(&app).await), [], "applied a moment ago");
    app.minute().await;
    let all = begun(&app).await;
    let named: Vec<_> = all.iter().map(|begun| (begun.schedule, begun.of.as_str())).collect();
    assert_eq!(
        named,
        [
            ("approvals-poll", "purchase-request"),
            ("approvals-poll", "sales-order"),
            ("approvals-reconcile", "ding-main"),
            ("outbox-sweep", "the outbox")
        ]
    );
    assert!(all.iter().all(|begun| begun.last_ms.is_some() && !begun.is_silent), "{all:?}");
    // Polls and the sweeper are due every minute, the reconciliation every ten.
    app.clock.advance(Duration::from_secs(301));
    let polls =
        [("approvals-poll", "purchase-request"), ("approvals-poll", "sales-order"), ("outbox-sweep", "the outbox")];
    assert_eq!(silent(&begun(&app).await), polls);
    app.clock.advance(Duration::from_secs(1_600));
    assert_eq!(silent(&begun(&app).await).len(), 4);
    // Long after its slots are forgotten it is still silent.
    app.clock.advance(Duration::from_secs(86_400));
    assert_eq!(silent(&begun(&app).await).len(), 4);
    app.minute().await;
    assert_eq!(silent(&begun(&app).await), []);
}

#[tokio::test]
async fn a_flow_that_is_switched_off_and_one_that_begins_in_the_oa_are_not_silent() {
    let config = Some((|c| c["flows"][0]["enabled"] = serde_json::json!(false)) as fn(&mut serde_json::Value));
    let app = TestApp::new(TestAppOptions { config, ..TestAppOptions::default() }).await;
    app.clock.advance(Duration::from_secs(86_400));
    let named = begun(&app).await;
    assert!(named.iter().all(|begun| begun.of != "purchase-request" && begun.of != "quotation"), "{named:?}");
}
