//! aiflow's interface in front of a `tenon up` of its own: a push of people, orders at a constant rate, and the check of
//! a signature in process.

use crate::measure::in_process;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon::commands::up;
use tenon::serve::{self, Bells, Serving};
use tenon_bench::Result;
use tenon_bench::report::Row;
use tenon_crypto::aiflow::{self, Header};
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::Clock;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;

const ENTERPRISE: &str = "COMPANY001";
const APP: &str = "APP001";
const SECRET: &str = "your_app_secret";
/// What a check of a signature over 1 KB may take, in µs.
const CHECK_US: f64 = 15.0;
/// What a push of a thousand people may take.
const PUSH: Duration = Duration::from_millis(1_500);
/// What the slowest order but one in a hundred may take.
const ORDER: Duration = Duration::from_millis(15);

/// Measures aiflow's interface.
#[derive(clap::Args, Debug)]
pub struct AiflowArgs {
    /// How many people are pushed at once; 5,000 at most.
    #[arg(long, default_value_t = 1_000)]
    people: usize,
    /// Orders a second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For so many seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// A Python that checks the same signature.
    #[arg(long, default_value = "python3")]
    python: String,
    /// A Node that does.
    #[arg(long, default_value = "node")]
    node: String,
}

/// Measures it.
pub async fn run(args: AiflowArgs) -> Result<Vec<Row>> {
    let mut rows = check(&args).await?;
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, Arc::new(HttpClient::new()))?;
    let config: Config = serde_json::from_value(json!({ "aiflow_apps": [
        { "enterprise_code": ENTERPRISE, "app_id": APP, "app_secret": SECRET, "rate_per_minute": 0 } ] }))?;
    ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = format!("http://{}/aflow/api", listener.local_addr()?);
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let measured = measure(&args, &address).await;
    server.stop().await;
    rows.extend(measured?);
    Ok(rows)
}

/// The check of one signature, and what the same costs elsewhere.
async fn check(args: &AiflowArgs) -> Result<Vec<Row>> {
    let body = "x".repeat(1024);
    let now = 1_700_000_000_000;
    let text = aiflow::sign(ENTERPRISE, APP, SECRET, now, body.as_bytes());
    let (mut runs, times) = (Vec::new(), 2_000_u32);
    for _ in 0..51 {
        let begun = Instant::now();
        for _ in 0..times {
            let header = Header::parse(black_box(&text)).map_err(|why| why.to_string())?;
            header.verify(SECRET, black_box(body.as_bytes())).map_err(|why| why.to_string())?;
        }
        runs.push(begun.elapsed().as_secs_f64() * 1e6 / f64::from(times));
    }
    runs.sort_unstable_by(f64::total_cmp);
    let median = runs.get(runs.len() / 2).copied().unwrap_or(f64::MAX);
    let what = "aiflow: check of a signature over 1 KB (median)".to_owned();
    let mut rows = vec![Row::judged(what, format!("{median:.1} µs"), format!("≤ {CHECK_US} µs"), median <= CHECK_US)];
    for (name, program, flag, script) in
        [("Python", &args.python, "-c", IN_PYTHON), ("Node", &args.node, "-e", IN_NODE)]
    {
        let run = tokio::process::Command::new(program).args([flag, script, &text, SECRET, &body]).output().await;
        let error = run.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
        match error.parse::<f64>() {
            Ok(theirs) => rows.push(Row::plain(
                format!("the same check in {name}, in the same run (median)"),
                format!("{theirs:.1} µs, {:.1} times ours", theirs / median),
            )),
            Err(_) => eprintln!("  {name} was not measured: {program} does not run it"),
        }
    }
    Ok(rows)
}

/// The check as Python does it: the header, the secret, the body; prints µs.
const IN_PYTHON: &str = r"
import hashlib, hmac, json, statistics, sys, time
text, secret, body = sys.argv[1], sys.argv[2], sys.argv[3].encode()
md5 = lambda data: hashlib.md5(data).hexdigest()
def check():
    claim = json.loads(bytes.fromhex(text))
    begin = (claim['enterpriseCode'] + secret).encode()
    cipher = md5(md5(begin + body + str(claim['timestamp']).encode()).encode())
    assert hmac.compare_digest(cipher, claim['cipher'])
times = []
for _ in range(51):
    begun = time.perf_counter()
    for _ in range(2000): check()
    times.append((time.perf_counter() - begun) / 2000 * 1e6)
print(statistics.median(times))
";

/// The same as Node does it.
const IN_NODE: &str = r"
const crypto = require('crypto');
const [text, secret, given] = process.argv.slice(1);
const body = Buffer.from(given);
const md5 = (data) => crypto.createHash('md5').update(data).digest('hex');
function check() {
  const claim = JSON.parse(Buffer.from(text, 'hex').toString());
  const all = Buffer.concat([Buffer.from(claim.enterpriseCode + secret), body, Buffer.from(String(claim.timestamp))]);
  const cipher = md5(md5(all));
  if (!crypto.timingSafeEqual(Buffer.from(cipher), Buffer.from(claim.cipher))) throw new Error('wrong');
}
const times = [];
for (let run = 0; run < 51; run++) {
  const begun = process.hrtime.bigint();
  for (let n = 0; n < 2000; n++) check();
  times.push(Number(process.hrtime.bigint() - begun) / 2000 / 1000);
}
times.sort((a, b) => a - b);
console.log(times[25]);
";

async fn measure(args: &AiflowArgs, address: &str) -> Result<Vec<Row>> {
    // One client, as an ERP has: connections are kept.
    let address = &Address { url: address.to_owned(), client: Arc::new(HttpClient::new()) };
    post(address, "/sys/sync/department", &json!({ "departments": [{ "deptId": "D1", "deptName": "总部" }] })).await?;
    let people = |name: &str| -> Value {
        let one = |n: usize| {
            json!({ "userId": format!("U{n}"), "userName": format!("{name}{n}"), "deptId": "D1", "mobile": format!("139{n:08}"),
                    "email": format!("u{n}@example.com"), "directSupervisor": if n == 0 { String::new() } else { format!("U{}", n / 10) } })
        };
        json!({ "users": (0..args.people).map(one).collect::<Vec<_>>() })
    };
    let mut rows = Vec::new();
    for (what, name) in [("new", "a"), ("unchanged", "a"), ("changed", "b")] {
        let took = post(address, "/sys/sync/user", &people(name)).await?;
        let title = format!("aiflow: {} {what} people in one push", args.people);
        rows.push(Row::judged(
            title,
            format!("{} ms", took.as_millis()),
            format!("≤ {} ms", PUSH.as_millis()),
            took <= PUSH,
        ));
    }
    rows.push(orders(args, address).await?);
    Ok(rows)
}

/// Orders of three tasks, each sent at its own time whatever became of the others.
async fn orders(args: &AiflowArgs, address: &Address) -> Result<Row> {
    let (begun, every) = (Instant::now(), Duration::from_secs(1) / args.rate.max(1));
    let mut under_way = Vec::new();
    for n in 0..args.rate * args.seconds {
        let due = every * n;
        tokio::time::sleep_until(tokio::time::Instant::from_std(begun + due)).await;
        let (address, body) = (address.clone(), order(n));
        under_way.push(tokio::spawn(async move {
            post(&address, "/order/sync/task", &body).await.map_err(|e| e.to_string())
        }));
    }
    let mut took = Vec::new();
    for call in under_way {
        took.push(call.await??);
    }
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
    let (middle, slow) = (at(50), at(99));
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    Ok(Row::judged(
        format!("aiflow: orders of three tasks at {}/s, p99 (p50)", args.rate),
        format!("{:.1} ms ({:.1} ms)", ms(slow), ms(middle)),
        format!("≤ {} ms", ORDER.as_millis()),
        slow <= ORDER,
    ))
}

fn order(n: u32) -> Value {
    let task = |t: u32| {
        json!({ "taskId": format!("T{t}"), "taskName": "部门审批", "assigneeUserCode": [format!("U{}", (n + t) % 100)],
                "taskStatus": "ing", "taskResult": "new", "deadLine": "2026-12-25 18:00:00", "nodeType": "audit",
                "showPc": true, "showMobile": true })
    };
    json!({ "orderId": n + 1, "orderStatus": "ing", "orderResult": "ing", "initiator": "U1", "businessKey": format!("PO-{n}"),
            "createTime": "2026-01-24 10:00:00", "updateTime": "2026-01-24 10:00:00", "tasks": (0..3).map(task).collect::<Vec<_>>() })
}

/// Where it is, and how it is reached.
#[derive(Clone)]
struct Address {
    url: String,
    client: Arc<HttpClient>,
}

async fn post(address: &Address, path: &str, body: &Value) -> Result<Duration> {
    let body = body.to_string();
    let signature = aiflow::sign(ENTERPRISE, APP, SECRET, Clock::system().now_ms(), body.as_bytes());
    let mut call = Call::new(Method::POST, format!("{}{path}", address.url));
    call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    call.headers.insert(HeaderName::from_static("a-signature"), HeaderValue::from_str(&signature)?);
    call.body = body.into();
    call.timeout = Duration::from_secs(30);
    let begun = Instant::now();
    let answer = address.client.call(call).await.map_err(|failure| failure.message().to_owned())?;
    let took = begun.elapsed();
    let answered: Value = serde_json::from_slice(&answer.body)?;
    let failed = answered.pointer("/data/failCount").and_then(Value::as_u64).unwrap_or(0);
    if answered.get("status") != Some(&json!(0)) || failed > 0 {
        return Err(format!("{path} was answered {answered}").into());
    }
    Ok(took)
}
