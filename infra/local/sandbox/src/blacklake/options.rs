//! What a factory is set up with: fixed demo credentials, its units and process routes, and what differs between sites.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Settings of a factory.
#[derive(Clone)]
pub struct BlacklakeOptions {
    /// appKey of the application.
    pub app_key: String,
    /// Its appSecret.
    pub app_secret: String,
    /// The factory's number.
    pub factory_number: String,
    /// How long a token lives.
    pub token_life: Duration,
    /// Whether a token may come in the header `access_token`.
    pub takes_header: bool,
    /// Units by name, which materials are counted in; without any, every name is one.
    pub units: Vec<String>,
    /// Whether a work order's materials have to be there.
    pub needs_materials: bool,
    /// Whether a material that is stopped may be imported.
    pub imports_stopped: bool,
    /// How the MES says that there is no work order of a code.
    pub absent: AbsentCode,
    /// How the list of a plan's operations is spelled.
    pub processes: &'static str,
    /// The operations of work orders, by the product's code; `""` is the one of all others.
    pub routes: BTreeMap<String, Value>,
    /// Where events are posted to; without it they are only recorded.
    pub callback_url: Option<String>,
    /// The content secret of the event callback; without it events are not sealed.
    pub callback_secret: Option<String>,
    /// Whether every number of an answer's data is a text, ids and totals among them.
    pub numbers_as_text: bool,
    /// Time an answer takes.
    pub latency: Duration,
}

/// How the MES says that there is no object of a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AbsentCode {
    /// 200 with `{"id": null}`.
    #[default]
    IdNull,
    /// 200 without data.
    NoData,
    /// Another code with this `subCode`.
    SubCode(String),
}

impl Default for BlacklakeOptions {
    fn default() -> Self {
        Self {
            app_key: "blacklake-sandbox-app".into(),
            app_secret: "blacklake-sandbox-secret".into(),
            factory_number: "34133123".into(),
            token_life: Duration::from_secs(7_200),
            takes_header: true,
            units: Vec::new(),
            needs_materials: false,
            imports_stopped: true,
            absent: AbsentCode::default(),
            processes: "processes",
            routes: BTreeMap::from([(String::new(), two_operations())]),
            callback_url: None,
            callback_secret: Some("tenon-bl-secret-2026".into()),
            numbers_as_text: false,
            latency: Duration::ZERO,
        }
    }
}

/// Cutting, number 9, and then assembly, number 10: as texts the numbers are in the other order.
fn two_operations() -> Value {
    json!([{ "processNum": "9", "processSeq": 1, "processCode": "P-CUT", "processName": "下料" },
           { "processNum": "10", "processSeq": 2, "processCode": "P-ASM", "processName": "组装" }])
}

impl fmt::Debug for BlacklakeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlacklakeOptions").field("app_key", &self.app_key).finish_non_exhaustive()
    }
}
