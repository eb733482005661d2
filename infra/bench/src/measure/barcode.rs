//! Barcode applications: what a save adds to B1's own time, and what the check of a query's SQL costs.

use crate::measure::approvals::Shared;
use crate::measure::in_process;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon::commands::{sandbox_config, up};
use tenon::serve::{self, Bells, Serving};
use tenon_bench::Result;
use tenon_bench::report::{Row, Times};
use tenon_bench::watched::Watched;
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_platform::Clock;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tenon_sandbox::{Sandbox, SandboxOptions};
use tenon_sql::{Rules, judge};

/// What is wanted beside B1's own calls.
const WANTED: Duration = Duration::from_millis(15);
/// What is wanted of the check of 4 KB.
const WANTED_CHECK: Duration = Duration::from_micros(200);

/// Measures saves without a backflush, and the check of SQL.
#[derive(clap::Args, Debug)]
pub struct BarcodeArgs {
    /// How many saves.
    #[arg(long, default_value_t = 100)]
    saves: usize,
    /// B1's latency in ms.
    #[arg(long, default_value_t = 100)]
    b1_latency: u64,
    /// How many checks.
    #[arg(long, default_value_t = 2000)]
    checks: usize,
}

/// Measures it.
pub async fn run(args: BarcodeArgs) -> Result<Vec<Row>> {
    let mut rows = saves(&args).await?;
    rows.push(checks(&args)?);
    Ok(rows)
}

async fn saves(args: &BarcodeArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let (watched, _created) = Watched::new();
    let watched = Arc::new(watched);
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, Arc::new(Shared(Arc::clone(&watched))))?;
    let mut options = SandboxOptions::default();
    options.b1.latency = Duration::from_millis(args.b1_latency);
    let sandbox = Sandbox::new(options);
    let vendors = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", vendors.local_addr()?);
    tokio::spawn(tenon_sandbox::serve(vendors, sandbox.clone(), std::future::pending()));
    let mut config = sandbox_config::config(&url).map_err(|failure| failure.to_string())?;
    config.flows.clear();
    ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = format!("http://{}/barcode/b1-sandbox/save", listener.local_addr()?);
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let measured = save_all(&watched, &address, args.saves).await;
    server.stop().await;
    let (beside, whole) = measured?;
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let what = format!("{} saves of a barcode application, B1 at {} ms", args.saves, args.b1_latency);
    Ok(vec![
        Row::judged(
            format!("{what}: answer beside B1's own calls (median)"),
            format!("{} (p99 {})", ms(beside.median()), ms(beside.at(0.99))),
            format!("≤ {} ms", WANTED.as_millis()),
            beside.median() <= WANTED,
        ),
        Row::plain(format!("{what}: the whole answer (median)"), ms(whole.median())),
    ])
}

async fn save_all(watched: &Watched, address: &str, saves: usize) -> Result<(Times, Times)> {
    let client = HttpClient::new();
    let (mut beside, mut whole) = (Vec::new(), Vec::new());
    // The first logs in.
    for number in 0..=saves {
        let body = json!({ "method": "StockGenEntry", "data": [{ "ItemCode": "FG-1001", "Quantity": "1", "WarehouseCode": "01" }],
            "MainTable": { "U_CZSJ": number.to_string() } });
        let mut call = Call::new(Method::POST, address.to_owned());
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let code = HeaderValue::from_static(sandbox_config::BARCODE_CODE);
        call.headers.insert(HeaderName::from_static("x-apig-appcode"), code);
        call.body = body.to_string().into();
        call.timeout = Duration::from_secs(30);
        watched.reset();
        let begun = Instant::now();
        let answer = client.call(call).await.map_err(|failure| failure.message().to_owned())?;
        let took = begun.elapsed();
        let answered: serde_json::Value = serde_json::from_slice(&answer.body)?;
        if answered.get("success") != Some(&json!(true)) {
            return Err(format!("save {number} was answered {answered}").into());
        }
        if number > 0 {
            beside.push(took.saturating_sub(watched.seen().in_calls));
            whole.push(took);
        }
    }
    Ok((Times::new(beside), Times::new(whole)))
}

/// The check of 4 KB of SQL, in process.
fn checks(args: &BarcodeArgs) -> Result<Row> {
    let line = "T0.\"DocNum\", ISNULL(T1.\"OpenQty\", 0) * 1.5 AS \"开放数量\", CASE WHEN T1.\"LineStatus\" = 'O' THEN '是' ELSE '否' END AS \"S\", ";
    let mut sql = "SELECT ".to_owned();
    while sql.len() < 3_900 {
        sql.push_str(line);
    }
    sql.push_str("T0.\"DocEntry\" FROM OPOR T0 INNER JOIN POR1 T1 ON T0.\"DocEntry\" = T1.\"DocEntry\" WHERE T0.\"DocStatus\" = 'O'");
    let rules = Rules::default();
    let mut times = Vec::new();
    for _ in 0..args.checks {
        let begun = Instant::now();
        judge(&sql, &rules).map_err(|refusal| refusal.to_string())?;
        times.push(begun.elapsed());
    }
    let times = Times::new(times);
    let us = |time: Duration| format!("{:.0} µs", time.as_secs_f64() * 1_000_000.0);
    Ok(Row::judged(
        format!("check of a SELECT of {} bytes (median)", sql.len()),
        format!("{} (p99 {})", us(times.median()), us(times.at(0.99))),
        format!("≤ {} µs", WANTED_CHECK.as_micros()),
        times.median() <= WANTED_CHECK,
    ))
}
