//! Flows and connections: how they stand, switching, what they were before, checking.

use super::{Site, call};
use serde_json::{Value, json};
use tenon_model::run::RunStatus;

#[tokio::test]
async fn a_flow_tells_how_it_stands() {
    let site = Site::new().await;
    let run = site.run("pr", 5, RunStatus::Succeeded).await;
    site.run("pr", 6, RunStatus::Failed).await;
    let page = site.ok("GET /admin/v1/flows?limit=1", Value::Null).await;
    let flow = &page["flows"][0];
    assert_eq!((&flow["id"], &flow["kind"], &flow["enabled"]), (&json!("pr"), &json!("approval"), &json!(true)));
    assert_eq!(flow["connections"], json!(["b1", "ding"]));
    assert_eq!(flow["last_run"]["status"], "failed");
    assert_eq!((&flow["last_success_ms"], &flow["every_ms"]), (&json!(run.started_ms), &json!(60_000)));
    assert_eq!(flow["lag_ms"], 0);
    assert_eq!(page["next"], "pr");
    let rest = site.ok("GET /admin/v1/flows?cursor=pr", Value::Null).await;
    assert_eq!((&rest["flows"][0]["id"], &rest["next"]), (&json!("so"), &Value::Null));
    let found = site.ok("GET /admin/v1/flows?q=SO", Value::Null).await;
    assert_eq!(found["flows"].as_array().unwrap().len(), 1);
    let hours = site.ok("GET /admin/v1/flows/pr/activity?hours=2", Value::Null).await;
    let sum = |name: &str| hours["hours"].as_array().unwrap().iter().map(|h| h[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("succeeded"), sum("failed"), sum("other")), (1, 1, 0));
}

#[tokio::test]
async fn a_flow_is_switched_off_and_on_and_its_versions_say_by_whom() {
    let site = Site::new().await;
    site.here.pass(super::MINUTE);
    let off = site.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
    site.here.pass(super::MINUTE);
    assert_eq!((&off["enabled"], off.get("next_tick_ms")), (&json!(false), None));
    site.here.ctx.config.forget();
    assert_eq!(site.ok("GET /admin/v1/flows/pr", Value::Null).await["state"]["enabled"], false);
    let (status, said) = site.refused("POST /admin/v1/flows/pr/run", Value::Null).await;
    assert!(status == 400 && said.contains("flow.disabled"), "{said}");
    // It stands so already: nothing is changed, and there is no version of it.
    site.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
    site.here.pass(super::MINUTE);
    site.ok("POST /admin/v1/flows/pr/on", Value::Null).await;

    let versions = site.ok("GET /admin/v1/flows/pr/versions", Value::Null).await;
    let versions = versions["versions"].as_array().unwrap();
    let did: Vec<_> = versions.iter().map(|version| version["did"].as_str().unwrap()).collect();
    assert_eq!(did, ["on", "off", "created"]);
    assert!(versions[0]["by"].as_str().unwrap().starts_with("n (tok-"), "{versions:?}");
    assert_eq!(versions[1]["diff"], json!([{ "path": "enabled", "before": true, "after": false }]));
    assert_eq!(versions[2]["value"]["id"], "pr");
    let page = site.ok("GET /admin/v1/flows/pr/versions?limit=1", Value::Null).await;
    assert_eq!(page["versions"][0]["diff"][0]["path"], "enabled", "against the version that is not shown");
    let next = page["next"].as_str().unwrap();
    let rest = site.ok(&format!("GET /admin/v1/flows/pr/versions?limit=1&cursor={next}"), Value::Null).await;
    assert_eq!(rest["versions"][0]["did"], "off");
    let noted: Vec<_> = site.noted().await.into_iter().map(|(did, of)| format!("{did} {of}")).collect();
    assert_eq!(noted, ["switch-flow-on pr", "run-flow pr", "switch-flow-off pr"]);
}

#[tokio::test]
async fn a_check_is_kept_with_its_words() {
    let site = Site::new().await;
    let before = site.ok("GET /admin/v1/connections", Value::Null).await;
    assert_eq!(before["connections"][0]["id"], "b1");
    assert!(before["connections"][0].get("last_check").is_none());
    // Nobody is called here, so it does not work, which is an answer and no error.
    let check = site.ok("POST /admin/v1/connections/b1/check", Value::Null).await;
    assert_eq!(check["ok"], false);
    assert!(check["error"].is_string() && check["code"].is_string(), "{check}");
    let after = site.ok("GET /admin/v1/connections", Value::Null).await;
    assert_eq!(after["connections"][0]["last_check"], check);
    assert_eq!(site.noted().await, [("check-connection".to_owned(), "b1".to_owned())]);
}

#[tokio::test]
async fn the_audit_log_is_paged() {
    let site = Site::new().await;
    for _ in 0..3 {
        site.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
        site.here.pass(super::MINUTE);
        site.ok("POST /admin/v1/flows/pr/on", Value::Null).await;
        site.here.pass(super::MINUTE);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = site.ok(&format!("GET /admin/v1/audit?limit=2{cursor}"), Value::Null).await;
        seen.extend(page["entries"].as_array().unwrap().iter().map(|e| e["did"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["switch-flow-on", "switch-flow-off"].repeat(3));
    assert_eq!(call(site.ctx(), &site.operator, "GET /admin/v1/audit?cursor=x", &Value::Null).await.0, 400);
}
