//! What could not be mapped is put right by a person: shown, confirmed, and created of what was confirmed alone.

use super::forms::form;
use super::test_app::{app, config, newest_run, push, rows};
use serde_json::json;
use std::collections::BTreeMap;
use tenon_engine::Moment;
use tenon_flows::kinds::ResumePoint;
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{RunId, TenantId};
use tenon_platform::runs;
use tenon_tests::{Boundary, TestApp};

const FLOW: &str = "ding-orders";
const PLACE: &str = "明细[1].数量";

fn tenant() -> TenantId {
    TenantId::operator()
}

/// A form that was approved with a quantity that is no number, and its run.
async fn failed(app: &mut TestApp) -> Run {
    let (now, dingtalk) = (app.clock.now_ms(), app.sandbox.dingtalk());
    let instance = dingtalk.create_instance(now, form("C100", &[("A-001", "5"), ("A-003", "两打")])).unwrap();
    dingtalk.approve(now, &instance, "", "同意").unwrap();
    app.minute().await;
    let run = newest_run(app, FLOW).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.mapping")), "{}", run.message);
    run
}

fn values(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
}

/// Looks, corrects and confirms, as the page does.
async fn corrected(app: &TestApp, run: &RunId, values: &BTreeMap<String, String>) -> tenon_platform::Result<()> {
    let shown = operator::input(&app.ctx, &tenant(), run).await?;
    let review = operator::review(&app.ctx, &tenant(), run, &shown.revision, values).await?;
    let revisions = (shown.revision.as_str(), review.revision.as_str());
    operator::correct(&app.ctx, &tenant(), run, revisions, values, "wang.lei").await.map(drop)
}

#[tokio::test]
async fn a_value_of_a_form_that_could_not_be_mapped_is_corrected_shown_and_confirmed_and_the_run_goes_on() {
    let mut app = app().await;
    let run = failed(&mut app).await;
    assert_eq!(operator::resume_point(&app.ctx, &tenant(), &run).await.unwrap(), ResumePoint::from("read instance"));
    let shown = operator::input(&app.ctx, &tenant(), &run.id).await.unwrap();
    let places: Vec<_> = shown.wrong.iter().map(|wrong| (wrong.path.as_str(), wrong.value.as_deref())).collect();
    assert_eq!(places, [(PLACE, Some("两打"))]);
    // What cannot be mapped either, what people approved, and what stands nowhere.
    for (wrong, code) in [
        (values(&[(PLACE, "三打")]), "flow.mapping"),
        (values(&[]), "flow.mapping"),
        (values(&[(PLACE, "24"), ("客户", "C999")]), "run.not-correctable"),
        (values(&[(PLACE, "24"), ("明细[7].数量", "1")]), "run.not-correctable"),
    ] {
        let refused = operator::review(&app.ctx, &tenant(), &run.id, &shown.revision, &wrong).await.unwrap_err();
        assert_eq!(refused.code, code, "{refused}");
    }
    let right = values(&[(PLACE, "24")]);
    let review = operator::review(&app.ctx, &tenant(), &run.id, &shown.revision, &right).await.unwrap();
    let changes: Vec<_> = review.changes.iter().map(|(at, v)| (at.as_str(), v.was.as_deref(), v.is.as_str())).collect();
    assert_eq!(changes, [(PLACE, Some("两打"), "24")], "what people approved stays");
    assert_eq!(review.fields["CardCode"], "C100");
    // Another correction than the one that was shown is none that was confirmed.
    let other = values(&[(PLACE, "25")]);
    let revisions = (shown.revision.as_str(), review.revision.as_str());
    let refused = operator::correct(&app.ctx, &tenant(), &run.id, revisions, &other, "wang.lei").await.unwrap_err();
    assert_eq!(refused.code, "run.input-changed");
    assert!(rows(&app, "Orders").is_empty());
    operator::correct(&app.ctx, &tenant(), &run.id, revisions, &right, "wang.lei").await.unwrap();
    // Pressed twice, it is one correction.
    let twice = operator::correct(&app.ctx, &tenant(), &run.id, revisions, &right, "wang.lei").await.unwrap_err();
    assert_eq!(twice.code, "run.not-correctable", "{twice}");
    app.minute().await;
    let made = rows(&app, "Orders");
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["DocumentLines"][1]["Quantity"].as_f64(), Some(24.0), "{}", made[0]);
    let again = newest_run(&app, FLOW).await;
    assert_eq!((&again.id, again.status), (&run.id, RunStatus::Succeeded), "it is the same run that went on");
    assert!(again.message.contains("1 of its values corrected by wang.lei"), "{}", again.message);
    let steps = runs::steps(&app.ctx, &tenant(), &run.id).await.unwrap();
    let retried = steps.iter().find(|step| step.name == "retry by operator").unwrap();
    let kept = serde_json::to_string(&(&retried.input, &retried.output)).unwrap();
    assert!(kept.contains("两打") && kept.contains("24"), "{kept}");
    assert_eq!(operator::resume_point(&app.ctx, &tenant(), &again).await.unwrap(), ResumePoint::Nothing);
}

#[tokio::test]
async fn a_correction_holds_for_the_input_and_the_flow_that_were_shown() {
    let mut app = app().await;
    let body = |due: &str, more: &str| json!({ "requestid": "77", "kh": "C100", "rq": due, "bz": more, "mx": [{ "wl": "A-001", "sl": "5" }] });
    let refused = push(&app, "oa-quotations", &body("明天", "")).await;
    assert_eq!((&refused["success"], &refused["code"]), (&json!("N"), &json!("flow.mapping")), "{refused}");
    let first = newest_run(&app, "oa-quotations").await;
    let shown = operator::input(&app.ctx, &tenant(), &first.id).await.unwrap();
    let right = values(&[("rq", "2026-12-01")]);
    // The OA pushes something else meanwhile: that is another run, and the correction of the former is nobody's any more.
    app.clock.advance(std::time::Duration::from_secs(1));
    push(&app, "oa-quotations", &body("后天", "again")).await;
    let run = newest_run(&app, "oa-quotations").await;
    assert_ne!(run.id, first.id);
    let late = operator::review(&app.ctx, &tenant(), &first.id, &shown.revision, &right).await.unwrap_err();
    assert_eq!(late.code, "run.superseded");
    let shown = operator::input(&app.ctx, &tenant(), &run.id).await.unwrap();
    let review = operator::review(&app.ctx, &tenant(), &run.id, &shown.revision, &right).await.unwrap();
    // The flow is changed before it is confirmed.
    let mut changed = tenon_tests::standard_config();
    config(&mut changed);
    let flows = changed["flows"].as_array_mut().unwrap();
    let own = flows.iter_mut().find(|flow| flow["id"] == "oa-quotations").unwrap();
    own["form"]["fields"][0]["default"] = json!("C100");
    app.apply(changed).await;
    let revisions = (shown.revision.as_str(), review.revision.as_str());
    let refused = operator::correct(&app.ctx, &tenant(), &run.id, revisions, &right, "wang.lei").await.unwrap_err();
    assert_eq!(refused.code, "run.input-changed");
    assert!(rows(&app, "Quotations").is_empty());
    corrected(&app, &run.id, &right).await.unwrap();
    app.minute().await;
    assert_eq!(rows(&app, "Quotations").len(), 1);
    // The same push once more hears that it is there, and that it is not in all what was pushed.
    let answer = push(&app, "oa-quotations", &body("后天", "again")).await;
    assert_eq!(answer["success"], "Y", "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("corrected by wang.lei"), "{answer}");
}

#[tokio::test]
async fn what_counts_elsewhere_and_what_no_value_mends_is_not_to_be_corrected() {
    let app = app().await;
    let mut body = super::test_app::order("1");
    body["DocumentLines"][0]["ItemCode"] = json!("NEW");
    assert_eq!(push(&app, "oa-orders", &body).await["code"], "b1.refused");
    let run = newest_run(&app, "oa-orders").await;
    let refused = operator::input(&app.ctx, &tenant(), &run.id).await.unwrap_err();
    assert_eq!(refused.code, "run.not-correctable");
    let empty = json!({ "requestid": "78", "kh": "C100", "rq": "明天", "mx": [] });
    assert_eq!(push(&app, "oa-quotations", &empty).await["code"], "flow.mapping");
    let run = newest_run(&app, "oa-quotations").await;
    // A date could be mended; but there would still be no rows.
    let shown = operator::input(&app.ctx, &tenant(), &run.id).await.unwrap();
    let right = values(&[("rq", "2026-12-01")]);
    let refused = operator::review(&app.ctx, &tenant(), &run.id, &shown.revision, &right).await.unwrap_err();
    assert_eq!(refused.code, "flow.mapping");
}

#[tokio::test]
async fn wherever_the_process_dies_a_corrected_form_becomes_one_order() {
    let mut app = self::app().await;
    let run = failed(&mut app).await;
    app.restart(None);
    corrected(&app, &run.id, &values(&[(PLACE, "24")])).await.unwrap();
    let effects = app.crash_injector.effects();
    assert!(effects > 3, "{effects}");
    for effect in 0..effects {
        for moment in [Moment::Before, Moment::After] {
            let mut app = self::app().await;
            let run = failed(&mut app).await;
            app.restart(Some(Boundary { effect, moment }));
            let _ = corrected(&app, &run.id, &values(&[(PLACE, "24")])).await;
            app.restart(None);
            // The operator, who saw no answer, looks again; one that was taken is not to be corrected any more.
            let _ = corrected(&app, &run.id, &values(&[(PLACE, "24")])).await;
            app.minutes_until(12, "the order", |app| rows(app, "Orders").len() == 1).await;
            for _ in 0..3 {
                app.minute().await;
            }
            assert_eq!(rows(&app, "Orders").len(), 1, "{effect} {moment:?}");
            assert_eq!(newest_run(&app, FLOW).await.status, RunStatus::Succeeded, "{effect} {moment:?}");
        }
    }
}
