//! A factory in the MES of Black Lake. Every interface is a POST, and what is wrong is told by `code` in a body of status
//! 200; only a token that does not count has another status.

mod events;
mod feedings;
mod materials;
mod options;
mod orders;
mod people;
mod reports;

pub use events::BlacklakeEvent;
pub use options::{AbsentCode, BlacklakeOptions};
pub use people::{BlacklakeSnapshot, NewFeeding, NewReport};

use crate::action::ActionError;
use crate::delivery::{CallbackDelivery, CallbackOutcome};
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Incoming, Label, Simulated, System};
use crate::url;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use events::Events;
use feedings::Fed;
use http::Request;
use http::request::Parts;
use materials::Material;
use orders::Order;
use reports::Reported;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

const DOMAIN: &str = "/api/openapi/domain/web/v1";
const ROUTE: &str = "/api/openapi/domain/web/v1/route";
const SCHEDULE: &str = "/api/schedule-for-openapi";
const TOKEN: &str = "/api/openapi/domain/web/v1/system/_refreshToken";
/// The first id: ids have sixteen digits, which no binary float of 15 holds apart.
const FIRST_ID: i64 = 1_700_000_000_000_001;
/// Calls whose bodies are kept.
const CALLS: usize = 5_000;

/// One factory.
pub struct Blacklake {
    options: BlacklakeOptions,
    ids: Ids,
    next_id: i64,
    /// Tokens and the epoch ms of their ends.
    tokens: BTreeMap<String, i64>,
    tokens_issued: u64,
    materials: Vec<Material>,
    orders: Vec<Order>,
    reports: Vec<Reported>,
    feedings: Vec<Fed>,
    events: Events,
    calls: VecDeque<(String, Value)>,
}

impl fmt::Debug for Blacklake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blacklake").finish_non_exhaustive()
    }
}

/// A refusal: code, `subCode`, words.
type Refused = (i64, String, String);

impl System for Blacklake {
    fn matches(&self, path: &str) -> Option<Label> {
        let relative = [ROUTE, DOMAIN, SCHEDULE].iter().find_map(|root| path.strip_prefix(root))?;
        let label =
            Label { entity: path.to_owned(), key: None, relative: relative.to_owned(), is_login: path == TOKEN };
        Some(label)
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let (parts, body) = request.into_parts();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if parts.method != http::Method::POST {
            return reply::html(405);
        }
        if incoming.path == TOKEN {
            return self.issue(incoming.now_ms, incoming.wrong_password, &body);
        }
        if !self.lets_in(incoming.now_ms, &parts) {
            return reply::json(401, &envelope(400_150, "SSO_TOKEN_FAIL", "登录失效", None));
        }
        let call = [ROUTE, SCHEDULE].iter().find_map(|root| incoming.path.strip_prefix(root)).unwrap_or_default();
        if self.calls.len() == CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back((call.to_owned(), body.clone()));
        match self.serve(incoming.now_ms, call, &body) {
            Some(Ok(data)) if self.options.numbers_as_text => good(as_text(data)),
            Some(Ok(data)) => good(data),
            Some(Err((code, sub_code, words))) => reply::json(200, &envelope(code, &sub_code, &words, None)),
            None => reply::html(404),
        }
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.tokens.clear();
    }

    /// In the vendor's envelope.
    fn rate_limited(&mut self, _path: &str) -> Reply {
        reply::json(429, &envelope(429, "OPENAPI-DOMAIN/RATE_LIMIT", "请求过于频繁", None))
    }

    fn due(&mut self, now_ms: i64) -> Vec<CallbackDelivery> {
        self.due_events(now_ms)
    }

    fn delivered(&mut self, now_ms: i64, number: u64, outcome: CallbackOutcome) -> bool {
        self.events.settle(now_ms, number, &outcome)
    }

    fn next_due_at(&self) -> Option<i64> {
        self.options.callback_url.as_ref().and_then(|_| self.events.next_at())
    }

    fn act(&mut self, now_ms: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>> {
        self.act_by_hand(now_ms, method, parts, body)
    }
}

impl Simulated for Blacklake {
    type Options = BlacklakeOptions;
    type Snapshot = BlacklakeSnapshot;

    fn new(seed: u64, options: BlacklakeOptions) -> Self {
        Self {
            options,
            ids: Ids::new(seed),
            next_id: FIRST_ID,
            tokens: BTreeMap::new(),
            tokens_issued: 0,
            materials: Vec::new(),
            orders: Vec::new(),
            reports: Vec::new(),
            feedings: Vec::new(),
            events: Events::default(),
            calls: VecDeque::new(),
        }
    }

    fn options(&mut self) -> &mut BlacklakeOptions {
        &mut self.options
    }

    fn snapshot(&self) -> BlacklakeSnapshot {
        self.snapshot_of()
    }
}

impl Blacklake {
    fn serve(&mut self, now_ms: i64, call: &str, body: &Value) -> Option<Result<Value, Refused>> {
        Some(match call {
            "/material/open/v1/material/_doimport" => self.import_material(body),
            "/material/open/v1/material/_stop" => self.enable(body, false),
            "/material/open/v1/material/_start" => self.enable(body, true),
            "/material/open/v1/material/_list" => self.list_materials(body),
            "/med/open/v1/work_order/_doImport" => self.import_order(now_ms, body),
            "/med/open/v1/work_order/update" => self.update_order(now_ms, body),
            "/med/open/v1/work_order/batch_close" => self.close_orders(body),
            "/custom-object/open/v1/object_service/_code_to_id" => self.code_to_id(body),
            "/med/open/v1/work_order/base/_detail" => self.order_detail(body),
            "/med/open/v1/work_order/process_plan/_detail" => self.plan_detail(body),
            "/mfg/open/v1/progress_report/_list" => self.list_reports(body),
            "/mfg/open/v1/feed_record/feed_record/_detail" => self.feeding_detail(body),
            "/mfg/open/v1/feed_record/_list" => self.list_feedings(body),
            _ => return None,
        })
    }

    /// `_refreshToken`: a JSON web token that says when it ends.
    fn issue(&mut self, now_ms: i64, wrong_password: bool, body: &Value) -> Reply {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
        let known = text("appKey") == self.options.app_key && text("appSecret") == self.options.app_secret;
        if wrong_password || !known || text("factoryNumber") != self.options.factory_number {
            return reply::json(200, &envelope(400, "OPENAPI-DOMAIN/APP_AUTH_FAIL", "appKey或appSecret错误", None));
        }
        let life_ms = i64::try_from(self.options.token_life.as_millis()).unwrap_or(i64::MAX);
        let end = now_ms.saturating_add(life_ms);
        let claims = json!({ "exp": end.div_euclid(1000), "iat": now_ms.div_euclid(1000), "jti": self.ids.token() });
        let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()), self.ids.token());
        self.tokens.insert(token.clone(), end);
        self.tokens_issued += 1;
        good(json!({ "token": token, "terminal": 5, "username": "openapi", "code": "openapi", "name": "开放平台" }))
    }

    fn lets_in(&self, now_ms: i64, parts: &Parts) -> bool {
        let query = url::query(parts.uri.query().unwrap_or(""));
        let in_query = query.iter().find(|(name, _)| name == "access_token").map(|(_, value)| value.as_str());
        let in_header = parts.headers.get("access_token").and_then(|value| value.to_str().ok());
        let given = in_query.or_else(|| in_header.filter(|_| self.options.takes_header));
        given.and_then(|token| self.tokens.get(token)).is_some_and(|end| now_ms < *end)
    }

    fn new_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id - 1
    }
}

fn envelope(code: i64, sub_code: &str, message: &str, data: Option<Value>) -> Value {
    json!({ "code": code, "subCode": sub_code, "message": message, "data": data, "needCheck": 0,
        "fieldPermission": { "encoding": null, "noAccess": [], "readonly": [] } })
}

fn good(data: Value) -> Reply {
    let data = if data.is_null() { None } else { Some(data) };
    reply::json(200, &envelope(200, "", "成功", data))
}

/// Every number as a text of its digits.
fn as_text(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(as_text).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, as_text(value))).collect(),
        other => other,
    }
}

fn refused<T>(sub_code: &str, words: impl Into<String>) -> Result<T, Refused> {
    Err((500, sub_code.to_owned(), words.into()))
}

fn text(body: &Value, name: &str) -> String {
    match body.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A page of rows: `page` from 1, `size` from 20 to 200.
fn page(body: &Value, rows: Vec<Value>) -> Result<Value, Refused> {
    let number = |name: &str, usual: u64| body.get(name).map_or(Some(usual), Value::as_u64);
    let (Some(page @ 1..), Some(size @ 20..=200)) = (number("page", 1), number("size", 20)) else {
        return refused("OPENAPI-DOMAIN/PARAM", "page或size不合法");
    };
    let total = rows.len();
    let skipped = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let list: Vec<Value> = rows.into_iter().skip(skipped).take(usize::try_from(size).unwrap_or(0)).collect();
    Ok(json!({ "list": list, "page": page, "total": total }))
}
