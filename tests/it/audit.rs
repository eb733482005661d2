//! Every change leaves an entry in the audit log that says who made it. The table below has every route that changes
//! something for somebody who is signed in or has a bearer token, with the entry it leaves; one that is added without a
//! line fails here. `infra/local/tenon` has the same of the commands.

use crate::authorisation::fixture::Fixture;
use crate::template::source::root;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tenon_catalog::{Auth, FUNCTIONS, Role, Route};
use tenon_model::TenantId;
use tenon_platform::audit;
use tenon_platform::kept::{self, Kind};

/// Routes with the words of what they leave.
const LEAVES: &[(&str, &[&str])] = &[
    ("DELETE /admin/v1/dead-letters/{queue}/{id}", &["drop-dead-letter"]),
    ("DELETE /admin/v1/flows/{id}", &["remove-flow"]),
    ("DELETE /admin/v1/kept/{id}", &["forget-kept"]),
    ("DELETE /admin/v1/oa/{kind}/{id}", &["remove-oa-record"]),
    ("DELETE /admin/v1/tokens/{id}", &["revoke-token"]),
    ("DELETE /api/system/tenant-app/{id}", &["delete-app"]),
    ("POST /admin/v1/bulk-retries", &["start-bulk-retry"]),
    ("POST /admin/v1/bulk-retries/{id}/cancel", &["cancel-bulk-retry"]),
    ("POST /admin/v1/connections/{id}/check", &["check-connection"]),
    ("POST /admin/v1/databases/{id}/check", &["check-database"]),
    ("POST /admin/v1/dead-letters/{queue}/{id}/put-back", &["put-back-dead-letter"]),
    ("POST /admin/v1/flows/fields", &["create-erp-field"]),
    ("POST /admin/v1/flows/{id}/off", &["switch-flow-off"]),
    ("POST /admin/v1/flows/{id}/on", &["switch-flow-on"]),
    ("POST /admin/v1/flows/{id}/run", &["run-flow"]),
    ("POST /admin/v1/login-server/check", &["check-login-server"]),
    ("POST /admin/v1/oa-integration/check", &["check-oa-integration"]),
    ("POST /admin/v1/oa/import", &["import-oa-users"]),
    ("POST /admin/v1/processes/{number}/retry", &["retry-process"]),
    ("POST /admin/v1/runs/{id}/correct", &["correct-run"]),
    ("POST /admin/v1/runs/{id}/retry", &["retry-run"]),
    ("POST /admin/v1/tokens", &["issue-token"]),
    ("POST /api/system/app-store/admin/activate-order", &["activate-order"]),
    ("POST /api/system/app-store/admin/cancel-order", &["cancel-order", "refund-order"]),
    ("POST /api/system/app-store/create-order", &["place-order"]),
    ("POST /api/system/app-store/start-trial", &["start-trial"]),
    ("POST /api/system/tenant-app/create", &["create-app"]),
    ("POST /api/system/tenant-app/{id}/reset-callback-secret", &["reset-callback-secret"]),
    ("POST /api/system/tenant-app/{id}/reset-quota", &["reset-quota"]),
    ("POST /api/system/tenant-app/{id}/reset-secret", &["reset-secret"]),
    ("POST /api/system/tenant-app/{id}/toggle-status", &["switch-app", "switch-app-off", "switch-app-on"]),
    ("POST /api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}/resend", &["resend-delivery"]),
    ("POST /api/system/tenant-app/{id}/webhook/enable", &["enable-endpoint"]),
    ("POST /api/system/tenant-app/{id}/webhook/resend-jobs", &["resend-range"]),
    ("POST /api/system/tenant-app/{id}/webhook/test", &["test-endpoint"]),
    ("POST /system/app-store/orders/{number}/activate", &["activate-order"]),
    ("POST /system/app-store/orders/{number}/cancel", &["cancel-order", "refund-order"]),
    ("POST /system/app-store/{appId}/edit", &["edit-product"]),
    ("POST /system/app-store/{appId}/order", &["place-order"]),
    ("POST /system/app-store/{appId}/trial", &["start-trial"]),
    ("POST /system/integrations/connections/{connection}/check", &["check-connection"]),
    ("POST /system/integrations/databases/{database}/check", &["check-database"]),
    ("POST /system/integrations/dead-letters/{queue}/{id}/drop", &["drop-dead-letter"]),
    ("POST /system/integrations/dead-letters/{queue}/{id}/put-back", &["put-back-dead-letter"]),
    ("POST /system/integrations/flows/{flow}/mapping", &["change-flow"]),
    ("POST /system/integrations/flows/{flow}/mapping/fields/create", &["create-erp-field"]),
    ("POST /system/integrations/flows/{flow}/off", &["switch-flow-off"]),
    ("POST /system/integrations/flows/{flow}/on", &["switch-flow-on"]),
    ("POST /system/integrations/flows/{flow}/remove", &["remove-flow"]),
    ("POST /system/integrations/flows/{flow}/run", &["run-flow"]),
    ("POST /system/integrations/jobs/{job}/cancel", &["cancel-bulk-retry"]),
    ("POST /system/integrations/login-server/check", &["check-login-server"]),
    ("POST /system/integrations/new-flow", &["store-flow"]),
    ("POST /system/integrations/new-flow/fields/create", &["create-erp-field"]),
    ("POST /system/integrations/oa-integration/check", &["check-oa-integration"]),
    ("POST /system/integrations/retry", &["start-bulk-retry"]),
    ("POST /system/integrations/runs/{run}/accept", &["retry-run"]),
    ("POST /system/integrations/runs/{run}/correct", &["correct-run"]),
    ("POST /system/integrations/runs/{run}/retry", &["retry-run"]),
    ("POST /system/tenant-management/apps", &["create-app"]),
    ("POST /system/tenant-management/apps/{id}", &["edit-app"]),
    ("POST /system/tenant-management/apps/{id}/callback-secret", &["reset-callback-secret"]),
    ("POST /system/tenant-management/apps/{id}/delete", &["delete-app"]),
    ("POST /system/tenant-management/apps/{id}/quota", &["reset-quota"]),
    ("POST /system/tenant-management/apps/{id}/secret", &["reset-secret"]),
    ("POST /system/tenant-management/apps/{id}/switch", &["switch-app-off", "switch-app-on"]),
    ("POST /system/tenant-management/apps/{id}/webhook/deliveries/{deliveryId}/resend", &["resend-delivery"]),
    ("POST /system/tenant-management/apps/{id}/webhook/enable", &["enable-endpoint"]),
    ("POST /system/tenant-management/apps/{id}/webhook/resend", &["resend-range"]),
    ("POST /system/tenant-management/apps/{id}/webhook/test", &["test-endpoint"]),
    ("PUT /admin/v1/flows/{id}", &["change-flow", "store-flow"]),
    ("PUT /admin/v1/oa/{kind}/{id}", &["put-oa-record"]),
    ("PUT /api/system/app-store/{appId}", &["edit-product"]),
    ("PUT /api/system/tenant-app/{id}", &["edit-app"]),
];

/// Who else changes something, and where it is kept that they did.
fn kept_elsewhere(auth: &Auth) -> Option<&'static str> {
    Some(match auth {
        Auth::Bearer { .. } | Auth::Console { .. } => return None,
        Auth::Open => "the caller's own session, and nothing else",
        Auth::OpenApi { .. } => "the app's call log",
        Auth::Aiflow => "the calls of its app: tenon calls",
        Auth::DingTalkEnvelope | Auth::WecomEnvelope | Auth::BlacklakeEnvelope | Auth::ConnectionApp => {
            "the run of what the vendor tells"
        }
        Auth::AppCode => "the event, with its id",
        Auth::PermittedApp => "the run, with its app",
        Auth::Service { .. } | Auth::OaToken => "the calls of its app: tenon oa calls",
        Auth::Session => "the history of the process",
    })
}

fn changing() -> impl Iterator<Item = (&'static str, &'static Route)> {
    let all = FUNCTIONS.iter().flat_map(|function| function.routes().iter().map(|route| (function.name, route)));
    all.filter(|(_, route)| route.changes && kept_elsewhere(&route.auth).is_none())
}

fn line(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

#[test]
fn every_route_that_changes_something_says_which_entry_it_leaves() {
    let listed: BTreeSet<String> = LEAVES.iter().map(|(route, _)| (*route).to_owned()).collect();
    let declared: BTreeSet<String> = changing().map(|(_, route)| line(route)).collect();
    assert_eq!(listed.len(), LEAVES.len(), "a line stands twice");
    assert_eq!(listed, declared, "routes in the table above and in the catalog");
}

#[test]
fn every_word_of_the_log_is_explained_to_operators() {
    let text = |name: &str| std::fs::read_to_string(root().join("docs").join(name)).unwrap();
    for page in ["ADMIN-API.md", "ADMIN-API.zh.md"] {
        let page_text = text(page);
        for word in LEAVES.iter().flat_map(|(_, words)| *words) {
            assert!(page_text.contains(&format!("`{word}`")), "docs/{page} lacks `{word}`");
        }
    }
}

/// What lies about, so that there is something to change.
async fn provisions(fixture: &Fixture) -> BTreeMap<&'static str, String> {
    let (ctx, operator) = (fixture.ctx(), TenantId::operator());
    let flow = json!({ "id": "audited", "kind": "approval", "erp": "b1", "oa": "ding", "enabled": true, "source": {},
        "form": { "template": "P" } });
    let by = audit::Actor::new("x", audit::Via::Page);
    assert!(ctx.config.store_flow(ctx, &operator, &serde_json::from_value(flow).unwrap(), &by).await.unwrap());
    let entry = kept::keep(ctx, &operator, Kind::Entry, "ding", "not understood", b"{}").await.unwrap();
    BTreeMap::from([("flows", "audited".to_owned()), ("kept", entry.id)])
}

/// A body with which the call gets as far as the change.
fn body(route: &Route) -> Option<Value> {
    Some(match route.path {
        "/api/system/app-store/create-order" => {
            json!({ "appId": "ORDER_SYNC", "subscriptionType": "YEARLY", "contactName": "王", "contactPhone": "13800000000" })
        }
        "/api/system/app-store/start-trial" => json!({ "appId": "ORDER_SYNC" }),
        path if path.ends_with("/activate-order") || path.ends_with("/cancel-order") => {
            json!({ "orderId": "ORD20261122000000000000" })
        }
        "/api/system/tenant-app/create" => json!({ "appType": "ORDER_SYNC" }),
        "/admin/v1/oa/import" => json!({ "users": [] }),
        "/admin/v1/oa/{kind}/{id}" => json!({ "username": "u", "name": "n" }),
        "/admin/v1/bulk-retries" => json!({ "filter": { "code": "none" }, "reason": "r" }),
        _ => return None,
    })
}

/// Where there is nothing of the kind in this fixture: the tests of their areas see the entry.
const SEEN_ELSEWHERE: [&str; 11] = [
    "DELETE /admin/v1/dead-letters/{queue}/{id}",
    "POST /admin/v1/dead-letters/{queue}/{id}/put-back",
    "POST /admin/v1/bulk-retries/{id}/cancel",
    "POST /admin/v1/connections/{id}/check",
    "POST /admin/v1/databases/{id}/check",
    "POST /admin/v1/login-server/check",
    "POST /admin/v1/flows/fields",
    "POST /admin/v1/processes/{number}/retry",
    "POST /admin/v1/runs/{id}/correct",
    "POST /admin/v1/runs/{id}/retry",
    "PUT /admin/v1/flows/{id}",
];

#[tokio::test]
async fn a_change_through_the_api_is_in_the_log_with_who_made_it() {
    let fixture = Fixture::new().await;
    let there = provisions(&fixture).await;
    // What is removed goes last.
    let mut calls: Vec<(&str, &Route)> = changing()
        .filter(|(_, route)| matches!(route.auth, Auth::Bearer { .. }))
        .filter(|(_, route)| !SEEN_ELSEWHERE.contains(&line(route).as_str()))
        .collect();
    calls.sort_by_key(|(_, route)| (route.method == "DELETE", route.path));
    for (function, route) in &calls {
        let Auth::Bearer { role, .. } = route.auth else { panic!() };
        let is_operator = role == Role::Operator;
        let token = if is_operator { &fixture.operator } else { &fixture.one.token };
        let own = route.path.split('/').find_map(|part| there.get(part));
        let path = match own {
            Some(id) => route.path.replace("{id}", id),
            None => fixture.path_of(route, &fixture.one),
        };
        let path = if route.path.ends_with("/reset-quota") { format!("{path}?tenantId=t-1") } else { path };
        let sent = body(route).or_else(|| fixture.body_of(route, &fixture.one)).map(|sent| sent.to_string());
        let headers = [("authorization", format!("Bearer {token}"))];
        let tenant = if is_operator && !path.contains('?') { TenantId::operator() } else { TenantId::new("t-1") };
        let count = async || audit::list(fixture.ctx(), &tenant, None, 200).await.unwrap().entries.len();
        let before = count().await;
        fixture.clock.advance(std::time::Duration::from_millis(5));
        let answer = fixture.call(function, route, &path, &headers, sent.as_deref()).await;
        fixture.clock.advance(std::time::Duration::from_millis(5));
        let entries = audit::list(fixture.ctx(), &tenant, None, 200).await.unwrap().entries;
        assert_eq!(entries.len(), before + 1, "{}: {} {}", line(route), answer.status, answer.body);
        let newest = &entries[0];
        let words = LEAVES.iter().find(|(own, _)| *own == line(route)).unwrap().1;
        assert!(words.contains(&newest.did.as_str()), "{}: {newest:?}", line(route));
        assert!(newest.by.contains("(tok-") && newest.via == audit::Via::Api, "{newest:?}");
    }
    assert!(calls.len() > 20, "{}", calls.len());
}
