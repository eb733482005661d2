//! One ERP hangs, another does not: the flow of the other must not notice.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon::commands::{sandbox_config, up};
use tenon::serve::{self, Bells, Serving, WakingQueue};
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_flows::messages;
use tenon_model::config::{Connection, Flow};
use tenon_model::{ConnectionId, DocumentKey, FlowId, TenantId};
use tenon_platform::context::Parts;
use tenon_platform::http_client::HttpClient;
use tenon_platform::queue::{APPROVALS_SUBMIT, send_envelope};
use tenon_platform::{Clock, Context, Entropy};
use tenon_sandbox::{B1Options, NewDraft, Sandbox};

const FLOW: &str = "purchase-request";

async fn vendor(options: B1Options) -> (Sandbox, String) {
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sandbox = Sandbox::new(options);
    tokio::spawn(tenon_sandbox::serve(listener, sandbox.clone(), std::future::pending()));
    (sandbox, url)
}

/// The healthy flow and its twin on the ERP that hangs.
async fn configure(ctx: &Context, well: &str, hanging: &str) {
    let mut config = sandbox_config::config(well).unwrap();
    config.flows.retain(|f: &Flow| f.id().as_str() == FLOW);
    let Flow::Approval(flow) = &mut config.flows[0] else { panic!("{FLOW} is no approval flow") };
    flow.every = Duration::from_secs(1);
    let mut twin = flow.clone();
    twin.id = FlowId::new("hanging");
    twin.erp = ConnectionId::new("b1-hanging");
    config.flows.push(Flow::Approval(twin));
    let erp = config.connections.iter().find_map(|c| match c {
        Connection::B1(b1) => Some(b1.clone()),
        _ => None,
    });
    let mut erp = erp.unwrap();
    erp.id = ConnectionId::new("b1-hanging");
    erp.base_url = hanging.to_owned();
    config.connections.push(Connection::B1(erp));
    ctx.config.replace(&TenantId::operator(), config.connections, config.flows, &ctx.entropy).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_beside_an_erp_that_hangs_takes_its_documents_within_seconds() {
    let local = Local::memory(Clock::system()).await.unwrap();
    let bells = Bells::default();
    let ctx = Context::new(Parts {
        table: local.table.clone(),
        queue: Arc::new(WakingQueue::new(Arc::new(local.queue.clone()), bells.clone())),
        http: Arc::new(HttpClient::new()),
        clock: Clock::system(),
        entropy: Entropy::system(),
        master_key: MasterKey::from_bytes([7; 32]),
    })
    .unwrap();
    let (sandbox, well) = vendor(B1Options::default()).await;
    let hangs = B1Options { latency: Duration::from_secs(60), ..B1Options::default() };
    let (_hanging, url) = vendor(hangs).await;
    configure(&ctx, &well, &url).await;
    let tenant = TenantId::operator();
    for key in 1..=60 {
        let message = messages::submit(&ctx, &tenant, &FlowId::new("hanging"), DocumentKey::Number(key), None, None);
        send_envelope(ctx.queue.as_ref(), &APPROVALS_SUBMIT, &message.unwrap(), ctx.now_ms()).await.unwrap();
    }
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let server =
        serve::start(Serving { ctx: ctx.clone(), local, bells, proxies: Default::default() }, listener).unwrap();
    for round in 0..4 {
        let new = NewDraft::new("1470000113")
            .field("U_ISSYN", "N")
            .field("U_UserID", "zhangsan")
            .field("RequesterName", "张涛")
            .line(serde_json::json!({ "ItemCode": "11028", "Quantity": 1.0 }));
        let (draft, _) = sandbox.b1().create_draft(ctx.now_ms(), new).unwrap();
        let begun = Instant::now();
        loop {
            let drafts = sandbox.snapshot().b1.drafts;
            if drafts.iter().any(|d| d["DocEntry"] == draft && d["U_ISSYN"] == "Y") {
                println!("document {round} took {:.1} s beside an ERP that hangs", begun.elapsed().as_secs_f64());
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "document {round} waited beside an ERP that hangs");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(1500)).await;
    }
    // Not stopped in good order, which would wait for the ERP that hangs.
    drop(server);
}
