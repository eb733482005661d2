//! Every link and every form over many flows and runs, as every role: what is shown works, what a role may not do is not
//! shown, and is refused. A few addresses of each kind stand for the rest.

use crate::fixture::{Fixture, Form, HOME, Visitor};
use crate::scale::filled;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tenon_catalog::areas::integrations::view;
use tenon_catalog::{Auth, FUNCTIONS, Route, scope};
use tenon_engine::Tally;
use tenon_model::message::Envelope;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::breaker;
use tenon_platform::queue::{APPROVALS_SUBMIT, send_envelope};
use tenon_testkit::browser::route_of;

/// Addresses of one kind that are followed.
const SAMPLE: usize = 2;
/// What the largest page may ask of the table, and weigh before it is compressed.
const MAX_REQUESTS: usize = 400;
const MAX_BYTES: usize = 100_000;

/// What is not reached: parts of pages, and what needs a process, a flow that a page stored, a run whose input can be
/// corrected, or an outside system that answers.
const AWAY: [&str; 19] = [
    "GET ~/runs/new",
    "GET ~/runs/counts",
    "GET ~/processes/{number}",
    "GET ~/flows/{flow}/remove",
    "POST ~/flows/{flow}/remove",
    "POST ~/new-flow/preview",
    "POST ~/new-flow/fields",
    "POST ~/new-flow/fields/create",
    "POST ~/new-flow",
    "GET ~/flows/{flow}/mapping",
    "POST ~/flows/{flow}/mapping/again",
    "POST ~/flows/{flow}/mapping/preview",
    "POST ~/flows/{flow}/mapping/fields",
    "POST ~/flows/{flow}/mapping/fields/create",
    "POST ~/flows/{flow}/mapping",
    "GET ~/runs/{run}/correct",
    "POST ~/runs/{run}/correct/review",
    "POST ~/runs/{run}/correct",
    "POST ~/runs/{run}/accept",
];

/// A route, and which parameters are said.
type Kind = (&'static str, BTreeSet<String>);

fn route(method: &str, target: &str) -> &'static Route {
    route_of("integrations", method, target).unwrap_or_else(|| panic!("no route: {method} {target}")).1
}

fn kind(target: &str) -> Kind {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty());
    let mut names: BTreeSet<String> = pairs.map(|(name, _)| name.into_owned()).collect();
    // In another language a page is one kind, whatever else is said.
    if let Some(language) = names.take("lang") {
        names = [language].into();
    }
    (route("GET", target).path, names)
}

fn scope_of(route: &Route) -> &'static str {
    match route.auth {
        Auth::Console { scope, .. } => scope,
        ref other => panic!("{}: {other:?}", route.path),
    }
}

/// What somebody is shown.
#[derive(Default)]
struct Shown {
    kinds: BTreeMap<Kind, Vec<String>>,
    forms: BTreeMap<&'static str, Form>,
}

impl Shown {
    fn pages(&self) -> impl Iterator<Item = &String> {
        self.kinds.values().flatten()
    }

    /// Whether this is to be followed: it is then among what is shown.
    fn takes(&mut self, target: &str) -> bool {
        let own = self.kinds.entry(kind(target)).or_default();
        let wanted = own.len() < SAMPLE && own.iter().all(|seen| seen != target);
        if wanted {
            own.push(target.to_owned());
        }
        wanted
    }
}

/// Follows what is shown, from these pages on.
async fn crawl(visitor: &Visitor<'_>, tally: &Tally, from: &[String]) -> Shown {
    let (mut shown, mut next) = (Shown::default(), from.to_vec());
    while let Some(target) = next.pop() {
        let target = target.split('#').next().unwrap();
        if !shown.takes(target) {
            continue;
        }
        let before = tally.counts();
        let page = visitor.page(target).await;
        let requests = tally.counts().since(&before).requests();
        assert!(requests <= MAX_REQUESTS, "{target}: {requests} requests");
        assert!(page.body.len() <= MAX_BYTES, "{target}: {} bytes", page.body.len());
        next.extend(page.links());
        next.extend(page.filters().iter().map(Form::target));
        for form in page.forms() {
            shown.forms.entry(route("POST", &form.action).path).or_insert(form);
        }
    }
    shown
}

/// Something of everything: flows that are not looked after, an outside system that is out, a letter that was given up, a
/// flow that was switched off (`flow-0003`), and a bulk retry, whose page this is.
async fn something_of_everything(fixture: &Fixture, operator: &Visitor<'_>) -> String {
    let ctx = &fixture.ctx;
    for _ in 0..5 {
        breaker::failed(ctx, &TenantId::operator(), &ConnectionId::new("b1-main"), "no answer").await;
    }
    let letter = Envelope::new("submit", "m-1", &TenantId::operator(), json!({ "flow": "flow-0001", "key": 1 }));
    send_envelope(ctx.queue.as_ref(), &APPROVALS_SUBMIT.dead_letters(), &letter, ctx.now_ms()).await.unwrap();
    let off = operator.page(&format!("{HOME}/flows/flow-0003")).await.form("/off");
    assert_eq!(operator.send(&off).await.status, 303);
    let review = operator.page(&format!("{HOME}/retry?flow=flow-0005&status=failed&since=28d")).await;
    let begun = operator.send(&review.form("/system/integrations/retry").with("reason", "mended")).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    begun.location().to_owned()
}

fn is_same_page(one: &str, other: &str) -> bool {
    one.split('?').next() == other.split('?').next()
}

/// Whether whoever sends it is refused for who they are, having proved a form of their own.
async fn is_refused(visitor: &Visitor<'_>, form: &Form) -> bool {
    let csrf = visitor.get(HOME).await.csrf().unwrap();
    let refused = visitor.send(&form.clone().with("_csrf", &csrf)).await;
    refused.status == 403 && (refused.has("没有权限") || refused.has("Not permitted"))
}

#[tokio::test]
async fn over_a_thousand_flows_what_a_role_is_shown_works_and_what_it_may_not_do_is_not_shown_and_is_refused() {
    let (fixture, tally) = filled(1_000).await;
    fixture.installation.pass(Duration::from_secs(3_600));
    let operator = fixture.visitor(None, &[]).await;
    let job = something_of_everything(&fixture, &operator).await;
    let from = [HOME.to_owned(), job, format!("{HOME}/flows/flow-0003")];

    let all = crawl(&operator, &tally, &from).await;
    let looker = fixture.visitor(None, &[scope::TENANT_APP]).await;
    let looked = crawl(&looker, &tally, &from).await;
    println!("{} kinds of pages, {} pages, {} forms", all.kinds.len(), all.pages().count(), all.forms.len());

    // Each page is reached by a link, but for parts of pages and what a store of this kind has none of.
    let routes = || FUNCTIONS.iter().filter(|own| own.area == "integrations").flat_map(|own| own.routes());
    let reached = |own: &&Route| match own.method {
        "GET" => all.kinds.keys().any(|(path, _)| *path == own.path),
        _ => all.forms.contains_key(own.path),
    };
    let away: Vec<String> =
        routes().filter(|own| !reached(own)).map(|own| format!("{} {}", own.method, own.path)).collect();
    assert_eq!(away, AWAY.map(|line| line.replace('~', HOME)));

    // Who may only look sees what it may look at, and nothing else.
    assert!(looked.forms.is_empty(), "{:?}", looked.forms.keys());
    for own in routes().filter(|own| own.method == "GET" && reached(own)) {
        let is_shown = looked.kinds.keys().any(|(path, _)| *path == own.path);
        // What a bulk retry would take may be looked at, but only who can begin one is shown the way to it.
        let has_way = own.path != view::REVIEW.path;
        assert_eq!(is_shown, scope_of(own) == scope::TENANT_APP && has_way, "{}", own.path);
    }
    for target in all.pages().filter(|target| scope_of(route("GET", target)) != scope::TENANT_APP) {
        assert_eq!(looker.get(target).await.status, 403, "{target}");
    }
    // Others do not get there, and are shown no way to it.
    let tenant = fixture.visitor(Some("t-1"), &[]).await;
    let elsewhere = fixture.visitor(None, &[scope::APP_STORE]).await;
    for (who, visitor) in [("a tenant", &tenant), ("an operator of the store", &elsewhere)] {
        for target in all.pages() {
            let refused = visitor.get(target).await;
            // But to the same in another language.
            let ways = refused.links().into_iter().filter(|link| !is_same_page(link, target));
            assert_eq!((refused.status, ways.collect::<Vec<_>>()), (403, Vec::new()), "{who}: {target}");
        }
    }
    for visitor in [&looker, &tenant, &elsewhere] {
        for form in all.forms.values() {
            assert!(is_refused(visitor, form).await, "{form:?}");
        }
    }
}

#[tokio::test]
async fn a_thousand_alarms_are_shown_fifty_on_a_page() {
    let names: Vec<String> = (0..1_000).map(|number| format!("flow-{number:04}")).collect();
    let fixture = Fixture::of_flows(names.iter().map(String::as_str)).await;
    fixture.installation.pass(Duration::from_secs(3_600));
    let operator = fixture.visitor(None, &[]).await;
    let (mut seen, mut next) = (BTreeSet::new(), Some(format!("{HOME}/alarms")));
    while let Some(target) = next {
        let page = operator.page(&target).await;
        assert!(page.body.matches("<section class=\"panel\" data-row").count() <= 50, "{target}");
        seen.extend(page.links().into_iter().filter(|link| link.starts_with("/system/integrations/flows/")));
        next = page.next();
    }
    assert_eq!(seen.len(), 1_000);
    let behind = operator.page(&format!("{HOME}/alarms?cursor=9999999999")).await;
    assert!(behind.next().is_none() && behind.links().iter().any(|link| link.contains("/alarms?")), "{}", behind.body);
}
