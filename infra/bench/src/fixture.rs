//! The sandbox's configuration, cut down to the flow that is measured.

use crate::Result;
use std::time::Duration;
use tenon::commands::sandbox_config;
use tenon_model::TenantId;
use tenon_model::config::{Connection, Flow};
use tenon_platform::Context;
use tenon_platform::config_store::Loaded;

/// B1 sessions a connection may hold at once.
pub const SESSIONS: u32 = 4;
/// The flow that is measured.
pub const FLOW: &str = "purchase-request";

/// The OA that is measured.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// DingTalk.
    Dingtalk,
    /// WeCom.
    Wecom,
    /// Weaver.
    Weaver,
}

impl Measured {
    /// The flow over it.
    pub fn flow(self) -> &'static str {
        match self {
            Self::Dingtalk => FLOW,
            Self::Wecom => "goods-issue",
            Self::Weaver => "inventory-transfer",
        }
    }
}

/// Stores the sandbox's connections and the purchase-request flow, which polls each minute as in the
/// documents, and B1's sessions limited to [`SESSIONS`].
pub async fn configure(ctx: &Context, url: &str) -> Result<std::sync::Arc<Loaded>> {
    configure_for(ctx, url, Measured::Dingtalk).await
}

/// The same with the flow over this OA.
pub async fn configure_for(ctx: &Context, url: &str, oa: Measured) -> Result<std::sync::Arc<Loaded>> {
    let mut config = sandbox_config::config(url)?;
    config.flows.retain(|f: &Flow| f.id().as_str() == oa.flow());
    for flow in &mut config.flows {
        if let Flow::Approval(flow) = flow {
            flow.every = Duration::from_secs(60);
        }
    }
    for connection in &mut config.connections {
        if let Connection::B1(b1) = connection {
            b1.max_sessions = SESSIONS;
        }
    }
    let tenant = TenantId::operator();
    ctx.config.replace_all(&tenant, config, &ctx.entropy).await?;
    Ok(ctx.config.load(&tenant).await?)
}

/// A goods issue, which is approved in WeCom.
pub fn goods_issue(number: usize) -> tenon_sandbox::NewDraft {
    use serde_json::json;
    tenon_sandbox::NewDraft::new("60")
        .field("U_ISSYN", "N")
        .field("U_UserID", "zhangsan")
        .field("Comments", format!("第 {number} 张"))
        .line(json!({ "ItemCode": "11028", "Quantity": 55.0 }))
        .line(json!({ "ItemCode": "14003", "Quantity": 11.0 }))
}

/// An inventory transfer, which is approved in Weaver.
pub fn transfer(number: usize) -> tenon_sandbox::NewDraft {
    use serde_json::json;
    tenon_sandbox::NewDraft::new("67")
        .field("U_ISSYN", "N")
        .field("U_UserID", "66")
        .field("RequesterName", "销售经理：张涛")
        .field("Comments", format!("第 {number} 张"))
        .line(json!({ "ItemCode": "11028", "Quantity": 55.0 }))
        .line(json!({ "ItemCode": "14003", "Quantity": 11.0 }))
}

/// A purchase request as the demo's buyers add them.
pub fn purchase_request(number: usize) -> tenon_sandbox::NewDraft {
    use serde_json::json;
    tenon_sandbox::NewDraft::new("1470000113")
        .field("U_ISSYN", "N")
        .field("U_UserID", "zhangsan")
        .field("RequesterName", "销售经理：张涛")
        .field("Comments", format!("第 {number} 张"))
        .line(json!({ "ItemCode": "11028", "ItemDescription": "聚氯乙烯", "Quantity": 55.0, "Price": 300.0 }))
        .line(json!({ "ItemCode": "14003", "ItemDescription": "聚丙烯", "Quantity": 11.0, "Price": 33.0 }))
}
