//! What one poll costs when few documents are new and few or many are done: it must follow the new
//! ones.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::fixture::{self, FLOW};
use tenon_bench::report::{Row, Times, ms};
use tenon_bench::watched::Watched;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_flows::kinds::{self, Scope};
use tenon_flows::poll;
use tenon_model::run::Trigger;
use tenon_model::{FlowId, TenantId};
use tenon_platform::{Clock, Entropy};
use tenon_sandbox::{Sandbox, SandboxOptions};
use tokio::net::TcpListener;

/// New documents at each poll.
const NEW: usize = 10;
/// Polls measured.
const POLLS: usize = 9;

/// Compares polls.
#[derive(clap::Args, Debug)]
pub struct PollArgs {
    /// Documents that are done already, few.
    #[arg(long, default_value_t = 10)]
    few: usize,
    /// Documents that are done already, many.
    #[arg(long, default_value_t = 10_000)]
    many: usize,
}

struct Cost {
    b1_calls: u64,
    whole: Duration,
    own: Duration,
}

/// Measures it.
pub async fn run(args: PollArgs) -> Result<Vec<Row>> {
    let (few, many) = (cost(args.few).await?, cost(args.many).await?);
    let row = |what: &str, show: &dyn Fn(&Cost) -> String, target: &str, met: bool| {
        Row::judged(
            format!("one poll, {NEW} new documents, {what}: {} done beside {}", args.few, args.many),
            format!("{} beside {}", show(&few), show(&many)),
            target,
            met,
        )
    };
    Ok(vec![
        row("B1 calls", &|c| c.b1_calls.to_string(), "the same", few.b1_calls == many.b1_calls),
        row("Tenon's own time", &|c| ms(c.own), "at most doubled", many.own <= few.own * 2),
        Row::plain(
            "the same polls, B1's answer included (the sandbox filters every draft it holds)",
            format!("{} beside {}", ms(few.whole), ms(many.whole)),
        ),
    ])
}

async fn cost(done: usize) -> Result<Cost> {
    let local = Local::memory(Clock::system()).await?;
    let (watched, _created) = Watched::new();
    let watched = Arc::new(watched);
    let ctx = local.context(watched.clone(), Entropy::system(), MasterKey::from_bytes([7; 32]))?;
    let sandbox = Sandbox::new(SandboxOptions::default());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let served = tokio::spawn(tenon_sandbox::serve(listener, sandbox.clone(), std::future::pending()));
    for number in 0..done {
        let draft =
            fixture::purchase_request(number).field("U_ISSYN", "Y").field("U_instanceID", format!("i-{number}"));
        sandbox.b1().create_draft(ctx.now_ms(), draft)?;
    }
    for number in 0..NEW {
        sandbox.b1().create_draft(ctx.now_ms(), fixture::purchase_request(number))?;
    }
    let loaded = fixture::configure(&ctx, &url).await?;
    let id = FlowId::new(FLOW);
    let flow = kinds::polling(&id, loaded.flow(&id)?)?;
    let tenant = TenantId::operator();
    let (mut whole, mut own) = (Vec::new(), Vec::new());
    let mut b1_calls = 0;
    // The first poll logs in and is not counted.
    for round in 0..=POLLS {
        watched.reset();
        let begun = Instant::now();
        let counts =
            poll::poll(Scope { ctx: &ctx, tenant: &tenant, loaded: &loaded }, &id, flow, Trigger::Schedule).await?;
        let took = begun.elapsed();
        if counts.found != NEW as u64 {
            return Err(format!("a poll found {} documents of {NEW}", counts.found).into());
        }
        if round > 0 {
            let seen = watched.seen();
            b1_calls = seen.calls();
            whole.push(took);
            own.push(took.saturating_sub(seen.in_calls));
        }
    }
    served.abort();
    Ok(Cost { b1_calls, whole: Times::new(whole).median(), own: Times::new(own).median() })
}
