//! An installation with the console, and browsers on it.

use std::time::Duration;
use tenon_catalog::Route;
use tenon_console::{apps, sign_in, store, webhooks};
use tenon_model::TenantId;
use tenon_model::access::Role;
use tenon_platform::Context;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tenon_tenants::access::{self, NewToken};
use tenon_testkit::Installation;
use tenon_testkit::browser::{self, Pages};

pub use tenon_testkit::browser::{Form, Page};

/// 2026-11-22 10:00 in Shanghai.
pub const BEGINS_MS: i64 = 1_795_312_800_000;

/// An installation with the console.
pub struct Fixture {
    pub installation: Installation,
    pub ctx: Context,
}

/// A browser of its pages.
pub type Browser<'s> = browser::Browser<'s, Fixture>;

impl Pages for Fixture {
    const AREA: &'static str = "console";

    fn ctx(&self) -> &Context {
        &self.ctx
    }

    fn service(function: &str) -> &'static dyn Dispatch {
        match function {
            "console-sign-in" => &sign_in::SERVICE,
            "console-store" => &store::SERVICE,
            "console-apps" => &apps::SERVICE,
            _ => &webhooks::SERVICE,
        }
    }

    /// Pages of flows are tried where they are made.
    fn is_own(href: &str) -> bool {
        href.starts_with("/system/") && !href.starts_with("/system/integrations")
    }
}

impl Fixture {
    pub async fn new() -> Self {
        let installation = Installation::at(BEGINS_MS).await;
        let outgoing = std::sync::Arc::new(GuardedClient::new(Allowances::loopback()));
        let ctx = installation.ctx.clone().with_outgoing(outgoing);
        Self { installation, ctx }
    }

    pub fn pass(&self, time: Duration) {
        self.installation.pass(time);
    }

    /// A token, and its id.
    pub async fn token(&self, tenant: Option<&str>, scopes: &[&str]) -> (String, String) {
        let role = if tenant.is_some() { Role::TenantAdmin } else { Role::Operator };
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let new = NewToken { name: "x".to_owned(), role, tenant: tenant.map(TenantId::new), scopes, expires_ms: None };
        let (token, record) = access::issue(&self.ctx, new).await.unwrap();
        (token.expose().to_owned(), record.id)
    }

    /// A browser that is signed in, by somebody new.
    pub async fn signed_in(&self, tenant: Option<&str>) -> Browser<'_> {
        let (token, _) = self.token(tenant, &[]).await;
        let mut browser = Browser::of(self);
        let answer = browser.sign_in(&token).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }
}

/// The route of a target.
pub fn route_of(method: &str, target: &str) -> Option<(&'static str, &'static Route)> {
    browser::route_of(Fixture::AREA, method, target)
}

/// What these browsers do besides.
pub trait SignIn {
    async fn sign_in(&mut self, token: &str) -> Page;
}

impl SignIn for Browser<'_> {
    async fn sign_in(&mut self, token: &str) -> Page {
        let form = self.page("/system/login").await.form("/system/login");
        self.send(&form.with("token", token)).await
    }
}
