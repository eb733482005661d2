//! The list of runs with its filters, one run, and retrying it.

use super::{Fixture, call, ids, token};
use serde_json::{Value, json};
use tenon_model::access::Role;
use tenon_model::run::RunStatus;
use tenon_model::{RunId, TenantId};
use tenon_platform::queue::APPROVALS_SUBMIT;

#[tokio::test]
async fn pages_go_on_where_they_ended_while_new_runs_come() {
    let fixture = Fixture::new().await;
    let mut runs = Vec::new();
    for number in 0..25 {
        let flow = if number % 3 == 0 { "so" } else { "pr" };
        let status = RunStatus::ALL[usize::try_from(number).unwrap() % 5];
        runs.push(fixture.run(flow, number, status).await.id.to_string());
    }
    runs.reverse();
    let (mut seen, mut cursor, mut later) = (Vec::new(), String::new(), 100);
    loop {
        let page = fixture.ok(&format!("GET /admin/v1/runs?limit=7{cursor}"), Value::Null).await;
        seen.extend(ids(&page));
        // What begins meanwhile stands before everything, and nothing is shown twice or left out.
        fixture.run("pr", later, RunStatus::Running).await;
        later += 1;
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, runs);
    let counts =
        fixture.ok(&format!("GET /admin/v1/runs/counts?than={}", first_cursor(&fixture).await), Value::Null).await;
    assert_eq!((&counts["complete"], &counts["newer"]), (&json!(true), &json!({ "count": 0, "more": false })));
    assert_eq!(counts["by_status"], json!({ "running": 9, "retrying": 5, "succeeded": 5, "failed": 5, "ended": 5 }));
    let of_flow = fixture.ok("GET /admin/v1/runs/counts?flow=so&status=failed", Value::Null).await;
    let all: u64 = of_flow["by_status"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(all, 9, "the counts of the other statuses are what they are for: {of_flow}");
}

/// The cursor of the newest run.
async fn first_cursor(fixture: &Fixture) -> String {
    let page = fixture.ok("GET /admin/v1/runs?limit=1", Value::Null).await;
    page["next"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_status_is_found_by_its_filter_and_a_run_that_moves_on_is_in_one_list() {
    let fixture = Fixture::new().await;
    for (number, status) in (0..).zip(RunStatus::ALL) {
        fixture.run("pr", number, status).await;
    }
    for (number, status) in (0_i64..).zip(RunStatus::ALL) {
        let listed = fixture.ok(&format!("GET /admin/v1/runs?status={}", status.word()), Value::Null).await;
        assert_eq!(ids(&listed), [format!("r-{number:011x}0000000000")], "{}", status.word());
        let of_flow = fixture.ok(&format!("GET /admin/v1/runs?flow=pr&status={}", status.word()), Value::Null).await;
        assert_eq!(of_flow["runs"], listed["runs"]);
    }
    let terminal = fixture.ok("GET /admin/v1/runs?status=succeeded,failed,ended", Value::Null).await;
    assert_eq!(terminal["runs"].as_array().unwrap().len(), 3);

    // It fails, then succeeds: it leaves the list of failures and that of its code.
    let mut run = fixture.run("pr", 9, RunStatus::Failed).await;
    let with_code = "GET /admin/v1/runs?code=b1.refused";
    assert_eq!(ids(&fixture.ok(with_code, Value::Null).await).len(), 2);
    (run.status, run.code) = (RunStatus::Succeeded, None);
    fixture.save(&run).await;
    assert_eq!(ids(&fixture.ok(with_code, Value::Null).await), ["r-000000000030000000000"]);
    let failed = fixture.ok("GET /admin/v1/runs?status=failed", Value::Null).await;
    assert_eq!(ids(&failed), ["r-000000000030000000000"]);
    assert_eq!(
        ids(&fixture.ok("GET /admin/v1/runs", Value::Null).await).len(),
        6,
        "and stands once in the list of all"
    );
}

#[tokio::test]
async fn runs_are_found_by_document_connection_time_and_words() {
    let fixture = Fixture::new().await;
    for number in 0..10 {
        fixture.run(if number < 5 { "pr" } else { "so" }, number, RunStatus::Failed).await;
    }
    let found = async |query: &str| ids(&fixture.ok(&format!("GET /admin/v1/runs?{query}"), Value::Null).await);
    let id = |number: i64| format!("r-{number:011x}0000000000");
    assert_eq!(found("document=7").await, [id(7)]);
    assert_eq!(found("document=7&flow=pr").await, [""; 0]);
    assert_eq!(found("connection=b1-other").await, [id(9), id(8), id(7), id(6), id(5)]);
    assert_eq!(found("connection=b1-other&flow=pr").await, [""; 0]);
    assert_eq!(found("connection=nobody").await, [""; 0]);
    assert_eq!(found("q=NUMBER%203").await, [id(3)]);
    let started = super::NOW - 1_000_000;
    assert_eq!(found(&format!("from={}&to={}", started + 3, started + 4)).await, [id(4), id(3)]);
    assert_eq!(found("last=24h").await.len(), 10);
    assert_eq!(found("from=2030-01-01T00:00:00Z").await, [""; 0]);
}

#[tokio::test]
async fn one_run_is_shown_with_its_attempts_and_its_neighbours() {
    let fixture = Fixture::new().await;
    let mut first = fixture.run("pr", 1, RunStatus::Failed).await;
    let mut runs = vec![first.id.clone()];
    for later in [50_i64, 60] {
        first.id = RunId::new(format!("r-{later:011x}0000000000"));
        first.started_ms += 10;
        fixture.save(&first).await;
        runs.push(first.id.clone());
    }
    // Another flow's document of the same key is another document.
    first.id = RunId::new("r-000000000ff0000000000");
    first.flow = tenon_model::FlowId::new("so");
    fixture.save(&first).await;
    let shown = fixture.ok(&format!("GET /admin/v1/runs/{}", runs[1]), Value::Null).await;
    assert_eq!((&shown["previous"], &shown["next"]), (&json!(runs[0]), &json!(runs[2])));
    assert_eq!((&shown["attempts"], &shown["steps"][0]["name"]), (&json!([1]), &json!("step")));
    let last = fixture.ok(&format!("GET /admin/v1/runs/{}", runs[2]), Value::Null).await;
    assert_eq!((&last["previous"], last.get("next")), (&json!(runs[1]), None));
}

#[tokio::test]
async fn a_failed_run_is_retried_once_however_often_the_call_is_repeated() {
    let fixture = Fixture::new().await;
    let run = fixture.run("pr", 16, RunStatus::Failed).await;
    let line = format!("POST /admin/v1/runs/{}/retry", run.id);
    for _ in 0..2 {
        let (status, answer) =
            super::call_once(fixture.ctx(), &fixture.operator, &line, &json!({}), Some("key-1")).await;
        assert_eq!((status, &answer["data"]["result"]), (200, &json!("submission of document 16 is queued")));
    }
    assert_eq!(fixture.here.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 1);
    let shown = fixture.ok(&format!("GET /admin/v1/runs/{}", run.id), Value::Null).await;
    assert_eq!((&shown["run"]["status"], &shown["attempts"]), (&json!("retrying"), &json!([1, 2])));
    assert_eq!(fixture.noted().await, [("retry-run".to_owned(), run.id.to_string())]);

    let done = fixture.run("pr", 17, RunStatus::Succeeded).await;
    let (status, message) = fixture.refused(&format!("POST /admin/v1/runs/{}/retry", done.id), Value::Null).await;
    assert!(status == 400 && message.contains("run.succeeded"), "{message}");
    let (status, message) = fixture.refused(&line, json!({ "acceptChange": true })).await;
    assert!(status == 400 && message.contains("run.not-on-hold"), "{message}");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_promised_shape() {
    let fixture = Fixture::new().await;
    for (query, names) in [
        ("status=broken", "status"),
        ("stauts=failed", "stauts"),
        ("cursor=abc", "cursor"),
        ("cursor=1795305600000.r-1%23", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("from=yesterday", "from"),
        ("from=5&to=4", "from"),
        ("status=failed&status=ended", "status"),
    ] {
        let (status, message) = fixture.refused(&format!("GET /admin/v1/runs?{query}"), Value::Null).await;
        assert!(status == 400 && message.contains(names), "{query}: {status} {message}");
    }
    for line in [
        "GET /admin/v1/runs/r-0",
        "POST /admin/v1/runs/r-0/retry",
        "GET /admin/v1/runs/r-0/input",
        "GET /admin/v1/flows/nobody",
        "POST /admin/v1/flows/nobody/off",
        "POST /admin/v1/flows/nobody/run",
        "POST /admin/v1/flows/nobody/preview",
        "GET /admin/v1/flows/nobody/versions",
        "POST /admin/v1/connections/nobody/check",
        "GET /admin/v1/bulk-retries/bk-0",
        "GET /admin/v1/bulk-retries/bk-0/items",
        "POST /admin/v1/bulk-retries/bk-0/cancel",
        "GET /admin/v1/data-sync/runs/r-0",
        "GET /admin/v1/processes/none_202611_0001",
        "GET /admin/v1/directory/departments/none",
        "DELETE /admin/v1/dead-letters/approvals-submit/none",
    ] {
        assert_eq!(fixture.refused(line, Value::Null).await.0, 404, "{line}");
    }
    let (status, message) = fixture.refused("POST /admin/v1/runs/r-0/retry", json!({ "acceptChanges": true })).await;
    assert!(status == 400 && message.contains("acceptChanges"), "{message}");
    assert_eq!(fixture.noted().await, [], "what was not done is not noted");
}

#[tokio::test]
async fn another_tenant_sees_nothing_and_a_token_does_what_its_scopes_say() {
    let fixture = Fixture::new().await;
    let run = fixture.run("pr", 1, RunStatus::Failed).await;
    let other = fixture.ok("GET /admin/v1/runs?tenantId=t-2", Value::Null).await;
    assert_eq!(other["runs"], json!([]));
    for line in ["flows", "connections", "dead-letters", "alarms", "audit", "data-sync/runs", "bulk-retries"] {
        let seen = fixture.ok(&format!("GET /admin/v1/{line}?tenantId=t-2"), Value::Null).await;
        let lists = seen.as_object().unwrap().values().filter_map(Value::as_array);
        assert!(lists.into_iter().all(Vec::is_empty), "{line}: {seen}");
    }
    for line in [
        format!("GET /admin/v1/runs/{}", run.id),
        format!("POST /admin/v1/runs/{}/retry", run.id),
        "GET /admin/v1/flows/pr".to_owned(),
        "POST /admin/v1/flows/pr/off".to_owned(),
        "POST /admin/v1/connections/b1/check".to_owned(),
    ] {
        assert_eq!(fixture.refused(&format!("{line}?tenantId=t-2"), Value::Null).await.0, 404, "{line}");
    }
    let ctx = fixture.ctx();
    let admin = token(ctx, Role::TenantAdmin, Some("t-1"), &[]).await;
    let reader = token(ctx, Role::Operator, None, &["MENU_TENANT_APP_VIEW"]).await;
    let retry = format!("POST /admin/v1/runs/{}/retry", run.id);
    assert_eq!(call(ctx, &admin, "GET /admin/v1/runs", &Value::Null).await.0, 403);
    assert_eq!(call(ctx, &reader, "GET /admin/v1/runs", &Value::Null).await.0, 200);
    assert_eq!(call(ctx, &reader, &retry, &json!({})).await.0, 403);
    assert_eq!(call(ctx, &reader, "POST /admin/v1/flows/pr/off", &json!({})).await.0, 403);
    assert!(tenon_platform::runs::get(ctx, &TenantId::operator(), &run.id).await.unwrap().unwrap().code.is_some());
}
