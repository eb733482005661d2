//! Rules of connections.

use super::rules::{CommonRule, ConnectionRule, Why};
use super::{Bounds, EVERY, Findings, LONGEST_CALL, barcode, blacklake, bounds, kingdee, weaver};
use crate::config::{
    AiflowConnection, B1Connection, Connection, DingtalkConnection, FeishuConnection, OdooConnection, ServiceLayer,
    WecomConnection,
};

pub(super) const CALL: Bounds = bounds(100, LONGEST_CALL.as_secs(), Why::Call);
const FRESHNESS: Bounds = bounds(1_000, 3_600, Why::Freshness);
pub(super) const LOOK_UP: Bounds = bounds(1_000, 30 * super::DAY_S, Why::LookUp);

/// Checks one connection.
pub(super) fn check(found: &mut Findings, path: &str, connection: &Connection) {
    link(found, path, connection);
    match connection {
        Connection::B1(c) => b1(found, path, c),
        Connection::Dingtalk(c) => dingtalk(found, path, c),
        Connection::Kingdee(c) => kingdee::check(found, path, c),
        Connection::Aiflow(c) => aiflow(found, path, c),
        Connection::Odoo(c) => odoo(found, path, c),
        Connection::Feishu(c) => feishu(found, path, c),
        Connection::DiApi(c) => barcode::di_api(found, path, c),
        Connection::Blacklake(c) => blacklake::check(found, path, c),
        Connection::Wecom(c) => wecom(found, path, c),
        Connection::Weaver(c) => weaver::check(found, path, c),
    }
}

/// A place where people see a document or form: an address of the web, with what tells it from others.
fn link(found: &mut Findings, path: &str, connection: &Connection) {
    let Some(link) = connection.link() else { return };
    let path = format!("{path}.link");
    let (needed, also) = match connection {
        Connection::B1(_) => ("{key}", "{object}"),
        _ => ("{instance}", "{instance}"),
    };
    if !link.starts_with("https://") && !link.starts_with("http://") {
        found.error(&path, ConnectionRule::LinkBegin);
    }
    if !link.contains(needed) {
        found.error(&path, ConnectionRule::LinkNames { needed: needed.to_owned() });
    }
    if link.replace(needed, "").replace(also, "").contains(['{', '}', '"', '<', '>', ' ']) {
        let (needed, also) = (needed.to_owned(), also.to_owned());
        found.error(&path, ConnectionRule::LinkHolds { needed, also });
    }
}

fn b1(found: &mut Findings, path: &str, c: &B1Connection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    found.filled(&format!("{path}.company_db"), &c.company_db);
    found.filled(&format!("{path}.username"), &c.username);
    let end = c.base_url.trim_end_matches('/').to_ascii_lowercase();
    for api in [ServiceLayer::V1, ServiceLayer::V2] {
        if end.ends_with(api.root()) {
            let (root, word) = (api.root().to_owned(), api.word().to_owned());
            found.error(&format!("{path}.base_url"), ConnectionRule::B1Root { root, word });
        }
    }
    if end.ends_with("/b1s") {
        found.error(&format!("{path}.base_url"), ConnectionRule::B1s);
    }
    let t = &c.timeouts;
    for (name, value) in [("login", t.login), ("read", t.read), ("write", t.write), ("approval", t.approval)] {
        found.duration(&format!("{path}.timeouts.{name}"), value, &CALL);
    }
    if !(1..=64).contains(&c.max_sessions) {
        found.error(&format!("{path}.max_sessions"), CommonRule::Between { least: 1, most: 64 });
    }
}

fn aiflow(found: &mut Findings, path: &str, c: &AiflowConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    for (name, value) in [("enterprise_code", &c.enterprise_code), ("app_id", &c.app_id)] {
        found.filled(&format!("{path}.{name}"), value);
        if value.contains(['"', '\\']) {
            found.error(&format!("{path}.{name}"), ConnectionRule::Quote);
        }
    }
    if !["a-signature", "x-a-signature"].contains(&c.header.to_ascii_lowercase().as_str()) {
        found.error(&format!("{path}.header"), ConnectionRule::AiflowHeader);
    }
    let end = c.base_url.trim_end_matches('/');
    if end.ends_with("/aflow") || end.ends_with("/aflow/api") {
        found.error(&format!("{path}.base_url"), ConnectionRule::Appended { part: "/aflow/api".to_owned() });
    }
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
}

fn feishu(found: &mut Findings, path: &str, c: &FeishuConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    found.filled(&format!("{path}.app_id"), &c.app_id);
    if c.base_url.trim_end_matches('/').ends_with("/open-apis") {
        found.error(&format!("{path}.base_url"), ConnectionRule::Appended { part: "/open-apis".to_owned() });
    }
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
}

fn odoo(found: &mut Findings, path: &str, c: &OdooConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    found.filled(&format!("{path}.database"), &c.database);
    found.filled(&format!("{path}.username"), &c.username);
    if c.base_url.trim_end_matches('/').ends_with("/jsonrpc") {
        found.error(&format!("{path}.base_url"), ConnectionRule::Appended { part: "/jsonrpc".to_owned() });
    }
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
}

fn dingtalk(found: &mut Findings, path: &str, c: &DingtalkConnection) {
    found.url(&format!("{path}.api_url"), &c.api_url);
    found.url(&format!("{path}.oapi_url"), &c.oapi_url);
    found.filled(&format!("{path}.app_key"), &c.app_key);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
    found.duration(&format!("{path}.freshness"), c.freshness, &FRESHNESS);
    found.duration(&format!("{path}.reconcile_every"), c.reconcile_every, &EVERY);
    found.duration(&format!("{path}.check_open_after"), c.check_open_after, &LOOK_UP);
    if c.owner.as_deref().is_some_and(str::is_empty) {
        found.error(&format!("{path}.owner"), ConnectionRule::EmptyOwner);
    }
    if c.calls_per_second > 500 {
        found.error(&format!("{path}.calls_per_second"), ConnectionRule::DingtalkRate);
    }
}

fn wecom(found: &mut Findings, path: &str, c: &WecomConnection) {
    found.url(&format!("{path}.api_url"), &c.api_url);
    found.filled(&format!("{path}.corp_id"), &c.corp_id);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
    found.duration(&format!("{path}.freshness"), c.freshness, &FRESHNESS);
    found.duration(&format!("{path}.reconcile_every"), c.reconcile_every, &EVERY);
    found.duration(&format!("{path}.check_open_after"), c.check_open_after, &LOOK_UP);
    if c.api_url.trim_end_matches('/').ends_with("/cgi-bin") {
        found.error(&format!("{path}.api_url"), ConnectionRule::Appended { part: "/cgi-bin".to_owned() });
    }
    for (name, text) in &c.domain_files {
        let place = format!("{path}.domain_files");
        let stem = name.strip_suffix(".txt").unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if stem.is_empty() || !stem.chars().all(plain) {
            found.error(&place, ConnectionRule::DomainFile { name: name.clone() });
        }
        found.filled(&format!("{place}.{name}"), text);
    }
}
