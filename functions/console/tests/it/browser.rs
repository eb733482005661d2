//! A browser without script: it has cookies, follows redirects, fills in forms.

use std::collections::BTreeMap;
use std::time::Duration;
use tenon_catalog::{FUNCTIONS, Route};
use tenon_console::{apps, sign_in, store, webhooks};
use tenon_model::TenantId;
use tenon_model::access::Role;
use tenon_platform::Context;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tenon_platform::router::Router;
use tenon_tenants::access::{self, NewToken};
use tenon_testkit::{HttpEvent, Installation};

/// 2026-11-22 10:00 in Shanghai.
pub const BEGINS_MS: i64 = 1_795_312_800_000;

/// An installation with the console.
pub struct Site {
    pub installation: Installation,
    pub ctx: Context,
}

/// What came.
pub struct Page {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: String,
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub method: String,
    pub action: String,
    pub fields: Vec<(String, String)>,
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split('"').next()?))
}

impl Page {
    pub fn location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().unwrap())
    }

    /// The addresses of these functions that are linked; pages of flows are tried where they are made.
    pub fn links(&self) -> Vec<String> {
        let tags = self.body.split("<a").skip(1).map(|rest| rest.split('>').next().unwrap());
        tags.filter_map(|tag| attribute(tag, "href"))
            .filter(|href| href.starts_with("/system/") && !href.starts_with("/system/integrations"))
            .collect()
    }

    pub fn forms(&self) -> Vec<Form> {
        let whole = self.body.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap());
        let form = |text: &str| {
            let head = text.split('>').next().unwrap();
            let inputs = text.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap());
            let selects = text.split("<select").skip(1).filter_map(|rest| {
                let first = rest.split("<option").nth(1)?;
                Some((attribute(rest.split('>').next()?, "name")?, attribute(first.split('>').next()?, "value")?))
            });
            let fields = inputs.filter(|tag| !tag.contains("type=\"checkbox\"") || tag.contains(" checked"));
            let fields =
                fields.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())));
            Form {
                method: attribute(head, "method").unwrap_or_else(|| "get".to_owned()),
                action: attribute(head, "action").unwrap_or_default(),
                fields: fields.chain(selects).collect(),
            }
        };
        whole.map(form).filter(|form| form.method != "dialog").collect()
    }

    /// The form that is sent there.
    pub fn form(&self, action: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.action.split('?').next() == Some(action));
        found.unwrap_or_else(|| panic!("no form to {action}: {}", self.body))
    }

    /// The text of the element with this id.
    pub fn text_of(&self, id: &str) -> String {
        let rest = self.body.split(&format!("id=\"{id}\">")).nth(1).unwrap_or_else(|| panic!("no {id}: {}", self.body));
        unescaped(rest.split('<').next().unwrap())
    }

    pub fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

impl Form {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(own, _)| own != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn body(&self) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&self.fields);
        body.finish()
    }
}

impl Site {
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
    let mut router = Router::default();
    for function in FUNCTIONS.iter().filter(|function| function.area == "console") {
        for route in function.routes() {
            router.insert(route.method, route.path, (function.name, route)).unwrap();
        }
    }
    router.find(method, target.split('?').next().unwrap()).map(|found| *found.value)
}

/// A browser.
pub struct Browser<'s> {
    pub site: &'s Site,
    pub cookies: BTreeMap<String, String>,
    pub headers: BTreeMap<&'static str, String>,
}

impl<'s> Browser<'s> {
    pub fn of(site: &'s Site) -> Self {
        let headers = [("sec-fetch-site", "same-origin"), ("host", "tenon.example.com"), ("accept-language", "zh-CN")];
        let headers = headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Self { site, cookies: BTreeMap::new(), headers }
    }

    pub async fn ask(&mut self, method: &str, target: &str, body: &str) -> Page {
        let (function, route) = route_of(method, target).unwrap_or_else(|| panic!("no route: {method} {target}"));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut event = HttpEvent::new(method, target).route(route.path).headers(&self.headers);
        if !cookies.is_empty() {
            event = event.header("cookie", &cookies.join("; "));
        }
        if method != "GET" {
            event = event.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let (ctx, request) = (&self.site.ctx, event.request());
        let response = match function {
            "console-sign-in" => sign_in::SERVICE.answer(ctx, request).await,
            "console-store" => store::SERVICE.answer(ctx, request).await,
            "console-apps" => apps::SERVICE.answer(ctx, request).await,
            _ => webhooks::SERVICE.answer(ctx, request).await,
        };
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            assert!(line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
            if line.ends_with("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = String::from_utf8_lossy(response.body().as_ref()).into_owned();
        Page { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    pub async fn get(&mut self, target: &str) -> Page {
        self.ask("GET", target, "").await
    }

    /// A page that must be there.
    pub async fn page(&mut self, target: &str) -> Page {
        let page = self.get(target).await;
        assert_eq!(page.status, 200, "{target}: {}", page.body);
        page
    }

    pub async fn send(&mut self, form: &Form) -> Page {
        if form.method == "get" {
            return self.get(&format!("{}?{}", form.action.split('?').next().unwrap(), form.body())).await;
        }
        self.ask("POST", &form.action, &form.body()).await
    }

    /// Sends a form that leads to a page.
    pub async fn through(&mut self, form: &Form) -> Page {
        let answer = self.send(form).await;
        assert_eq!(answer.status, 303, "{}: {}", form.action, answer.body);
        let target = answer.location().to_owned();
        self.page(&target).await
    }

    pub async fn sign_in(&mut self, token: &str) -> Page {
        let form = self.page("/system/login").await.form("/system/login");
        self.send(&form.with("token", token)).await
    }

    pub fn session(&self) -> String {
        self.cookies.get("__Host-tenon").cloned().unwrap_or_default()
    }
}
