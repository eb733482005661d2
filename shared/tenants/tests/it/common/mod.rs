//! A world of two tenants on the embedded engine, with a manual clock.
#![allow(dead_code)]

use std::sync::Arc;
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, Local};
use tenon_model::access::Role;
use tenon_model::{Module, TenantId};
use tenon_platform::http::NoHttp;
use tenon_platform::outgoing::{Objection, Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_platform::{Clock, Context, Entropy};
use tenon_tenants::access::{NewToken, Principal, authenticate, issue};
use tenon_tenants::store::{AppRef, NewOrder, Term, activate, create_order};

/// 2026-01-31 10:00 in Shanghai.
pub const START: i64 = 1_769_824_800_000;
pub const DAY: Duration = Duration::from_secs(86_400);

/// Takes public addresses for good and `internal` ones for bad, without asking anybody.
struct Addresses;

#[async_trait::async_trait]
impl Outgoing for Addresses {
    async fn check(&self, url: &str) -> Result<(), OutgoingFailure> {
        match url.starts_with("https://") && !url.contains("internal") {
            true => Ok(()),
            false => Err(OutgoingFailure::Refused(Objection::new("not a public https address", "须为公网https地址"))),
        }
    }
    async fn call(&self, _: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        Err(OutgoingFailure::Refused(Objection::new("no calls here", "不能调用")))
    }
}

pub struct Fixture {
    pub local: Local,
    pub clock: Clock,
    pub ctx: Context,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::by(Clock::manual(START)).await
    }

    /// By another clock.
    pub async fn by(clock: Clock) -> Self {
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = context(&local, 1);
        Self { local, clock, ctx }
    }

    /// Another process, which the gate may kill.
    pub fn process(&self, gate: Gate, seed: u64) -> Context {
        context(&self.local.with_gate(gate), seed)
    }

    pub async fn principal(&self, role: Role, tenant: Option<&str>) -> Principal {
        let new = NewToken {
            name: "test".to_owned(),
            role,
            tenant: tenant.map(TenantId::new),
            scopes: Vec::new(),
            expires_ms: None,
        };
        let (token, _) = issue(&self.ctx, new).await.unwrap();
        authenticate(&self.ctx, Some(&format!("Bearer {}", token.expose()))).await.unwrap()
    }

    /// Orders and pays.
    pub async fn buy(&self, tenant: &TenantId, module: Module, term: Term) -> tenon_tenants::store::Activated {
        let order = create_order(&self.ctx, tenant, &order(module, term)).await.unwrap();
        activate(&self.ctx, &order.number, "", "tok-1").await.unwrap()
    }

    /// Every stored item as text.
    pub async fn everything(&self) -> String {
        let mut all = String::new();
        let (table, queues) = (&self.local.client, &self.local.queue_client);
        for (client, table) in [(table, tenon_engine::local::TABLE), (queues, tenon_engine::local::QUEUE_TABLE)] {
            let items = client.scan().table_name(table).send().await.unwrap().items.unwrap_or_default();
            for item in items {
                all.push_str(&format!("{item:?}\n"));
            }
        }
        all
    }
}

fn context(local: &Local, seed: u64) -> Context {
    let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32])).unwrap();
    ctx.with_outgoing(Arc::new(Addresses))
}

pub fn tenant(id: &str) -> TenantId {
    TenantId::new(id)
}

pub fn order(module: Module, term: Term) -> NewOrder {
    NewOrder {
        app_id: AppRef(module),
        subscription_type: term,
        user_count: None,
        contact_name: "王小明".to_owned(),
        contact_phone: "13800000000".to_owned(),
        contact_email: None,
        company_name: None,
        invoice_required: false,
        invoice_title: None,
        invoice_tax_no: None,
        new_credentials: false,
    }
}
