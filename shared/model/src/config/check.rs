//! Rules a configuration must meet beyond its shape. A bad configuration fails when it is applied,
//! not with the first customer.

use super::{
    Config, Connection, DocumentKind, Field, Flow, FlowKind, OnChanged, ServiceLayer, Source, SqlSource, range,
};
use crate::duration;
use crate::ids::TenantId;
use crate::module::Module;
use crate::network;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `flows[purchase-request].form.lines.to`.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Whether the configuration can still be applied.
    pub warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// What a duration may be, and why not more or less.
struct Bounds {
    least: Duration,
    most: Duration,
    why: &'static str,
}

const fn bounds(least_ms: u64, most_s: u64, why: &'static str) -> Bounds {
    Bounds { least: Duration::from_millis(least_ms), most: Duration::from_secs(most_s), why }
}

/// Time-out of one call to a vendor, at most. A function makes several and ends after two minutes; a call
/// that may outlast it would be cut off with its outcome unknown.
pub const LONGEST_CALL: Duration = Duration::from_secs(60);

const DAY_S: u64 = 86_400;
const CALL: Bounds = bounds(100, LONGEST_CALL.as_secs(), "a call has to end before the function that makes it");
const FRESHNESS: Bounds = bounds(1_000, 3_600, "clocks differ by seconds, and an older callback may be a copy of one");
const EVERY: Bounds = bounds(1_000, DAY_S, "schedules look every second at most, and people wait for their documents");
const LOOK_UP: Bounds = bounds(1_000, 30 * DAY_S, "a decision that was missed is found by this look");

/// Columns of a price flow that name fields of B1's special prices.
const PRICE_COLUMNS: [&str; 8] =
    ["CardCode", "ItemCode", "Price", "Currency", "ValidFrom", "ValidTo", "PriceListNum", "Discount"];

/// Checks the whole configuration; an empty list is a sound one.
pub fn check(config: &Config) -> Vec<Problem> {
    let mut found = Findings::default();
    let mut kinds: BTreeMap<&str, &'static str> = BTreeMap::new();
    for (index, connection) in config.connections.iter().enumerate() {
        let id = connection.id().as_str();
        let path = format!("connections[{}]", if id.is_empty() { index.to_string() } else { id.to_owned() });
        found.id(&path, id);
        if kinds.insert(id, connection.kind()).is_some() {
            found.error(&path, "another connection has the same id; give each its own");
        }
        check_connection(&mut found, &path, connection);
    }
    let mut ids = BTreeSet::new();
    let mut templates: BTreeMap<(&str, &str), &Flow> = BTreeMap::new();
    for flow in &config.flows {
        let path = format!("flows[{}]", flow.id);
        found.id(&path, flow.id.as_str());
        if !ids.insert(flow.id.as_str()) {
            found.error(&path, "another flow has the same id; give each its own");
        }
        found.expect_kind(&format!("{path}.erp"), flow.erp.as_str(), "b1", &kinds);
        found.expect_kind(&format!("{path}.oa"), flow.oa.as_str(), "dingtalk", &kinds);
        if let Some(other) = templates.insert((flow.oa.as_str(), &flow.form.template), flow)
            && (other.kind == FlowKind::Price || flow.kind == FlowKind::Price)
        {
            found.error(
                &format!("{path}.form.template"),
                &format!("flow {} uses the same form; a price flow needs a form of its own", other.id),
            );
        }
        check_flow(&mut found, &path, flow);
    }
    check_callers(&mut found, config);
    found.0
}

/// Callers with an app code, and tenant apps.
fn check_callers(found: &mut Findings, config: &Config) {
    let mut ids = BTreeSet::new();
    for app in &config.apps {
        let path = format!("apps[{}]", app.id);
        found.id(&path, &app.id);
        if !ids.insert(app.id.as_str()) {
            found.error(&path, "another app has the same id; give each its own");
        }
        if let Some(tenant) = &app.tenant {
            found.tenant(&format!("{path}.tenant"), tenant);
        }
        for network in &app.allow_ips {
            found.network(&format!("{path}.allow_ips"), network);
        }
    }
    let mut keys = BTreeSet::new();
    for app in &config.openapi_apps {
        let path = format!("openapi_apps[{}]", app.app_key);
        let sound = app.app_key.strip_prefix("os_").is_some_and(|rest| {
            (1..=61).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if !sound {
            found.error(&format!("{path}.app_key"), "use os_ and 1 to 61 letters, digits and underscores");
        }
        if !keys.insert(app.app_key.as_str()) {
            found.error(&path, "another app has the same app_key; give each its own");
        }
        found.tenant(&format!("{path}.tenant"), &app.tenant);
        if Module::from_code(&app.module).is_none() {
            let known = Module::ALL.map(Module::code).join(", ");
            found.error(&format!("{path}.module"), &format!("is no module; known are {known}"));
        }
    }
}

#[derive(Default)]
struct Findings(Vec<Problem>);

impl Findings {
    fn error(&mut self, path: &str, message: &str) {
        self.0.push(Problem { path: path.to_owned(), message: message.to_owned(), warning: false });
    }

    fn warn(&mut self, path: &str, message: &str) {
        self.0.push(Problem { path: path.to_owned(), message: message.to_owned(), warning: true });
    }

    fn id(&mut self, path: &str, id: &str) {
        let sound = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !sound {
            self.error(&format!("{path}.id"), "use 1 to 64 letters, digits and dashes");
        }
    }

    fn tenant(&mut self, path: &str, id: &str) {
        let sound = (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && id != TenantId::operator().as_str();
        if !sound {
            self.error(path, "use 1 to 64 letters, digits, dashes and underscores; default is the operator's own");
        }
    }

    fn network(&mut self, path: &str, text: &str) {
        if let Err(why) = network::parse(text) {
            self.error(path, &format!("{text}: {why}"));
        }
    }

    fn duration(&mut self, path: &str, value: Duration, bounds: &Bounds) {
        if value < bounds.least || value > bounds.most {
            let (least, most) = (duration::format(bounds.least), duration::format(bounds.most));
            let message = format!("{} is not between {least} and {most}: {}", duration::format(value), bounds.why);
            self.error(path, &message);
        }
    }

    fn filled(&mut self, path: &str, value: &str) {
        if value.trim().is_empty() {
            self.error(path, "is empty");
        }
    }

    fn url(&mut self, path: &str, value: &str) {
        if !(value.starts_with("https://") || value.starts_with("http://")) {
            self.error(path, "must begin with https:// (or http:// on a private network)");
        }
    }

    fn expect_kind(&mut self, path: &str, id: &str, kind: &str, kinds: &BTreeMap<&str, &'static str>) {
        match kinds.get(id) {
            Some(found) if *found == kind => {}
            Some(found) => self.error(path, &format!("connection {id} is of kind {found}; {kind} is needed here")),
            None => self.error(path, &format!("there is no connection {id}; known are: {}", join(kinds.keys()))),
        }
    }
}

fn join<'a>(names: impl Iterator<Item = &'a &'a str>) -> String {
    let names: Vec<&str> = names.copied().collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn check_connection(found: &mut Findings, path: &str, connection: &Connection) {
    match connection {
        Connection::B1(c) => {
            found.url(&format!("{path}.base_url"), &c.base_url);
            found.filled(&format!("{path}.company_db"), &c.company_db);
            found.filled(&format!("{path}.username"), &c.username);
            let end = c.base_url.trim_end_matches('/').to_ascii_lowercase();
            for api in [ServiceLayer::V1, ServiceLayer::V2] {
                if end.ends_with(api.root()) {
                    let (root, word) = (api.root(), api.word());
                    let mend = format!("leave {root} out; it is appended. Which version is used says api = \"{word}\"");
                    found.error(&format!("{path}.base_url"), &mend);
                }
            }
            if end.ends_with("/b1s") {
                found.error(&format!("{path}.base_url"), "leave /b1s out; it is appended with the version in api");
            }
            let t = &c.timeouts;
            for (name, value) in [("login", t.login), ("read", t.read), ("write", t.write), ("approval", t.approval)] {
                found.duration(&format!("{path}.timeouts.{name}"), value, &CALL);
            }
            if !(1..=64).contains(&c.max_sessions) {
                found.error(&format!("{path}.max_sessions"), "must be between 1 and 64");
            }
        }
        Connection::Dingtalk(c) => {
            found.url(&format!("{path}.api_url"), &c.api_url);
            found.url(&format!("{path}.oapi_url"), &c.oapi_url);
            found.filled(&format!("{path}.app_key"), &c.app_key);
            found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
            found.duration(&format!("{path}.freshness"), c.freshness, &FRESHNESS);
            found.duration(&format!("{path}.reconcile_every"), c.reconcile_every, &EVERY);
            found.duration(&format!("{path}.check_open_after"), c.check_open_after, &LOOK_UP);
            if c.owner.as_deref().is_some_and(str::is_empty) {
                found.error(&format!("{path}.owner"), "is empty; leave it out to use app_key");
            }
        }
    }
}

fn check_flow(found: &mut Findings, path: &str, flow: &Flow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    found.filled(&format!("{path}.form.template"), &flow.form.template);
    match (&flow.kind, &flow.source) {
        (FlowKind::Approval, None) => found.error(&format!("{path}.source"), "an approval flow needs a source"),
        (FlowKind::Price, Some(_)) => {
            found.error(&format!("{path}.source"), "a price flow begins in the OA and has no source; remove it");
        }
        (FlowKind::Approval, Some(source)) => {
            found.filled(&format!("{path}.source.object"), &source.object);
            found.filled(&format!("{path}.source.key"), &source.key);
            if !(1..=1000).contains(&source.page_size) {
                found.error(&format!("{path}.source.page_size"), "must be between 1 and 1000");
            }
            if let Some(sql) = &source.sql {
                found.filled(&format!("{path}.source.sql.main"), &sql.main);
                check_sql_paging(found, path, sql);
                if sql.lines.as_deref().is_some_and(|lines| !lines.contains(":key")) {
                    found.error(
                        &format!("{path}.source.sql.lines"),
                        "must contain :key, which stands for the document's key",
                    );
                }
            }
            check_approval_form(found, path, flow);
        }
        (FlowKind::Price, None) => check_price_form(found, path, flow),
    }
    check_changes(found, path, flow);
}

/// What is compared before a decision is written.
fn check_changes(found: &mut Findings, path: &str, flow: &Flow) {
    if flow.kind == FlowKind::Price {
        if flow.on_changed != OnChanged::Hold || flow.watch.is_some() {
            let message = "a price flow has no document that could change; remove on_changed and watch";
            found.error(&format!("{path}.on_changed"), message);
        }
        return;
    }
    let watched = flow.watch.as_ref().map(|w| w.iter().map(|n| n.trim()).collect::<Vec<_>>());
    if watched.as_ref().is_some_and(Vec::is_empty) {
        found.error(&format!("{path}.watch"), "names no field; leave it out to watch all that are mapped");
    }
    let mapped = flow.mapped_fields();
    for name in watched.into_iter().flatten().filter(|name| !mapped.iter().any(|m| m == name)) {
        let message = format!("{name} is not mapped, so nobody is shown it; mapped are {}", mapped.join(", "));
        found.error(&format!("{path}.watch"), &message);
    }
    if let Some(source) = &flow.source {
        check_draft_type(found, path, source);
        check_sql_row(found, path, flow, source);
    }
}

fn check_draft_type(found: &mut Findings, path: &str, source: &Source) {
    if source.document == DocumentKind::Draft && source.draft_type().is_none() {
        let message = format!(
            "it is not known which kind of draft {} holds, and numbers of drafts repeat between kinds; say it, such as \
             draft_type = \"140\" for payment drafts",
            source.object
        );
        found.warn(&format!("{path}.source.draft_type"), &message);
    }
}

/// The main query finds what is not marked, so it cannot show a marked document again.
fn check_sql_row(found: &mut Findings, path: &str, flow: &Flow, source: &Source) {
    let Some(sql) = &source.sql else { return };
    if sql.row.as_deref().is_some_and(|row| !row.contains(":key")) {
        found.error(&format!("{path}.source.sql.row"), "must contain :key, which stands for the document's key");
    }
    if sql.row.is_none() && !flow.form.fields.is_empty() {
        found.warn(
            &format!("{path}.source.sql.row"),
            "without it only columns that are named as B1's own fields are compared before a decision is written; add \
             the query of one row by :key",
        );
    }
}

fn check_sql_paging(found: &mut Findings, path: &str, sql: &SqlSource) {
    let place = format!("{path}.source.sql.main");
    let ordered = sql.main.to_lowercase().contains("order by");
    if sql.has_last() && !ordered {
        found.error(&place, "has :last and must end in `order by` the key, or pages do not follow each other");
    } else if !sql.has_last() {
        found.warn(
            &place,
            "has no :last, so it is read by position: beyond one page, documents that are marked meanwhile make it \
             read everything again; add `and <key> > :last` and `order by <key>`",
        );
        if sql.first.is_some() {
            found.error(
                &format!("{path}.source.sql.first"),
                "stands for :last on the first page, and main has no :last",
            );
        }
    }
}

fn check_approval_form(found: &mut Findings, path: &str, flow: &Flow) {
    if flow.form.fields.is_empty() && flow.form.lines.is_none() {
        found.error(&format!("{path}.form.fields"), "maps nothing; DingTalk refuses an empty form");
    }
    if let Some(lines) = &flow.form.lines {
        found.filled(&format!("{path}.form.lines.to"), &lines.to);
        if lines.fields.is_empty() {
            found.error(&format!("{path}.form.lines.fields"), "maps no column");
        }
    }
    let lines = flow.form.lines.iter().flat_map(|l| &l.fields);
    for field in flow.form.fields.iter().chain(lines) {
        if range::pair(&field.from).is_some() && range::pair(&field.to).is_none() {
            let message =
                format!("{} are two fields, and {} is one label; a range control has two", field.from, field.to);
            found.error(&format!("{path}.form"), &message);
        }
    }
    let header = flow.form.fields.iter();
    let columns = flow.form.lines.iter().flat_map(|l| &l.fields);
    if flow.key_control().is_none() && !header.chain(columns).any(|f| f.format.reads_back()) {
        found.error(
            &format!("{path}.form.key"),
            "no mapped control reads back as it was written (people, departments, attachments, related instances and \
             lists of options do not), so an instance whose creation was not answered could not be found again and \
             would be made twice; name a text control for the document's key in form.key",
        );
    } else if flow.key_control().is_none() {
        found.warn(
            &format!("{path}.form"),
            "no control carries the document's key, so after an unclear answer an instance is recognised by all its \
             values; map the key field to a control, or name one in form.key",
        );
    }
}

/// Fields on the ERP's side that a field of a price form is mapped to.
fn price_fields(field: &Field) -> Vec<String> {
    range::pair(&field.to).map_or_else(|| vec![field.to.clone()], |(begin, end)| vec![begin, end])
}

fn check_price_form(found: &mut Findings, path: &str, flow: &Flow) {
    let lines = flow.form.lines.iter().flat_map(|l| &l.fields);
    let fields: Vec<&Field> = flow.form.fields.iter().chain(lines).collect();
    for field in fields.iter().filter(|f| range::pair(&f.to).is_some() && range::pair(&f.from).is_none()) {
        let message =
            format!("{} are two fields, and {} is one control; name the two labels of its range", field.to, field.from);
        found.error(&format!("{path}.form"), &message);
    }
    let mapped: BTreeSet<String> = fields.into_iter().flat_map(price_fields).collect();
    let mapped: BTreeSet<&str> = mapped.iter().map(String::as_str).collect();
    for needed in ["CardCode", "ItemCode", "Price"] {
        if !mapped.contains(needed) {
            found.error(
                &format!("{path}.form"),
                &format!("no field is mapped to {needed}, which a special price needs"),
            );
        }
    }
    for name in mapped.iter().filter(|n| !PRICE_COLUMNS.contains(n) && !n.starts_with("U_")) {
        found.error(
            &format!("{path}.form"),
            &format!("{name} is no field of a special price; known are {} and U_ fields", PRICE_COLUMNS.join(", ")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sound() -> serde_json::Value {
        json!({
            "connections": [
                {"kind": "b1", "id": "b1-main", "base_url": "https://b1:50000", "company_db": "SBODEMOCN", "username": "manager", "password": "x"},
                {"kind": "dingtalk", "id": "ding-main", "app_key": "dingk", "app_secret": "s", "token": "t", "aes_key": "k"}
            ],
            "flows": [
                {"id": "purchase-request", "kind": "approval", "erp": "b1-main", "oa": "ding-main", "source": {},
                 "form": {"template": "PROC-1", "fields": [{"from": "DocEntry", "to": "来源单号"}]}}
            ]
        })
    }

    fn problems(value: serde_json::Value) -> Vec<String> {
        check(&serde_json::from_value(value).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_smallest_sound_configuration_has_the_documents_defaults() {
        assert!(problems(sound()).is_empty());
        let config: Config = serde_json::from_value(sound()).unwrap();
        let flow = &config.flows[0];
        let source = flow.source.as_ref().unwrap();
        assert_eq!((source.object.as_str(), source.key.as_str(), source.page_size), ("Drafts", "DocEntry", 20));
        assert_eq!((flow.marks.synced.as_str(), flow.marks.instance.as_str()), ("U_ISSYN", "U_instanceID"));
        assert_eq!(flow.every, Duration::from_secs(60));
        assert_eq!(flow.key_control(), Some("来源单号"));
    }
    #[test]
    fn what_is_watched_must_be_shown() {
        let mut config = sound();
        config["flows"][0]["form"]["lines"] = json!({"to": "明细", "fields": [{"from": "Quantity", "to": "数量"}]});
        config["flows"][0]["watch"] = json!(["DocEntry", "DocumentLines.Quantity", "DocumentLines", "U_UserID"]);
        assert!(problems(config.clone()).is_empty());
        config["flows"][0]["watch"] = json!(["DocumentLines.Price"]);
        assert!(problems(config.clone())[0].contains("DocumentLines.Price is not mapped"));
        config["flows"][0]["watch"] = json!([]);
        assert!(problems(config)[0].contains("names no field"));
    }

    #[test]
    fn a_draft_of_an_unknown_kind_is_told() {
        let mut config = sound();
        config["flows"][0]["source"]["object"] = json!("CountingDrafts");
        assert!(problems(config.clone())[0].contains("which kind of draft CountingDrafts holds"));
        config["flows"][0]["source"]["draft_type"] = json!(1470000109);
        assert!(problems(config).is_empty());
    }

    #[test]
    fn a_form_by_which_no_instance_could_be_recognised_is_refused() {
        let mut config = sound();
        let contact = json!([{"from": "U_Buyer", "to": "采购员", "format": "contact"}]);
        config["flows"][0]["form"]["fields"] = contact.clone();
        let parsed: Config = serde_json::from_value(config.clone()).unwrap();
        let found = check(&parsed);
        assert!(found.iter().any(|p| !p.warning && p.path.ends_with("form.key") && p.message.contains("reads back")));
        config["flows"][0]["form"]["key"] = json!("来源单号");
        assert!(problems(config.clone()).is_empty());
        config["flows"][0]["form"] = json!({"template": "PROC-1", "fields": contact,
            "lines": {"to": "明细", "fields": [{"from": "Quantity", "to": "数量"}]}});
        let parsed: Config = serde_json::from_value(config).unwrap();
        assert!(check(&parsed).iter().all(|p| p.warning));
    }

    #[test]
    fn names_the_place_and_the_mend() {
        let mut bad = sound();
        bad["flows"][0]["erp"] = json!("ding-main");
        bad["flows"][0]["source"]["page_size"] = json!(0);
        bad["connections"][0]["base_url"] = json!("b1:50000");
        let found = problems(bad);
        assert!(
            found
                .iter()
                .any(|p| p.starts_with("flows[purchase-request].erp: connection ding-main is of kind dingtalk"))
        );
        assert!(found.iter().any(|p| p.starts_with("flows[purchase-request].source.page_size")));
        assert!(found.iter().any(|p| p.starts_with("connections[b1-main].base_url")));
    }

    #[test]
    fn companies_may_share_an_approval_form_but_not_a_price_form() {
        let mut config = sound();
        let mut second = config["flows"][0].clone();
        second["id"] = json!("other-company");
        config["flows"].as_array_mut().unwrap().push(second);
        assert!(problems(config.clone()).is_empty());
        config["flows"][1] = json!({"id": "quote", "kind": "price", "erp": "b1-main", "oa": "ding-main",
            "form": {"template": "PROC-1", "fields": [{"from": "客户", "to": "CardCode"}],
                     "lines": {"from": "明细", "fields": [{"from": "物料", "to": "ItemCode"}, {"from": "价格", "to": "Price"}]}}});
        assert!(problems(config).iter().any(|p| p.contains("uses the same form")));
    }

    #[test]
    fn a_price_flow_maps_what_a_price_needs() {
        let mut bad = sound();
        bad["flows"][0] = json!({"id": "quote", "kind": "price", "erp": "b1-main", "oa": "ding-main",
            "form": {"template": "PROC-2", "fields": [{"from": "客户", "to": "CardCode"}],
                     "lines": {"from": "明细", "fields": [{"from": "物料", "to": "ItemCode"}, {"from": "x", "to": "Prise"}]}}});
        let found = problems(bad);
        assert!(found.iter().any(|p| p.contains("no field is mapped to Price")));
        assert!(found.iter().any(|p| p.contains("Prise is no field of a special price")));
    }

    #[test]
    fn callers_name_what_exists() {
        let mut config = sound();
        config["apps"] = json!([
            {"id": "production", "app_code": "c", "allow_ips": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"], "tenant": "t-1"}
        ]);
        config["openapi_apps"] =
            json!([{"app_key": "os_demo", "app_secret": "s", "tenant": "t-1", "module": "ORDER_SYNC"}]);
        assert!(problems(config.clone()).is_empty());
        for (place, value, wanted) in [
            ("/apps/0/tenant", json!("default"), "apps[production].tenant"),
            ("/apps/0/allow_ips", json!(["10.0.0.0/33"]), "apps[production].allow_ips"),
            ("/apps/0/allow_ips", json!(["10.1.2.3/8"]), "apps[production].allow_ips"),
            ("/apps/0/allow_ips", json!(["intranet"]), "apps[production].allow_ips"),
            ("/openapi_apps/0/app_key", json!("demo"), "openapi_apps[demo].app_key"),
            ("/openapi_apps/0/tenant", json!("t 1"), "openapi_apps[os_demo].tenant"),
            ("/openapi_apps/0/module", json!("ORDERS"), "openapi_apps[os_demo].module"),
        ] {
            let mut bad = config.clone();
            *bad.pointer_mut(place).unwrap() = value;
            let found = problems(bad);
            assert!(found.len() == 1 && found[0].starts_with(wanted), "{place}: {found:?}");
        }
        for list in ["apps", "openapi_apps"] {
            let mut twice = config.clone();
            let first = twice[list][0].clone();
            twice[list].as_array_mut().unwrap().push(first);
            assert_eq!(problems(twice).len(), 1, "{list}");
        }
    }

    #[test]
    fn every_duration_has_bounds_and_its_default_lies_within() {
        let places = [
            ("/connections/0/timeouts/login", "connections[b1-main].timeouts.login", "50ms", "61s"),
            ("/connections/0/timeouts/read", "connections[b1-main].timeouts.read", "50ms", "10m"),
            ("/connections/0/timeouts/write", "connections[b1-main].timeouts.write", "50ms", "2m"),
            ("/connections/0/timeouts/approval", "connections[b1-main].timeouts.approval", "50ms", "365d"),
            ("/connections/1/timeout", "connections[ding-main].timeout", "50ms", "10m"),
            ("/connections/1/freshness", "connections[ding-main].freshness", "500ms", "100d"),
            ("/connections/1/reconcile_every", "connections[ding-main].reconcile_every", "500ms", "2d"),
            ("/connections/1/check_open_after", "connections[ding-main].check_open_after", "500ms", "31d"),
            ("/flows/0/every", "flows[purchase-request].every", "500ms", "200000000d"),
        ];
        let mut within = sound();
        within["connections"][0]["timeouts"] = json!({});
        assert!(problems(within.clone()).is_empty());
        for (pointer, path, short, long) in places {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            for value in [short, long] {
                let mut bad = within.clone();
                bad.pointer_mut(parent).unwrap()[key] = json!(value);
                let found = problems(bad);
                assert!(found.len() == 1 && found[0].starts_with(path) && found[0].contains("between"), "{found:?}");
            }
        }
        // No duration of the configuration is left out here.
        let files = [include_str!("./connection.rs"), include_str!("./flow.rs")];
        let settings: usize = files.iter().map(|file| file.matches("duration::text\")]").count()).sum();
        assert_eq!(settings, places.len());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let mut bad = sound();
        bad["flows"][0]["source"]["filer"] = json!("x");
        let error = serde_json::from_value::<Config>(bad).unwrap_err().to_string();
        assert!(error.contains("filer") && error.contains("filter"), "{error}");
    }
}
