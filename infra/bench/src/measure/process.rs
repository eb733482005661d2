//! The process engine: the check of a large file, launches with their audits on the embedded engine, each with a message
//! that follows from it, and the same through a server of its own.

use crate::measure::in_process;
use async_trait::async_trait;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tenon::commands::up;
use tenon::serve::{self, Bells, Serving};
use tenon_bench::Result;
use tenon_bench::report::{Row, Times};
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, GateDecision, Local, Moment};
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_model::message::Envelope;
use tenon_platform::http::{Call, Http, NoHttp};
use tenon_platform::http_client::HttpClient;
use tenon_platform::queue::NOTICES_SEND;
use tenon_platform::{Clock, Context, Entropy, outbox};
use tenon_process::check::{Options, check};
use tenon_process::run::{Decide, Effect, Event, State, Target};
use tenon_process::store::{
    Draft, Failure, Followed, Launch, Moved, ProcessHost, Processes, create, publish, save_form,
};
use tenon_process::{Answers, Initiator, Question};

/// What is wanted of the check of 240 KB.
const WANTED_CHECK: Duration = Duration::from_millis(20);
/// Moves a second that are wanted.
const WANTED: f64 = 300.0;
/// Requests of a move that are allowed, on average.
const REQUESTS: f64 = 3.0;
/// Whose the flow is.
const ENTERPRISE: &str = "COMPANY001";
/// What the caller of services shows.
const CODE: &str = "a-code-of-the-dashboard";
/// Approvals of a process.
const APPROVALS: usize = 5;

/// Measures the check, launches and audits.
#[derive(clap::Args, Debug)]
pub struct ProcessArgs {
    /// How many launches; five audits follow each.
    #[arg(long, default_value_t = 1_000)]
    launches: usize,
    /// How many at once.
    #[arg(long, default_value_t = 16)]
    at_once: usize,
    /// How many checks.
    #[arg(long, default_value_t = 100)]
    checks: usize,
}

/// Measures it.
pub async fn run(args: ProcessArgs) -> Result<Vec<Row>> {
    let mut rows = vec![checks(args.checks)?];
    rows.extend(moves(&args).await?);
    rows.push(served(&args).await?);
    Ok(rows)
}

/// A process of so many approvals in a row; each with this documentation.
fn file(approvals: usize, documentation: &str) -> String {
    let mut body = String::from("<startEvent id=\"s\" name=\"s\"/>");
    let node = |n: usize| match n {
        0 => "s".to_owned(),
        n if n > approvals => "e".to_owned(),
        n => format!("a{n}"),
    };
    for n in 1..=approvals {
        body.push_str(&format!(
            "<userTask id=\"a{n}\" name=\"审批{n}\" t:assignee=\"U{n}\"><documentation>{documentation}</documentation></userTask>\n"
        ));
    }
    for n in 0..=approvals {
        let (from, to) = (node(n), node(n + 1));
        body.push_str(&format!("<sequenceFlow id=\"w{n}\" sourceRef=\"{from}\" targetRef=\"{to}\"/>\n"));
    }
    format!(
        "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:t=\"https://tenon.dev/schema/process\">\
         <process id=\"p\" name=\"P\" isExecutable=\"true\">{body}<endEvent id=\"e\" name=\"e\"/></process></definitions>"
    )
}

fn checks(checks: usize) -> Result<Row> {
    let xml = file(700, &"说明".repeat(30));
    let fields = BTreeSet::new();
    let options = Options { fields: &fields, may_call: &|_| true };
    let mut times = Vec::new();
    for _ in 0..checks {
        let begun = Instant::now();
        if !check(&xml, &options).is_sound() {
            return Err("the file is not sound".into());
        }
        times.push(begun.elapsed());
    }
    let times = Times::new(times);
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    Ok(Row::judged(
        format!("check of a BPMN file of {} KB (median)", xml.len() / 1024),
        format!("{} (p99 {})", ms(times.median()), ms(times.at(0.99))),
        format!("≤ {} ms", WANTED_CHECK.as_millis()),
        times.median() <= WANTED_CHECK,
    ))
}

/// Promises a message with each move, as whoever uses the engine does.
struct NotifyingHost;

#[async_trait]
impl ProcessHost for NotifyingHost {
    async fn people(
        &self,
        _: &Context,
        _: &TenantId,
        _: &str,
        questions: &[Question],
    ) -> tenon_platform::Result<Answers> {
        Ok(questions.iter().map(|question| (question.clone(), Ok(vec![question.name().to_owned()]))).collect())
    }

    fn follow(&self, ctx: &Context, tenant: &TenantId, moved: &Moved<'_>) -> tenon_platform::Result<Followed> {
        let opened = moved.effects.iter().filter(|effect| matches!(effect, Effect::TaskOpened { .. }));
        let answered: Vec<Envelope<Value>> =
            opened.map(|effect| Envelope::new("told", moved.instance.number.clone(), tenant, json!(effect))).collect();
        let entries =
            if answered.is_empty() { Vec::new() } else { vec![outbox::Entry::of_all(ctx, &NOTICES_SEND, &answered)?] };
        Ok(Followed { writes: Vec::new(), entries })
    }
}

fn failed(failure: Failure) -> String {
    format!("{failure:?}")
}

async fn moves(args: &ProcessArgs) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let local = Local::open(&folder.path().join("tenon.db"), Clock::system()).await?;
    let counter = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&counter);
    let gate = Gate::new(move |_, moment| {
        counted.fetch_add(usize::from(moment == Moment::Before), Ordering::Relaxed);
        GateDecision::Go
    });
    let local = local.with_gates(&gate, &Gate::open());
    let ctx = local.context(Arc::new(NoHttp), Entropy::system(), MasterKey::from_bytes([7; 32]))?;
    let tenant = TenantId::new("t-1");
    prepare(&ctx, &tenant, args.launches).await?;
    counter.store(0, Ordering::Relaxed);
    let begun = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = Vec::new();
    for _ in 0..args.at_once {
        workers.push(tokio::spawn(work(ctx.clone(), tenant.clone(), Arc::clone(&next), args.launches)));
    }
    for worker in workers {
        worker.await??;
    }
    let took = begun.elapsed().as_secs_f64();
    let all = args.launches * (APPROVALS + 1);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let (rate, requests) = (all as f64 / took, counter.load(Ordering::Relaxed) as f64 / all as f64);
    let what = format!("{} launches, {} audits, {} at once", args.launches, args.launches * APPROVALS, args.at_once);
    Ok(vec![
        Row::judged(format!("{what}: moves a second"), format!("{rate:.0}"), format!("≥ {WANTED}"), rate >= WANTED),
        Row::judged(
            format!("{what}: table requests a move"),
            format!("{requests:.2}"),
            format!("≤ {REQUESTS}"),
            requests <= REQUESTS,
        ),
    ])
}

/// A flow that is published, and as many forms as are launched.
async fn prepare(ctx: &Context, tenant: &TenantId, launches: usize) -> Result<()> {
    let draft = Draft {
        code: "ztbxx01".to_owned(),
        name: "招投标".to_owned(),
        enterprise: ENTERPRISE.to_owned(),
        schema: json!({"components": [{"type": "number", "name": "amount", "label": "金额"}]}),
        bpmn: file(APPROVALS, ""),
        by: "bench".to_owned(),
    };
    create(ctx, tenant, &draft, &|_| true).await.map_err(failed)?;
    publish(ctx, tenant, ("ztbxx01", ENTERPRISE, None), None, &|_| true).await.map_err(failed)?;
    for number in 0..launches {
        let data = serde_json::Map::from_iter([("amount".to_owned(), json!(number))]);
        let id = number.to_string();
        save_form(ctx, tenant, ("ztbxx01", Some(&id)), data, "bench").await.map_err(failed)?;
    }
    Ok(())
}

/// The same as callers of the services make it, through a server of its own, whose queues work beside.
async fn served(args: &ProcessArgs) -> Result<Row> {
    let folder = tempfile::tempdir()?;
    let local = Local::open(&folder.path().join("tenon.db"), Clock::system()).await?;
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, Arc::new(HttpClient::new()))?;
    let config: Config = serde_json::from_value(json!({
        "aiflow_apps": [{ "enterprise_code": ENTERPRISE, "app_id": "APP001", "app_secret": "your_app_secret",
                          "unknown_people": "accept", "process": {} }],
        "apps": [{ "id": "dashboard", "app_code": CODE, "services": ["flow"], "rate_per_minute": 0 }]
    }))?;
    let tenant = TenantId::operator();
    ctx.config.replace_all(&tenant, config, &ctx.entropy).await?;
    prepare(&ctx, &tenant, args.launches).await?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let measured = call_all(args, &url).await;
    server.stop().await;
    let took = measured?.as_secs_f64();
    let all = args.launches * (APPROVALS + 1);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let rate = all as f64 / took;
    let what = format!("{} launches, {} audits through a server", args.launches, args.launches * APPROVALS);
    Ok(Row::judged(format!("{what}: moves a second"), format!("{rate:.0}"), format!("≥ {WANTED}"), rate >= WANTED))
}

async fn call_all(args: &ProcessArgs, url: &str) -> Result<Duration> {
    let client = Arc::new(HttpClient::new());
    let (next, begun) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut workers = Vec::new();
    for _ in 0..args.at_once {
        workers.push(tokio::spawn(call(Arc::clone(&client), url.to_owned(), Arc::clone(&next), args.launches)));
    }
    for worker in workers {
        worker.await??;
    }
    Ok(begun.elapsed())
}

/// As [`work`], by calls.
async fn call(
    client: Arc<HttpClient>,
    url: String,
    next: Arc<AtomicUsize>,
    launches: usize,
) -> std::result::Result<(), String> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= launches {
            return Ok(());
        }
        let launch = format!("{url}/flow/launch?flowCode=ztbxx01&dataId={number}&userCode=RS001&userName=liming");
        let launched = get(&client, launch).await?;
        let running = launched.get("flowRunningNumber").and_then(Value::as_str).unwrap_or_default().to_owned();
        for node in 1..=APPROVALS {
            get(&client, format!("{url}/flow/onAudit?flowRunningNumber={running}&nodeSeq={node}")).await?;
        }
    }
}

async fn get(client: &HttpClient, url: String) -> std::result::Result<Value, String> {
    let mut call = Call::new(Method::GET, url.clone());
    call.headers.insert(HeaderName::from_static("x-apig-appcode"), HeaderValue::from_static(CODE));
    call.timeout = Duration::from_secs(30);
    let answer = client.call(call).await.map_err(|failure| failure.message().to_owned())?;
    let mut answered: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    if answered.get("code") != Some(&json!(0)) {
        return Err(format!("{url}: {answered}"));
    }
    Ok(answered.get_mut("data").map(Value::take).unwrap_or_default())
}

/// Launches one after the other and approves each to its end.
async fn work(
    ctx: Context,
    tenant: TenantId,
    next: Arc<AtomicUsize>,
    launches: usize,
) -> std::result::Result<(), String> {
    let processes = Processes::new(&ctx, &tenant, &NotifyingHost);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= launches {
            return Ok(());
        }
        let initiator = Initiator { code: "RS001".to_owned(), ..Initiator::default() };
        let launch = Launch { number: None, flow: "ztbxx01".to_owned(), data_id: number.to_string(), initiator };
        let mut instance = processes.launch(&launch).await.map_err(failed)?.instance;
        while instance.state == State::Running {
            let event = Event::Decide(Decide { target: Target::Current, approve: true, ..Decide::default() });
            instance = processes.act(&instance.number, &event).await.map_err(failed)?.instance;
        }
    }
}
