//! Inbound events from the gateway's event to the answer: who is let in, and for whom.

use serde_json::{Value, json};
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::Context;
use tenon_platform::dispatch::Dispatch;
use tenon_testkit::{HttpEvent, Installation};
use tenon_trade::reconciliations;

const ANY: &str = "the-code-of-the-production-system";
const BOUND: &str = "the-code-of-a-system-of-t-2";
const ELSEWHERE: &str = "the-code-of-a-system-elsewhere";
const DOOR: &str = "/admin/v1/events/reconciliation-created";

async fn fixture() -> Context {
    let ctx = Installation::at(1_770_791_400_000).await.ctx;
    configure(
        &ctx,
        json!([
            { "id": "production", "app_code": ANY },
            { "id": "second", "app_code": BOUND, "tenant": "t-2", "allow_ips": ["192.0.2.0/24"] },
            { "id": "elsewhere", "app_code": ELSEWHERE, "allow_ips": ["198.51.100.0/24", "2001:db8::1"] }
        ]),
    )
    .await;
    ctx
}

async fn configure(ctx: &Context, apps: Value) {
    let config: Config = serde_json::from_value(json!({ "apps": apps })).unwrap();
    ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await.unwrap();
}

async fn post(ctx: &Context, path: &str, headers: Value, body: &str) -> (u16, Value) {
    let headers = headers.as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap()));
    let request = HttpEvent::new("POST", path).headers(headers).body(body).request();
    let response = tenon_webhooks::events::SERVICE.answer(ctx, request).await;
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap())
}

fn code(code: &str) -> Value {
    json!({ "x-apig-appcode": code, "x-forwarded-for": "198.51.100.7" })
}

fn event(id: &str, tenant: Option<&str>) -> Value {
    let mut event = json!({ "eventId": id, "reconciliationNo": format!("REC-{id}"), "totalAmount": 5.5 });
    if let Some(tenant) = tenant {
        event["tenantId"] = json!(tenant);
    }
    event
}

async fn known(ctx: &Context, tenant: &str, id: &str) -> bool {
    reconciliations::get(ctx, &TenantId::new(tenant), &format!("REC-{id}")).await.is_ok()
}

#[tokio::test]
async fn strangers_get_one_answer() {
    let ctx = fixture().await;
    let body = event("e", Some("t-1")).to_string();
    let mut answers = Vec::new();
    for headers in
        [json!({}), code(""), code("not-the-code"), code(ELSEWHERE), code(&ANY[1..]), code(&format!("{ANY} "))]
    {
        let (status, answer) = post(&ctx, DOOR, headers.clone(), &body).await;
        assert_eq!(status, 401, "{headers}");
        answers.push(answer);
    }
    // A body that could not be read does not change what a stranger is told.
    answers.push(post(&ctx, DOOR, code("not-the-code"), "{").await.1);
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(!known(&ctx, "t-1", "e").await);
}

#[tokio::test]
async fn a_caller_of_all_tenants_names_one_and_a_bound_caller_has_its_own() {
    let ctx = fixture().await;
    for (caller, tenant, status) in [
        (ANY, Some("t-1"), 200),
        (ANY, None, 400),
        (ANY, Some("default"), 400),
        (ANY, Some("t 1"), 400),
        (ANY, Some(""), 400),
        (BOUND, None, 200),
        (BOUND, Some("t-2"), 200),
        (BOUND, Some("t-1"), 403),
    ] {
        let (found, answer) = post(&ctx, DOOR, code(caller), &event("e", tenant).to_string()).await;
        assert_eq!(found, status, "{tenant:?}: {answer}");
        if status == 400 {
            assert!(answer["message"].as_str().unwrap().starts_with("tenantId: "), "{answer}");
        }
    }
    assert!(known(&ctx, "t-1", "e").await && known(&ctx, "t-2", "e").await);
    let number = json!({ "eventId": "n", "tenantId": 1, "reconciliationNo": "R", "totalAmount": 1 });
    assert_eq!(post(&ctx, DOOR, code(ANY), &number.to_string()).await.0, 400);
}

#[tokio::test]
async fn an_event_is_answered_and_a_repeat_alike() {
    let ctx = fixture().await;
    for repeated in [false, true] {
        let (status, answer) = post(&ctx, DOOR, code(ANY), &event("e", Some("t-1")).to_string()).await;
        assert_eq!(
            (status, answer),
            (
                200,
                json!({ "code": 200, "message": "success", "data": { "eventId": "e", "repeated": repeated }, "requestId": "r-1" })
            )
        );
    }
    let mut other = event("e", Some("t-1"));
    other["totalAmount"] = json!(6);
    let (status, answer) = post(&ctx, DOOR, code(ANY), &other.to_string()).await;
    assert_eq!((status, answer["message"].as_str().unwrap().split(':').next()), (400, Some("eventId")));
    let absent = json!({ "eventId": "x", "tenantId": "t-1", "orderNo": "PO1", "status": "completed" });
    assert_eq!(post(&ctx, "/admin/v1/events/order-status", code(ANY), &absent.to_string()).await.0, 404);
}

#[tokio::test]
async fn several_events_go_to_the_tenants_they_name() {
    let ctx = fixture().await;
    let bulk = format!("{DOOR}/bulk");
    let body = json!({ "tenantId": "t-1", "events": [event("a", None), event("b", Some("t-2")), { "eventId": "c" }] });
    let (status, answer) = post(&ctx, &bulk, code(ANY), &body.to_string()).await;
    let data = &answer["data"];
    assert_eq!(
        (status, &data["total"], &data["successCount"], &data["failedCount"]),
        (200, &json!(3), &json!(2), &json!(1))
    );
    assert_eq!((&data["failedRecords"][0]["index"], &data["failedRecords"][0]["eventId"]), (&json!(3), &json!("c")));
    assert!(known(&ctx, "t-1", "a").await && known(&ctx, "t-2", "b").await && !known(&ctx, "t-1", "b").await);

    // A bound caller: its own by default, another's never.
    let body = json!({ "events": [event("d", None), event("e", Some("t-1"))] });
    let (status, answer) = post(&ctx, &bulk, code(BOUND), &body.to_string()).await;
    assert_eq!((status, &answer["data"]["failedRecords"][0]["code"]), (200, &json!(403)));
    assert!(known(&ctx, "t-2", "d").await && !known(&ctx, "t-1", "e").await);
    let body = json!({ "tenantId": "t-1", "events": [event("f", None)] });
    assert_eq!(post(&ctx, &bulk, code(BOUND), &body.to_string()).await.0, 403);
}

#[tokio::test]
async fn bodies_are_bounded() {
    let ctx = fixture().await;
    let bulk = format!("{DOOR}/bulk");
    let many = |n: usize| json!({ "tenantId": "t-1", "events": vec![json!(0); n] }).to_string();
    for (body, status) in [(many(0), 400), (many(201), 400), (many(200), 200), ("{}".to_owned(), 400)] {
        assert_eq!(post(&ctx, &bulk, code(ANY), &body).await.0, status, "{}", body.len());
    }
    let long = json!({ "tenantId": "t-1", "events": ["x".repeat(1024 * 1024)] }).to_string();
    let (status, answer) = post(&ctx, &bulk, code(ANY), &long).await;
    assert_eq!((status, &answer["message"]), (400, &json!("请求体超过1024KB")));
    assert_eq!(post(&ctx, DOOR, code(ANY), "[1]").await.0, 400);
    assert_eq!(post(&ctx, "/admin/v1/events/other", code(ANY), "{}").await.0, 404);
}

#[tokio::test]
async fn a_caller_that_is_applied_no_more_is_a_stranger() {
    let ctx = fixture().await;
    let body = event("e", Some("t-1")).to_string();
    assert_eq!(post(&ctx, DOOR, code(ANY), &body).await.0, 200);
    configure(&ctx, json!([{ "id": "production", "app_code": "another-code-of-the-system" }])).await;
    assert_eq!(post(&ctx, DOOR, code(ANY), &body).await.0, 401);
    assert_eq!(post(&ctx, DOOR, code("another-code-of-the-system"), &body).await.0, 200);
}

#[tokio::test]
async fn the_code_itself_is_not_stored() {
    let ctx = fixture().await;
    let partition = tenon_platform::table::Key::partition_of(&TenantId::operator(), "CONFIG", &[]);
    let stored = ctx.table.query_all::<Value>(&partition, tenon_platform::table::Range::default()).await.unwrap();
    assert_eq!(stored.len(), 3);
    for record in stored {
        let text = record.data.to_string();
        assert!(!text.contains(ANY) && !text.contains(BOUND) && text.contains("code_sha256"), "{text}");
    }
}
