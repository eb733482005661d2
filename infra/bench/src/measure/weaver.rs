//! Weaver's results, one after the other: how much longer an answer takes than B1's own calls for it.

use crate::measure::approvals::Shared;
use crate::measure::in_process;
use http::{HeaderName, HeaderValue, Method, header};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon::commands::{sandbox_config, up};
use tenon::serve::{self, Bells, Serving};
use tenon_bench::Result;
use tenon_bench::fixture::{self, Measured};
use tenon_bench::report::{Row, Times};
use tenon_bench::watched::Watched;
use tenon_engine::Local;
use tenon_platform::Clock;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tenon_sandbox::{Sandbox, SandboxOptions};

/// What is wanted beside B1's own calls.
const WANTED: Duration = Duration::from_millis(15);
/// How long the drafts may take to reach the OA.
const MAX_WAIT: Duration = Duration::from_secs(180);

/// Measures how long a pushed result waits for its answer.
#[derive(clap::Args, Debug)]
pub struct AnswerArgs {
    /// How many results.
    #[arg(long, default_value_t = 100)]
    results: usize,
    /// B1's latency in ms.
    #[arg(long, default_value_t = 100)]
    b1_latency: u64,
}

/// Measures it.
pub async fn run(args: AnswerArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let (watched, mut created) = Watched::new();
    let watched = Arc::new(watched);
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, Arc::new(Shared(Arc::clone(&watched))))?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = format!("http://{}/callbacks/weaver/weaver-sandbox/approvals", listener.local_addr()?);
    let mut options = SandboxOptions { weaver: sandbox_config::weaver(&address), ..SandboxOptions::default() };
    let code = options.weaver.push.take().map(|push| push.app_code).unwrap_or_default();
    options.b1.latency = Duration::from_millis(args.b1_latency);
    let sandbox = Sandbox::new(options);
    let vendors = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", vendors.local_addr()?);
    tokio::spawn(tenon_sandbox::serve(vendors, sandbox.clone(), std::future::pending()));
    fixture::configure_for(&ctx, &url, Measured::Weaver).await?;
    for number in 1..=args.results {
        sandbox.b1().create_draft(ctx.now_ms(), fixture::transfer(number))?;
    }
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let mut requests = Vec::new();
    let begun = Instant::now();
    while requests.len() < args.results || !all_marked(&sandbox, args.results) {
        if begun.elapsed() > MAX_WAIT {
            return Err(format!("{} of {} drafts are in the OA", requests.len(), args.results).into());
        }
        while let Ok(request) = created.try_recv() {
            requests.push(request);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let measured = push_all(&watched, &address, &code, &requests).await;
    server.stop().await;
    let (beside, whole) = measured?;
    Ok(rows(&args, &beside, &whole))
}

fn all_marked(sandbox: &Sandbox, drafts: usize) -> bool {
    let marked = |draft: &&serde_json::Value| draft.get("U_REQUESTID").is_some_and(|id| !id.is_null());
    sandbox.snapshot().b1.drafts.iter().filter(marked).count() >= drafts
}

/// Pushes each result and waits for its answer: the time beside B1's calls, and all of it.
async fn push_all(watched: &Watched, address: &str, code: &str, requests: &[String]) -> Result<(Times, Times)> {
    let client = HttpClient::new();
    let (mut beside, mut whole) = (Vec::new(), Vec::new());
    for request in requests {
        let body = serde_json::json!({ "requestid": request, "status": "1", "approver": "李总", "remark": "同意" });
        let mut call = Call::new(Method::POST, address.to_owned());
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.headers.insert(HeaderName::from_static("x-apig-appcode"), HeaderValue::from_str(code)?);
        call.body = body.to_string().into();
        call.timeout = Duration::from_secs(30);
        watched.reset();
        let begun = Instant::now();
        let answer = client.call(call).await.map_err(|failure| failure.message().to_owned())?;
        let took = begun.elapsed();
        let answered: serde_json::Value = serde_json::from_slice(&answer.body)?;
        if answered.get("success") != Some(&serde_json::json!("Y")) {
            return Err(format!("request {request} was answered {answered}").into());
        }
        beside.push(took.saturating_sub(watched.seen().in_calls));
        whole.push(took);
    }
    Ok((Times::new(beside), Times::new(whole)))
}

fn rows(args: &AnswerArgs, beside: &Times, whole: &Times) -> Vec<Row> {
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let what = format!("{} results of Weaver, B1 at {} ms", args.results, args.b1_latency);
    vec![
        Row::judged(
            format!("{what}: answer beside B1's own calls (median)"),
            format!("{} (p99 {})", ms(beside.median()), ms(beside.at(0.99))),
            format!("≤ {} ms", WANTED.as_millis()),
            beside.median() <= WANTED,
        ),
        Row::plain(format!("{what}: the whole answer (median)"), ms(whole.median())),
    ]
}
