//! Many records of base data from B1 to the cube of an E-cology, each taking 100 ms a call. B1 serialises the calls of
//! one session, so sessions ÷ latency is what it can take; the share of that is measured.

use crate::measure::in_process;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
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
use tenon_platform::http_client::HttpClient;
use tenon_sandbox::{Sandbox, SandboxOptions};

/// The share that is wanted, in percent.
const WANTED: f64 = 60.0;
/// Calls that one record needs of B1, its mark, and of the OA, its saving. Pages bring the rest.
const NEEDED: f64 = 1.0;
/// Calls of each that are allowed, pages, logins and the token included.
const ALLOWED: f64 = 1.1;

/// Takes records to the OA.
#[derive(clap::Args, Debug)]
pub struct BaseDataArgs {
    /// How many records.
    #[arg(long, default_value_t = 1000)]
    records: usize,
    /// Both systems' latency in ms.
    #[arg(long, default_value_t = 100)]
    latency: u64,
    /// Records in one call to the OA.
    #[arg(long, default_value_t = 1)]
    batch: u32,
}

/// Measures it.
pub async fn run(args: BaseDataArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, Arc::new(HttpClient::new()))?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let mut options = SandboxOptions::default();
    options.b1.latency = Duration::from_millis(args.latency);
    options.weaver.latency = Duration::from_millis(args.latency);
    let sandbox = Sandbox::new(options.clone());
    let vendors = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", vendors.local_addr()?);
    tokio::spawn(tenon_sandbox::serve(vendors, sandbox.clone(), std::future::pending()));
    for number in 1..=args.records {
        let item = json!({ "ItemCode": format!("A{number:06}"), "ItemName": format!("物料 {number}"), "U_ISSYN": "N" });
        sandbox.b1().create_document(ctx.now_ms(), "Items", item)?;
    }
    let config: Config = serde_json::from_value(config(&options, &url, args.batch))?;
    ctx.config.replace(&TenantId::operator(), config.connections, config.flows, &ctx.entropy).await?;

    let begun = Instant::now();
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let wall = marked(&sandbox, &args, begun).await;
    server.stop().await;
    let wall = wall?;
    let rows = sandbox.weaver().cube_rows("erpWuliao").len();
    if rows != args.records {
        return Err(format!("{} records became {rows} rows", args.records).into());
    }
    Ok(self::rows(&args, &sandbox, wall))
}

fn config(options: &SandboxOptions, url: &str, batch: u32) -> Value {
    let (b1, weaver) = (&options.b1, &options.weaver);
    json!({
        "connections": [
            { "kind": "b1", "id": "b1-main", "base_url": url, "company_db": b1.company_db, "username": b1.username,
              "password": b1.password, "max_sessions": SESSIONS },
            { "kind": "weaver", "id": "weaver-main", "base_url": url, "app_id": weaver.app_id, "secret": weaver.secret,
              "spk": weaver.spk, "system_id": weaver.system_id, "system_password": weaver.system_password,
              "operator": "1" }
        ],
        "flows": [
            { "id": "items", "kind": "base-data", "erp": "b1-main", "oa": "weaver-main",
              "source": { "page_size": 100 },
              "form": { "template": "erpWuliao", "batch": batch, "fields": [
                  { "from": "ItemCode", "to": "wlbm" }, { "from": "ItemName", "to": "wlmc" } ] } }
        ]
    })
}

/// Waits until every record is marked.
async fn marked(sandbox: &Sandbox, args: &BaseDataArgs, begun: Instant) -> Result<Duration> {
    let all = args.records as u64;
    let bound = Duration::from_millis(all * args.latency / u64::from(SESSIONS));
    let patience = bound * 8 + Duration::from_secs(120);
    loop {
        let done = || sandbox.b1().rows("Items").iter().all(|item| item.get("U_ISSYN") == Some(&json!("Y")));
        if sandbox.calls("PATCH Items") >= all && done() {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > patience {
            return Err(format!("not finished after {} s", patience.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn rows(args: &BaseDataArgs, sandbox: &Sandbox, wall: Duration) -> Vec<Row> {
    let records = args.records as f64;
    let requests = sandbox.snapshot().requests;
    let (mut oa, mut b1) = (0, 0);
    for (label, count) in &requests {
        if label.contains("/api/") { oa += count } else { b1 += count }
    }
    let kinds: Vec<String> = requests.iter().map(|(label, count)| format!("{label} {count}")).collect();
    eprintln!("  calls: {}", kinds.join(", "));
    let bound = records * NEEDED * args.latency as f64 / 1000.0 / f64::from(SESSIONS);
    let share = 100.0 * bound / wall.as_secs_f64();
    let (of_oa, of_b1) = (oa as f64 / records, b1 as f64 / records);
    let together = if args.batch > 1 { format!(", {} in a call", args.batch) } else { String::new() };
    let what =
        format!("{} records to the OA{together}, both at {} ms, {SESSIONS} sessions", args.records, args.latency);
    vec![
        Row::judged(
            format!("{what}: records a second, and share of the bound of B1's calls ({bound:.0} s)"),
            format!("{:.1}, {share:.0} %", records / wall.as_secs_f64()),
            format!("≥ {WANTED} %"),
            share >= WANTED,
        ),
        Row::judged(
            format!("{what}: calls a record, OA and B1"),
            format!("{of_oa:.2} and {of_b1:.2}"),
            format!("≤ {ALLOWED} each"),
            of_oa <= ALLOWED && of_b1 <= ALLOWED,
        ),
    ]
}
