//! The OA integration in front of a `tenon up` of its own, the check of a token in process, and a tree of DingTalk's
//! departments beside the calls it takes.

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
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::config::{Config, OaIntegration};
use tenon_oa_users::{Holder, Store, from_json, token};
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tenon_platform::{Clock, Context};
use tenon_sandbox::{Department, Sandbox, SandboxOptions};

const CODE: &str = "the-code-of-the-assistant-platform";
/// What the check of a token may take, in µs.
const VERIFY_US: f64 = 5.0;
/// What the slowest question but one in a hundred may take.
const QUESTION: Duration = Duration::from_millis(10);
/// What the tree may take.
const TREE: Duration = Duration::from_secs(25);

/// Measures the OA integration and DingTalk's tree.
#[derive(clap::Args, Debug)]
pub struct OaArgs {
    /// Users that are known.
    #[arg(long, default_value_t = 2_000)]
    users: usize,
    /// Questions a second.
    #[arg(long, default_value_t = 300)]
    rate: u32,
    /// For so many seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Departments of the tree.
    #[arg(long, default_value_t = 3_000)]
    departments: i64,
    /// How long DingTalk takes for a call, in ms.
    #[arg(long, default_value_t = 50)]
    latency: u64,
}

/// Measures it.
pub async fn run(args: OaArgs) -> Result<Vec<Row>> {
    let options = SandboxOptions::default();
    let sandbox = Sandbox::new(options);
    sandbox.configure(|options| options.dingtalk.latency = Duration::from_millis(args.latency));
    let vendors = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let vendor = format!("http://{}", vendors.local_addr()?);
    tokio::spawn(tenon_sandbox::serve(vendors, sandbox.clone(), std::future::pending()));
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let bells = Bells::default();
    let ctx = in_process::context(&local, &bells, Arc::new(HttpClient::new()))?;
    configure(&ctx, &vendor).await?;
    let mut rows = vec![verify(&ctx).await?];
    hand_in(&ctx, args.users).await?;
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let measured = measure(&args, &sandbox, &address).await;
    server.stop().await;
    rows.extend(measured?);
    Ok(rows)
}

async fn measure(args: &OaArgs, sandbox: &Sandbox, address: &str) -> Result<Vec<Row>> {
    Ok(vec![questions(args, address).await?, tree(args, sandbox, address).await?])
}

async fn configure(ctx: &Context, vendor: &str) -> Result<()> {
    let ding = SandboxOptions::default().dingtalk;
    let config: Config = serde_json::from_value(json!({
        "connections": [{ "kind": "dingtalk", "id": "ding-main", "api_url": vendor, "oapi_url": vendor, "app_key": ding.app_key,
            "app_secret": ding.app_secret, "token": ding.token, "aes_key": ding.aes_key }],
        "apps": [{ "id": "assistant", "app_code": CODE, "services": ["oa-integration", "dingtalk"], "rate_per_minute": 0 }],
    }))?;
    ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await?;
    Ok(())
}

async fn hand_in(ctx: &Context, users: usize) -> Result<()> {
    let user = |n: usize| json!({ "id": n, "username": format!("u{n}"), "name": format!("员工{n}"), "did": n % 50, "position_id": n % 20 });
    let named = |count: usize| (0..count).map(|n| json!({ "id": n, "name": format!("名称{n}") })).collect::<Vec<_>>();
    let bound = |n: usize| json!({ "assistant_user_id": format!("A{n}"), "oa_user_id": n });
    let batch = json!({ "departments": named(50), "positions": named(20),
        "users": (0..users).map(user).collect::<Vec<_>>(), "bindings": (0..users).map(bound).collect::<Vec<_>>() });
    let batch = from_json(batch.to_string().as_bytes()).map_err(|problems| format!("{problems:?}"))?;
    Store::new(ctx, &TenantId::operator()).put_all(&batch).await?;
    Ok(())
}

/// The check of one token, the least of many runs.
async fn verify(ctx: &Context) -> Result<Row> {
    let settings = OaIntegration::default();
    let holder = Holder { tenant: TenantId::operator(), user: "1".to_owned(), assistant: "U001".to_owned() };
    let text = token::issue(ctx, &settings, &holder).await?;
    let (mut least, times) = (f64::MAX, 2_000_u32);
    for _ in 0..50 {
        let begun = Instant::now();
        for _ in 0..times {
            let read = token::read(ctx, &settings, black_box(&text)).await?;
            read.map_err(|refused| format!("{refused:?}"))?;
        }
        least = least.min(begun.elapsed().as_secs_f64() * 1e6 / f64::from(times));
    }
    let what = "OA integration: check of a token".to_owned();
    Ok(Row::judged(what, format!("{least:.1} µs"), format!("≤ {VERIFY_US} µs"), least <= VERIFY_US))
}

/// Questions of many users, each sent at its own time whatever became of the others.
async fn questions(args: &OaArgs, address: &str) -> Result<Row> {
    let client = Arc::new(HttpClient::new());
    let mut tokens = Vec::new();
    for n in 0..args.users.min(100) {
        let body = json!({ "assistant_user_id": format!("A{n}") });
        let (_, answer) =
            call(&client, Method::POST, format!("{address}/api/oa_integration/get_token"), None, Some(&body)).await?;
        let token = answer.pointer("/data/token").and_then(Value::as_str);
        tokens.push(token.ok_or_else(|| format!("no token: {answer}"))?.to_owned());
    }
    let (begun, every) = (Instant::now(), Duration::from_secs(1) / args.rate.max(1));
    let mut under_way = Vec::new();
    for (n, token) in (0..args.rate * args.seconds).zip(tokens.iter().enumerate().cycle()) {
        tokio::time::sleep_until(tokio::time::Instant::from_std(begun + every * n)).await;
        let url = format!("{address}/api/oa_integration/get_userinfo?oa_user_id={}", token.0);
        let (token, client) = (token.1.clone(), Arc::clone(&client));
        under_way.push(tokio::spawn(async move {
            call(&client, Method::GET, url, Some(&token), None).await.map_err(|why| why.to_string())
        }));
    }
    let mut took = Vec::new();
    for call in under_way {
        took.push(call.await??.0);
    }
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
    let (middle, slow) = (at(50), at(99));
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    Ok(Row::judged(
        format!("OA integration: get_userinfo at {}/s, p99 (p50)", args.rate),
        format!("{:.1} ms ({:.1} ms)", ms(slow), ms(middle)),
        format!("≤ {} ms", QUESTION.as_millis()),
        slow <= QUESTION,
    ))
}

/// A tree of many departments, ten below each.
async fn tree(args: &OaArgs, sandbox: &Sandbox, address: &str) -> Result<Row> {
    for n in 0..args.departments {
        let parent = if n < 10 { 1 } else { 10_000 + (n - 10) / 10 };
        sandbox.dingtalk().put_department(Department { id: 10_000 + n, name: format!("部门{n}"), parent });
    }
    let (took, answer) =
        call(&HttpClient::new(), Method::GET, format!("{address}/dingtalk/department/getTree?id=1"), None, None)
            .await?;
    let read = answer.to_string().matches("\"id\"").count();
    if i64::try_from(read)? < args.departments {
        return Err(format!("{read} departments were read").into());
    }
    Ok(Row::judged(
        format!("DingTalk: tree of {} departments at {} ms a call", args.departments, args.latency),
        format!("{:.1} s", took.as_secs_f64()),
        format!("≤ {} s", TREE.as_secs()),
        took <= TREE,
    ))
}

/// Over one client, as whoever asks often has: its connections stay open.
async fn call(
    client: &HttpClient,
    method: Method,
    url: String,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<(Duration, Value)> {
    let mut call = Call::new(method, url.clone());
    call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    call.headers.insert(HeaderName::from_static("x-apig-appcode"), HeaderValue::from_static(CODE));
    if let Some(token) = token {
        call.headers.insert(HeaderName::from_static("token"), HeaderValue::from_str(token)?);
    }
    call.body = body.map(Value::to_string).unwrap_or_default().into();
    call.timeout = Duration::from_secs(60);
    let begun = Instant::now();
    let answer = client.call(call).await.map_err(|failure| failure.message().to_owned())?;
    let took = begun.elapsed();
    let answered: Value = serde_json::from_slice(&answer.body)?;
    if answered.get("code") != Some(&json!(0)) {
        return Err(format!("{url} was answered {answered}").into());
    }
    Ok((took, answered))
}
