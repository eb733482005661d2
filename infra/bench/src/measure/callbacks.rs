//! Callbacks over real HTTP to `tenon up`, at a constant rate.

use crate::measure::pace::Pace;
use crate::measure::served::{Served, ServerArgs, free_port};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::fixture::Measured;
use tenon_bench::push::{self, CONNECTION, Push};
use tenon_bench::report::Row;
use tenon_bench::wecom;
use tenon_crypto::envelope::Codec;
use tenon_platform::Clock;

/// What is wanted of the 99th percentile.
const WANTED: Duration = Duration::from_millis(10);
/// DingTalk drops a callback that is not answered within this time.
const VENDOR_WAITS: Duration = Duration::from_millis(1500);

/// Loads the callback of a local run.
#[derive(clap::Args, Debug)]
pub struct CallbackArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Whose callbacks.
    #[arg(long, value_enum, default_value = "dingtalk")]
    oa: Measured,
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
    let vendors = format!("127.0.0.1:{}", free_port()?);
    let more = ["--sandbox", "--sandbox-listen", &vendors].map(Into::into);
    let mut server = Served::start(&args.server, &directory.path().join("data"), &more).await?;
    let pace = Pace { rate: args.rate, seconds: args.seconds };
    let codec = Arc::new(match args.oa {
        Measured::Dingtalk => push::codec()?,
        Measured::Wecom => wecom::codec()?,
        Measured::Weaver => return Err("Weaver's results are answered after their work; see weaver-answer".into()),
    });
    let client = reqwest::Client::builder().timeout(VENDOR_WAITS).build()?;
    let address = match args.oa {
        Measured::Dingtalk | Measured::Weaver => format!("{}/callbacks/dingtalk/{CONNECTION}", server.url),
        Measured::Wecom => format!("{}/callbacks/wecom/{}", server.url, wecom::CONNECTION),
    };
    let pushes = pushes(&args, &codec, pace.requests());
    let oa = args.oa;
    let loaded = pace
        .load(pushes, move |push, due| deliver(client.clone(), address.clone(), (oa, push), Arc::clone(&codec), due));
    let loaded = loaded.await?;
    let cpu = server.cpu()?.as_secs_f64();
    server.kill().await?;
    eprintln!("  server: {cpu:.1} s of processor time for {} callbacks and the work behind them", pace.requests());
    let work = match args.work_every {
        1 => "every one brings work".to_owned(),
        n => format!("one in {n} brings work"),
    };
    let what = format!(
        "callback of {:?} acknowledged by `tenon up` on {}, {} a second for {} s, {work}: p99",
        args.oa,
        args.server.place(),
        args.rate,
        args.seconds
    );
    Ok(vec![loaded.row(what, 0.99, WANTED)])
}

fn pushes(args: &CallbackArgs, codec: &Codec, total: u64) -> Vec<Push> {
    let now = Clock::system().now_ms();
    let push = |number| {
        let ends = number % args.work_every == 0;
        if args.oa == Measured::Wecom {
            let event = wecom::event(number, now, wecom::SIZE);
            // A step of several leaves the approval running.
            let event = if ends { event } else { event.replacen("<SpStatus>2<", "<SpStatus>1<", 1) };
            return wecom::seal(codec, number, now, &event);
        }
        let event = if ends { push::instance_finished(number, now) } else { push::task_finished(number, now) };
        push::seal(codec, number, now, &event)
    };
    (0..total).map(push).collect()
}

/// Delivers one push; `None` unless it is acknowledged as its OA wants it.
async fn deliver(
    client: reqwest::Client,
    address: String,
    (oa, push): (Measured, Push),
    codec: Arc<Codec>,
    due: Instant,
) -> Option<Duration> {
    let kind = if oa == Measured::Wecom { "text/xml" } else { "application/json" };
    let request = client.post(format!("{address}?{}", push.query)).header("content-type", kind);
    let response = request.body(push.body).send().await.ok()?;
    let status = response.status();
    let body = response.bytes().await.ok()?;
    let took = due.elapsed();
    let taken = match oa {
        Measured::Dingtalk | Measured::Weaver => push::is_success(&codec, &body),
        Measured::Wecom => body.is_empty(),
    };
    (status == reqwest::StatusCode::OK && taken).then_some(took)
}
