//! What operators do by hand: preview, check, run now, retry.

use super::test_app::{app, app_with, config, item, mark, run_of, sent};
use serde_json::{Value, json};
use tenon_flows::{compare, operator};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Vendor};

fn items() -> FlowId {
    FlowId::new("items")
}

// R-W12
#[tokio::test]
async fn a_preview_shows_the_body_that_is_sent_and_sends_nothing() {
    let mut app = app().await;
    item(&app, "A-001", "聚氯乙烯");
    let tenant = TenantId::operator();
    let shown = operator::preview(&app.ctx, &tenant, &items(), None).await.unwrap();
    assert_eq!((&shown["interface"], &shown["would_mark"]), (&json!("erpWuliao"), &json!({ "U_ISSYN": "Y" })));
    assert_eq!((sent(&app, "A-001").len(), mark(&app, "A-001").as_str()), (0, "N"));
    let mut body = shown["would_send"].clone();
    assert!(!body.to_string().contains("weaver-sandbox-cube"));
    app.step().await;
    let sent = app.sandbox.weaver().cube_savings()[0].1.clone();
    body["header"]["Md5"] = sent["header"]["Md5"].clone();
    assert_eq!(body, sent);
    let shown =
        operator::preview(&app.ctx, &tenant, &items(), Some(DocumentKey::Text("A-001".to_owned()))).await.unwrap();
    assert_eq!(shown["already_synced"], true);
    assert_eq!(shown["would_send"]["data"][0]["mainTable"]["id"], shown["row"]);
}

// R-W6
#[tokio::test]
async fn a_check_tells_whether_the_cube_lets_us_in_and_what_is_missing() {
    let mut app = app().await;
    item(&app, "A-001", "聚氯乙烯");
    let tenant = TenantId::operator();
    let found = compare::flow(&app.ctx, &tenant, &items()).await.unwrap();
    assert_eq!((found.problems, found.warnings), (Vec::<String>::new(), Vec::<String>::new()));
    assert_eq!(found.compared, ["record A-001", "interface erpWuliao"]);
    assert_eq!(sent(&app, "A-001").len(), 0);
    app.sandbox.configure(|options| options.weaver.system_password = "another".into());
    let found = compare::flow(&app.ctx, &tenant, &items()).await.unwrap();
    assert!(found.problems[0].contains("system_password") && found.problems[0].contains("md5校验失败"), "{found:?}");
    app.minute().await;
    assert_eq!(mark(&app, "A-001"), "N");
}

fn mistaken(c: &mut Value) {
    config(c);
    c["flows"][0]["form"]["fields"][1]["from"] = json!("ItemNmae");
    c["flows"][0]["form"]["look_up"] = json!("nowhere");
}

// R-W6
#[tokio::test]
async fn a_check_names_fields_and_interfaces_that_are_not_there() {
    let app = app_with(mistaken, |_| {}).await;
    item(&app, "A-001", "聚氯乙烯");
    let found = compare::flow(&app.ctx, &TenantId::operator(), &items()).await.unwrap();
    assert!(found.problems[0].contains("did you mean ItemName?"), "{found:?}");
    assert!(found.warnings[0].contains("nowhere") && found.warnings[0].contains("form.look_up"), "{found:?}");
}

// R-W13
#[tokio::test]
async fn run_now_and_retry_look_past_what_is_left_alone() {
    let mut app = app().await;
    item(&app, "A-001", "");
    for _ in 0..60 {
        app.minute().await;
    }
    let tenant = TenantId::operator();
    let before = sent(&app, "A-001").len();
    let counts = operator::run_now(&app.ctx, &tenant, &items()).await.unwrap();
    assert_eq!((counts.found, counts.queued), (1, 1));
    app.step().await;
    assert_eq!(sent(&app, "A-001").len(), before + 1);
    app.sandbox.configure(|options| options.weaver.cube.get_mut("erpWuliao").unwrap().mandatory.clear());
    let run = run_of(&app, "items", "A-001").await;
    let message = operator::retry(&app.ctx, &tenant, &run.id).await.unwrap().into_message();
    assert!(message.contains("A-001 is queued"), "{message}");
    app.step().await;
    assert_eq!(mark(&app, "A-001"), "Y");
}

// R-W43: a second type is the first flow copied, and works without a restart.
#[tokio::test]
async fn a_flow_that_is_applied_anew_tries_what_failed_at_once() {
    let mut app = app().await;
    item(&app, "A-001", "");
    for _ in 0..60 {
        app.minute().await;
    }
    let before = sent(&app, "A-001").len();
    let mut changed = tenon_tests::standard_config();
    config(&mut changed);
    changed["flows"][0]["form"]["fields"][1]["default"] = json!("无");
    app.apply(changed).await;
    app.minute().await;
    app.step().await;
    assert_eq!((sent(&app, "A-001").len(), mark(&app, "A-001").as_str()), (before + 1, "Y"));
}

// The message is given up after a day of failures; the record is found again.
#[tokio::test]
async fn a_record_whose_message_was_given_up_is_found_again() {
    let mut app = app().await;
    let broken = Fault::new(FaultKind::Html(502)).vendor(Vendor::B1).on("PATCH", "Items").always();
    app.sandbox.inject(broken);
    item(&app, "A-001", "聚氯乙烯");
    let pause = std::time::Duration::from_secs(600);
    for _ in 0..6 * 30 {
        app.step().await;
        app.clock.advance(pause);
    }
    assert!(!app.dead_letters().await.is_empty(), "its message is still under way");
    app.sandbox.clear_faults();
    for _ in 0..6 * 7 {
        app.step().await;
        app.clock.advance(pause);
    }
    assert_eq!((mark(&app, "A-001").as_str(), app.sandbox.weaver().cube_rows("erpWuliao").len()), ("Y", 1));
}
