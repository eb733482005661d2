//! A world with apps in it, and calls signed as customers sign them.

use std::sync::Arc;
use tenon_crypto::openapi::{RequestV2, sign_v1, sign_v2};
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, Limits, Local};
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{AppId, Module, TenantId};
use tenon_platform::Context;
use tenon_platform::clock::Clock;
use tenon_platform::entropy::Entropy;
use tenon_platform::http::NoHttp;
use tenon_platform::table::Outcome;
use tenon_tenants::apps;
use tenon_tenants::gateway::{Admitted, Presented, Refused, admit};

/// 2024-02-11T08:00:00Z.
pub const START: i64 = 1_707_638_400_000;
pub const SECRET: &str = "s3cr3t-0123456789abcdef";

pub struct Fixture {
    pub local: Local,
    pub ctx: Context,
    pub clock: Clock,
}

pub fn tenant() -> TenantId {
    TenantId::new("t-1")
}

impl Fixture {
    pub async fn new() -> Self {
        let clock = Clock::manual(START);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = context(&local);
        Self { local, ctx, clock }
    }

    /// The same world seen by a process that a gate may kill.
    pub fn gated(&self, gate: Gate) -> Context {
        context(&self.local.with_gate(gate))
    }

    /// The same world, its table within DynamoDB's limits.
    pub fn within(&self, limits: &Limits) -> Context {
        context(&self.local.within(limits))
    }

    /// A paid app of the order module, changed as wanted.
    pub async fn app(&self, change: impl FnOnce(&mut TenantApp)) -> TenantApp {
        let (tenant, id) = (tenant(), apps::new_id(&self.ctx).unwrap());
        let secret = apps::seal(&self.ctx, &tenant, &id, apps::APP_SECRET, SECRET).await.unwrap();
        let mut app = TenantApp {
            secrets: vec![AppSecret { secret, until_ms: None }],
            daily_quota: 100,
            ..TenantApp::new(id, tenant, Module::OrderSync, apps::new_app_key(&self.ctx).unwrap(), START)
        };
        change(&mut app);
        let writes = apps::create_writes(&app, START).unwrap();
        assert_eq!(self.ctx.table.transact(writes).await.unwrap(), Outcome::Done);
        app
    }

    pub async fn change(&self, id: &AppId, change: impl FnOnce(&mut TenantApp)) {
        let mut stored = apps::get(&self.ctx, &tenant(), id).await.unwrap().unwrap();
        change(&mut stored.data);
        assert_eq!(apps::update(&self.ctx, &stored.data, stored.version).await.unwrap(), Outcome::Done);
    }

    /// A call of scheme 1, signed now.
    pub fn v1(&self, app: &TenantApp, body: &str) -> Signed {
        Signed::v1(&app.app_key, SECRET, self.clock.now_ms(), body)
    }

    /// A call of scheme 2, signed now.
    pub fn v2(&self, app: &TenantApp, nonce: &str) -> Signed {
        Signed::v2(&app.app_key, SECRET, self.clock.now_ms(), nonce)
    }

    pub async fn used(&self, app: &TenantApp) -> i64 {
        tenon_tenants::quota::usage(&self.ctx, app).await.unwrap()
    }
}

fn context(local: &Local) -> Context {
    local.context(Arc::new(NoHttp), Entropy::system(), MasterKey::from_bytes([7; 32])).unwrap()
}

/// One call on its way.
#[derive(Clone)]
pub struct Signed {
    pub app_key: String,
    pub timestamp: String,
    pub signature: String,
    pub version: Option<String>,
    pub nonce: Option<String>,
    pub body: String,
    pub ip: String,
}

const PATH: &str = "/openapi/v1/orders/list";
const QUERY: &str = "b=2&a=1";

impl Signed {
    pub fn v1(app_key: &str, secret: &str, at_ms: i64, body: &str) -> Self {
        let timestamp = at_ms.to_string();
        let signature = sign_v1(secret, app_key, &timestamp, body.as_bytes());
        let (version, nonce) = (None, None);
        Self {
            app_key: app_key.into(),
            timestamp,
            signature,
            version,
            nonce,
            body: body.into(),
            ip: "203.0.113.9".into(),
        }
    }

    pub fn v2(app_key: &str, secret: &str, at_ms: i64, nonce: &str) -> Self {
        let timestamp = at_ms.to_string();
        let body = r#"{"page":1}"#;
        let signature = sign_v2(
            secret,
            &RequestV2 {
                method: "POST",
                path: PATH,
                query: QUERY,
                body: body.as_bytes(),
                timestamp: &timestamp,
                nonce,
                app_key,
            },
        );
        let nonce = Some(nonce.to_owned());
        let version = Some("2".to_owned());
        Self {
            app_key: app_key.into(),
            timestamp,
            signature,
            version,
            nonce,
            body: body.into(),
            ip: "203.0.113.9".into(),
        }
    }

    pub fn presented(&self) -> Presented<'_> {
        Presented {
            app_key: Some(&self.app_key),
            timestamp: Some(&self.timestamp),
            signature: Some(&self.signature),
            version: self.version.as_deref(),
            nonce: self.nonce.as_deref(),
            method: "POST",
            path: PATH,
            path_decoded: false,
            query: QUERY,
            body: self.body.as_bytes(),
            ip: &self.ip,
        }
    }

    pub async fn read(&self, ctx: &Context) -> Result<Admitted, Box<Refused>> {
        admit(ctx, &self.presented(), Module::OrderSync, false).await
    }

    pub async fn write(&self, ctx: &Context) -> Result<Admitted, Box<Refused>> {
        admit(ctx, &self.presented(), Module::OrderSync, true).await
    }
}

/// The reason of a refusal, or `admitted`.
pub fn word(outcome: &Result<Admitted, Box<Refused>>) -> &'static str {
    outcome.as_ref().err().map_or("admitted", |refused| refused.reason)
}

/// Makes these calls as fast as eight threads can, each in its own runtime; returns how often each word
/// was the answer.
pub fn at_once(ctx: &Context, calls: Vec<(Signed, bool)>) -> std::collections::BTreeMap<&'static str, usize> {
    let size = calls.len().div_ceil(8);
    let threads: Vec<_> = calls
        .chunks(size)
        .map(|chunk| {
            let (ctx, chunk) = (ctx.clone(), chunk.to_vec());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let mut words = Vec::new();
                    for (call, write) in &chunk {
                        let outcome = if *write { call.write(&ctx).await } else { call.read(&ctx).await };
                        words.push(word(&outcome));
                    }
                    words
                })
            })
        })
        .collect();
    let mut counts = std::collections::BTreeMap::new();
    for word in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}
