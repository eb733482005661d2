//! Many drafts through the whole approval, against a B1 that takes 100 ms a call. B1 serialises the
//! calls of one session, so sessions ÷ latency is what it can take; the share of that is measured.

use crate::measure::in_process;
use async_trait::async_trait;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon::commands::{sandbox_config, up};
use tenon::serve::{self, Bells, Server, Serving};
use tenon_bench::Result;
use tenon_bench::fixture::{self, Measured, SESSIONS};
use tenon_bench::report::Row;
use tenon_bench::watched::{Seen, Watched};
use tenon_engine::Local;
use tenon_platform::Clock;
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_sandbox::{Sandbox, SandboxOptions};
use tokio::sync::mpsc;

/// The approver reads this long.
const THINKS: Duration = Duration::from_secs(2);
/// The share that is wanted, in percent.
const WANTED: f64 = 80.0;
/// Calls one document needs: submitting marks it; writing back reads it with its requests, and decides, reads
/// the request again and writes who decided. A poll's page brings the rest.
const NEEDED: f64 = 3.0;
/// Calls a document that are allowed, polls included.
const ALLOWED: f64 = 4.2;
/// Documents a second that are wanted at 100 ms.
const PACE: f64 = 9.5;

/// Takes drafts through the approval.
#[derive(clap::Args, Debug)]
pub struct ApprovalArgs {
    /// How many drafts.
    #[arg(long, default_value_t = 1000)]
    drafts: usize,
    /// B1's latency in ms.
    #[arg(long, default_value_t = 100)]
    b1_latency: u64,
    /// The OA that approves.
    #[arg(long, value_enum, default_value = "dingtalk")]
    oa: Measured,
    /// Its latency in ms.
    #[arg(long, alias = "dingtalk-latency", default_value_t = 20)]
    oa_latency: u64,
}

/// Measures it.
pub async fn run(args: ApprovalArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let (watched, created) = Watched::new();
    let watched = Arc::new(watched);
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, Arc::new(Shared(Arc::clone(&watched))))?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let mut options = SandboxOptions::default();
    let callbacks = format!("http://{}/callbacks", listener.local_addr()?);
    options.dingtalk.callback_url = Some(format!("{callbacks}/dingtalk/ding-sandbox"));
    options.wecom = sandbox_config::wecom(format!("{callbacks}/wecom/wecom-sandbox"));
    options.wecom.latency = Duration::from_millis(args.oa_latency);
    options.weaver = sandbox_config::weaver(&format!("{callbacks}/weaver/weaver-sandbox/approvals"));
    options.weaver.latency = Duration::from_millis(args.oa_latency);
    options.b1.latency = Duration::from_millis(args.b1_latency);
    options.dingtalk.latency = Duration::from_millis(args.oa_latency);
    let sandbox = Sandbox::new(options);
    let vendors = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", vendors.local_addr()?);
    tokio::spawn(tenon_sandbox::serve(vendors, sandbox.clone(), std::future::pending()));
    fixture::configure_for(&ctx, &url, args.oa).await?;
    for number in 1..=args.drafts {
        let draft = match args.oa {
            Measured::Dingtalk => fixture::purchase_request(number),
            Measured::Wecom => fixture::goods_issue(number),
            Measured::Weaver => fixture::transfer(number),
        };
        sandbox.b1().create_draft(ctx.now_ms(), draft)?;
    }

    let begun = Instant::now();
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let approver = tokio::spawn(approve(sandbox.clone(), args.oa, created));
    let seen = finished(&watched, &sandbox, &args).await;
    approver.abort();
    let seen = stop(server, seen).await?;
    check(&sandbox, args.drafts)?;
    Ok(rows(&args, &seen, seen.last.unwrap_or(begun) - begun, sandbox.snapshot().b1.sessions))
}

async fn stop(server: Server, seen: Result<Seen>) -> Result<Seen> {
    server.stop().await;
    seen
}

/// Approves each instance a while after it appears.
async fn approve(sandbox: Sandbox, oa: Measured, mut created: mpsc::UnboundedReceiver<String>) {
    while let Some(instance) = created.recv().await {
        let sandbox = sandbox.clone();
        tokio::spawn(async move {
            tokio::time::sleep(THINKS).await;
            // One that cannot be approved is missed at the end.
            let now = Clock::system().now_ms();
            let _ = match oa {
                Measured::Dingtalk => sandbox.dingtalk().approve(now, &instance, "", "同意"),
                Measured::Wecom => sandbox.wecom().approve(now, &instance, "", "同意"),
                Measured::Weaver => sandbox.weaver().approve(now, &instance, "李总", "同意"),
            };
        });
    }
}

/// Waits until every draft was marked, decided and told who decided.
async fn finished(watched: &Watched, sandbox: &Sandbox, args: &ApprovalArgs) -> Result<Seen> {
    let drafts = args.drafts as u64;
    let bound = Duration::from_millis(drafts * 4 * args.b1_latency / u64::from(SESSIONS));
    let patience = bound * 4 + Duration::from_secs(60);
    let (begun, mut has_approver) = (Instant::now(), Instant::now());
    loop {
        let seen = watched.seen();
        // A look at the sandbox copies all of it, so it is taken when it can be done.
        let decisions = seen.of("POST $batch") / 2 + seen.of("PATCH ApprovalRequests");
        if decisions >= drafts && all_have_approver(sandbox, args.drafts) {
            return Ok(seen);
        }
        if begun.elapsed() > patience {
            return Err(format!("not finished after {} s: {seen:?}", patience.as_secs()).into());
        }
        if has_approver.elapsed() > Duration::from_secs(20) {
            has_approver = Instant::now();
            eprintln!(
                "  {:>4} s: {decisions} of {drafts} decided, {} B1 calls",
                begun.elapsed().as_secs(),
                seen.calls()
            );
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether every draft says who decided.
fn all_have_approver(sandbox: &Sandbox, drafts: usize) -> bool {
    let has_approver =
        |draft: &&serde_json::Value| draft.get("U_Approver").and_then(serde_json::Value::as_str).is_some();
    sandbox.snapshot().b1.drafts.iter().filter(has_approver).count() >= drafts
}

/// Each draft must have been decided exactly once.
fn check(sandbox: &Sandbox, drafts: usize) -> Result<()> {
    let decisions = sandbox.snapshot().b1.decisions;
    let mut decided: Vec<i64> = decisions.iter().filter(|d| d.accepted).map(|d| d.draft).collect();
    decided.sort_unstable();
    let all = decided.len();
    decided.dedup();
    if all == drafts && decided.len() == drafts {
        return Ok(());
    }
    Err(format!("{drafts} drafts, {all} decisions taken, on {} drafts", decided.len()).into())
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn rows(args: &ApprovalArgs, seen: &Seen, wall: Duration, sessions: usize) -> Vec<Row> {
    let per_call = args.b1_latency as f64 / 1000.0 / f64::from(SESSIONS);
    let made = seen.calls() as f64;
    let made_bound = made * per_call;
    let needed_bound = args.drafts as f64 * NEEDED * per_call;
    let share = |bound: f64| 100.0 * bound / wall.as_secs_f64();
    let kinds: Vec<String> = seen.answered.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    eprintln!("  B1 calls answered: {}", kinds.join(", "));
    if !seen.failed.is_empty() {
        eprintln!("  B1 calls refused or lost: {:?}", seen.failed);
    }
    let pace = args.drafts as f64 / wall.as_secs_f64();
    let mean = seen.in_calls.as_secs_f64() * 1000.0 / made;
    eprintln!("  mean time of a B1 call, as seen by the connector: {mean:.1} ms");
    let oa = match args.oa {
        Measured::Dingtalk => "DingTalk",
        Measured::Wecom => "WeCom",
        Measured::Weaver => "Weaver",
    };
    let what = format!(
        "{} drafts approved in {oa} ({} ms), B1 at {} ms, {SESSIONS} sessions",
        args.drafts, args.oa_latency, args.b1_latency
    );
    vec![
        Row::judged(
            format!("{what}: share of the bound of the calls needed ({NEEDED} a document, {needed_bound:.0} s)"),
            format!("{:.0} % ({:.1} s)", share(needed_bound), wall.as_secs_f64()),
            format!("≥ {WANTED} %"),
            share(needed_bound) >= WANTED,
        ),
        Row::judged(format!("{what}: documents a second"), format!("{pace:.1}"), format!("≥ {PACE}"), pace >= PACE),
        Row::judged(
            format!("{what}: calls a document, and share of the bound of the calls made ({made_bound:.0} s)"),
            format!("{:.2}, {:.0} %", made / args.drafts as f64, share(made_bound)),
            format!("≤ {ALLOWED} calls"),
            made / args.drafts as f64 <= ALLOWED,
        ),
        Row::judged(
            format!("{what}: most B1 sessions in use at once"),
            format!("{} in use, {sessions} open", seen.most_at_once),
            format!("≤ {SESSIONS}"),
            seen.most_at_once <= SESSIONS as usize && sessions <= SESSIONS as usize,
        ),
    ]
}

pub(crate) struct Shared(pub(crate) Arc<Watched>);

#[async_trait]
impl Http for Shared {
    async fn call(&self, call: Call) -> std::result::Result<Answer, Failure> {
        self.0.call(call).await
    }
}
