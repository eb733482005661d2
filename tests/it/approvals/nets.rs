//! The safety nets: what tears in one place holds everywhere else, and what was read once is not lost.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_engine::Moment;
use tenon_flows::unit_failures;
use tenon_model::config::{Connection, Flow};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::kept::{self, Kind};
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_sandbox::{FailedEntry, Fault, FaultKind, SandboxOptions, Vendor};
use tenon_tests::{Boundary, TestApp, TestAppOptions};

const LIST: &str = "/call_back/get_call_back_failed_result";
const INSTANCES: &str = "/v1.0/workflow/processInstances";

/// A site on which no instance is looked up for ten days.
async fn without_look_ups(sandbox: Option<fn(&mut SandboxOptions)>) -> TestApp {
    let config = Some((|c| c["connections"][1]["check_open_after"] = json!("10d")) as fn(&mut Value));
    TestApp::new(TestAppOptions { config, sandbox, ..TestAppOptions::default() }).await
}

/// Submits a draft; returns it with its instance.
async fn submitted(app: &mut TestApp) -> (i64, String) {
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    (draft, instance)
}

/// Agrees to it while nobody takes callbacks, until DingTalk has given its events up.
fn agreed_unheard(app: &TestApp, instance: &str) {
    app.sandbox.dingtalk().approve(app.clock.now_ms(), instance, "", "同意").unwrap();
    for wait in [0, 11, 31, 200] {
        app.clock.advance(Duration::from_secs(wait));
        for delivery in app.sandbox.due_callbacks(app.clock.now_ms()) {
            app.sandbox.callback_result(app.clock.now_ms(), delivery.id, tenon_sandbox::CallbackOutcome::NoAnswer);
        }
    }
}

/// Lets so many periods of ten minutes pass, or fewer when `done` holds before.
async fn periods(app: &mut TestApp, most: usize, done: impl Fn(&TestApp) -> bool) {
    for _ in 0..most {
        app.clock.advance(Duration::from_secs(570));
        for _ in 0..6 {
            app.step().await;
            app.clock.advance(Duration::from_secs(5));
            if done(app) {
                return;
            }
        }
    }
}

async fn failures(app: &TestApp) -> Vec<unit_failures::UnitFailure> {
    unit_failures::of(&app.ctx, &TenantId::operator(), &ConnectionId::new("ding-main")).await.unwrap()
}

async fn kept_of(app: &TestApp, kind: Kind) -> Vec<kept::Kept> {
    kept::of_kind(&app.ctx, &TenantId::operator(), kind).await.unwrap()
}

#[tokio::test]
async fn a_decision_is_found_in_the_failed_list_however_its_entries_are_nested() {
    let shapes: [fn(&mut SandboxOptions); 3] = [
        |o| o.dingtalk.failed_entry = FailedEntry::Nested,
        |o| o.dingtalk.failed_entry = FailedEntry::NestedText,
        |o| o.dingtalk.failed_entry = FailedEntry::Flat,
    ];
    for shape in shapes {
        let mut app = without_look_ups(Some(shape)).await;
        let (draft, instance) = submitted(&mut app).await;
        agreed_unheard(&app, &instance);
        app.minutes_until(12, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
        assert_eq!((kept_of(&app, Kind::List).await, kept_of(&app, Kind::Entry).await), (vec![], vec![]));
    }
}

#[tokio::test]
async fn a_forbidden_list_stops_no_look_up_and_is_asked_less_and_less_often() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let forbidden = json!({ "errcode": 88, "sub_code": "60020", "errmsg": "访问ip不在白名单之中" }).to_string();
    app.sandbox.inject(Fault::new(FaultKind::Status(200, forbidden)).vendor(Vendor::DingTalk).on("GET", LIST).always());
    let (draft, instance) = submitted(&mut app).await;
    agreed_unheard(&app, &instance);
    periods(&mut app, 5, |s| s.decisions(draft) == ["ardApproved"]).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    periods(&mut app, 7, |_| false).await;
    let list_calls = app.sandbox.calls(&format!("GET {LIST}"));
    assert!((3..=6).contains(&list_calls), "asked {list_calls} times");
    let [failure] = &failures(&app).await[..] else { panic!("one unit fails") };
    assert_eq!((failure.unit.as_str(), failure.code.as_str()), ("failed callbacks", "dingtalk.forbidden"));
    app.sandbox.clear_faults();
    periods(&mut app, 18, |_| false).await;
    assert_eq!(failures(&app).await, []);
}

#[tokio::test]
async fn what_is_not_understood_is_kept_whole_for_a_person() {
    for answer in [
        r#"{"errcode":0,"has_more":false,"failed_list":[{"call_back_tag":"bpms_instance_change","secret":"形"}]}"#,
        r#"{"errcode":0,"has_more":false,"failed_list":[{"call_back_tag":"bpms_inst"#,
    ] {
        let mut app = without_look_ups(None).await;
        app.sandbox.inject(Fault::new(FaultKind::Status(200, answer.to_owned())).on("GET", LIST));
        app.minutes_until(11, "reading", |s| s.sandbox.calls(&format!("GET {LIST}")) > 0).await;
        let [entry] = &kept_of(&app, Kind::Entry).await[..] else { panic!("{answer}: one is kept") };
        let (_, bytes) = kept::open(&app.ctx, &TenantId::operator(), &entry.id).await.unwrap().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text == answer || text.contains("形"), "{text}");
        assert_eq!(kept_of(&app, Kind::List).await, []);
    }
}

#[tokio::test]
async fn a_death_after_the_list_was_read_loses_nothing_that_had_arrived() {
    let mut losses = 0;
    for effect in 0.. {
        let mut survived = false;
        for moment in [Moment::Before, Moment::After] {
            let mut app = without_look_ups(None).await;
            let (draft, instance) = submitted(&mut app).await;
            agreed_unheard(&app, &instance);
            app.clock.advance(Duration::from_secs(600));
            let reads = |s: &TestApp| s.sandbox.calls(&format!("GET {LIST}"));
            let before = reads(&app);
            app.restart(Some(Boundary { effect, moment }));
            let _ = tenon_approvals::reconcile::handler(&app.ctx).await;
            survived = !app.crash_injector.is_dead();
            let read = reads(&app) > before;
            app.restart(None);
            // The answer that was on its way when the process died is the one thing that can be lost.
            let in_flight = read && kept_of(&app, Kind::List).await.is_empty();
            periods(&mut app, 2, |s| s.decisions(draft) == ["ardApproved"]).await;
            if app.decisions(draft) != ["ardApproved"] {
                assert!(in_flight, "{effect} {moment:?}: the list was stored, and its event is lost");
                losses += 1;
            }
            assert_eq!(kept_of(&app, Kind::List).await, [], "{effect} {moment:?}");
        }
        if survived {
            assert!(effect > 5, "the reconciliation made {effect} effects");
            break;
        }
    }
    // The answer on its way, and the one whose storing had not begun.
    assert!(losses <= 2, "{losses} losses");
}

#[tokio::test]
async fn an_instance_that_cannot_be_read_does_not_hide_the_next() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (first, one) = submitted(&mut app).await;
    let (second, other) = submitted(&mut app).await;
    for instance in [&one, &other] {
        agreed_unheard(&app, instance);
    }
    // The list is empty as well.
    let empty = json!({ "errcode": 0, "failed_list": [], "has_more": false }).to_string();
    app.sandbox.inject(Fault::new(FaultKind::Status(200, empty)).on("GET", LIST).always());
    let broken = json!({ "code": "processFormDataIsNull", "message": "表单数据为空" }).to_string();
    app.sandbox.inject(Fault::new(FaultKind::Status(400, broken)).on("GET", INSTANCES));
    let decided = move |s: &TestApp| s.decisions(first).len() + s.decisions(second).len();
    periods(&mut app, 5, |s| decided(s) == 1).await;
    assert_eq!(decided(&app), 1);
    let [failure] = &failures(&app).await[..] else { panic!("one unit fails") };
    assert!(failure.unit.starts_with("instance "), "{failure:?}");
    periods(&mut app, 18, |s| decided(s) == 2).await;
    assert_eq!(decided(&app), 2);
    assert_eq!(failures(&app).await, []);
}

#[tokio::test]
async fn the_end_of_our_own_instance_counts_though_its_template_was_made_anew() {
    let mut app = without_look_ups(None).await;
    let (draft, instance) = submitted(&mut app).await;
    let tenant = TenantId::operator();
    let loaded = app.ctx.config.load(&tenant).await.unwrap();
    let connections: Vec<Connection> = loaded.connections().map(|c| c.as_ref().clone()).collect();
    let mut flows: Vec<Flow> = loaded.flows().to_vec();
    for flow in &mut flows {
        let template = match flow {
            Flow::Approval(flow) => &mut flow.form.template,
            Flow::Price(flow) => &mut flow.form.template,
            _ => continue,
        };
        template.push_str("-NEW");
    }
    app.ctx.config.replace(&tenant, connections, flows, &app.ctx.entropy).await.unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minutes_until(3, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
}

#[tokio::test]
async fn a_decision_whose_message_is_lost_is_written_all_the_same() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, instance) = submitted(&mut app).await;
    let busy = Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).on("PATCH", "ApprovalRequests");
    app.sandbox.inject(busy);
    // Without a batch of reads that worked, the decision goes by itself.
    app.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).on("POST", "$batch"));
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.step().await;
    app.clock.advance(Duration::from_secs(3600));
    for message in app.ctx.queue.receive(&APPROVALS_WRITE_BACK, 10, Duration::from_secs(180)).await.unwrap() {
        app.ctx.queue.delete(&APPROVALS_WRITE_BACK, &message.receipt).await.unwrap();
    }
    assert_eq!(app.decisions(draft), Vec::<String>::new());
    periods(&mut app, 6, |s| s.decisions(draft) == ["ardApproved"]).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}

#[tokio::test]
async fn what_is_kept_is_whole_however_long_and_the_same_is_kept_once() {
    let app = TestApp::new(TestAppOptions::default()).await;
    let tenant = TenantId::operator();
    for length in [0, 1, 500_000, 3_000_000] {
        let bytes: Vec<u8> = (0..length).map(|n: u32| n.to_le_bytes()[0]).collect();
        let keep = || kept::keep(&app.ctx, &tenant, Kind::Entry, "ding-main", "odd", &bytes);
        let first = keep().await.unwrap();
        assert_eq!(keep().await.unwrap(), first);
        let (_, read) = kept::open(&app.ctx, &tenant, &first.id).await.unwrap().unwrap();
        assert!(read == bytes, "{length}");
        kept::forget(&app.ctx, &tenant, &first).await.unwrap();
        assert_eq!(kept::open(&app.ctx, &tenant, &first.id).await.unwrap(), None);
    }
    assert_eq!(kept_of(&app, Kind::Entry).await, []);
}
