//! The safety nets: what tears in one place holds everywhere else, and what was read once is not lost.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_engine::Moment;
use tenon_flows::trouble;
use tenon_model::config::{Connection, Flow};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::kept::{self, Kind};
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_sandbox::{FailedEntry, Fault, FaultKind, SandboxOptions, Vendor};
use tenon_tests::{Boundary, Site, SiteOptions};

const LIST: &str = "/call_back/get_call_back_failed_result";
const INSTANCES: &str = "/v1.0/workflow/processInstances";

/// A site on which no instance is looked up for ten days.
async fn without_look_ups(sandbox: Option<fn(&mut SandboxOptions)>) -> Site {
    let config = Some((|c| c["connections"][1]["check_open_after"] = json!("10d")) as fn(&mut Value));
    Site::new(SiteOptions { config, sandbox, ..SiteOptions::default() }).await
}

/// Submits a draft; returns it with its instance.
async fn submitted(site: &mut Site) -> (i64, String) {
    let (draft, _) = site.sandbox.b1().create_draft(site.clock.now_ms(), purchase_request()).unwrap();
    site.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    site.minute().await;
    let instance = site.open_instance(draft).unwrap();
    (draft, instance)
}

/// Agrees to it while nobody takes callbacks, until DingTalk has given its events up.
fn agreed_unheard(site: &Site, instance: &str) {
    site.sandbox.dingtalk().approve(site.clock.now_ms(), instance, "", "同意").unwrap();
    for wait in [0, 11, 31, 200] {
        site.clock.advance(Duration::from_secs(wait));
        for delivery in site.sandbox.due_callbacks(site.clock.now_ms()) {
            site.sandbox.callback_result(site.clock.now_ms(), delivery.id, tenon_sandbox::CallbackOutcome::NoAnswer);
        }
    }
}

/// Lets so many periods of ten minutes pass, or fewer when `done` holds before.
async fn periods(site: &mut Site, most: usize, done: impl Fn(&Site) -> bool) {
    for _ in 0..most {
        site.clock.advance(Duration::from_secs(570));
        for _ in 0..6 {
            site.step().await;
            site.clock.advance(Duration::from_secs(5));
            if done(site) {
                return;
            }
        }
    }
}

async fn troubles(site: &Site) -> Vec<trouble::Trouble> {
    trouble::of(&site.ctx, &TenantId::operator(), &ConnectionId::new("ding-main")).await.unwrap()
}

async fn kept_of(site: &Site, kind: Kind) -> Vec<kept::Kept> {
    kept::of_kind(&site.ctx, &TenantId::operator(), kind).await.unwrap()
}

#[tokio::test]
async fn a_decision_is_found_in_the_failed_list_however_its_entries_are_nested() {
    let shapes: [fn(&mut SandboxOptions); 3] = [
        |o| o.dingtalk.failed_entry = FailedEntry::Nested,
        |o| o.dingtalk.failed_entry = FailedEntry::NestedText,
        |o| o.dingtalk.failed_entry = FailedEntry::Flat,
    ];
    for shape in shapes {
        let mut site = without_look_ups(Some(shape)).await;
        let (draft, instance) = submitted(&mut site).await;
        agreed_unheard(&site, &instance);
        site.minutes_until(12, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
        assert_eq!((kept_of(&site, Kind::List).await, kept_of(&site, Kind::Entry).await), (vec![], vec![]));
    }
}

#[tokio::test]
async fn a_forbidden_list_stops_no_look_up_and_is_asked_less_and_less_often() {
    let mut site = Site::new(SiteOptions::default()).await;
    let forbidden = json!({ "errcode": 88, "sub_code": "60020", "errmsg": "访问ip不在白名单之中" }).to_string();
    site.sandbox
        .inject(Fault::new(FaultKind::Status(200, forbidden)).vendor(Vendor::DingTalk).on("GET", LIST).always());
    let (draft, instance) = submitted(&mut site).await;
    agreed_unheard(&site, &instance);
    periods(&mut site, 5, |s| s.decisions(draft) == ["ardApproved"]).await;
    assert_eq!(site.decisions(draft), ["ardApproved"]);
    periods(&mut site, 7, |_| false).await;
    let asked = site.sandbox.calls(&format!("GET {LIST}"));
    assert!((3..=6).contains(&asked), "asked {asked} times");
    let [trouble] = &troubles(&site).await[..] else { panic!("one unit fails") };
    assert_eq!((trouble.unit.as_str(), trouble.code.as_str()), ("failed callbacks", "dingtalk.forbidden"));
    site.sandbox.clear_faults();
    periods(&mut site, 18, |_| false).await;
    assert_eq!(troubles(&site).await, []);
}

#[tokio::test]
async fn what_is_not_understood_is_kept_whole_for_a_person() {
    for answer in [
        r#"{"errcode":0,"has_more":false,"failed_list":[{"call_back_tag":"bpms_instance_change","secret":"形"}]}"#,
        r#"{"errcode":0,"has_more":false,"failed_list":[{"call_back_tag":"bpms_inst"#,
    ] {
        let mut site = without_look_ups(None).await;
        site.sandbox.inject(Fault::new(FaultKind::Status(200, answer.to_owned())).on("GET", LIST));
        site.minutes_until(11, "reading", |s| s.sandbox.calls(&format!("GET {LIST}")) > 0).await;
        let [entry] = &kept_of(&site, Kind::Entry).await[..] else { panic!("{answer}: one is kept") };
        let (_, bytes) = kept::open(&site.ctx, &TenantId::operator(), &entry.id).await.unwrap().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text == answer || text.contains("形"), "{text}");
        assert_eq!(kept_of(&site, Kind::List).await, []);
    }
}

#[tokio::test]
async fn a_death_after_the_list_was_read_loses_nothing_that_had_arrived() {
    let mut losses = 0;
    for effect in 0.. {
        let mut survived = false;
        for moment in [Moment::Before, Moment::After] {
            let mut site = without_look_ups(None).await;
            let (draft, instance) = submitted(&mut site).await;
            agreed_unheard(&site, &instance);
            site.clock.advance(Duration::from_secs(600));
            let reads = |s: &Site| s.sandbox.calls(&format!("GET {LIST}"));
            let before = reads(&site);
            site.restart(Some(Boundary { effect, moment }));
            let _ = tenon_approvals::reconcile::handler(&site.ctx).await;
            survived = !site.reaper.is_dead();
            let read = reads(&site) > before;
            site.restart(None);
            // The answer that was on its way when the process died is the one thing that can be lost.
            let in_flight = read && kept_of(&site, Kind::List).await.is_empty();
            periods(&mut site, 2, |s| s.decisions(draft) == ["ardApproved"]).await;
            if site.decisions(draft) != ["ardApproved"] {
                assert!(in_flight, "{effect} {moment:?}: the list was stored, and its event is lost");
                losses += 1;
            }
            assert_eq!(kept_of(&site, Kind::List).await, [], "{effect} {moment:?}");
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
    let mut site = Site::new(SiteOptions::default()).await;
    let (first, one) = submitted(&mut site).await;
    let (second, other) = submitted(&mut site).await;
    for instance in [&one, &other] {
        agreed_unheard(&site, instance);
    }
    // The list is empty as well.
    let empty = json!({ "errcode": 0, "failed_list": [], "has_more": false }).to_string();
    site.sandbox.inject(Fault::new(FaultKind::Status(200, empty)).on("GET", LIST).always());
    let broken = json!({ "code": "processFormDataIsNull", "message": "表单数据为空" }).to_string();
    site.sandbox.inject(Fault::new(FaultKind::Status(400, broken)).on("GET", INSTANCES));
    let decided = move |s: &Site| s.decisions(first).len() + s.decisions(second).len();
    periods(&mut site, 5, |s| decided(s) == 1).await;
    assert_eq!(decided(&site), 1);
    let [trouble] = &troubles(&site).await[..] else { panic!("one unit fails") };
    assert!(trouble.unit.starts_with("instance "), "{trouble:?}");
    periods(&mut site, 18, |s| decided(s) == 2).await;
    assert_eq!(decided(&site), 2);
    assert_eq!(troubles(&site).await, []);
}

#[tokio::test]
async fn the_end_of_our_own_instance_counts_though_its_template_was_made_anew() {
    let mut site = without_look_ups(None).await;
    let (draft, instance) = submitted(&mut site).await;
    let tenant = TenantId::operator();
    let loaded = site.ctx.config.load(&tenant).await.unwrap();
    let connections: Vec<Connection> = loaded.connections().map(|c| c.as_ref().clone()).collect();
    let mut flows: Vec<Flow> = loaded.flows().to_vec();
    for flow in &mut flows {
        let template = match flow {
            Flow::Approval(flow) => &mut flow.form.template,
            Flow::Price(flow) => &mut flow.form.template,
        };
        template.push_str("-NEW");
    }
    site.ctx.config.replace(&tenant, connections, flows, &site.ctx.entropy).await.unwrap();
    site.sandbox.dingtalk().approve(site.clock.now_ms(), &instance, "", "同意").unwrap();
    site.minutes_until(3, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
}

#[tokio::test]
async fn a_decision_whose_message_is_lost_is_written_all_the_same() {
    let mut site = Site::new(SiteOptions::default()).await;
    let (draft, instance) = submitted(&mut site).await;
    let busy = Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).on("PATCH", "ApprovalRequests");
    site.sandbox.inject(busy);
    // Without a batch of reads that worked, the decision goes by itself.
    site.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).on("POST", "$batch"));
    site.sandbox.dingtalk().approve(site.clock.now_ms(), &instance, "", "同意").unwrap();
    site.step().await;
    site.clock.advance(Duration::from_secs(3600));
    for message in site.ctx.queue.receive(&APPROVALS_WRITE_BACK, 10, Duration::from_secs(180)).await.unwrap() {
        site.ctx.queue.delete(&APPROVALS_WRITE_BACK, &message.receipt).await.unwrap();
    }
    assert_eq!(site.decisions(draft), Vec::<String>::new());
    periods(&mut site, 6, |s| s.decisions(draft) == ["ardApproved"]).await;
    assert_eq!(site.decisions(draft), ["ardApproved"]);
}

#[tokio::test]
async fn what_is_kept_is_whole_however_long_and_the_same_is_kept_once() {
    let site = Site::new(SiteOptions::default()).await;
    let tenant = TenantId::operator();
    for length in [0, 1, 500_000, 3_000_000] {
        let bytes: Vec<u8> = (0..length).map(|n: u32| n.to_le_bytes()[0]).collect();
        let keep = || kept::keep(&site.ctx, &tenant, Kind::Entry, "ding-main", "odd", &bytes);
        let first = keep().await.unwrap();
        assert_eq!(keep().await.unwrap(), first);
        let (_, read) = kept::open(&site.ctx, &tenant, &first.id).await.unwrap().unwrap();
        assert!(read == bytes, "{length}");
        kept::forget(&site.ctx, &tenant, &first).await.unwrap();
        assert_eq!(kept::open(&site.ctx, &tenant, &first.id).await.unwrap(), None);
    }
    assert_eq!(kept_of(&site, Kind::Entry).await, []);
}
