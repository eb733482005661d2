//! A signed call that reads one order: over HTTP against a local run, and in process, where what is ours
//! is told from what the table takes.

use crate::measure::pace::Pace;
use crate::measure::served::{Served, ServerArgs};
use crate::measure::tenant;
use crate::measure::watch::{Parts, Watch};
use lambda_http::Request;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::report::{Row, Times};
use tenon_engine::Local;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::{Clock, Context};

/// What is wanted of the median, and of the 99th percentile.
const WANTED: [(f64, &str, Duration); 2] =
    [(0.5, "p50", Duration::from_micros(1_200)), (0.99, "p99", Duration::from_millis(6))];
/// What is wanted of the server's processor time, in percent of a core.
const SHARE: f64 = 45.0;
/// What is wanted of the part that is ours.
const OURS: Duration = Duration::from_micros(150);
/// A client does not wait longer.
const CLIENT_WAITS: Duration = Duration::from_secs(5);
/// Calls in process; the first quarter warms up.
const CALLS: usize = 4_000;

/// Loads a signed call of a local run, and takes it apart in process.
#[derive(clap::Args, Debug)]
pub struct OpenapiArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Requests a second.
    #[arg(long, default_value_t = 300)]
    rate: u64,
    /// Seconds measured, after one second that is not.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Only in process.
    #[arg(long)]
    in_process: bool,
}

/// Measures both.
pub async fn run(args: OpenapiArgs) -> Result<Vec<Row>> {
    let mut rows = if args.in_process { Vec::new() } else { over_http(&args).await? };
    rows.extend(in_process().await?);
    Ok(rows)
}

async fn over_http(args: &OpenapiArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let config = tenant::config_file(directory.path(), 1)?;
    let more = ["--config".into(), config.into()];
    let mut server = Served::start(&args.server, &directory.path().join("data"), &more).await?;
    let client = reqwest::Client::builder().timeout(CLIENT_WAITS).build()?;
    let now = Clock::system().now_ms();
    let mut request = client.post(format!("{}/openapi/v1/orders/create", server.url));
    let body = tenant::order(1);
    for (name, value) in tenant::signed(now, &body) {
        request = request.header(name, value);
    }
    let created = request.header("content-type", "application/json").body(body).send().await?.bytes().await?;
    let created: Value = serde_json::from_slice(&created)?;
    let address = format!("{}/openapi/v1/orders/{}", server.url, tenant::text(&created, "/data/orderNo")?);

    let pace = Pace { rate: args.rate, seconds: args.seconds };
    let times = (0i64..).take(usize::try_from(pace.requests())?);
    let calls: Vec<_> =
        times.map(|n| tenant::signed(now + n * 1000 / i64::try_from(args.rate).unwrap_or(1), "")).collect();
    let before = server.cpu()?;
    let begun = Instant::now();
    let loaded = pace.load(calls, move |headers, due| read(client.clone(), address.clone(), headers, due)).await?;
    let (cpu, took) = (server.cpu()?.saturating_sub(before), begun.elapsed());
    server.kill().await?;
    let what = |name: &str| {
        let (place, rate, seconds) = (args.server.place(), args.rate, args.seconds);
        format!("signed call that reads an order, `tenon up` on {place}, {rate} a second for {seconds} s: {name}")
    };
    let mut rows: Vec<Row> =
        WANTED.into_iter().map(|(share, name, wanted)| loaded.row(what(name), share, wanted)).collect();
    // Of the log, which is written behind the calls, up to a second's may be left.
    let share = 100.0 * cpu.as_secs_f64() / took.as_secs_f64();
    rows.push(Row::judged(
        "the same: the server's processor time, of one core",
        format!("{share:.0} % ({:.1} s in {:.1} s)", cpu.as_secs_f64(), took.as_secs_f64()),
        format!("≤ {SHARE} %"),
        share <= SHARE,
    ));
    Ok(rows)
}

async fn read(
    client: reqwest::Client,
    address: String,
    headers: [(&'static str, String); 3],
    due: Instant,
) -> Option<Duration> {
    let mut request = client.get(address);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let response = request.send().await.ok()?;
    let status = response.status();
    let body = response.bytes().await.ok()?;
    let took = due.elapsed();
    let answer: Value = serde_json::from_slice(&body).ok()?;
    let is_order = answer.pointer("/data/orderQuantity").and_then(Value::as_i64) == Some(500);
    (status == reqwest::StatusCode::OK && is_order).then_some(took)
}

async fn in_process() -> Result<Vec<Row>> {
    let watch = Watch::default();
    let local = Local::memory(Clock::system()).await?;
    let ctx = watch.context(&local)?;
    tenant::store(&ctx).await?;
    let route = "/openapi/v1/orders/create";
    let created = call(&ctx, tenant::event(("POST", route, route), json!({}), ctx.now_ms(), &tenant::order(1))).await?;
    let order = tenant::text(&created, "/data/orderNo")?;
    let path = format!("/openapi/v1/orders/{order}");
    let mut seen = Vec::new();
    for _ in 0..CALLS {
        let route = ("GET", "/openapi/v1/orders/{orderNo}", path.as_str());
        let request = request(&tenant::event(route, json!({ "orderNo": order }), ctx.now_ms(), ""))?;
        watch.begin();
        let response = tenon_openapi::orders::SERVICE.answer(&ctx, request).await;
        seen.push(watch.end());
        if response.status() != 200 {
            return Err(format!("a signed call was answered {}", response.status()).into());
        }
    }
    let mut seen = seen.split_off(CALLS / 4);
    let unseen = watch.unseen(&local).await?;
    for parts in &mut seen {
        let requests = u32::try_from(parts.operations.values().sum::<usize>()).unwrap_or(0);
        parts.requests += unseen * requests;
    }
    let of = |part: fn(&Parts) -> Duration| Times::new(seen.iter().map(part).collect()).median();
    let micros = |time: Duration| format!("{:.0} µs", time.as_secs_f64() * 1e6);
    let ours = of(|p| p.whole.saturating_sub(p.requests));
    let client = of(|p| p.requests.saturating_sub(p.engine));
    let operations = seen.last().map(|p| p.operations.clone()).unwrap_or_default();
    let counts: Vec<String> = operations.iter().map(|(name, count)| format!("{count} {name}")).collect();
    // The queue lies in the engine too: one of the operations is its message.
    let requests = operations.values().sum::<usize>().saturating_sub(1);
    Ok(vec![
        Row::judged(
            "the same in process, processor time: the part that is ours (all but the requests to table and queue), median",
            format!(
                "{} (besides, in the {} requests: {} the SDK's client, {} the engine in memory)",
                micros(ours),
                requests + 1,
                micros(client),
                micros(of(|p| p.engine))
            ),
            format!("≤ {} µs", OURS.as_micros()),
            ours <= OURS,
        ),
        Row::plain(
            "the same: table requests a call, besides one message to the log's queue",
            format!("{requests} (with the message: {})", counts.join(", ")),
        ),
    ])
}

async fn call(ctx: &Context, event: Value) -> Result<Value> {
    let response = tenon_openapi::orders::SERVICE.answer(ctx, request(&event)?).await;
    Ok(serde_json::from_slice(response.body().as_ref())?)
}

fn request(event: &Value) -> Result<Request> {
    Ok(lambda_http::request::from_str(&event.to_string())?)
}
