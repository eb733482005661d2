//! A run's input that could not be mapped: what may be corrected of it, what that would change, and going on with it once.

use super::{Fixture, call, call_once, token};
use serde_json::{Value, json};
use tenon_model::access::Role;
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{FlowId, RunId, TenantId};
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_platform::table::{Expect, Key, Write};

const RUN: &str = "r-push";
const INPUT: &str = "GET /admin/v1/runs/r-push/input";
const REVIEW: &str = "POST /admin/v1/runs/r-push/correct/review";
const CORRECT: &str = "POST /admin/v1/runs/r-push/correct";

fn key() -> Key {
    Key::new(&TenantId::operator(), "DOCUMENT", &["weaver", "quotations"], "88201")
}

/// A body that was pushed, of which a date could not be read.
async fn pushed() -> Fixture {
    let (fixture, tenant) = (Fixture::new().await, TenantId::operator());
    let config = json!({
        "connections": [
            { "kind": "b1", "id": "b1", "base_url": "https://b1.invalid", "company_db": "C", "username": "u", "password": "p" },
            { "kind": "weaver", "id": "weaver", "base_url": "https://weaver.invalid", "app_id": "a", "secret": "s", "spk": "k",
              "app": "weaver" },
        ],
        "flows": [{ "id": "quotations", "kind": "document", "erp": "b1", "oa": "weaver", "object": "Quotations",
            "lines": "DocumentLines", "form": {
                "fields": [{ "from": "kh", "to": "CardCode" }, { "from": "rq", "to": "DocDueDate", "format": "date" }],
                "lines": { "from": "mx", "fields": [
                    { "from": "wl", "to": "ItemCode" }, { "from": "sl", "to": "Quantity", "format": "number" } ] } } }],
    });
    let ctx = fixture.ctx();
    ctx.config.replace_all(&tenant, serde_json::from_value(config).unwrap(), &ctx.entropy).await.unwrap();
    let now = ctx.now_ms();
    let record: DocumentRecord = serde_json::from_value(json!({
        "flow": "quotations", "oa": "weaver", "erp": "b1", "object": "Quotations", "request": "88201", "attempt": 1,
        "state": "failed", "run": RUN, "code": "flow.mapping", "message": "rq is no date", "claimed_ms": now,
        "changed_ms": now, "mark": "88201",
        "pushed": r#"{"requestid":"88201","kh":"C1","rq":"明天","mx":[{"wl":"A-001","sl":"1234567890123.4500000001"}]}"#,
    }))
    .unwrap();
    ctx.table.write(Write::put(key(), &record, Expect::AbsentAt(now)).unwrap()).await.unwrap();
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
        counts: std::collections::BTreeMap::new(),
    };
    fixture.save(&run).await;
    fixture
}

impl Fixture {
    async fn record(&self) -> DocumentRecord {
        self.ctx().table.get::<DocumentRecord>(&key()).await.unwrap().unwrap().data
    }

    /// The names of the input as it is shown, and of the review of a due date.
    async fn revisions(&self, due: &str) -> (Value, Value) {
        let shown = self.ok(INPUT, Value::Null).await["revision"].clone();
        let review = self.ok(REVIEW, json!({ "revision": shown, "values": { "rq": due } })).await;
        (shown, review["revision"].clone())
    }
}

#[tokio::test]
async fn what_could_not_be_mapped_is_shown_reviewed_and_corrected_once() {
    let fixture = pushed().await;
    let shown = fixture.ok(INPUT, Value::Null).await;
    assert_eq!((&shown["wrong"][0]["path"], &shown["wrong"][0]["value"]), (&json!("rq"), &json!("明天")), "{shown}");
    assert_eq!(shown["wrong"].as_array().unwrap().len(), 1);
    let given = json!({ "revision": shown["revision"], "values": { "rq": "2026-12-01" } });
    let (status, answer) = call(fixture.ctx(), &fixture.operator, REVIEW, &given).await;
    assert_eq!(status, 200, "{answer}");
    let review = &answer["data"];
    assert_eq!(review["changes"], json!({ "rq": { "was": "明天", "is": "2026-12-01" } }));
    assert_eq!((&review["fields"]["CardCode"], &review["fields"]["DocDueDate"]), (&json!("C1"), &json!("2026-12-01")));
    // Nothing is changed by looking.
    assert_eq!((fixture.record().await.state, fixture.noted().await), (DocumentState::Failed, Vec::new()));

    let own =
        json!({ "revision": shown["revision"], "confirmed": review["revision"], "values": { "rq": "2026-12-01" } });
    for _ in 0..2 {
        let (status, answer) = call_once(fixture.ctx(), &fixture.operator, CORRECT, &own, Some("key-1")).await;
        assert_eq!((status, &answer["data"]["run"]), (200, &json!(RUN)), "{answer}");
        let words = answer["data"]["result"].as_str().unwrap();
        assert!(words.starts_with("request 88201 is corrected by n (tok-") && words.ends_with("and queued"), "{words}");
    }
    let record = fixture.record().await;
    let corrected = record.corrected.unwrap();
    assert_eq!((record.state, record.attempt), (DocumentState::Claimed, 2));
    assert_eq!((corrected.values["rq"].was.as_deref(), &*corrected.values["rq"].is), (Some("明天"), "2026-12-01"));
    assert_eq!(fixture.here.local.queue.depth(&APPROVALS_WRITE_BACK).await.unwrap().total(), 1);
    assert_eq!(fixture.noted().await, [("correct-run".to_owned(), RUN.to_owned())]);

    // Another call of the same finds nothing that is to be corrected.
    let (status, words) = fixture.refused(CORRECT, own).await;
    assert!(status == 400 && words.contains("run.not-correctable"), "{status} {words}");
    let (status, words) = fixture.refused(INPUT, Value::Null).await;
    assert!(status == 400 && words.contains("run.not-correctable"), "{status} {words}");
    assert_eq!(fixture.record().await.attempt, 2);
    assert_eq!(fixture.noted().await.len(), 1, "what was refused is nobody's change");
}

#[tokio::test]
async fn what_would_be_created_is_told_digit_for_digit() {
    let fixture = pushed().await;
    let shown = fixture.ok(INPUT, Value::Null).await["revision"].clone();
    let given = json!({ "revision": shown, "values": { "rq": "2026-12-01" } }).to_string();
    let event = tenon_testkit::HttpEvent::new("POST", "/admin/v1/runs/r-push/correct/review");
    let request = event.bearer(&fixture.operator).body(&given).request();
    let answer = tenon_platform::dispatch::Dispatch::answer(&tenon_admin::flows::SERVICE, fixture.ctx(), request).await;
    let text = String::from_utf8(answer.body().as_ref().to_vec()).unwrap();
    assert!(text.contains(r#""Quantity":1234567890123.4500000001"#), "{text}");
}

#[tokio::test]
async fn a_correction_of_anything_else_than_what_was_shown_is_refused_and_changes_nothing() {
    let fixture = pushed().await;
    let (shown, confirmed) = fixture.revisions("2026-12-01").await;
    let of = |revision: &Value, values: Value| json!({ "revision": revision, "values": values });
    for (wanted, code) in [
        (of(&json!("of another day"), json!({ "rq": "2026-12-01" })), "run.input-changed"),
        // What people approved, and what the run has not.
        (of(&shown, json!({ "rq": "2026-12-01", "kh": "C2" })), "run.not-correctable"),
        (of(&shown, json!({ "mx[7].wl": "A-001" })), "run.not-correctable"),
        (of(&shown, json!({ "rq": "后天" })), "flow.mapping"),
        (of(&shown, json!({})), "flow.mapping"),
    ] {
        let (status, words) = fixture.refused(REVIEW, wanted.clone()).await;
        assert!(status == 400 && words.contains(code), "{wanted}: {status} {words}");
        let mut wanted = wanted;
        wanted["confirmed"] = confirmed.clone();
        let (status, words) = fixture.refused(CORRECT, wanted.clone()).await;
        assert!(status == 400 && words.contains(code), "{wanted}: {status} {words}");
    }
    // Another value than the one that was reviewed, and a review of another input.
    for (values, revision, confirmed) in [
        (json!({ "rq": "2026-12-02" }), &shown, &confirmed),
        (json!({ "rq": "2026-12-01" }), &shown, &json!("")),
        (json!({ "rq": "2026-12-01" }), &json!(""), &confirmed),
    ] {
        let wanted = json!({ "revision": revision, "confirmed": confirmed, "values": values });
        let (status, words) = fixture.refused(CORRECT, wanted.clone()).await;
        assert!(status == 400 && words.contains("run.input-changed"), "{wanted}: {status} {words}");
    }
    for (line, body, names) in [
        (REVIEW, json!({ "revision": shown }), "values"),
        (CORRECT, json!({ "revision": shown, "values": {} }), "confirmed"),
        (CORRECT, json!({ "revision": shown, "confirmed": confirmed, "values": { "rq": 1 } }), "rq"),
        (REVIEW, json!({ "revision": shown, "values": {}, "value": {} }), "value"),
    ] {
        let (status, words) = fixture.refused(line, body).await;
        assert!(status == 400 && words.contains(names), "{status} {words}");
    }
    assert_eq!((fixture.record().await.state, fixture.noted().await), (DocumentState::Failed, Vec::new()));
}

#[tokio::test]
async fn what_counts_in_the_erp_what_is_not_there_and_who_may_only_look_are_refused() {
    let fixture = pushed().await;
    let (shown, confirmed) = fixture.revisions("2026-12-01").await;
    let values = json!({ "rq": "2026-12-01" });
    let (given, own) = (
        json!({ "revision": shown, "values": values }),
        json!({ "revision": shown, "confirmed": confirmed, "values": values }),
    );
    let lines = [(INPUT, &Value::Null), (REVIEW, &given), (CORRECT, &own)];
    let reader = token(fixture.ctx(), Role::Operator, None, &["MENU_TENANT_APP_VIEW"]).await;
    let admin = token(fixture.ctx(), Role::TenantAdmin, Some("t-1"), &[]).await;
    for (line, body) in lines {
        let unknown = line.replace(RUN, "r-0");
        assert_eq!(fixture.refused(&unknown, body.clone()).await.0, 404, "{unknown}");
        let elsewhere = format!("{line}?tenantId=t-2");
        assert_eq!(fixture.refused(&elsewhere, body.clone()).await.0, 404, "{elsewhere}");
        for who in [&reader, &admin] {
            assert_eq!(call(fixture.ctx(), who, line, body).await.0, 403, "{line}");
        }
    }
    assert_eq!((fixture.record().await.state, fixture.noted().await), (DocumentState::Failed, Vec::new()));
    // A document of the ERP counts as it stands there.
    let fixture = Fixture::new().await;
    let run = fixture.run("pr", 16, RunStatus::Failed).await;
    for (line, body) in lines {
        let (status, words) = fixture.refused(&line.replace(RUN, run.id.as_str()), body.clone()).await;
        assert!(status == 400 && words.contains("run.not-correctable"), "{line}: {status} {words}");
    }
}
