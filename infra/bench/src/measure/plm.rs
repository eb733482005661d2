//! One push of a PLM with many items, B1 taking 100 ms a call. B1 serialises the calls of one session, so sessions ÷
//! latency is what it can take; the share of that is measured.

use crate::measure::in_process;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tenon::commands::up;
use tenon::serve::{self, Bells, Serving};
use tenon_bench::Result;
use tenon_bench::fixture::SESSIONS;
use tenon_bench::report::Row;
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::Clock;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tenon_sandbox::{Sandbox, SandboxOptions};

/// The share that is wanted, in percent.
const WANTED: f64 = 80.0;
/// The app code of the PLM.
const CODE: &str = "plm-bench-app-code";

/// Measures a push of items.
#[derive(clap::Args, Debug)]
pub struct PlmArgs {
    /// How many items; a push takes 500 at most.
    #[arg(long, default_value_t = 500)]
    items: usize,
    /// B1's latency in ms.
    #[arg(long, default_value_t = 100)]
    b1_latency: u64,
}

/// Measures it: the items new, then all of them changed.
pub async fn run(args: PlmArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, std::sync::Arc::new(HttpClient::new()))?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = format!("http://{}/plm/b1-main/items", listener.local_addr()?);
    let mut options = SandboxOptions::default();
    options.b1.latency = Duration::from_millis(args.b1_latency);
    let sandbox = Sandbox::new(options.clone());
    let vendors = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", vendors.local_addr()?);
    tokio::spawn(tenon_sandbox::serve(vendors, sandbox.clone(), std::future::pending()));
    let config: Config = serde_json::from_value(config(&options, &url))?;
    ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await?;
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let measured = push_twice(&args, &sandbox, &address).await;
    server.stop().await;
    let (new, changed) = measured?;
    Ok(vec![row(&args, "new", new), row(&args, "changed", changed)])
}

fn config(options: &SandboxOptions, url: &str) -> Value {
    let b1 = &options.b1;
    json!({
        "connections": [{ "kind": "b1", "id": "b1-main", "base_url": url, "company_db": b1.company_db,
                          "username": b1.username, "password": b1.password, "max_sessions": SESSIONS }],
        "apps": [{ "id": "plm", "app_code": CODE }],
        "flows": [{ "id": "plm-items", "kind": "plm", "erp": "b1-main", "receives": "items" }]
    })
}

async fn push_twice(args: &PlmArgs, sandbox: &Sandbox, address: &str) -> Result<(Duration, Duration)> {
    // One item before, so that logins are not measured.
    push(address, &json!([{ "ItemCode": "FIRST", "ItemName": "first" }])).await?;
    let body = |name: &str| -> Value {
        (0..args.items).map(|n| json!({ "ItemCode": format!("P{n:06}"), "ItemName": format!("{name} {n}") })).collect()
    };
    let new = push(address, &body("物料")).await?;
    if sandbox.b1().count("Items") != args.items + 1 {
        return Err(format!("{} items became {}", args.items, sandbox.b1().count("Items") - 1).into());
    }
    let changed = push(address, &body("改")).await?;
    Ok((new, changed))
}

async fn push(address: &str, body: &Value) -> Result<Duration> {
    let mut call = Call::new(Method::POST, address.to_owned());
    call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    call.headers.insert(HeaderName::from_static("x-apig-appcode"), HeaderValue::from_static(CODE));
    call.body = body.to_string().into();
    call.timeout = Duration::from_secs(30);
    let begun = Instant::now();
    let answer = HttpClient::new().call(call).await.map_err(|failure| failure.message().to_owned())?;
    let took = begun.elapsed();
    let answered: Value = serde_json::from_slice(&answer.body)?;
    if answered.get("code") != Some(&json!(200)) {
        let message = answered.get("message").cloned().unwrap_or_default();
        return Err(format!("the push was answered {message}").into());
    }
    Ok(took)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn row(args: &PlmArgs, what: &str, took: Duration) -> Row {
    let bound = args.items as f64 * args.b1_latency as f64 / 1000.0 / f64::from(SESSIONS);
    let share = 100.0 * bound / took.as_secs_f64();
    Row::judged(
        format!(
            "PLM: {} {what} items in one push, B1 at {} ms, {SESSIONS} sessions: share of the bound ({bound:.1} s)",
            args.items, args.b1_latency
        ),
        format!("{:.1} s, {share:.0} %", took.as_secs_f64()),
        format!("≥ {WANTED} %"),
        share >= WANTED,
    )
}
