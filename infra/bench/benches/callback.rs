//! What the callback's handler itself costs, on an engine in memory: verify, decrypt, remember, queue,
//! seal. And what mapping a document to its form costs.

use criterion::{BatchSize, Criterion};
use lambda_http::Request;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tenon_bench::{Result, fixture, push};
use tenon_connectors::oa::OaKind;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_flows::map::form_draft;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::dispatch::Dispatch;
use tenon_platform::http::NoHttp;
use tenon_platform::{Clock, Context, Entropy};

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ctx = runtime.block_on(context())?;
    let mut criterion = Criterion::default().configure_from_args();
    callback(&mut criterion, &runtime, &ctx)?;
    mapping(&mut criterion, &runtime, &ctx)?;
    criterion.final_summary();
    Ok(())
}

async fn context() -> Result<Context> {
    let local = Local::memory(Clock::system()).await?;
    let ctx = local.context(Arc::new(NoHttp), Entropy::system(), MasterKey::from_bytes([7; 32]))?;
    fixture::configure(&ctx, "http://127.0.0.1:1").await?;
    Ok(ctx)
}

fn callback(criterion: &mut Criterion, runtime: &tokio::runtime::Runtime, ctx: &Context) -> Result<()> {
    let (codec, numbers) = (push::codec()?, AtomicU64::new(0));
    let request = |ends: bool| -> Request {
        let (number, now) = (numbers.fetch_add(1, Ordering::Relaxed), ctx.now_ms());
        let event = if ends { push::instance_finished(number, now) } else { push::task_finished(number, now) };
        let event = push::gateway_event(&push::seal(&codec, number, now, &event));
        lambda_http::request::from_str(&event.to_string()).unwrap_or_default()
    };
    let mut group = criterion.benchmark_group("callback");
    for (name, ends) in [("end of an instance", true), ("step of an approver", false)] {
        let answer = runtime.block_on(tenon_callbacks::dingtalk::SERVICE.answer(ctx, request(ends)));
        if !push::is_success(&codec, answer.body().as_ref()) {
            return Err(format!("{name}: answered {}", answer.status()).into());
        }
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || request(ends),
                |request| runtime.block_on(tenon_callbacks::dingtalk::SERVICE.answer(ctx, request)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    Ok(())
}

fn mapping(criterion: &mut Criterion, runtime: &tokio::runtime::Runtime, ctx: &Context) -> Result<()> {
    let loaded = runtime.block_on(ctx.config.load(&TenantId::operator()))?;
    let flow = tenon_flows::approvals::flow(&loaded, &FlowId::new(fixture::FLOW))?;
    let draft = fixture::purchase_request(1);
    let mut document = draft.fields;
    let lines = draft.lines.iter().cycle().take(20).cloned().collect();
    document.insert("DocumentLines".to_owned(), serde_json::Value::Array(lines));
    document.insert("U_BMID".to_owned(), serde_json::Value::from(1));
    let key = DocumentKey::Number(1);
    let oa = OaKind::open(&loaded, &flow.oa)?;
    form_draft(oa, flow, &key, &document)?;
    criterion.bench_function("map a draft with 20 lines to its form", |bencher| {
        bencher.iter(|| form_draft(oa, flow, &key, black_box(&document)));
    });
    Ok(())
}
