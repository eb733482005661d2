//! What operators have done while they wait for the answer.

use super::main_job::purchase_request;
use std::time::Duration;
use tenon_model::{ConnectionId, FlowId, TenantId};
use tenon_operations::{At, connections, flows};
use tenon_platform::audit::{Actor, Via};
use tenon_tests::{TestApp, TestAppOptions};

/// A process that answers over HTTP has less time than a call of B1 may take. The call gets what there is.
#[tokio::test]
async fn an_answer_that_is_waited_for_leaves_time_for_the_vendors() {
    let app = TestApp::new(TestAppOptions::default()).await;
    app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    let (tenant, flow) = (TenantId::operator(), FlowId::new("purchase-request"));
    let (ctx, by) = (app.ctx.within(Duration::from_secs(29)), Actor::new("operator", Via::Api));
    let at = At { ctx: &ctx, tenant: &tenant, by: &by };
    assert!(flows::preview(&ctx, &tenant, &flow, None).await.unwrap().found.is_object());
    assert_eq!(flows::run(&at, &flow).await.unwrap().queued, 1);
    let check = connections::check(&at, &ConnectionId::new("b1-main")).await.unwrap();
    assert!(check.ok, "{check:?}");
}
