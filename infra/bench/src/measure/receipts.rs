//! Many reports of a factory's MES as receipts of a B1 that takes 100 ms a call. B1 serialises the calls of one session, so
//! sessions ÷ latency is what it can take; the share of that is measured.

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
use tenon_platform::http_client::HttpClient;
use tenon_platform::{Clock, Context};
use tenon_sandbox::{NewReport, Sandbox, SandboxOptions};

/// The share that is wanted, in percent.
const WANTED: f64 = 80.0;

/// Takes reports to the ERP.
#[derive(clap::Args, Debug)]
pub struct ReceiptArgs {
    /// How many reports.
    #[arg(long, default_value_t = 1000)]
    reports: usize,
    /// Of how many work orders.
    #[arg(long, default_value_t = 20)]
    orders: usize,
    /// B1's latency in ms.
    #[arg(long, default_value_t = 100)]
    latency: u64,
}

/// Measures it.
pub async fn run(args: ReceiptArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, Arc::new(HttpClient::new()))?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let options = SandboxOptions::default();
    let sandbox = Sandbox::new(options.clone());
    let vendors = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", vendors.local_addr()?);
    tokio::spawn(tenon_sandbox::serve(vendors, sandbox.clone(), std::future::pending()));
    let now = ctx.now_ms();
    let item = json!({ "ItemCode": "FG", "ItemName": "成品", "InventoryUOM": "台", "ManageBatchNumbers": "tYES" });
    sandbox.b1().create_document(now, "Items", item)?;
    for entry in 1..=args.orders {
        let order = json!({ "AbsoluteEntry": entry, "ItemNo": "FG", "PlannedQuantity": 1_000_000, "Warehouse": "01",
            "ProductionOrderStatus": "boposReleased", "U_SyncStatus": "N", "ProductionOrderLines": [] });
        sandbox.b1().create_document(now, "ProductionOrders", order)?;
    }
    let config: Config = serde_json::from_value(config(&options, &url))?;
    ctx.config.replace(&TenantId::operator(), config.connections, config.flows, &ctx.entropy).await?;
    let server =
        serve::start(Serving { ctx: ctx.clone(), local, bells, proxies: serve::Proxies::default() }, listener)?;
    let wall = measured(&ctx, &sandbox, &args).await;
    server.stop().await;
    let wall = wall?;
    let made = sandbox.b1().rows("InventoryGenEntries").len();
    if made != args.reports {
        return Err(format!("{} reports became {made} receipts", args.reports).into());
    }
    Ok(rows(&args, &sandbox, wall))
}

/// Lets the orders go to the MES, makes the reports, and waits for the receipts: from the first to the last.
async fn measured(ctx: &Context, sandbox: &Sandbox, args: &ReceiptArgs) -> Result<Duration> {
    let patience = Duration::from_secs(120);
    until(patience, || {
        let all = sandbox.b1().rows("ProductionOrders");
        all.iter().all(|order| order.get("U_SyncStatus") == Some(&json!("Y")))
    })
    .await?;
    sandbox.configure(|options| options.b1.latency = Duration::from_millis(args.latency));
    for number in 0..args.reports {
        let order = (1 + number % args.orders).to_string();
        let report = NewReport { batch: "B1".to_owned(), ..NewReport::of(&order, 1) };
        sandbox.blacklake().report(ctx.now_ms(), report)?;
    }
    until(patience, || sandbox.calls("POST InventoryGenEntries") > 0).await?;
    let begun = Instant::now();
    let bound = Duration::from_millis(args.reports as u64 * args.latency / u64::from(SESSIONS));
    until(bound * 8 + patience, || sandbox.b1().rows("InventoryGenEntries").len() >= args.reports).await?;
    Ok(begun.elapsed())
}

async fn until(patience: Duration, is_done: impl Fn() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !is_done() {
        if begun.elapsed() > patience {
            return Err(format!("not finished after {} s", patience.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn config(options: &SandboxOptions, url: &str) -> Value {
    let (b1, mes) = (&options.b1, &options.blacklake);
    json!({
        "connections": [
            { "kind": "b1", "id": "b1-main", "base_url": url, "company_db": b1.company_db, "username": b1.username,
              "password": b1.password, "max_sessions": SESSIONS },
            { "kind": "blacklake", "id": "mes-main", "base_url": url, "app_key": mes.app_key,
              "app_secret": mes.app_secret, "factory_number": mes.factory_number }
        ],
        "flows": [
            { "id": "orders", "kind": "mes-work-orders", "every": "1s", "erp": "b1-main", "mes": "mes-main" },
            { "id": "receipts", "kind": "production-receipts", "every": "1s", "erp": "b1-main", "mes": "mes-main",
              "source": { "delay": "1s" } }
        ]
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn rows(args: &ReceiptArgs, sandbox: &Sandbox, wall: Duration) -> Vec<Row> {
    let requests = sandbox.snapshot().requests;
    let kinds: Vec<String> = requests.iter().map(|(label, count)| format!("{label} {count}")).collect();
    eprintln!("  calls: {}", kinds.join(", "));
    let reports = args.reports as f64;
    let bound = reports * args.latency as f64 / 1000.0 / f64::from(SESSIONS);
    let share = 100.0 * bound / wall.as_secs_f64();
    vec![Row::judged(
        format!(
            "{} reports of {} work orders as receipts, B1 at {} ms, {SESSIONS} sessions: receipts a second, and share of \
             the bound of B1's calls ({bound:.0} s)",
            args.reports, args.orders, args.latency
        ),
        format!("{:.1}, {share:.0} %", reports / wall.as_secs_f64()),
        format!("≥ {WANTED} %"),
        share >= WANTED,
    )]
}
