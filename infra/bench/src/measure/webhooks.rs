//! Events to the endpoints of one tenant, from the production system's call to the receivers' answer:
//! how many deliveries a second, what each costs, and whether the server's memory grows with them.

use crate::measure::served::{Served, ServerArgs};
use crate::measure::sink::Sink;
use crate::measure::tenant::{self, APP_CODE, TENANT};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::report::{Row, mb};
use tenon_platform::Clock;

/// Events handed in with one call.
const BULK: usize = 100;
/// The most by which memory may grow from the first size of the series to the last, in percent.
const GROWTH: u64 = 10;
/// A run that delivers nothing for so long has failed.
const STUCK: Duration = Duration::from_secs(60);

/// Fans events out to receivers in this process.
#[derive(clap::Args, Debug)]
pub struct WebhookArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Events fanned out for the speed.
    #[arg(long, default_value_t = 1_000)]
    events: usize,
    /// Endpoints each of them goes to.
    #[arg(long, default_value_t = 10)]
    endpoints: usize,
    /// Sizes at which the memory of a server that delivers to `--memory-endpoints` is read, ascending;
    /// none when empty.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    memory: Vec<usize>,
    /// Endpoints of the memory's series.
    #[arg(long, default_value_t = 1)]
    memory_endpoints: usize,
    /// Longest the series may take, in seconds; what it did not come to is said.
    #[arg(long, default_value_t = 900)]
    memory_seconds: u64,
}

/// Measures both.
pub async fn run(args: WebhookArgs) -> Result<Vec<Row>> {
    let mut rows = speed(&args).await?;
    if !args.memory.is_empty() {
        rows.push(memory(&args).await?);
    }
    Ok(rows)
}

async fn speed(args: &WebhookArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let mut app = TestApp::start(&args.server, directory.path(), args.endpoints).await?;
    let cpu = app.server.cpu()?;
    let begun = Instant::now();
    app.hand_in(args.events).await?;
    let handed_in = begun.elapsed();
    let all = args.events * args.endpoints;
    if !app.delivered(all, begun + Duration::from_secs(3600)).await? {
        return Err(format!("only {} of {all} deliveries came within an hour", app.sink.distinct()).into());
    }
    let took = begun.elapsed();
    // The last outcomes are still being stored.
    app.settled().await?;
    let cpu = app.server.cpu()?.saturating_sub(cpu);
    let repeated = app.sink.all() - app.sink.distinct();
    app.server.kill().await?;
    let each = cpu.as_secs_f64() * 1e6 / count(all);
    let (events, endpoints, place) = (args.events, args.endpoints, args.server.place());
    Ok(vec![
        Row::plain(
            format!(
                "{events} events to {endpoints} endpoints that answer at once, `tenon up` on {place}: deliveries a second"
            ),
            format!(
                "{:.0} ({all} in {:.1} s, the events handed in after {:.1} s, {repeated} delivered twice)",
                count(all) / took.as_secs_f64(),
                took.as_secs_f64(),
                handed_in.as_secs_f64()
            ),
        ),
        Row::plain("the same: processor time a delivery, its event and its records included", format!("{each:.0} µs")),
    ])
}

async fn memory(args: &WebhookArgs) -> Result<Row> {
    let directory = tempfile::tempdir()?;
    let mut app = TestApp::start(&args.server, directory.path(), args.memory_endpoints).await?;
    let until = Instant::now() + Duration::from_secs(args.memory_seconds);
    let mut read: Vec<(usize, u64)> = Vec::new();
    let mut done = 0;
    for &size in &args.memory {
        // In portions, so that the memory is read of a server at work as well as at rest.
        while done < size && Instant::now() < until {
            let portion = (size - done).min(1_000);
            app.hand_in(portion).await?;
            if !app.delivered((done + portion) * args.memory_endpoints, until).await? {
                break;
            }
            done += portion;
        }
        if done < size {
            break;
        }
        app.settled().await?;
        read.push((size, app.server.resident()?));
        eprintln!("  {size} events: {} resident", mb(app.server.resident()?));
    }
    let last = args.memory.last().copied().unwrap_or_default();
    if done < last {
        app.settled().await?;
        read.push((done, app.server.resident()?));
    }
    app.server.kill().await?;
    let (first, end) = (read.first().map_or(0, |r| r.1), read.last().map_or(0, |r| r.1));
    let sizes: Vec<String> = read.iter().map(|(size, bytes)| format!("{} after {size}", mb(*bytes))).collect();
    let (sizes, stopped) = (sizes.join(", "), done < last);
    let stopped = if stopped { format!("; its {} s were over then", args.memory_seconds) } else { String::new() };
    Ok(Row::judged(
        format!("events to {} endpoint(s): the server's resident memory", args.memory_endpoints),
        format!("{sizes}{stopped}"),
        format!("growth to {last} events under {GROWTH} %"),
        done == last && end <= first + first * GROWTH / 100,
    ))
}

/// A server whose tenant has apps with callbacks, and their receivers.
struct TestApp {
    server: Served,
    sink: Sink,
    client: reqwest::Client,
    /// Orders events are about, in turn.
    orders: Vec<String>,
    handed_in: usize,
}

impl TestApp {
    async fn start(args: &ServerArgs, directory: &Path, endpoints: usize) -> Result<Self> {
        let data = directory.join("data");
        let token = args.run(&data, &["token", "create", "--role", "tenant-admin", "--tenant", TENANT]).await?;
        let token = tenant::text(&token, "/token")?;
        let config = tenant::config_file(directory, endpoints)?;
        let more = ["--allow-loopback".into(), "--config".into(), config.into()];
        let server = Served::start(args, &data, &more).await?;
        let mut app = Self {
            server,
            sink: Sink::start().await?,
            client: reqwest::Client::new(),
            orders: Vec::new(),
            handed_in: 0,
        };
        app.subscribe(&token).await?;
        for number in 0..20 {
            let body = tenant::order(number);
            let signed = tenant::signed(Clock::system().now_ms(), &body);
            let made = app.call(reqwest::Method::POST, "/openapi/v1/orders/create", &signed, body).await?;
            app.orders.push(tenant::text(&made, "/data/orderNo")?);
        }
        Ok(app)
    }

    /// Gives each app an address of its own.
    async fn subscribe(&self, token: &str) -> Result<()> {
        let bearer = [("authorization", format!("Bearer {token}"))];
        let list = "/api/system/tenant-app/list";
        let body = json!({ "size": 100 }).to_string();
        let apps = self.call(reqwest::Method::POST, list, &bearer, body).await?;
        let apps = apps.pointer("/data/records").and_then(Value::as_array).cloned().unwrap_or_default();
        for app in &apps {
            let id = tenant::text(app, "/id")?;
            let body = json!({ "callbackUrl": format!("{}/{id}", self.sink.url) }).to_string();
            self.call(reqwest::Method::PUT, &format!("/api/system/tenant-app/{id}"), &bearer, body).await?;
        }
        Ok(())
    }

    /// Hands this many further events in.
    async fn hand_in(&mut self, events: usize) -> Result<()> {
        let code = [("x-apig-appcode", APP_CODE.to_owned())];
        let mut left = events;
        while left > 0 {
            let of_call = left.min(BULK);
            let event = |number: usize| {
                let order = self.orders.get(number % self.orders.len()).cloned().unwrap_or_default();
                json!({ "eventId": format!("bench-{number:08}"), "orderNo": order, "status": "production",
                        "message": "裁剪完成，转入缝制", "completedQuantity": number % 400 })
            };
            let all: Vec<Value> = (self.handed_in..self.handed_in + of_call).map(event).collect();
            let body = json!({ "events": all }).to_string();
            let taken = self.call(reqwest::Method::POST, "/admin/v1/events/order-status/bulk", &code, body).await?;
            if taken.pointer("/data/failedCount").and_then(Value::as_u64) != Some(0) {
                return Err(format!("events were refused: {taken}").into());
            }
            self.handed_in += of_call;
            left -= of_call;
        }
        Ok(())
    }

    async fn call(
        &self,
        method: reqwest::Method,
        path: &str,
        headers: &[(&str, String)],
        body: String,
    ) -> Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.server.url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.header("content-type", "application/json").body(body).send().await?.bytes().await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        match answer.get("code").and_then(Value::as_i64) {
            Some(200) => Ok(answer),
            _ => Err(format!("{path}: {answer}").into()),
        }
    }

    /// Waits for this many deliveries in all; `false` when the time is up first.
    async fn delivered(&self, wanted: usize, until: Instant) -> Result<bool> {
        let (mut seen, mut since) = (self.sink.distinct(), Instant::now());
        while seen < wanted {
            if Instant::now() > until {
                return Ok(false);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
            let now = self.sink.distinct();
            if now > seen {
                (seen, since) = (now, Instant::now());
            } else if since.elapsed() > STUCK {
                return Err(format!("{seen} of {wanted} deliveries came, then none for {} s", STUCK.as_secs()).into());
            }
        }
        Ok(true)
    }

    /// Waits until the server has nothing to do: less than a tenth of a core within half a second.
    async fn settled(&self) -> Result<()> {
        loop {
            let before = self.server.cpu()?;
            tokio::time::sleep(Duration::from_millis(500)).await;
            if self.server.cpu()?.saturating_sub(before) < Duration::from_millis(50) {
                return Ok(());
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of deliveries")]
fn count(n: usize) -> f64 {
    n as f64
}
