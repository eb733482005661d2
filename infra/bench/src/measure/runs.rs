//! What a page of the list of runs costs among many: it must follow the page, and not what is in the store.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::report::{Row, ms};
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_operations::runs::{Filter, counts, list};
use tenon_platform::http::NoHttp;
use tenon_platform::runs::Recorder;
use tenon_platform::{Clock, Context, Entropy};

/// Flows among which the runs are spread.
const FLOWS: usize = 20;
/// Times each page is read.
const TIMES: usize = 21;
/// Runs of a page.
const PAGE: usize = 50;
/// How long a page may take.
const TARGET: Duration = Duration::from_millis(25);

/// Reads pages of runs.
#[derive(clap::Args, Debug)]
pub struct RunArgs {
    /// Runs in the store.
    #[arg(long, default_value_t = 100_000)]
    runs: usize,
}

/// Measures it.
pub async fn run(args: RunArgs) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let local = Local::open(&folder.path().join("runs.db"), Clock::system()).await?;
    let ctx = local.context(Arc::new(NoHttp), Entropy::system(), MasterKey::from_bytes([7; 32]))?;
    for number in 0..args.runs {
        store(&ctx, number).await?;
    }
    let failed = Filter { statuses: vec![RunStatus::Failed], ..Filter::default() };
    let document = Filter { document: Some("77".to_owned()), ..Filter::default() };
    let of_flow = Filter { flows: vec![FlowId::new("flow-3")], ..failed.clone() };
    let code = Filter { code: Some("b1.refused-7".to_owned()), ..Filter::default() };
    let text = Filter { text: Some("number 99".to_owned()), ..Filter::default() };
    let mut rows = Vec::new();
    for (what, filter) in [
        ("all", Filter::default()),
        ("failed", failed),
        ("failed, of one flow", of_flow),
        ("of one document", document),
        ("with one error code", code),
        ("with a word in them", text),
    ] {
        rows.push(row(&ctx, args.runs, what, &filter).await?);
    }
    let begun = Instant::now();
    counts(&ctx, &TenantId::operator(), &Filter::default()).await.map_err(refused)?;
    rows.push(Row::plain(
        format!("counts by status among {} runs (20,000 are counted)", args.runs),
        ms(begun.elapsed()),
    ));
    Ok(rows)
}

fn refused(rejection: tenon_platform::Rejection) -> tenon_platform::Error {
    tenon_platform::Error::permanent("platform.table", rejection.message())
}

async fn row(ctx: &Context, runs: usize, what: &str, filter: &Filter) -> Result<Row> {
    let mut times = Vec::with_capacity(TIMES);
    let mut found = 0;
    for _ in 0..TIMES {
        let begun = Instant::now();
        found = list(ctx, &TenantId::operator(), filter, None, PAGE).await.map_err(refused)?.runs.len();
        times.push(begun.elapsed());
    }
    times.sort();
    let middle = times.get(TIMES / 2).copied().unwrap_or_default();
    let what = format!("a page of {PAGE} runs among {runs}, {what}: {found} found");
    Ok(Row::judged(what, ms(middle), format!("{} at most", ms(TARGET)), middle <= TARGET))
}

async fn store(ctx: &Context, number: usize) -> Result<()> {
    let started_ms = ctx.now_ms() - 10_000_000 + i64::try_from(number)?;
    // One in ten has failed, with one of fifty codes.
    let status = if number % 10 == 3 { RunStatus::Failed } else { RunStatus::Succeeded };
    let run = Run {
        id: RunId::new(ctx.entropy.id("r-", started_ms)?),
        flow: FlowId::new(format!("flow-{}", number % FLOWS)),
        document: Some(DocumentKey::Number(i64::try_from(number)?)),
        instance: None,
        trigger: Trigger::Schedule,
        status,
        started_ms,
        ended_ms: Some(started_ms + 900),
        message: format!("run number {number}: submitted; the decision was written back"),
        code: (status == RunStatus::Failed).then(|| format!("b1.refused-{}", number / 10 % 50)),
        counts: std::collections::BTreeMap::new(),
    };
    Recorder::new(ctx, run.id.clone()).save(ctx, &TenantId::operator(), &run).await?;
    Ok(())
}
