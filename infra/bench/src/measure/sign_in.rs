//! Signing in beside the two calls to the login server, and the task list of a person with thousands of tasks.

use crate::measure::in_process;
use async_trait::async_trait;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderValue, LOCATION, SET_COOKIE};
use http::{HeaderName, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tenon::commands::{sandbox_people, up};
use tenon::serve::{self, Bells, Serving};
use tenon_bench::Result;
use tenon_bench::report::{Row, Times, ms};
use tenon_crypto::aiflow;
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::Clock;
use tenon_platform::http::{Answer, Call, Http, NoHttp};
use tenon_platform::http_client::HttpClient;
use tenon_platform::outgoing::{Allowances, GuardedClient, Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_sandbox::{OdooOptions, Sandbox};

/// What is wanted beside the two calls.
const WANTED: Duration = Duration::from_millis(10);
/// What is wanted of a list.
const WANTED_LIST: Duration = Duration::from_millis(30);
const SECRET: &str = "a-secret-of-the-erp-1";

/// Measures sign-ins and lists.
#[derive(clap::Args, Debug)]
pub struct SignInArgs {
    /// How many sign-ins.
    #[arg(long, default_value_t = 50)]
    sign_ins: usize,
    /// The login server's latency in ms.
    #[arg(long, default_value_t = 50)]
    latency: u64,
    /// How many tasks the person has.
    #[arg(long, default_value_t = 5_000)]
    tasks: usize,
    /// How many times each list is asked for.
    #[arg(long, default_value_t = 100)]
    lists: usize,
}

/// Calls to the login server, and the time in them.
struct Timed {
    client: GuardedClient,
    spent: Arc<Mutex<Duration>>,
}

#[async_trait]
impl Outgoing for Timed {
    async fn check(&self, url: &str) -> std::result::Result<(), OutgoingFailure> {
        self.client.check(url).await
    }

    async fn call(&self, call: OutgoingCall) -> std::result::Result<OutgoingAnswer, OutgoingFailure> {
        let begun = Instant::now();
        let answer = self.client.call(call).await;
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += begun.elapsed();
        answer
    }
}

/// Measures it.
pub async fn run(args: SignInArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let (bells, spent) = (Bells::default(), Arc::new(Mutex::new(Duration::ZERO)));
    let outgoing = Timed { client: GuardedClient::new(Allowances::loopback()), spent: Arc::clone(&spent) };
    let ctx = in_process::context(&local, &bells, Arc::new(NoHttp))?.with_outgoing(Arc::new(outgoing));
    let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let front = listener.local_addr()?;
    let vendors = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let odoo_url = format!("http://{}", vendors.local_addr()?);
    let latency = Duration::from_millis(args.latency);
    let odoo = OdooOptions { requires_consent: false, latency, ..sandbox_people::odoo(front) };
    tokio::spawn(tenon_sandbox::serve(vendors, Sandbox::new(odoo), std::future::pending()));
    let mut config: Config = serde_json::from_value(json!({ "aiflow_apps": [
        { "enterprise_code": sandbox_people::ENTERPRISE, "app_id": "APP001", "app_secret": SECRET, "unknown_people": "accept" }
    ] }))?;
    config.sso = Some(Box::new(sandbox_people::sso(&odoo_url, front)));
    ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await?;
    sandbox_people::store(&ctx).await?;
    let server = serve::start(Serving { ctx, local, bells, proxies: serve::Proxies::default() }, listener)?;
    let browser = Browser { client: HttpClient::new(), own: format!("http://{front}"), cookies: BTreeMap::new() };
    let measured = measure(browser, &odoo_url, &spent, &args).await;
    server.stop().await;
    measured
}

async fn measure(mut browser: Browser, odoo: &str, spent: &Mutex<Duration>, args: &SignInArgs) -> Result<Vec<Row>> {
    let form = "login=zhangsan&password=zhangsan&redirect=";
    browser.submit(&format!("{odoo}/odoo/web/login"), form).await?;
    let (mut beside, mut whole) = (Vec::new(), Vec::new());
    for number in 0..=args.sign_ins {
        let authorize = browser.led(&format!("{}/aflow/login", browser.own)).await?;
        let callback = browser.led(&authorize).await?;
        *spent.lock().unwrap_or_else(PoisonError::into_inner) = Duration::ZERO;
        let begun = Instant::now();
        browser.led(&callback).await?;
        let took = begun.elapsed();
        // The first binds the person and connects.
        if number > 0 {
            beside.push(took.saturating_sub(*spent.lock().unwrap_or_else(PoisonError::into_inner)));
            whole.push(took);
        }
    }
    let (beside, whole) = (Times::new(beside), Times::new(whole));
    let what = format!("{} sign-ins, the login server at {} ms", args.sign_ins, args.latency);
    let mut rows = vec![
        Row::judged(
            format!("{what}: callback beside the two calls (median)"),
            format!("{} (p99 {})", ms(beside.median()), ms(beside.at(0.99))),
            format!("≤ {} ms", WANTED.as_millis()),
            beside.median() <= WANTED,
        ),
        Row::plain(format!("{what}: the whole callback (median)"), ms(whole.median())),
    ];
    push(&browser, args.tasks).await?;
    for (name, path) in
        [("page", "/aflow/tasks"), ("JSON", "/aflow/api/task/list"), ("page, searched", "/aflow/tasks?q=4999")]
    {
        let mut times = Vec::new();
        for _ in 0..args.lists {
            let begun = Instant::now();
            let answer = browser.send(Call::new(Method::GET, format!("{}{path}", browser.own))).await?;
            times.push(begun.elapsed());
            if answer.status != 200 {
                return Err(format!("{path} was answered {}", answer.status).into());
            }
        }
        let times = Times::new(times);
        let what = format!("task list of a person with {} tasks, {name} (median)", args.tasks);
        let measured = format!("{} (p99 {})", ms(times.median()), ms(times.at(0.99)));
        // A search may look at every entry; a list looks at a page.
        rows.push(match name {
            "page, searched" => Row::plain(what, measured),
            _ => {
                Row::judged(what, measured, format!("≤ {} ms", WANTED_LIST.as_millis()), times.median() <= WANTED_LIST)
            }
        });
    }
    Ok(rows)
}

/// Orders of a thousand tasks, as the ERP pushes them.
async fn push(browser: &Browser, tasks: usize) -> Result<()> {
    for order in 0..tasks.div_ceil(1_000) {
        let of = (order * 1_000)..tasks.min((order + 1) * 1_000);
        let tasks: Vec<Value> = of
            .map(|task| {
                json!({
                    "taskId": format!("T{task}"), "taskName": format!("采购订单审批 {task}"), "assigneeUserCode": ["E1001"],
                    "taskStatus": "ing", "taskResult": "new", "nodeType": "audit", "showPc": true, "showMobile": true,
                    "deadLine": format!("2026-12-{:02} 18:00:00", task % 28 + 1)
                })
            })
            .collect();
        let body = json!({
            "orderId": order + 1, "orderStatus": "ing", "orderResult": "ing", "initiator": "E1002",
            "businessKey": format!("PO-{order}"), "createTime": "2026-11-20 09:00:00", "updateTime": "2026-11-21 09:00:00",
            "tasks": tasks
        })
        .to_string();
        let now = Clock::system().now_ms();
        let signature = aiflow::sign(sandbox_people::ENTERPRISE, "APP001", SECRET, now, body.as_bytes());
        let mut call = Call::new(Method::POST, format!("{}/aflow/api/order/sync/task", browser.own));
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.headers.insert(HeaderName::from_static("a-signature"), HeaderValue::from_str(&signature)?);
        call.body = body.into();
        let answer = browser.client.call(call).await.map_err(|failure| failure.message().to_owned())?;
        if answer.status != 200 {
            return Err(format!("an order was answered {}: {:?}", answer.status, answer.body).into());
        }
    }
    Ok(())
}

/// A browser without a screen.
struct Browser {
    client: HttpClient,
    own: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn led(&mut self, url: &str) -> Result<String> {
        let answer = self.send(Call::new(Method::GET, url)).await?;
        let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        location.map(str::to_owned).ok_or_else(|| format!("{url} was answered {}", answer.status).into())
    }

    async fn submit(&mut self, url: &str, form: &'static str) -> Result<()> {
        let mut call = Call::new(Method::POST, url);
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        call.body = form.into();
        self.send(call).await.map(drop)
    }

    async fn send(&mut self, mut call: Call) -> Result<Answer> {
        let line = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        call.headers.insert(COOKIE, HeaderValue::from_str(&line)?);
        call.headers.insert(ACCEPT, HeaderValue::from_static("text/html"));
        let answer = self.client.call(call).await.map_err(|failure| failure.message().to_owned())?;
        for set in answer.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            if let Some((name, value)) = set.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}
