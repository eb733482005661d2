//! A B1 and a WeCom that answer, and a form with its object to be matched.

use crate::fixture::Fixture;
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use std::sync::Arc;
use tenon_model::TenantId;
use tenon_platform::Clock;
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_sandbox::{Outcome, Sandbox, SandboxOptions, WecomControl, WecomTemplate};
use tenon_testkit::Installation;

/// The order's template.
pub const ORDER: &str = "3TmOrder";
/// 2026-11-22 10:00 in Shanghai.
pub const NOW_MS: i64 = 1_795_312_800_000;

struct ToSandbox {
    sandbox: Sandbox,
    clock: Clock,
}

#[async_trait]
impl Http for ToSandbox {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let mut request = http::Request::builder().method(call.method).uri(&call.url).body(Bytes::new()).unwrap();
        *request.headers_mut() = call.headers;
        *request.body_mut() = call.body;
        match self.sandbox.handle(self.clock.now_ms(), request) {
            Outcome::Answer { response, .. } => {
                let (parts, body) = response.into_parts();
                Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
            }
            Outcome::Dropped { .. } => Err(Failure::NoAnswer("the connection was closed".to_owned())),
        }
    }
}

/// The form of a purchase order.
pub fn order_form() -> WecomTemplate {
    let columns = vec![WecomControl::new("Text", "Text-11", "品号"), WecomControl::new("Number", "Number-12", "数量")];
    WecomTemplate::new("采购订单审批")
        .with(WecomControl::new("Text", "Text-1", "来源单号").required())
        .with(WecomControl::new("Text", "Text-2", "供应商名称"))
        .with(WecomControl::new("Date", "Date-3", "到货日期"))
        .with(WecomControl::new("Money", "Money-4", "总金额"))
        .with(WecomControl::new("Text", "Text-6", "审批级别").required())
        .with(WecomControl::new("Tips", "Tips-7", "填表说明"))
        .with(WecomControl::table("Table-8", "采购明细", columns))
}

impl Fixture {
    /// With vendors that answer, one order, and no flow.
    pub async fn with_vendors() -> (Self, Sandbox) {
        let mut installation = Installation::at(NOW_MS).await;
        let options = SandboxOptions::default();
        let config = json!({ "connections": [
            { "kind": "b1", "id": "b1-main", "base_url": "http://b1", "company_db": options.b1.company_db,
              "username": options.b1.username, "password": options.b1.password },
            { "kind": "wecom", "id": "wecom-main", "api_url": "http://wecom", "corp_id": options.wecom.corp_id,
              "secret": options.wecom.secret, "token": options.wecom.token, "aes_key": options.wecom.aes_key },
        ] });
        let sandbox = Sandbox::new(options);
        let http = Arc::new(ToSandbox { sandbox: sandbox.clone(), clock: installation.clock.clone() });
        installation.ctx = Installation::process_of(&installation.local, http, 1);
        sandbox.wecom().set_template(ORDER, order_form());
        for number in [11, 12] {
            let order = json!({ "DocEntry": number, "CardName": format!("供应商<{number}>"), "U_UserID": "zhangsan",
                "U_ISSYN": "N", "DocDueDate": "2026-12-01", "RequriedDate": "2026-12-02", "DocTotal": 12.5,
                "DocumentLines": [{ "ItemCode": "A1", "Quantity": 2 }, { "ItemCode": "A2", "Quantity": 3.5 }] });
            sandbox.b1().create_document(NOW_MS, "PurchaseOrders", order).unwrap();
        }
        let ctx = installation.ctx.clone();
        let tenant = TenantId::operator();
        ctx.config.replace_all(&tenant, serde_json::from_value(config).unwrap(), &ctx.entropy).await.unwrap();
        (Self { installation, ctx }, sandbox)
    }
}
