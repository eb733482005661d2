//! Cold starts: from starting a release bootstrap to its first request for an event, and the memory
//! it holds then and after its first event.

use crate::measure::runtime_api::{RuntimeApi, Seen};
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tenon_bench::push;
use tenon_bench::report::{Row, Times, mb, ms};
use tenon_bench::{Result, fixture};
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Local, backends};
use tenon_local_http::Passphrase;
use tenon_platform::http::NoHttp;
use tenon_platform::queue::{APPROVALS_WRITE_BACK, Queue};
use tenon_platform::settings::Settings;
use tenon_platform::sqs::SqsQueue;
use tenon_platform::{Clock, Entropy};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// Longest wait for a bootstrap's next step.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// The key the stored configuration is sealed under.
const KEY: [u8; 32] = [7; 32];
/// What the engines ask for.
const SECRET: &str = "bench";

/// Measures cold starts.
#[derive(clap::Args, Debug)]
pub struct StartArgs {
    /// Directory of the release binaries.
    #[arg(long, default_value = "target/release")]
    bin: PathBuf,
    /// A file of certificate authorities, to measure the callback once more with that file alone. An
    /// SDK client reads the authorities at start, and a machine may keep them one file each.
    #[arg(long)]
    ca_bundle: Option<PathBuf>,
    /// Starts of each function.
    #[arg(long, default_value_t = 20)]
    starts: usize,
}

/// What a function may cost.
struct Limits {
    start: Duration,
    resident: u64,
}

/// One start.
struct Start {
    polled_after: Duration,
    resident: u64,
    resident_after_event: u64,
}

/// Measures both functions.
pub async fn run(args: StartArgs) -> Result<Vec<Row>> {
    let backends = Backends::serve().await?;
    let codec = push::codec()?;
    let mut rows = Vec::new();

    let limits = Limits { start: Duration::from_millis(10), resident: 12_000_000 };
    let numbers = AtomicU64::new(0);
    let seal = || {
        let (number, now) = (numbers.fetch_add(1, Ordering::Relaxed), Clock::system().now_ms());
        push::gateway_event(&push::seal(&codec, number, now, &push::instance_finished(number, now)))
    };
    let right = |answer: &Value| {
        let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
        push::is_success(&codec, body.as_bytes())
    };
    let mut environment = backends.environment();
    rows.extend(measure("callback-dingtalk", "", &args, &environment, &limits, seal, right).await?);
    let mut answered = args.starts + 1;
    if let Some(bundle) = &args.ca_bundle {
        environment.push(("SSL_CERT_FILE", bundle.display().to_string()));
        let with = " with one file of authorities";
        rows.extend(measure("callback-dingtalk", with, &args, &environment, &limits, seal, right).await?);
        answered *= 2;
    }
    let queued = backends.queued().await?;
    if queued != answered {
        return Err(format!("{answered} callbacks were answered with success and {queued} are queued").into());
    }

    let limits = Limits { start: Duration::from_micros(3_500), resident: 6_000_000 };
    let event = || push::http_event("GET", "/healthz", "/healthz", "", "");
    let right = |answer: &Value| answer.get("statusCode").and_then(Value::as_u64) == Some(200);
    rows.extend(measure("healthz", "", &args, &[], &limits, event, right).await?);
    Ok(rows)
}

async fn measure(
    name: &str,
    with: &str,
    args: &StartArgs,
    environment: &[(&'static str, String)],
    limits: &Limits,
    event: impl Fn() -> Value + Copy,
    right: impl Fn(&Value) -> bool + Copy,
) -> Result<Vec<Row>> {
    let bootstrap = args.bin.join(name);
    let mut starts = Vec::new();
    // The first start brings the file into the page cache and is not counted.
    for number in 0..=args.starts {
        let event = event().to_string();
        let (start, answer) = once(&bootstrap, environment, event).await.map_err(|e| format!("{name}: {e}"))?;
        if !right(&answer) {
            return Err(format!("{name} gave a wrong answer: {answer}").into());
        }
        if number > 0 {
            starts.push(start);
        }
    }
    let times = Times::new(starts.iter().map(|s| s.polled_after).collect());
    let resident = starts.iter().map(|s| s.resident).max().unwrap_or(0);
    let after = starts.iter().map(|s| s.resident_after_event).max().unwrap_or(0);
    Ok(vec![
        Row::judged(
            format!("`{name}`{with}: start to first event asked for, median of {}", times.len()),
            format!("{} (slowest {})", ms(times.median()), ms(times.max())),
            format!("≤ {} ms", limits.start.as_secs_f64() * 1000.0),
            times.median() <= limits.start,
        ),
        Row::judged(
            format!("`{name}`{with}: resident, highest of {}", times.len()),
            format!("{} at start, {} after an event", mb(resident), mb(after)),
            format!("≤ {} MB", limits.resident / 1_000_000),
            resident.max(after) <= limits.resident,
        ),
    ])
}

async fn once(bootstrap: &Path, environment: &[(&'static str, String)], event: String) -> Result<(Start, Value)> {
    let mut api = RuntimeApi::start().await?;
    let mut command = Command::new(bootstrap);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
        .envs([
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ])
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let begun = Instant::now();
    let mut child = command.spawn()?;
    let polled = loop {
        match seen(&mut api).await? {
            Seen::Polled(at) => break at,
            Seen::Answered(_) => {}
            Seen::Failed(why) => return Err(format!("init failed: {}", String::from_utf8_lossy(&why)).into()),
        }
    };
    let resident = status(&child, "VmRSS:")?;
    api.events.send(event)?;
    let answer = loop {
        match seen(&mut api).await? {
            Seen::Answered(answer) => break answer,
            Seen::Polled(_) => {}
            Seen::Failed(why) => return Err(format!("event failed: {}", String::from_utf8_lossy(&why)).into()),
        }
    };
    let resident_after_event = status(&child, "VmHWM:")?;
    child.kill().await?;
    let start = Start { polled_after: polled - begun, resident, resident_after_event };
    Ok((start, serde_json::from_slice(&answer)?))
}

async fn seen(api: &mut RuntimeApi) -> Result<Seen> {
    let seen = tokio::time::timeout(MAX_WAIT, api.seen.recv()).await;
    seen.map_err(|_| "the bootstrap did nothing for 10 s")?.ok_or_else(|| "the stand-in ended".into())
}

/// A line of `/proc/<pid>/status`, in bytes.
fn status(child: &Child, line: &str) -> Result<u64> {
    let pid = child.id().ok_or("the bootstrap has ended")?;
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let value = text.lines().find_map(|l| l.strip_prefix(line)).ok_or("no such line in /proc status")?;
    let kilobytes: u64 = value.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// Table and queues on loopback, with the sandbox's configuration stored.
struct Backends {
    dynamodb: SocketAddr,
    sqs: SocketAddr,
}

impl Backends {
    async fn serve() -> Result<Self> {
        let local = Local::memory(Clock::system()).await?;
        let ctx = local.context(Arc::new(NoHttp), Entropy::system(), MasterKey::from_bytes(KEY))?;
        fixture::configure(&ctx, "http://127.0.0.1:1").await?;
        let (dynamodb, sqs) = (TcpListener::bind(("127.0.0.1", 0)).await?, TcpListener::bind(("127.0.0.1", 0)).await?);
        let backends = Self { dynamodb: dynamodb.local_addr()?, sqs: sqs.local_addr()? };
        // Both end with the measurement.
        tokio::spawn(backends::serve_dynamodb(
            dynamodb,
            local.database,
            Passphrase::new(SECRET),
            std::future::pending(),
        ));
        let names: Vec<&'static str> = tenon_catalog::QUEUES.iter().map(|q| q.name).collect();
        tokio::spawn(async move {
            backends::serve_sqs(sqs, &names, 5, Passphrase::new(SECRET), std::future::pending()).await
        });
        Ok(backends)
    }

    /// What the template gives the callback function, pointed at the engines.
    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TENON_TABLE", tenon_engine::local::TABLE.to_owned()),
            ("TENON_MASTER_KEY", STANDARD.encode(KEY)),
            ("TENON_QUEUE_APPROVALS_WRITE_BACK", backends::queue_url(self.sqs, &APPROVALS_WRITE_BACK)),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", SECRET.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", self.dynamodb)),
            ("AWS_ENDPOINT_URL_SQS", format!("http://{}", self.sqs)),
        ]
    }

    /// Takes the messages out of the write-back queue and counts them.
    async fn queued(&self) -> Result<usize> {
        let variables = self.environment();
        let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        let all = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let settings = Settings::from_lookup(&get, all)?;
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(SECRET, "bench", None, None, "bench"))
            .endpoint_url(format!("http://{}", self.sqs))
            .build();
        let queue = SqsQueue::new(aws_sdk_sqs::Client::from_conf(config), settings);
        let mut count = 0;
        loop {
            let messages = queue.receive(&APPROVALS_WRITE_BACK, 10, Duration::from_secs(60)).await?;
            if messages.is_empty() {
                return Ok(count);
            }
            count += messages.len();
        }
    }
}
