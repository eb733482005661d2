//! Callbacks over real HTTP to `tenon up`, at a constant rate whatever the answers do. An answer's time
//! runs from when its request was due, so a server that stalls is charged for all who wait.

use crate::Result;
use crate::push::{self, CONNECTION, Push};
use crate::report::{Row, Times, ms};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_crypto::envelope::Codec;
use tenon_platform::Clock;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// What is wanted of the 99th percentile.
const WANTED: Duration = Duration::from_millis(10);
/// DingTalk drops a callback that is not answered within this time.
const VENDOR_WAITS: Duration = Duration::from_millis(1500);

/// Loads the callback of a local run.
#[derive(clap::Args, Debug)]
pub struct CallbackArgs {
    /// The `tenon` binary, which is started on data of its own.
    #[arg(long, default_value = "target/release/tenon")]
    tenon: PathBuf,
    /// Core the server is held on (with `taskset`); all cores when left out.
    #[arg(long)]
    server_core: Option<usize>,
    /// Requests a second.
    #[arg(long, default_value_t = 200)]
    rate: u64,
    /// Seconds measured, after one second that is not.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// One request in this many ends an instance and so brings work; the others are approvers' steps.
    #[arg(long, default_value_t = 1)]
    work_every: u64,
}

/// Measures it.
pub async fn run(args: CallbackArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let mut server = Served::start(&args, directory.path().join("data")).await?;
    let result = load(&args, &server.url).await;
    let cpu = server.cpu();
    server.child.kill().await?;
    let Loaded { times, errors } = result?;
    let requests = args.rate * (args.seconds + 1);
    eprintln!(
        "  server: {:.1} s of processor time for {requests} callbacks and the work behind them",
        cpu?.as_secs_f64()
    );
    let work = match args.work_every {
        1 => "every one brings work".to_owned(),
        n => format!("one in {n} brings work"),
    };
    let place = args.server_core.map_or_else(|| "all cores".to_owned(), |_| "one core".to_owned());
    Ok(vec![Row::judged(
        format!(
            "callback acknowledged by `tenon up` on {place}, {} a second for {} s, {work}: p99",
            args.rate, args.seconds
        ),
        format!(
            "{} (p50 {}, p90 {}, slowest {}, errors {errors})",
            ms(times.at(0.99)),
            ms(times.median()),
            ms(times.at(0.9)),
            ms(times.max())
        ),
        format!("≤ {} ms, no errors", WANTED.as_millis()),
        times.at(0.99) <= WANTED && errors == 0,
    )])
}

/// A `tenon up` of our own.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    async fn start(args: &CallbackArgs, data: PathBuf) -> Result<Self> {
        let (front, vendors) = (free_port()?, free_port()?);
        let mut command = match args.server_core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.arg("-c").arg(core.to_string()).arg(&args.tenon);
                command
            }
            None => Command::new(&args.tenon),
        };
        command
            .args(["up", "--sandbox", "--listen", &format!("127.0.0.1:{front}")])
            .args(["--sandbox-listen", &format!("127.0.0.1:{vendors}"), "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let served = Self { child: command.spawn()?, url: format!("http://127.0.0.1:{front}") };
        let client = reqwest::Client::new();
        let begun = Instant::now();
        while client.get(format!("{}/healthz", served.url)).send().await.is_err() {
            if begun.elapsed() > Duration::from_secs(20) {
                return Err(format!("{} did not answer within 20 s", args.tenon.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(served)
    }
}

impl Served {
    /// Processor time used so far, from `/proc/<pid>/stat`, which counts hundredths of a second.
    fn cpu(&self) -> Result<Duration> {
        let pid = self.child.id().ok_or("the server has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The command's name is in parentheses and may hold spaces; user and system time are the 12th
        // and 13th field after it.
        let (_, fields) = stat.rsplit_once(')').ok_or("unreadable /proc stat")?;
        let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|f| f.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

struct Loaded {
    times: Times,
    errors: usize,
}

async fn load(args: &CallbackArgs, url: &str) -> Result<Loaded> {
    let codec = Arc::new(push::codec()?);
    let (warm_up, total) = (args.rate, args.rate * (args.seconds + 1));
    let now = Clock::system().now_ms();
    let pushes: Vec<Push> = (0..total)
        .map(|number| {
            let ends = number % args.work_every == 0;
            let event = if ends { push::instance_finished(number, now) } else { push::task_finished(number, now) };
            push::seal(&codec, number, now, &event)
        })
        .collect();
    let client = reqwest::Client::builder().timeout(VENDOR_WAITS).build()?;
    let address = format!("{url}/callbacks/dingtalk/{CONNECTION}");
    let runtime = tokio::runtime::Handle::current();
    let rate = args.rate;
    // A thread of its own keeps the time: the runtime's timer is a millisecond coarse.
    let pace = std::thread::spawn(move || {
        let begun = Instant::now() + Duration::from_millis(50);
        let mut under_way = Vec::with_capacity(pushes.len());
        for (number, push) in (0u64..).zip(pushes) {
            let due = begun + Duration::from_micros(number * 1_000_000 / rate);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            under_way.push(runtime.spawn(deliver(client.clone(), address.clone(), push, Arc::clone(&codec), due)));
        }
        under_way
    });
    let under_way: Vec<JoinHandle<Option<Duration>>> =
        tokio::task::spawn_blocking(move || pace.join()).await?.map_err(|_| "the pacing thread panicked")?;
    let (mut times, mut errors) = (Vec::new(), 0);
    for (number, delivery) in (0u64..).zip(under_way) {
        match delivery.await? {
            Some(time) if number >= warm_up => times.push(time),
            Some(_) => {}
            None => errors += 1,
        }
    }
    Ok(Loaded { times: Times::new(times), errors })
}

/// Delivers one push; `None` unless it is acknowledged as DingTalk wants it.
async fn deliver(
    client: reqwest::Client,
    address: String,
    push: Push,
    codec: Arc<Codec>,
    due: Instant,
) -> Option<Duration> {
    let request = client.post(format!("{address}?{}", push.query)).header("content-type", "application/json");
    let response = request.body(push.body).send().await.ok()?;
    let status = response.status();
    let body = response.bytes().await.ok()?;
    let took = due.elapsed();
    (status == reqwest::StatusCode::OK && push::is_success(&codec, &body)).then_some(took)
}
