//! What is pressed.

use crate::fixture::{Fixture, HOME};
use std::time::Duration;
use tenon_model::run::RunStatus;

const PAGES: [&str; 10] = [
    "",
    "/flows/purchase",
    "/runs",
    "/runs/r-0000000",
    "/retry?status=failed",
    "/alarms",
    "/dead-letters",
    "/connections",
    "/processes",
    "/audit",
];

#[tokio::test]
async fn who_may_only_look_has_nothing_to_press_and_is_refused_and_a_tenant_does_not_get_there() {
    let fixture = Fixture::with(10).await;
    let operator = fixture.visitor(None, &[]).await;
    let looker = fixture.visitor(None, &["MENU_TENANT_APP_VIEW"]).await;
    let tenant = fixture.visitor(Some("t-1"), &[]).await;
    let csrf = |form: &crate::fixture::Form| {
        form.fields.iter().find(|(name, _)| name == "_csrf").map(|(_, value)| value.clone()).unwrap()
    };
    let mut forms = 0;
    for page in PAGES {
        let target = format!("{HOME}{page}");
        assert!(looker.page(&target).await.forms().is_empty(), "{target}");
        assert_eq!(tenant.get(&target).await.status, 403, "{target}");
        for form in operator.page(&target).await.forms() {
            let refused = looker.send(&form).await;
            assert_eq!(refused.status, 403, "{form:?}: {}", refused.body);
            assert!(!csrf(&form).is_empty());
            forms += 1;
        }
    }
    assert!(forms >= 6, "{forms}");
}

#[tokio::test]
async fn a_flow_is_switched_once_however_often_it_is_pressed_and_its_versions_tell_by_whom() {
    let fixture = Fixture::with(0).await;
    let operator = fixture.visitor(None, &[]).await;
    let own = format!("{HOME}/flows/purchase");
    fixture.installation.pass(Duration::from_secs(1));
    let off = operator.page(&own).await.form("/purchase/off");
    let pressed = operator.send(&off).await;
    assert_eq!((pressed.status, pressed.location()), (303, &*format!("{own}?done=off")), "{}", pressed.body);
    assert_eq!(operator.send(&off).await.location(), pressed.location());
    let page = operator.page(pressed.location()).await;
    assert!(page.has("流已关闭。") && page.has("○ 已关闭"), "{}", page.body);
    assert!(page.forms().iter().all(|form| !form.action.ends_with("/purchase/run")));
    assert_eq!(page.body.matches("已关闭 · tok-").count(), 1, "{}", page.body);
    assert!(page.has("<del>true</del>") && page.has("<ins>false</ins>"), "{}", page.body);
    let version = page.links().into_iter().find(|link| link.contains("/versions/")).unwrap();
    assert!(operator.page(&version).await.has("<code>enabled</code>"));
    let audit = operator.page(&format!("{HOME}/audit")).await;
    assert!(audit.rows() == 1 && audit.has("switch-flow-off"), "{}", audit.body);
    let on = operator.send(&page.form("/purchase/on")).await;
    assert!(operator.page(on.location()).await.has("● 已开启"));
}

#[tokio::test]
async fn many_runs_are_reviewed_before_they_are_tried_again_and_a_second_press_begins_no_second_job() {
    let fixture = Fixture::with(60).await;
    let operator = fixture.visitor(None, &[]).await;
    let list = operator.page(&format!("{HOME}/runs")).await;
    let all = list.links().into_iter().find(|link| link.starts_with("/system/integrations/retry?")).unwrap();
    assert!(all.contains("since=custom") && all.contains("to="), "{all}");
    let review = operator.page(&all).await;
    assert!(review.has("<strong class=\"count\">12</strong>") && review.rows() == 12, "{}", review.body);
    for (why, count) in [("已成功，无需重试", 12), ("正在进行", 12), ("系统会自动重试", 12)] {
        assert!(review.has(&format!("<strong>{count}</strong> · {why}")), "{why}: {}", review.body);
    }
    let form = review.form("/system/integrations/retry");
    let without = operator.send(&form).await;
    assert!(without.status == 400 && without.has("role=\"alert\""), "{}", without.body);
    let form = without.form("/system/integrations/retry").with("reason", "映射已修正");
    let begun = operator.send(&form).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    assert_eq!(operator.send(&form).await.location(), begun.location());
    let job = operator.page(begun.location()).await;
    assert!(job.has("映射已修正") && job.has("hx-trigger=\"every 5s\""), "{}", job.body);
    let cancelled = operator.send(&job.form("/cancel")).await;
    let job = operator.page(cancelled.location()).await;
    assert!(job.has("任务已取消。") && !job.has("hx-trigger") && job.forms().is_empty(), "{}", job.body);
    let part = operator.page(&format!("{}?part=progress", begun.location())).await;
    assert!(part.body.starts_with("<div id=\"progress\"") && !part.has("<html"), "{}", part.body);
    // Those that are ticked, of which one stands otherwise by now.
    fixture.add(5, RunStatus::Succeeded).await;
    let chosen = operator.page(&format!("{HOME}/retry?run=r-0000000&run=r-0000005&run=r-0000010")).await;
    assert!(chosen.has("<strong class=\"count\">2</strong>") && chosen.has("已成功，无需重试"), "{}", chosen.body);
    let runs = chosen.form("/system/integrations/retry").fields;
    assert_eq!(runs.iter().filter(|(name, _)| name == "run").count(), 3);
}
