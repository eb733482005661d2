//! A site: Tenon's functions and an Odoo, in process, by one clock; and browsers that walk between them.

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenon_catalog::FUNCTIONS;
use tenon_crypto::secrets::MasterKey;
use tenon_directory::{Department, Directory, Person};
use tenon_engine::{Gate, GateDecision, Local, Moment};
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::http::NoHttp;
use tenon_platform::outgoing::{Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_platform::router::Router;
use tenon_platform::{Clock, Context, Entropy};
use tenon_sandbox::{Odoo, OdooOptions, Outcome, Sandbox};
use tenon_testkit::HttpEvent;

/// Where Tenon is.
pub const OWN: &str = "https://tenon.example";
/// Where Odoo is.
pub const ODOO: &str = "https://odoo.example";
/// The page people ask for.
pub const WANTED: &str = "/aflow/tasks?list=done&q=%E9%87%87";
/// 2026-11-22 08:00 in Shanghai.
const BEGINS_MS: i64 = 1_795_305_600_000;

/// Everything.
pub struct Fixture {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub local: Local,
    pub ctx: Context,
    pub effects: Arc<AtomicUsize>,
}

/// Odoo, as the functions reach it.
struct ToOdoo {
    sandbox: Sandbox,
    clock: Clock,
    gate: Gate,
}

#[async_trait]
impl Outgoing for ToOdoo {
    async fn check(&self, _: &str) -> Result<(), OutgoingFailure> {
        Ok(())
    }

    async fn call(&self, call: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        let broken = || OutgoingFailure::NoAnswer { class: "broken", message: "the connection broke".to_owned() };
        if self.gate.decide("Call", Moment::Before) == GateDecision::Kill {
            return Err(broken());
        }
        let mut request = http::Request::builder().method(call.method).uri(&call.url).body(call.body).unwrap();
        *request.headers_mut() = call.headers;
        let outcome = self.sandbox.handle(self.clock.now_ms(), request);
        if self.gate.decide("Call", Moment::After) == GateDecision::Kill {
            return Err(broken());
        }
        match outcome {
            Outcome::Answer { after, .. } if after > call.timeout => {
                self.clock.advance(call.timeout);
                Err(OutgoingFailure::NoAnswer { class: "timeout", message: "no answer came".to_owned() })
            }
            Outcome::Answer { response, after } => {
                self.clock.advance(after);
                let (parts, mut body) = response.into_parts();
                let cut = body.len() > call.max_answer;
                body.truncate(call.max_answer);
                Ok(OutgoingAnswer { status: parts.status.as_u16(), headers: parts.headers, body, cut })
            }
            Outcome::Dropped { .. } => Err(broken()),
        }
    }
}

/// The settings of a sound site.
pub fn settings() -> Value {
    let odoo = OdooOptions::default();
    json!({
        "enabled": true, "redirect_uri": format!("{ODOO}/odoo/api/oauth2/authorize"), "client_id": odoo.client_id,
        "client_secret": odoo.client_secret, "public_url": OWN, "enterprise_code": "COMPANY001"
    })
}

/// What the functions are answered with.
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The page of a sign-in that failed names this code, leads nowhere and signs nobody in.
    pub fn failed(&self, code: &str) {
        assert!(self.status >= 400, "{} {}", self.status, self.location());
        assert!(self.body.contains(&format!("<code>{code}</code>")), "{code}: {}", self.body);
        assert_eq!(self.location(), "");
        let set = self.headers.get_all("set-cookie").iter();
        assert!(!set.map(|line| line.to_str().unwrap()).any(|line| line.starts_with("__Host-aflow")), "signed in");
        assert_eq!(self.headers["cache-control"], "no-store");
    }
}

impl Fixture {
    /// With three people of the directory, who came from DingTalk.
    pub async fn new() -> Self {
        Self::with(|_| (), |_| ()).await
    }

    pub async fn with(odoo: impl FnOnce(&mut OdooOptions), change: impl FnOnce(&mut Value)) -> Self {
        let mut options =
            OdooOptions { redirect_uris: vec![format!("{OWN}/aflow/api/oauth2/callback")], ..OdooOptions::default() };
        odoo(&mut options);
        let clock = Clock::manual(BEGINS_MS);
        let local = Local::memory(clock.clone()).await.unwrap();
        let sandbox = Sandbox::new(options);
        let (ctx, effects) = process(&local, &sandbox, &clock, 1, None);
        let fixture = Self { sandbox, clock, local, ctx, effects };
        let mut sso = settings();
        change(&mut sso);
        fixture.apply(sso).await;
        for (id, name, mobile) in
            [("P1", "张三", "13800000001"), ("P2", "李四", "+86 138-0000-0002"), ("P3", "王五", "")]
        {
            fixture
                .add(Person {
                    real_name: Some(name.to_owned()),
                    mobile: Some(mobile.to_owned()).filter(|mobile| !mobile.is_empty()),
                    email: (id == "P3").then(|| "WangWu@example.com".to_owned()),
                    accounts: BTreeMap::from([("ding-main".to_owned(), format!("d-{id}"))]),
                    departments: vec!["10".to_owned()],
                    ..Person::new(id, name)
                })
                .await;
        }
        fixture
    }

    pub async fn apply(&self, sso: Value) {
        let config: Config = serde_json::from_value(json!({ "sso": sso })).unwrap();
        self.ctx.config.replace_all(&TenantId::operator(), config, &self.ctx.entropy).await.unwrap();
    }

    pub async fn add(&self, person: Person) {
        let tenant = TenantId::operator();
        let directory = Directory::new(&self.ctx, &tenant);
        let before = directory.person(&person.id).await.unwrap();
        directory.put(before.as_ref(), &person, "test").await.unwrap();
        if directory.department("10").await.unwrap().is_none() {
            let department =
                Department { id: "10".to_owned(), name: "采购部".to_owned(), active: true, ..Department::default() };
            directory.put_department(None, &department, "test").await.unwrap();
        }
    }

    pub async fn person(&self, id: &str) -> Person {
        let tenant = TenantId::operator();
        Directory::new(&self.ctx, &tenant).person(id).await.unwrap().unwrap().data
    }

    /// Another process, which dies at a boundary when one is given: the n-th effect, and on which side of it.
    pub fn restart(&mut self, at: Option<(usize, Moment)>) {
        (self.ctx, self.effects) = process(&self.local, &self.sandbox, &self.clock, 77, at);
    }

    pub async fn call(&self, event: HttpEvent) -> Answer {
        let event_value = event.event();
        let method = event_value["requestContext"]["http"]["method"].as_str().unwrap().to_owned();
        let path = event_value["rawPath"].as_str().unwrap().to_owned();
        let response = if path == "/aflow/tasks" || path == "/aflow/api/task/list" {
            tenon_web::tasks::SERVICE.answer(&self.ctx, event.route(&path).request()).await
        } else if path.starts_with("/aflow/tasks/") {
            tenon_web::task::SERVICE.answer(&self.ctx, event.route("/aflow/tasks/{id}").request()).await
        } else {
            let mut router = Router::default();
            for route in FUNCTIONS.iter().flat_map(|f| f.routes()).filter(|route| route.path.starts_with("/aflow/")) {
                router.insert(route.method, route.path, route.path).unwrap();
            }
            let route = *router.find(&method, &path).expect("a route").value;
            tenon_web::sign_in::SERVICE.answer(&self.ctx, event.route(route).request()).await
        };
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.as_ref().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A refresh token in the body, as an app hands it in.
    pub async fn refresh(&self, token: &str) -> Answer {
        let body = json!({ "refreshToken": token });
        self.call(HttpEvent::new("POST", "/aflow/api/oauth2/refresh").json(&body)).await
    }

    pub fn odoo(&self) -> tenon_sandbox::Handle<'_, Odoo> {
        self.sandbox.odoo()
    }
}

fn process(
    local: &Local,
    sandbox: &Sandbox,
    clock: &Clock,
    seed: u64,
    at: Option<(usize, Moment)>,
) -> (Context, Arc<AtomicUsize>) {
    let (effects, dead) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&effects);
    let gate = Gate::new(move |_, moment| {
        if dead.load(Ordering::SeqCst) > 0 {
            return GateDecision::Kill;
        }
        let effect = match moment {
            Moment::Before => counted.fetch_add(1, Ordering::SeqCst),
            Moment::After => counted.load(Ordering::SeqCst) - 1,
        };
        if at == Some((effect, moment)) {
            dead.store(1, Ordering::SeqCst);
            return GateDecision::Kill;
        }
        GateDecision::Go
    });
    let ctx = local
        .with_gates(&gate, &gate)
        .context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32]))
        .unwrap();
    let outgoing = ToOdoo { sandbox: sandbox.clone(), clock: clock.clone(), gate };
    (ctx.with_outgoing(Arc::new(outgoing)), effects)
}

/// A browser: it keeps cookies by host, and follows no redirect by itself.
#[derive(Clone, Default)]
pub struct Browser {
    pub own: BTreeMap<String, String>,
    pub odoo: BTreeMap<String, String>,
}

fn line(jar: &BTreeMap<String, String>) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

fn take(jar: &mut BTreeMap<String, String>, headers: &http::HeaderMap) {
    for set in headers.get_all("set-cookie") {
        let set = set.to_str().unwrap();
        let (pair, attributes) = set.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        match attributes.contains("Max-Age=0") {
            true => drop(jar.remove(name)),
            false => drop(jar.insert(name.to_owned(), value.to_owned())),
        }
    }
}

impl Browser {
    /// Looks at a page of ours.
    pub async fn look(&mut self, fixture: &Fixture, target: &str) -> Answer {
        let event = HttpEvent::new("GET", target).header("accept", "text/html").header("sec-fetch-mode", "navigate");
        self.send(fixture, event).await
    }

    /// Posts from a page of ours.
    pub async fn post(&mut self, fixture: &Fixture, target: &str) -> Answer {
        self.send(fixture, HttpEvent::new("POST", target).header("sec-fetch-site", "same-origin")).await
    }

    pub async fn send(&mut self, fixture: &Fixture, event: HttpEvent) -> Answer {
        let event = if self.own.is_empty() { event } else { event.header("cookie", &line(&self.own)) };
        let answer = fixture.call(event).await;
        take(&mut self.own, &answer.headers);
        answer
    }

    /// Asks Odoo; what it leads to.
    fn at_odoo(&mut self, fixture: &Fixture, method: &str, target: &str, form: &str) -> (u16, String, String) {
        let url = if target.starts_with('/') { format!("{ODOO}{target}") } else { target.to_owned() };
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .header("cookie", line(&self.odoo))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::copy_from_slice(form.as_bytes()))
            .unwrap();
        let Outcome::Answer { response, .. } = fixture.sandbox.handle(fixture.clock.now_ms(), request) else {
            panic!("{target} was not answered")
        };
        take(&mut self.odoo, response.headers());
        let location = response.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
        (response.status().as_u16(), location, String::from_utf8(response.body().to_vec()).unwrap())
    }

    /// Signs in at Odoo and agrees: the way back, as Odoo sends it.
    pub fn agree(&mut self, fixture: &Fixture, address: &str, login: &str) -> String {
        self.answer(fixture, address, login, "allow")
    }

    /// The same with another answer.
    pub fn answer(&mut self, fixture: &Fixture, address: &str, login: &str, answer: &str) -> String {
        let (status, location, _) = self.at_odoo(fixture, "GET", address, "");
        let location = if status == 303 {
            let redirect = location.split_once("redirect=").unwrap().1;
            let form = format!("login={login}&password={login}&redirect={redirect}");
            let (status, location, body) = self.at_odoo(fixture, "POST", "/odoo/web/login", &form);
            assert_eq!(status, 303, "{body}");
            self.at_odoo(fixture, "GET", &location, "");
            location
        } else {
            address.to_owned()
        };
        let proof = self.odoo["session_id"].clone();
        let (status, location, body) =
            self.at_odoo(fixture, "POST", &location, &format!("proof={proof}&answer={answer}"));
        assert_eq!(status, 302, "{body}");
        location.strip_prefix(OWN).unwrap().to_owned()
    }

    /// The whole way: asks for the page, signs in, comes back.
    pub async fn sign_in(&mut self, fixture: &Fixture, login: &str) -> Answer {
        // Whoever is signed in already sees the page, and signs in again by the login page.
        let again = "/aflow/login?return=%2Faflow%2Ftasks%3Flist%3Ddone%26q%3D%25E9%2587%2587";
        let target = if self.own.contains_key("__Host-aflow") { again } else { WANTED };
        let started = self.look(fixture, target).await;
        assert_eq!(started.status, 302, "{}", started.body);
        let back = self.agree(fixture, started.location(), login);
        self.look(fixture, &back).await
    }

    /// Whether the page knows them, and as whom.
    pub async fn seen_as(&mut self, fixture: &Fixture) -> Option<String> {
        let answer = self.look(fixture, "/aflow/tasks").await;
        (answer.status == 200).then(|| shown_name(&answer))
    }

    pub fn refresh_token(&self) -> String {
        self.own["__Host-aflow-refresh"].clone()
    }
}

/// Who the page says is signed in, by our id.
pub fn shown_name(page: &Answer) -> String {
    let name = page.body.split("<span class=\"name\">").nth(1).unwrap().split('<').next().unwrap();
    let ids = [("张三", "P1"), ("李四", "P2"), ("王五", "P3")];
    ids.iter().find(|(known, _)| *known == name).map_or(name, |(_, id)| id).to_owned()
}

/// Lets time pass.
pub fn pass(fixture: &Fixture, seconds: u64) {
    fixture.clock.advance(Duration::from_secs(seconds));
}

/// One parameter of an address.
pub fn parameter(address: &str, name: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    found.unwrap_or_default().to_owned()
}
