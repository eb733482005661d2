//! Connections: where an outside system is and how to be let in.

mod aiflow;
mod blacklake;
mod bound_to;
mod di_api;
mod feishu;
mod odoo;
mod weaver;
mod wecom;

pub use aiflow::AiflowConnection;
pub use blacklake::{
    BlacklakeConnection, BlacklakeEvents, BlacklakePaths, BlacklakeValues, CallbackCipher, CallbackKey, TokenPlace,
};
pub use di_api::DiApiConnection;
pub use feishu::FeishuConnection;
pub use odoo::OdooConnection;
pub use weaver::{WeaverConnection, WeaverResult};
pub use wecom::WecomConnection;

mod kingdee;

pub use kingdee::KingdeeConnection;

use super::{Secret, Tagged};
use crate::code;
use crate::duration;
use crate::ids::ConnectionId;
use crate::text;
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;

/// One outside system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Connection {
    /// SAP Business One Service Layer.
    B1(B1Connection),
    /// DingTalk.
    Dingtalk(DingtalkConnection),
    /// An aiflow that departments and people are pushed to.
    Aiflow(AiflowConnection),
    /// Odoo, whose departments and employees are read.
    Odoo(OdooConnection),
    /// Feishu, for notices.
    Feishu(FeishuConnection),
    /// A DI API.
    #[serde(rename = "di_api", alias = "di-api")]
    DiApi(Box<DiApiConnection>),
    /// The MES of Black Lake.
    Blacklake(Box<BlacklakeConnection>),
    /// Weaver.
    Weaver(Box<WeaverConnection>),
    /// WeCom.
    Wecom(WecomConnection),
    /// Kingdee K3Cloud, whose documents and base data are read.
    Kingdee(Box<KingdeeConnection>),
}

impl Connection {
    /// The connection's id.
    pub fn id(&self) -> &ConnectionId {
        match self {
            Self::B1(c) => &c.id,
            Self::Dingtalk(c) => &c.id,
            Self::Kingdee(c) => &c.id,
            Self::Aiflow(c) => &c.id,
            Self::Odoo(c) => &c.id,
            Self::Feishu(c) => &c.id,
            Self::DiApi(c) => &c.id,
            Self::Blacklake(c) => &c.id,
            Self::Weaver(c) => &c.id,
            Self::Wecom(c) => &c.id,
        }
    }

    /// Every kind there is.
    pub fn kinds() -> &'static [&'static str] {
        <Self as Tagged>::KINDS
    }

    /// The word used in the configuration file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::B1(_) => "b1",
            Self::Dingtalk(_) => "dingtalk",
            Self::Kingdee(_) => "kingdee",
            Self::Aiflow(_) => "aiflow",
            Self::Odoo(_) => "odoo",
            Self::Feishu(_) => "feishu",
            Self::DiApi(_) => "di_api",
            Self::Blacklake(_) => "blacklake",
            Self::Weaver(_) => "weaver",
            Self::Wecom(_) => "wecom",
        }
    }

    /// Where people see one of its documents or forms in a browser, with placeholders, where that is said.
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::B1(c) => c.link.as_deref(),
            Self::Dingtalk(c) => c.link.as_deref(),
            Self::Weaver(c) => c.link.as_deref(),
            Self::Wecom(c) => c.link.as_deref(),
            Self::Aiflow(_)
            | Self::Odoo(_)
            | Self::Feishu(_)
            | Self::DiApi(_)
            | Self::Blacklake(_)
            | Self::Kingdee(_) => None,
        }
    }

    /// Every secret with its key, so that one place can resolve, seal or open them all.
    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut Secret)> {
        match self {
            Self::B1(c) => vec![("password", &mut c.password)],
            Self::Kingdee(c) => {
                let both = [("password", &mut c.password), ("app_secret", &mut c.app_secret)];
                both.into_iter().filter(|(_, secret)| !secret.is_empty()).collect()
            }
            Self::Aiflow(c) => vec![("app_secret", &mut c.app_secret)],
            Self::Odoo(c) => vec![("api_key", &mut c.api_key)],
            Self::Feishu(c) => vec![("app_secret", &mut c.app_secret)],
            Self::Blacklake(c) => {
                let mut all = vec![("app_secret", &mut c.app_secret)];
                if !c.callback_secret.is_empty() {
                    all.push(("callback_secret", &mut c.callback_secret));
                }
                all
            }
            Self::Dingtalk(c) => {
                vec![("app_secret", &mut c.app_secret), ("token", &mut c.token), ("aes_key", &mut c.aes_key)]
            }
            Self::DiApi(c) => vec![("password", &mut c.password)],
            Self::Weaver(c) => {
                let mut all = vec![("secret", &mut c.secret), ("spk", &mut c.spk)];
                if !c.system_password.is_empty() {
                    all.push(("system_password", &mut c.system_password));
                }
                all
            }
            Self::Wecom(c) => vec![("secret", &mut c.secret), ("token", &mut c.token), ("aes_key", &mut c.aes_key)],
        }
    }
}

impl Connection {
    /// The kinds that are an ERP.
    pub const ERPS: &'static [&'static str] = &["b1"];
    /// The kinds that are an OA.
    pub const OAS: &'static [&'static str] = &["dingtalk", "wecom", "weaver"];
    /// The kinds of OA that push documents; at the others a document begins as a form.
    pub const PUSH_DOCUMENTS: &'static [&'static str] = &["weaver"];
}

impl Tagged for Connection {
    const KINDS: &'static [&'static str] =
        &["b1", "dingtalk", "di_api", "blacklake", "weaver", "wecom", "feishu", "odoo", "aiflow", "kingdee"];

    fn read<'de, D: Deserializer<'de>>(kind: &str, keys: D) -> Option<Result<Self, D::Error>> {
        Some(match kind {
            "b1" => B1Connection::deserialize(keys).map(Self::B1),
            "dingtalk" => DingtalkConnection::deserialize(keys).map(Self::Dingtalk),
            "kingdee" => KingdeeConnection::deserialize(keys).map(|c| Self::Kingdee(Box::new(c))),
            "aiflow" => AiflowConnection::deserialize(keys).map(Self::Aiflow),
            "odoo" => OdooConnection::deserialize(keys).map(Self::Odoo),
            "feishu" => FeishuConnection::deserialize(keys).map(Self::Feishu),
            "di_api" | "di-api" => DiApiConnection::deserialize(keys).map(|c| Self::DiApi(Box::new(c))),
            "blacklake" => BlacklakeConnection::deserialize(keys).map(|c| Self::Blacklake(Box::new(c))),
            "weaver" => WeaverConnection::deserialize(keys).map(|c| Self::Weaver(Box::new(c))),
            "wecom" => WecomConnection::deserialize(keys).map(Self::Wecom),
            _ => return None,
        })
    }
}

/// What reconciling an OA's instances goes by, whichever OA it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OaTimes {
    /// How often it looks for what was missed.
    pub reconcile_every: Duration,
    /// How long an instance may be open before it is looked up.
    pub check_open_after: Duration,
    /// Time-out of one call.
    pub timeout: Duration,
}

impl Connection {
    /// The ERP field that usually carries this OA's instance id.
    pub fn usual_instance_mark(&self) -> &'static str {
        match self {
            Self::Blacklake(_)
            | Self::B1(_)
            | Self::Dingtalk(_)
            | Self::Feishu(_)
            | Self::Odoo(_)
            | Self::Aiflow(_)
            | Self::Kingdee(_) => "U_instanceID",
            // No document of an OA is told by it.
            Self::DiApi(_) => "",
            Self::Wecom(_) => "U_SPNO",
            Self::Weaver(_) => "U_REQUESTID",
        }
    }

    /// The one of `[[apps]]` that calls for this connection, and for nothing else.
    pub fn app(&self) -> Option<&str> {
        match self {
            Self::Weaver(connection) => connection.app.as_deref(),
            Self::DiApi(_) => None,
            Self::Blacklake(_)
            | Self::B1(_)
            | Self::Dingtalk(_)
            | Self::Wecom(_)
            | Self::Feishu(_)
            | Self::Odoo(_)
            | Self::Aiflow(_)
            | Self::Kingdee(_) => None,
        }
    }

    /// An OA's times; `None` when it is no OA.
    pub fn oa_times(&self) -> Option<OaTimes> {
        match self {
            Self::DiApi(_) | Self::Kingdee(_) | Self::Aiflow(_) => None,
            Self::Blacklake(_) | Self::B1(_) | Self::Feishu(_) | Self::Odoo(_) => None,
            Self::Dingtalk(connection) => Some(connection.times()),
            Self::Weaver(connection) => Some(connection.times()),
            Self::Wecom(connection) => Some(connection.times()),
        }
    }
}

impl DingtalkConnection {
    /// What reconciling its instances goes by.
    pub fn times(&self) -> OaTimes {
        let Self { reconcile_every, check_open_after, timeout, .. } = *self;
        OaTimes { reconcile_every, check_open_after, timeout }
    }
}

impl WecomConnection {
    /// What reconciling its approvals goes by.
    pub fn times(&self) -> OaTimes {
        let Self { reconcile_every, check_open_after, timeout, .. } = *self;
        OaTimes { reconcile_every, check_open_after, timeout }
    }
}

/// A B1 company reached through the Service Layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct B1Connection {
    /// Letters, digits and dashes.
    pub id: ConnectionId,
    /// Scheme, host, port and any path before `/b1s`, which is appended with the version.
    pub base_url: String,
    /// The version of the Service Layer that the site serves.
    #[serde(default)]
    pub api: ServiceLayer,
    /// The company database (账套).
    #[serde(deserialize_with = "code::trimmed")]
    pub company_db: String,
    /// The B1 user.
    #[serde(deserialize_with = "code::trimmed")]
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// B1's language number; 15 is Simplified Chinese.
    #[serde(default = "language_default")]
    pub language: i64,
    /// IANA name; B1 dates are the company's local dates.
    #[serde(default = "time_zone_default")]
    pub time_zone: String,
    /// A PEM file with the authority that signed the server's certificate. Read when the
    /// configuration is applied; its text goes to `ca_pem`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// The PEM text itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// Sessions held at once. The server serialises the calls of one session, and each session
    /// takes licence capacity.
    #[serde(default = "max_sessions_default")]
    pub max_sessions: u32,
    /// Where people see a document in a browser, with `{object}` and `{key}` in it; pages lead there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub link: Option<String>,
    /// Time-outs per kind of call.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// Versions of the Service Layer. The same entities, read and written alike; what differs are the names of
/// what is no field (`odata.nextLink`) and how errors are spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceLayer {
    /// OData 3, `/b1s/v1`; deprecated from FP 2405.
    #[default]
    V1,
    /// OData 4, `/b1s/v2`.
    V2,
}

impl ServiceLayer {
    /// The path of the service root.
    pub fn root(self) -> &'static str {
        match self {
            Self::V1 => "/b1s/v1",
            Self::V2 => "/b1s/v2",
        }
    }

    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    /// The version that it is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::V1 => Self::V2,
            Self::V2 => Self::V1,
        }
    }
}

/// B1 time-outs per kind of call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// `Login`.
    #[serde(with = "duration::text")]
    pub login: Duration,
    /// Reads.
    #[serde(with = "duration::text")]
    pub read: Duration,
    /// Creates, changes and deletes.
    #[serde(with = "duration::text")]
    pub write: Duration,
    /// `ApprovalRequests`, an entity seen to take up to ten seconds.
    #[serde(with = "duration::text")]
    pub approval: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            login: Duration::from_secs(20),
            read: Duration::from_secs(30),
            write: Duration::from_secs(30),
            approval: Duration::from_secs(30),
        }
    }
}

/// A DingTalk internal app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingtalkConnection {
    /// Letters, digits and dashes; part of the callback URL.
    pub id: ConnectionId,
    /// The new API's host.
    #[serde(default = "api_url_default")]
    pub api_url: String,
    /// The old API's host.
    #[serde(default = "oapi_url_default")]
    pub oapi_url: String,
    /// AppKey, now also called Client ID.
    #[serde(deserialize_with = "code::trimmed")]
    pub app_key: String,
    /// AppSecret.
    pub app_secret: Secret,
    /// AgentId of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<i64>,
    /// Token of the event subscription.
    pub token: Secret,
    /// aes_key of the event subscription, 43 letters and digits.
    pub aes_key: Secret,
    /// The id sealed into every envelope: the AppKey for a subscription made in the developer
    /// console, the CorpId for a callback registered by the old API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When given, events of another company are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corp_id: Option<String>,
    /// How far a callback's timestamp may be from now.
    #[serde(default = "freshness_default", with = "duration::text")]
    pub freshness: Duration,
    /// How often the failed-callback list is read and long-open instances are looked up.
    #[serde(default = "reconcile_default", with = "duration::text")]
    pub reconcile_every: Duration,
    /// How long an instance is open before it is looked up.
    #[serde(default = "open_after_default", with = "duration::text")]
    pub check_open_after: Duration,
    /// Time-out of one call.
    #[serde(default = "oa_timeout_default", with = "duration::text")]
    pub timeout: Duration,
    /// Where people see a form in a browser, with `{instance}` in it; pages lead there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub link: Option<String>,
    /// Calls a second, evenly, when a whole tree of departments or a long attendance is read; 0 for any number.
    #[serde(default = "calls_per_second_default")]
    pub calls_per_second: u32,
}

impl DingtalkConnection {
    /// The id expected inside the envelopes.
    pub fn owner(&self) -> &str {
        self.owner.as_deref().unwrap_or(&self.app_key)
    }
}

/// A tenant app given in the configuration file, for a local start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenapiApp {
    /// Begins with `os_`.
    pub app_key: String,
    /// Signs the calls.
    pub app_secret: Secret,
    /// The tenant.
    pub tenant: String,
    /// The module the key opens.
    pub module: String,
}

fn language_default() -> i64 {
    15
}
fn time_zone_default() -> String {
    "Asia/Shanghai".to_owned()
}
fn max_sessions_default() -> u32 {
    4
}
fn api_url_default() -> String {
    "https://api.dingtalk.com".to_owned()
}
fn oapi_url_default() -> String {
    "https://oapi.dingtalk.com".to_owned()
}
fn freshness_default() -> Duration {
    Duration::from_secs(300)
}
fn reconcile_default() -> Duration {
    Duration::from_secs(600)
}
fn open_after_default() -> Duration {
    Duration::from_secs(1_800)
}
fn calls_per_second_default() -> u32 {
    140
}

fn oa_timeout_default() -> Duration {
    Duration::from_secs(10)
}
