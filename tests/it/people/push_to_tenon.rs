//! An Odoo's people pushed to another Tenon, whose own `/aflow` interface takes them.

use crate::aiflow::fixture::{APP, ENTERPRISE, Fixture, SECRET};
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tenon::serve::{handlers, registry::Handler};
use tenon_catalog::FUNCTIONS;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_platform::router::Router;
use tenon_platform::{Context, Entropy, runs};
use tenon_sandbox::SandboxOptions;
use tenon_testkit::HttpEvent;
use tenon_tests::{TestApp, TestAppOptions};

const OTHER: &str = "http://other-tenon";

/// The network: vendors, and another Tenon.
struct Network {
    vendors: Arc<dyn Http>,
    other: Context,
}

#[async_trait]
impl Http for Network {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let Some(path) = call.url.strip_prefix(OTHER) else { return self.vendors.call(call).await };
        let mut router = Router::default();
        for (function, route) in FUNCTIONS.iter().flat_map(|f| f.routes().iter().map(move |r| (f.name, r))) {
            router.insert(route.method, route.path, (function, route)).unwrap();
        }
        let (function, route) = *router.find(call.method.as_str(), path).unwrap().value;
        let Some(Handler::Http(service)) = handlers::handler(function) else { panic!("{function}") };
        let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let event = HttpEvent::new(call.method.as_str(), path).route(route.path).headers(headers);
        let request = event.body(String::from_utf8(call.body.to_vec()).unwrap()).request();
        let response = service.answer(&self.other, request).await;
        let body = bytes::Bytes::copy_from_slice(response.body().as_ref());
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }
}

async fn pushed(app: &mut TestApp) -> Run {
    app.clock.advance(Duration::from_secs(3_600));
    operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("people")).await.unwrap();
    for _ in 0..6 {
        app.step().await;
        app.clock.advance(Duration::from_secs(10));
    }
    let runs = runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new("people"), 20).await.unwrap();
    runs.into_iter().find(|run| run.counts.contains_key("slices")).expect("a push's run")
}

#[tokio::test]
async fn another_tenons_interface_takes_a_push_whole_and_then_what_changed() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| {
            let sandbox = SandboxOptions::default();
            let connections = c["connections"].as_array_mut().unwrap();
            connections.push(json!({ "kind": "odoo", "id": "odoo-main", "base_url": "http://odoo",
                "database": sandbox.odoo_hr.database, "username": sandbox.odoo_hr.username,
                "api_key": sandbox.odoo_hr.api_key }));
            connections.push(json!({ "kind": "aiflow", "id": "aiflow-main", "base_url": OTHER,
                "enterprise_code": ENTERPRISE, "app_id": APP, "app_secret": SECRET }));
            c["flows"] =
                json!([{ "id": "people", "kind": "directory-push", "erp": "odoo-main", "aiflow": "aiflow-main" }]);
        }),
        ..TestAppOptions::default()
    })
    .await;
    let fixture = Fixture::on(Local::memory(app.clock.clone()).await.unwrap()).await;
    let vendors = Arc::new(app.network());
    let network = Network { vendors, other: fixture.ctx.clone() };
    app.ctx = app.local.context(Arc::new(network), Entropy::seeded(9), MasterKey::from_bytes([7; 32])).unwrap();
    let run = pushed(&mut app).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    let directory = fixture.directory();
    let two = directory.department_by_external(ENTERPRISE, "2").await.unwrap().unwrap().data;
    assert_eq!(two.parent.as_deref(), Some("1"));
    let one = directory.by_external(ENTERPRISE, "1").await.unwrap().unwrap().data;
    assert_eq!((one.supervisor.as_deref(), one.mobile.as_deref(), one.active), (Some("2"), Some("13800000002"), true));
    assert_eq!(one.changes[0].by, format!("aiflow/{ENTERPRISE}/{APP}"));
    // Whoever leaves there is disabled here, and whoever comes is there.
    app.sandbox.odoo_hr().put("hr.employee", 1, &json!({ "active": false }));
    app.sandbox.odoo_hr().put("hr.employee", 8, &json!({ "name": "新人", "department_id": 2, "parent_id": 2 }));
    let run = pushed(&mut app).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert!(!directory.by_external(ENTERPRISE, "1").await.unwrap().unwrap().data.active);
    let new = directory.by_external(ENTERPRISE, "8").await.unwrap().unwrap().data;
    assert_eq!((new.real_name.as_deref(), new.supervisor.as_deref()), (Some("新人"), Some("2")));
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
    let refused = fixture.calls(APP).await.into_iter().filter(|call| call.status != 0).count();
    assert_eq!(refused, 0);
}
