//! The OA's times: DingTalk prints China's clock with a `Z`.

use super::main_job::purchase_request;
use std::time::Duration;
use tenon_tests::{TestApp, TestAppOptions};

/// A site where a draft is agreed to at so many hours and minutes in China, and its callback is lost.
async fn agreed_at(hours: i64, minutes: i64) -> (TestApp, i64) {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    // The site begins at 08:00.
    let at_ms = app.clock.now_ms() + ((hours - 8) * 60 + minutes) * 60_000;
    let go_to = |app: &TestApp, ms: i64| {
        app.clock.advance(Duration::from_millis(u64::try_from(ms - app.clock.now_ms()).unwrap()));
    };
    go_to(&app, at_ms - 600_000);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    go_to(&app, at_ms);
    app.sandbox.dingtalk().set_callback_url(None);
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    (app, draft)
}

#[tokio::test]
async fn a_decision_found_by_looking_has_chinas_day_whatever_the_letter_behind_its_time_says() {
    for (hours, minutes) in [(15, 59), (16, 1), (23, 30)] {
        let (mut app, draft) = agreed_at(hours, minutes).await;
        // Open for longer than is waited for before it is looked up.
        app.clock.advance(Duration::from_secs(2_400));
        app.minutes_until(12, "write-back", |s| !s.draft(draft)["U_ApprovalDate"].is_null()).await;
        assert_eq!(app.draft(draft)["U_ApprovalDate"], "2026-11-22", "{hours}:{minutes}");
    }
}
