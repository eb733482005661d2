//! Feeding events of Black Lake over real HTTP to `tenon up`, at a constant rate.

use crate::measure::pace::Pace;
use crate::measure::served::{Served, ServerArgs, free_port};
use serde_json::json;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::report::Row;
use tenon_crypto::blacklake::Secret;

/// What is wanted of the 99th percentile.
const WANTED: Duration = Duration::from_millis(10);
/// A request that takes longer has failed.
const WAITS: Duration = Duration::from_secs(5);
const SECRET: &str = "bench-content-secret";

/// Loads the callback of a local run.
#[derive(clap::Args, Debug)]
pub struct FeedingArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Requests a second.
    #[arg(long, default_value_t = 200)]
    rate: u64,
    /// Seconds measured, after one second that is not.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// Measures it. Neither the MES nor the ERP is there: what is acknowledged waits in the queue.
pub async fn run(args: FeedingArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let config = directory.path().join("tenon.toml");
    std::fs::write(&config, configuration(free_port()?))?;
    let more = ["--config".into(), config.into_os_string()];
    let mut server = Served::start(&args.server, &directory.path().join("data"), &more).await?;
    let pace = Pace { rate: args.rate, seconds: args.seconds };
    let client = reqwest::Client::builder().timeout(WAITS).build()?;
    let address = format!("{}/callbacks/blacklake/mes-main", server.url);
    let secret = Secret::new(SECRET);
    let bodies: Vec<String> = (0..pace.requests()).map(|number| sealed(&secret, number)).collect();
    let loaded = pace.load(bodies, move |body, due| deliver(client.clone(), address.clone(), body, due)).await?;
    let cpu = server.cpu()?.as_secs_f64();
    server.kill().await?;
    eprintln!("  server: {cpu:.1} s of processor time for {} events", pace.requests());
    let what = format!(
        "feeding event of Black Lake acknowledged by `tenon up` on {}, {} a second for {} s: p99",
        args.server.place(),
        args.rate,
        args.seconds
    );
    Ok(vec![loaded.row(what, 0.99, WANTED)])
}

fn configuration(closed: u16) -> String {
    format!(
        r#"
[[connections]]
id = "b1-main"
kind = "b1"
base_url = "http://127.0.0.1:{closed}"
company_db = "SBODEMOCN"
username = "manager"
password = "bench"

[[connections]]
id = "mes-main"
kind = "blacklake"
base_url = "http://127.0.0.1:{closed}"
app_key = "bench"
app_secret = "bench"
factory_number = "1"
callback_secret = "{SECRET}"

[[flows]]
id = "issues"
kind = "production-issues"
erp = "b1-main"
mes = "mes-main"
"#
    )
}

/// An event of one record, as the vendor's are.
fn sealed(secret: &Secret, number: u64) -> String {
    let id = 1_717_171_717_000_000 + number;
    let event = json!({
        "header": { "requestId": format!("{number:032x}"), "eventType": "mfg.result_notify.feeding" },
        "data": { "recordIds": [id], "result": true, "reason": null, "recordList": [{ "id": id,
            "workOrderId": 1_700_000_000_000_478_u64, "processId": 1_700_000_000_000_902_u64,
            "taskId": 1_700_000_000_000_903_u64, "qcStatuses": [1], "qrCode": "QR-RM2001-0001",
            "batchNoList": ["RM2001-B7"], "locationIds": [1_700_000_000_000_904_u64], "opeAmount": 12.5,
            "opeAmountStr": "12.50", "opeUnitId": 1_700_000_000_000_905_u64, "batchIdentifiers": ["BID-RM2001-B7"] }] }
    });
    json!({ "encrypt": secret.seal(&event.to_string()) }).to_string()
}

async fn deliver(client: reqwest::Client, address: String, body: String, due: Instant) -> Option<Duration> {
    let response = client.post(address).header("content-type", "application/json").body(body).send().await.ok()?;
    let status = response.status();
    let body = response.bytes().await.ok()?;
    let took = due.elapsed();
    let taken = serde_json::from_slice::<serde_json::Value>(&body)
        .is_ok_and(|answer| answer.get("msg").is_some_and(|msg| msg == "success"));
    (status == reqwest::StatusCode::OK && taken).then_some(took)
}
