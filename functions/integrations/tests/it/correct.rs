//! A value that could not be mapped is corrected from its run's page.

use crate::fixture::{Fixture, HOME};
use serde_json::json;
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{FlowId, RunId, TenantId};
use tenon_platform::audit;
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Expect, Key, Write};

const RUN: &str = "r-push";

/// A body that was pushed, of which a date could not be read.
async fn pushed(fixture: &Fixture) -> Key {
    let tenant = TenantId::operator();
    let config = json!({
        "connections": [
            { "kind": "b1", "id": "b1-main", "base_url": "http://b1", "company_db": "X", "username": "m", "password": "p" },
            { "kind": "weaver", "id": "weaver-main", "base_url": "http://weaver", "app_id": "a", "secret": "s", "spk": "k", "app": "weaver" },
        ],
        "flows": [{ "id": "quotations", "kind": "document", "erp": "b1-main", "oa": "weaver-main", "object": "Quotations",
            "lines": "DocumentLines", "form": {
                "fields": [{ "from": "kh", "to": "CardCode" }, { "from": "rq", "to": "DocDueDate", "format": "date" }],
                "lines": { "from": "mx", "fields": [{ "from": "wl", "to": "ItemCode" }] } } }],
    });
    fixture
        .ctx
        .config
        .replace_all(&tenant, serde_json::from_value(config).unwrap(), &fixture.ctx.entropy)
        .await
        .unwrap();
    let now = fixture.ctx.now_ms();
    let record: DocumentRecord = serde_json::from_value(json!({
        "flow": "quotations", "oa": "weaver-main", "erp": "b1-main", "object": "Quotations", "request": "88201", "attempt": 1,
        "state": "failed", "run": RUN, "code": "flow.mapping", "message": "rq is \"<明天>\"", "claimed_ms": now, "changed_ms": now,
        "pushed": r#"{"requestid":"88201","kh":"C1","rq":"<明天>","mx":[{"wl":"A-001"}]}"#, "mark": "88201",
    }))
    .unwrap();
    let key = Key::new(&tenant, "DOCUMENT", &["weaver-main", "quotations"], "88201");
    fixture.ctx.table.write(Write::put(key.clone(), &record, Expect::AbsentAt(now)).unwrap()).await.unwrap();
    let run = Run {
        id: RunId::new(RUN),
        flow: FlowId::new("quotations"),
        document: None,
        instance: Some("88201".to_owned()),
        trigger: Trigger::Callback,
        status: RunStatus::Failed,
        started_ms: now,
        ended_ms: Some(now),
        message: "rq is no date".to_owned(),
        code: Some("flow.mapping".to_owned()),
        counts: std::collections::BTreeMap::default(),
    };
    Recorder::new(&fixture.ctx, run.id.clone()).save(&fixture.ctx, &tenant, &run).await.unwrap();
    key
}

#[tokio::test]
async fn what_is_wrong_is_shown_the_diff_is_confirmed_once_and_it_is_kept_who_did_it() {
    let fixture = Fixture::empty().await;
    let key = pushed(&fixture).await;
    let operator = fixture.visitor(None, &[]).await;
    let own = format!("{HOME}/runs/{RUN}");
    let page = operator.page(&own).await;
    assert!(page.links().contains(&format!("{own}/correct")), "{}", page.body);
    let asking_page = operator.page(&format!("{own}/correct")).await;
    assert!(
        asking_page.rows() == 1 && asking_page.has("&lt;明天&gt;") && asking_page.has("无法映射的值"),
        "{}",
        asking_page.body
    );
    let form = asking_page.form("/correct/review");
    // What cannot be read either is asked for again, with what was filled in.
    let again = operator.send(&form.clone().with("value:rq", "后天")).await;
    assert_eq!(again.status, 400, "{}", again.body);
    assert!(again.has("flow.mapping") && again.has("value=\"后天\"") && again.has("role=\"alert\""), "{}", again.body);
    let review = operator.send(&form.with("value:rq", "2026-12-01")).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert!(
        review.has("<del>") && review.has("<ins>") && review.has("2026-12-01") && review.has("CardCode"),
        "{}",
        review.body
    );
    let confirm = review.form("/correct");
    // Another value than the one that was shown.
    let refused = operator.send(&confirm.clone().with("value:rq", "2026-12-02").with("_once", "another")).await;
    assert!(refused.status == 400 && refused.has("run.input-changed"), "{}", refused.body);
    let stored = async || fixture.ctx.table.get::<DocumentRecord>(&key).await.unwrap().unwrap().data;
    assert_eq!(stored().await.state, DocumentState::Failed);
    let done = operator.send(&confirm).await;
    assert_eq!((done.status, done.location()), (303, &*format!("{own}?done=correct")), "{}", done.body);
    assert_eq!(operator.send(&confirm).await.location(), done.location(), "pressed twice, it is one");
    let record = stored().await;
    let corrected = record.corrected.unwrap();
    assert_eq!((record.state, record.attempt), (DocumentState::Claimed, 2));
    assert_eq!((corrected.values["rq"].was.as_deref(), &*corrected.values["rq"].is), (Some("<明天>"), "2026-12-01"));
    let after = operator.page(done.location()).await;
    assert!(after.has("更正已确认") && !after.has("/correct\""), "{}", after.body);
    let log = audit::list(&fixture.ctx, &TenantId::operator(), None, 10).await.unwrap();
    let noted: Vec<_> = log.entries.iter().filter(|entry| entry.did == "correct-run").collect();
    assert_eq!(noted.len(), 1, "{log:?}");
    assert!(noted[0].detail.to_string().contains("2026-12-01"), "{noted:?}");
}

#[tokio::test]
async fn what_counts_in_the_erp_is_not_corrected_here_and_who_may_only_look_is_refused() {
    let fixture = Fixture::with(6).await;
    let operator = fixture.visitor(None, &[]).await;
    let refused = operator.get(&format!("{HOME}/runs/r-0000005/correct")).await;
    assert!(refused.status == 400 && refused.has("run.not-correctable"), "{}", refused.body);
    assert!(refused.has("以来源系统为准") && !refused.has("correct/review"), "{}", refused.body);
    pushed(&fixture).await;
    let looker = fixture.visitor(None, &["MENU_TENANT_APP_VIEW"]).await;
    assert!(!looker.page(&format!("{HOME}/runs/{RUN}")).await.has("/correct\""));
    assert_eq!(looker.get(&format!("{HOME}/runs/{RUN}/correct")).await.status, 403);
}
