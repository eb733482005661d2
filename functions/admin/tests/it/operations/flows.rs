//! Flows and connections: how they stand, switching, what they were before, checking.

use super::{Fixture, MINUTE, call, config};
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_platform::audit::{Actor, Via};
use tenon_platform::kept::{self, Kind};
use tenon_platform::table::{Expect, Key, Write};

#[tokio::test]
async fn a_flow_tells_how_it_stands() {
    let fixture = Fixture::new().await;
    let run = fixture.run("pr", 5, RunStatus::Succeeded).await;
    fixture.run("pr", 6, RunStatus::Failed).await;
    let page = fixture.ok("GET /admin/v1/flows?limit=1", Value::Null).await;
    let flow = &page["flows"][0];
    assert_eq!((&flow["id"], &flow["kind"], &flow["enabled"]), (&json!("pr"), &json!("approval"), &json!(true)));
    assert_eq!(flow["connections"], json!(["b1", "ding"]));
    assert_eq!(flow["last_run"]["status"], "failed");
    assert_eq!((&flow["last_success_ms"], &flow["every_ms"]), (&json!(run.started_ms), &json!(60_000)));
    assert_eq!(flow["lag_ms"], 0);
    assert_eq!(page["next"], "pr");
    let rest = fixture.ok("GET /admin/v1/flows?cursor=pr", Value::Null).await;
    assert_eq!((&rest["flows"][0]["id"], &rest["next"]), (&json!("so"), &Value::Null));
    let found = fixture.ok("GET /admin/v1/flows?q=SO", Value::Null).await;
    assert_eq!(found["flows"].as_array().unwrap().len(), 1);
    let hours = fixture.ok("GET /admin/v1/flows/pr/activity?hours=2", Value::Null).await;
    let sum = |name: &str| hours["hours"].as_array().unwrap().iter().map(|h| h[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("succeeded"), sum("failed"), sum("other")), (1, 1, 0));
}

#[tokio::test]
async fn a_flow_is_switched_off_and_on_and_its_versions_say_by_whom() {
    let fixture = Fixture::new().await;
    fixture.here.pass(super::MINUTE);
    let off = fixture.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
    fixture.here.pass(super::MINUTE);
    assert_eq!((&off["enabled"], off.get("next_tick_ms")), (&json!(false), None));
    fixture.here.ctx.config.forget();
    assert_eq!(fixture.ok("GET /admin/v1/flows/pr", Value::Null).await["state"]["enabled"], false);
    let (status, message) = fixture.refused("POST /admin/v1/flows/pr/run", Value::Null).await;
    assert!(status == 400 && message.contains("flow.disabled"), "{message}");
    // It stands so already: nothing is changed, and there is no version of it.
    fixture.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
    fixture.here.pass(super::MINUTE);
    fixture.ok("POST /admin/v1/flows/pr/on", Value::Null).await;

    let versions = fixture.ok("GET /admin/v1/flows/pr/versions", Value::Null).await;
    let versions = versions["versions"].as_array().unwrap();
    let did: Vec<_> = versions.iter().map(|version| version["did"].as_str().unwrap()).collect();
    assert_eq!(did, ["on", "off", "created"]);
    assert!(versions[0]["by"].as_str().unwrap().starts_with("n (tok-"), "{versions:?}");
    assert_eq!(versions[1]["diff"], json!([{ "path": "enabled", "before": true, "after": false }]));
    assert_eq!(versions[2]["value"]["id"], "pr");
    let page = fixture.ok("GET /admin/v1/flows/pr/versions?limit=1", Value::Null).await;
    assert_eq!(page["versions"][0]["diff"][0]["path"], "enabled", "against the version that is not shown");
    let next = page["next"].as_str().unwrap();
    let rest = fixture.ok(&format!("GET /admin/v1/flows/pr/versions?limit=1&cursor={next}"), Value::Null).await;
    assert_eq!(rest["versions"][0]["did"], "off");
    let noted: Vec<_> = fixture.noted().await.into_iter().map(|(did, of)| format!("{did} {of}")).collect();
    assert_eq!(noted, ["switch-flow-on pr", "run-flow pr", "switch-flow-off pr"]);
}

#[tokio::test]
async fn a_check_is_kept_with_its_words() {
    let fixture = Fixture::new().await;
    let before = fixture.ok("GET /admin/v1/connections", Value::Null).await;
    assert_eq!(before["connections"][0]["id"], "b1");
    assert!(before["connections"][0].get("last_check").is_none());
    // Nobody is called here, so it does not work, which is an answer and no error.
    let check = fixture.ok("POST /admin/v1/connections/b1/check", Value::Null).await;
    assert_eq!(check["ok"], false);
    assert!(check["error"].is_string() && check["code"].is_string(), "{check}");
    let after = fixture.ok("GET /admin/v1/connections", Value::Null).await;
    let mut kept = check.clone();
    kept.as_object_mut().unwrap().remove("found");
    assert_eq!(after["connections"][0]["last_check"], kept);
    assert_eq!(fixture.noted().await, [("check-connection".to_owned(), "b1".to_owned())]);
}

#[tokio::test]
async fn the_audit_log_is_paged() {
    let fixture = Fixture::new().await;
    for _ in 0..3 {
        fixture.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
        fixture.here.pass(super::MINUTE);
        fixture.ok("POST /admin/v1/flows/pr/on", Value::Null).await;
        fixture.here.pass(super::MINUTE);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = fixture.ok(&format!("GET /admin/v1/audit?limit=2{cursor}"), Value::Null).await;
        seen.extend(page["entries"].as_array().unwrap().iter().map(|e| e["did"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["switch-flow-on", "switch-flow-off"].repeat(3));
    assert_eq!(call(fixture.ctx(), &fixture.operator, "GET /admin/v1/audit?cursor=x", &Value::Null).await.0, 400);
}

#[tokio::test]
async fn a_switch_counts_until_a_file_is_applied_and_touches_nothing_that_was_applied() {
    let fixture = Fixture::new().await;
    let (ctx, operator) = (fixture.ctx(), TenantId::operator());
    let stored = async || ctx.table.query_each::<Value>("default#CONFIG").await.unwrap().len();
    let key = Key::new(&operator, "CONFIG", &[], "flow#pr");
    let before = ctx.table.get::<Value>(&key).await.unwrap().unwrap();
    let records = stored().await;
    fixture.here.pass(MINUTE);
    let off = fixture.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
    assert!(off["switched_by"].as_str().unwrap().starts_with("n (tok-") && off["switched_ms"].is_i64(), "{off}");
    assert_eq!(ctx.table.get::<Value>(&key).await.unwrap().unwrap(), before, "not a byte of what was applied");
    assert_eq!(stored().await, records);
    // The function that switches may write no connection and no flow of the file.
    let as_function = ctx.of_function(tenon_catalog::function("admin-flows").unwrap());
    for sort in ["connection#b1", "flow#pr"] {
        let write = Write::put(Key::new(&operator, "CONFIG", &[], sort), &json!({}), Expect::Anything).unwrap();
        let refused = as_function.table.write(write).await.unwrap_err();
        assert_eq!(refused.vendor_code.as_deref(), Some("AccessDeniedException"), "{sort}");
    }
    // The same file again: it counts from now on, and whoever loads it sees that.
    fixture.here.pass(MINUTE);
    ctx.config.replace_all(&operator, config(), &ctx.entropy).await.unwrap();
    let loaded = ctx.config.load(&operator).await.unwrap();
    let flow = FlowId::new("pr");
    assert!(loaded.flow(&flow).unwrap().is_enabled() && loaded.flow_switch(&flow).is_none());
    let versions = fixture.ok("GET /admin/v1/flows/pr/versions", Value::Null).await;
    let did: Vec<_> = versions["versions"].as_array().unwrap().iter().map(|version| version["did"].clone()).collect();
    assert_eq!(did, ["on", "off", "created"]);
    // A switch to what the file has leaves no version when it ends.
    fixture.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
    fixture.ok("POST /admin/v1/flows/pr/on", Value::Null).await;
    ctx.config.replace_all(&operator, config(), &ctx.entropy).await.unwrap();
    let versions = fixture.ok("GET /admin/v1/flows/pr/versions", Value::Null).await;
    assert_eq!(versions["versions"].as_array().unwrap().len(), 5);
    // What a switch says that cannot be read is not guessed at: the flow waits, and no other does.
    fixture.ok("POST /admin/v1/flows/pr/off", Value::Null).await;
    let key = Key::new(&operator, "FLOWS", &[], "switch#pr");
    ctx.table.write(Write::put(key, &json!({ "record": "of tomorrow" }), Expect::Anything).unwrap()).await.unwrap();
    ctx.config.forget();
    let loaded = ctx.config.load(&operator).await.unwrap();
    assert!(loaded.flow(&flow).is_err() && loaded.flow(&FlowId::new("so")).is_ok());
}

#[tokio::test]
async fn a_flow_that_a_page_stored_is_switched_and_removed_and_gives_way_to_the_file() {
    let fixture = Fixture::new().await;
    let (ctx, operator, by) = (fixture.ctx(), TenantId::operator(), Actor::new("x", Via::Api));
    let mut own = config();
    let of_the_file = own.flows.remove(0);
    let mut value = serde_json::to_value(&of_the_file).unwrap();
    value["enabled"] = json!(false);
    assert!(!ctx.config.store_flow(ctx, &operator, &of_the_file, &by).await.unwrap(), "the file has it");
    value["id"] = json!("paged");
    let paged = serde_json::from_value(value).unwrap();
    assert!(ctx.config.store_flow(ctx, &operator, &paged, &by).await.unwrap());
    assert!(!ctx.config.store_flow(ctx, &operator, &paged, &by).await.unwrap(), "it is there already");
    assert_eq!(fixture.ok("GET /admin/v1/flows/paged", Value::Null).await["state"]["enabled"], false);
    fixture.ok("POST /admin/v1/flows/paged/on", Value::Null).await;
    // A file that does not know it leaves it as it is.
    ctx.config.replace_all(&operator, config(), &ctx.entropy).await.unwrap();
    let state = fixture.ok("GET /admin/v1/flows/paged", Value::Null).await["state"].clone();
    assert_eq!((&state["enabled"], state["switched_by"].is_string()), (&json!(true), true));
    assert_eq!(fixture.refused("DELETE /admin/v1/flows/pr", Value::Null).await.0, 400);
    assert_eq!(fixture.ok("DELETE /admin/v1/flows/paged", Value::Null).await["removed"], true);
    assert_eq!(fixture.refused("DELETE /admin/v1/flows/paged", Value::Null).await.0, 404);
    // One that does takes it over, and what was stored beside it is gone.
    assert!(ctx.config.store_flow(ctx, &operator, &paged, &by).await.unwrap());
    fixture.ok("POST /admin/v1/flows/paged/on", Value::Null).await;
    let mut file = config();
    file.flows.push(paged);
    ctx.config.replace_all(&operator, file, &ctx.entropy).await.unwrap();
    assert!(ctx.table.query_each::<Value>("default#FLOWS").await.unwrap().is_empty());
    assert_eq!(fixture.ok("GET /admin/v1/flows/paged", Value::Null).await["state"]["enabled"], false);
}

#[tokio::test]
async fn what_a_check_asks_for_is_told() {
    let fixture = Fixture::new().await;
    let plan = fixture.ok("GET /admin/v1/check", Value::Null).await;
    assert_eq!(plan["connections"], json!(["b1", "b1-other", "ding"]));
    assert_eq!(plan["flows"][0], json!({ "id": "pr", "connections": ["b1", "ding"] }));
    let standing = fixture.ok("GET /admin/v1/standing", Value::Null).await;
    assert_eq!(standing["queues"].as_array().unwrap().len(), tenon_catalog::QUEUES.len());
    assert!(standing["schedules"]["seen"].is_array() && standing["outbox"]["seen"]["messages"] == 0, "{standing}");
    // Nobody is called here, which is a finding and no error.
    let found = fixture.ok("POST /admin/v1/flows/pr/check", Value::Null).await;
    assert!(found["findings"]["warnings"].as_array().is_some_and(|all| !all.is_empty()), "{found}");
    assert_eq!(fixture.refused("POST /admin/v1/flows/none/check", Value::Null).await.0, 404);
    assert_eq!(fixture.refused("POST /admin/v1/connections/b1/barcode/check", Value::Null).await.0, 404);
    let check = fixture.ok("POST /admin/v1/connections/b1/check", Value::Null).await;
    assert_eq!((&check["found"]["id"], &check["found"]["kind"]), (&json!("b1"), &json!("b1")));
    assert_eq!(check["found"]["outcome"]["fails"]["code"], check["code"]);

    let kept = kept::keep(fixture.ctx(), &TenantId::operator(), Kind::Entry, "ding", "why", b"[1]").await.unwrap();
    let list = kept::keep(fixture.ctx(), &TenantId::operator(), Kind::List, "ding", "why", b"[]").await.unwrap();
    let all = fixture.ok("GET /admin/v1/kept", Value::Null).await;
    assert_eq!(all["kept"].as_array().unwrap().len(), 2);
    let path = format!("/admin/v1/kept/{}", kept.id);
    fixture.here.pass(MINUTE);
    assert_eq!(fixture.ok(&format!("GET {path}"), Value::Null).await["text"], "[1]");
    assert_eq!(fixture.ok(&format!("DELETE {path}"), Value::Null).await["forgotten"], json!(kept.id));
    assert_eq!(fixture.refused(&format!("DELETE {path}"), Value::Null).await.0, 404);
    assert_eq!(fixture.refused(&format!("DELETE /admin/v1/kept/{}", list.id), Value::Null).await.0, 400);
    assert_eq!(fixture.noted().await[0], ("forget-kept".to_owned(), kept.id));
}
