//! The configuration of the sandbox: every kind of flow once.

use crate::output::Failure;
use serde_json::json;
use tenon_model::config::Config;
use tenon_sandbox::{
    SandboxOptions, WeaverOptions, WeaverPush, WeaverWorkflow, WecomControl, WecomOptions, WecomTemplate,
};

/// Form of the purchase request.
pub const PURCHASE_REQUEST: &str = "PROC-PURCHASE-REQUEST";
/// Form of the sales order.
pub const SALES_ORDER: &str = "PROC-SALES-ORDER";
/// Form of the business quotation.
pub const QUOTATION: &str = "PROC-QUOTATION";

/// Form of the goods issue, in WeCom.
pub const GOODS_ISSUE: &str = "3WK7GOODSISSUE";

/// What the sandbox has of WeCom.
pub fn wecom(callback_url: String) -> WecomOptions {
    let columns =
        vec![WecomControl::new("Text", "Text-4", "物料编号"), WecomControl::new("Number", "Number-5", "数量")];
    let form = WecomTemplate::new("库存发货")
        .with(WecomControl::new("Text", "Text-1", "草稿单号"))
        .with(WecomControl::new("Textarea", "Textarea-2", "备注"))
        .with(WecomControl::table("Table-3", "物料明细", columns));
    WecomOptions {
        callback_url: Some(callback_url),
        templates: [(GOODS_ISSUE.to_owned(), form)].into(),
        ..WecomOptions::default()
    }
}

/// Workflow of the inventory transfer, in E-cology.
pub const TRANSFER: &str = "24";
/// What the simulated E-cology shows when it pushes a result.
const WEAVER_CODE: &str = "weaver-sandbox-app-code";
/// The app code of the PLM.
pub const PLM_CODE: &str = "plm-sandbox-app-code";
/// The app code of the sandbox's dashboard, which calls the services of processes.
pub const FLOW_CODE: &str = "flow-sandbox-code";
/// The custom object that takes routings.
pub const ROUTING: &str = "GYLX";

/// The app code of the simulated barcode application.
pub const BARCODE_CODE: &str = "barcode-sandbox-app-code";

/// What the sandbox has of E-cology, whose outgoing action posts here.
pub fn weaver(push_url: &str) -> WeaverOptions {
    let form = WeaverWorkflow::new("库存转储", &["sqr", "bz"])
        .required("djbh")
        .table("formtable_main_24_dt1", &["wlbm", "sl"]);
    WeaverOptions {
        workflows: [(TRANSFER.to_owned(), form)].into(),
        push: Some(WeaverPush::to(push_url, WEAVER_CODE)),
        ..WeaverOptions::default()
    }
}

/// Connections and flows for a sandbox at this URL.
pub fn config(url: &str) -> Result<Config, Failure> {
    let sandbox = SandboxOptions::default();
    let value = json!({
        "connections": [
            { "kind": "b1", "id": "b1-sandbox", "base_url": url, "company_db": sandbox.b1.company_db,
              "username": sandbox.b1.username, "password": sandbox.b1.password },
            { "kind": "dingtalk", "id": "ding-sandbox", "api_url": url, "oapi_url": url, "app_key": sandbox.dingtalk.app_key,
              "app_secret": sandbox.dingtalk.app_secret, "token": sandbox.dingtalk.token, "aes_key": sandbox.dingtalk.aes_key,
              "owner": sandbox.dingtalk.owner, "corp_id": sandbox.dingtalk.corp_id, "agent_id": sandbox.dingtalk.agent_id },
            { "kind": "wecom", "id": "wecom-sandbox", "api_url": url, "corp_id": sandbox.wecom.corp_id,
              "secret": sandbox.wecom.secret, "token": sandbox.wecom.token, "aes_key": sandbox.wecom.aes_key },
            { "kind": "di_api", "id": "di-sandbox", "base_url": url, "company_db": sandbox.di_api.company_db,
              "username": sandbox.di_api.username, "password": sandbox.di_api.password },
            { "kind": "weaver", "id": "weaver-sandbox", "base_url": url, "app_id": sandbox.weaver.app_id,
              "secret": sandbox.weaver.secret, "spk": sandbox.weaver.spk, "app": "weaver",
              "result": { "approved": ["1"], "rejected": ["2"], "approver": "approver", "comments": "remark" } },
            { "kind": "blacklake", "id": "mes-sandbox", "base_url": url, "app_key": sandbox.blacklake.app_key,
              "app_secret": sandbox.blacklake.app_secret, "factory_number": sandbox.blacklake.factory_number,
              "callback_secret": sandbox.blacklake.callback_secret },
            { "kind": "odoo", "id": "odoo-sandbox", "base_url": url, "database": sandbox.odoo_hr.database,
              "username": sandbox.odoo_hr.username, "api_key": sandbox.odoo_hr.api_key },
            { "kind": "aiflow", "id": "aiflow-sandbox", "base_url": format!("{url}/vendor"),
              "enterprise_code": sandbox.aiflow.enterprise_code, "app_id": sandbox.aiflow.app_id,
              "app_secret": sandbox.aiflow.app_secret }
        ],
        "notices": { "channels": ["ding-sandbox"] },
        "apps": [{ "id": "weaver", "app_code": WEAVER_CODE },
                 { "id": "barcode", "app_code": BARCODE_CODE, "connections": ["b1-sandbox"] },
                 { "id": "plm", "app_code": PLM_CODE, "connections": ["b1-sandbox"] },
                 { "id": "dashboard", "app_code": FLOW_CODE, "services": ["flow"], "code_in_query": true }],
        "barcode": [{ "connection": "b1-sandbox", "di_api": "di-sandbox", "key_field": "U_TenonKey" }],
        "flows": [
            { "id": "purchase-request", "kind": "approval", "every": "1s", "erp": "b1-sandbox", "oa": "ding-sandbox",
              "source": { "document": "draft", "object": "Drafts",
                          "filter": "DocObjectCode eq '1470000113' and U_ISSYN eq 'N'" },
              "form": { "template": PURCHASE_REQUEST, "department": "U_BMID", "key": "来源单号",
                        "on_withdrawn": "resend",
                        "fields": [ { "from": "RequesterName", "to": "申请人" },
                                    { "from": "DocDate", "to": "单据日期", "format": "date" },
                                    { "from": "Comments", "to": "备注" } ],
                        "lines": { "to": "物料明细",
                                   "fields": [ { "from": "ItemCode", "to": "品号" },
                                               { "from": "ItemDescription", "to": "品名" },
                                               { "from": "Quantity", "to": "需求数量", "format": "number" },
                                               { "from": "Price", "to": "参考单价", "format": "money" } ] } },
              "marks": { "approver": "U_Approver", "decided_at": "U_ApprovalDate", "comments": "U_Remarks" } },
            { "id": "sales-order", "kind": "approval", "every": "1s", "erp": "b1-sandbox", "oa": "ding-sandbox",
              "source": { "document": "document", "object": "Orders" },
              "form": { "template": SALES_ORDER, "key": "来源单号",
                        "fields": [ { "from": "CardName", "to": "客户" },
                                    { "from": "DocTotal", "to": "金额", "format": "money" } ] } },
            { "id": "goods-issue", "kind": "approval", "every": "1s", "erp": "b1-sandbox", "oa": "wecom-sandbox",
              "source": { "filter": "DocObjectCode eq '60' and U_ISSYN eq 'N'" },
              "form": { "template": GOODS_ISSUE, "key": "草稿单号", "summary": ["Comments"],
                        "fields": [ { "from": "Comments", "to": "备注" } ],
                        "lines": { "to": "物料明细", "fields": [ { "from": "ItemCode", "to": "物料编号" },
                                                                  { "from": "Quantity", "to": "数量", "format": "number" } ] } },
              "marks": { "approver": "U_Approver", "decided_at": "U_ApprovalDate", "comments": "U_Remarks" } },
            { "id": "inventory-transfer", "kind": "approval", "every": "1s", "erp": "b1-sandbox", "oa": "weaver-sandbox",
              "source": { "filter": "DocObjectCode eq '67' and U_ISSYN eq 'N'" },
              "form": { "template": TRANSFER, "title": "库存转储", "originator": "U_UserID", "key": "djbh",
                        "fields": [ { "from": "RequesterName", "to": "sqr" }, { "from": "Comments", "to": "bz" } ],
                        "lines": { "to": "formtable_main_24_dt1", "fields": [ { "from": "ItemCode", "to": "wlbm" },
                                                                              { "from": "Quantity", "to": "sl", "format": "number" } ] } },
              "marks": { "approver": "U_Approver", "decided_at": "U_ApprovalDate", "comments": "U_Remarks" } },
            { "id": "people", "kind": "directory-pull", "oa": "ding-sandbox" },
            { "id": "staff", "kind": "directory-push", "erp": "odoo-sandbox", "aiflow": "aiflow-sandbox" },
            { "id": "plm-items", "kind": "plm", "erp": "b1-sandbox", "receives": "items" },
            { "id": "plm-boms", "kind": "plm", "erp": "b1-sandbox", "receives": "boms" },
            { "id": "plm-routings", "kind": "plm", "erp": "b1-sandbox", "receives": "routings", "object": ROUTING,
              "collections": ["GYLX_LINESCollection"] },
            { "id": "materials", "kind": "mes-items", "every": "1s", "erp": "b1-sandbox", "mes": "mes-sandbox" },
            { "id": "work-orders", "kind": "mes-work-orders", "every": "1s", "erp": "b1-sandbox", "mes": "mes-sandbox" },
            { "id": "finished-goods", "kind": "production-receipts", "every": "1s", "erp": "b1-sandbox",
              "mes": "mes-sandbox", "source": { "delay": "1s", "overlap": "1m" } },
            { "id": "fed-material", "kind": "production-issues", "erp": "b1-sandbox", "mes": "mes-sandbox" },
            { "id": "quotation", "kind": "price", "erp": "b1-sandbox", "oa": "ding-sandbox",
              "form": { "template": QUOTATION,
                        "fields": [ { "from": "客户代码", "to": "CardCode" } ],
                        "lines": { "from": "报价明细",
                                   "fields": [ { "from": "物料代码", "to": "ItemCode" },
                                               { "from": "价格", "to": "Price", "format": "number" },
                                               { "from": "币种", "to": "Currency" },
                                               { "from": "可用起始日期", "to": "ValidFrom", "format": "date" },
                                               { "from": "可用结束日期", "to": "ValidTo", "format": "date" } ] } } }
        ]
    });
    serde_json::from_value(value).map_err(|e| Failure::outside(format!("the sandbox's configuration is wrong: {e}")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sandbox_configuration_is_sound() {
        let config = super::config("http://127.0.0.1:1").unwrap();
        let found: Vec<String> = tenon_model::config::check(&config).into_iter().map(|problem| problem.path).collect();
        // Nobody waits a minute for a simulator.
        assert_eq!(found, ["flows[inventory-transfer].every"]);
    }
}
