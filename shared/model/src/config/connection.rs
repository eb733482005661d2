//! Connections: where an outside system is and how to be let in.

mod aiflow;
mod b1;
mod blacklake;
mod bound_to;
mod di_api;
mod dingtalk;
mod feishu;
mod kingdee;
mod odoo;
mod weaver;
mod wecom;

pub use aiflow::AiflowConnection;
pub use b1::{B1Connection, ServiceLayer, Timeouts};
pub use blacklake::{
    BlacklakeConnection, BlacklakeEvents, BlacklakePaths, BlacklakeValues, CallbackCipher, CallbackKey, TokenPlace,
};
pub use di_api::DiApiConnection;
pub use dingtalk::DingtalkConnection;
pub use feishu::FeishuConnection;
pub use kingdee::KingdeeConnection;
pub use odoo::OdooConnection;
pub use weaver::{WeaverConnection, WeaverResult};
pub use wecom::WecomConnection;

use super::{Secret, Tagged};
use crate::ids::ConnectionId;
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

fn time_zone_default() -> String {
    "Asia/Shanghai".to_owned()
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
fn oa_timeout_default() -> Duration {
    Duration::from_secs(10)
}
