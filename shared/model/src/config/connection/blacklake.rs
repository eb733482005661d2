//! A factory in the MES of Black Lake (黑湖智造).

use crate::config::Secret;
use crate::{code, duration, ids::ConnectionId, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A factory of Black Lake, by its open interfaces, and the events that it pushes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlacklakeConnection {
    /// Letters, digits and dashes; part of the callback URL.
    pub id: ConnectionId,
    /// Scheme and host of the interfaces; which host it is differs by the cloud that the factory is on.
    pub base_url: String,
    /// appKey of the self-built application (企业自建应用).
    #[serde(deserialize_with = "code::trimmed")]
    pub app_key: String,
    /// Its appSecret.
    pub app_secret: Secret,
    /// The factory's number (工厂号).
    #[serde(deserialize_with = "text::filled")]
    pub factory_number: String,
    /// Where calls carry the token.
    #[serde(default)]
    pub token_in: TokenPlace,
    /// Paths of the interfaces, where a site has others.
    #[serde(default)]
    pub paths: BlacklakePaths,
    /// Numbers and words of the MES's enumerations, where a site has others.
    #[serde(default)]
    pub values: BlacklakeValues,
    /// `subCode`s by which the MES says that there is no object of a code, beside an answer without an id.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "text::list")]
    pub absent_sub_codes: Vec<String>,
    /// What the companies of this factory write before the codes of their work orders, by the id of their ERP connection.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub code_prefixes: BTreeMap<ConnectionId, String>,
    /// What they write before the codes of their materials, by the id of their ERP connection.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub material_prefixes: BTreeMap<ConnectionId, String>,
    /// The content secret of the event callback (回调内容密钥).
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub callback_secret: Secret,
    /// How events are sealed.
    #[serde(default)]
    pub cipher: CallbackCipher,
    /// How the key is made of the secret.
    #[serde(default)]
    pub callback_key: CallbackKey,
    /// JSON that the event `check` is answered with; `{{data}}` and `{{requestId}}` stand for the event's.
    #[serde(default = "check_reply_default")]
    pub check_reply: String,
    /// JSON that other events are answered with.
    #[serde(default = "event_reply_default")]
    pub event_reply: String,
    /// Names of the events that mean something here.
    #[serde(default)]
    pub events: BlacklakeEvents,
    /// Addresses and networks that events may come from; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_ips: Vec<String>,
    /// Time-out of one call.
    #[serde(default = "timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

/// Where calls carry the token `access_token`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenPlace {
    /// In the query, as the vendor's own SDK does.
    #[default]
    Query,
    /// In a header.
    Header,
    /// In both.
    Both,
}

/// How events are sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallbackCipher {
    /// AES-256-ECB.
    #[default]
    #[serde(rename = "aes-256-ecb")]
    Ecb,
    /// AES-256-CBC, whose vector is the first block.
    #[serde(rename = "aes-256-cbc-iv-prefix")]
    CbcIvPrefix,
    /// Not at all. Anyone who knows the address can then make events up, of which nothing but their ids is believed.
    None,
}

/// How the key is made of the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallbackKey {
    /// Its SHA-256.
    #[default]
    Sha256,
    /// Its 32 bytes.
    RawUtf8,
    /// The 32 bytes that it is the base64 of.
    Base64,
}

/// Names of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlacklakeEvents {
    /// The address is checked.
    pub check: String,
    /// Material was fed into an operation (投料结果通知).
    pub feeding: String,
    /// A feeding was taken back.
    pub feeding_retract: String,
    /// A report was changed.
    pub report_adjust: String,
}

/// Paths of the interfaces, below `base_url`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlacklakePaths {
    /// A token.
    pub token: String,
    /// 物料导入.
    pub material_import: String,
    /// 停用物料.
    pub material_stop: String,
    /// 启用物料.
    pub material_start: String,
    /// 物料列表.
    pub material_list: String,
    /// 创建生产工单.
    pub work_order_import: String,
    /// 编辑生产工单; not below the route of the others.
    pub work_order_update: String,
    /// 批量关闭生产工单.
    pub work_order_close: String,
    /// 根据工单编号查询工单id.
    pub code_to_id: String,
    /// 工单详情.
    pub work_order_detail: String,
    /// 工单工序计划详情.
    pub process_plan: String,
    /// 报工记录列表.
    pub report_list: String,
    /// 投料记录详情.
    pub feed_detail: String,
    /// 投料记录列表.
    pub feed_list: String,
}

/// Numbers and words of enumerations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlacklakeValues {
    /// `status` of a work order that is closed.
    pub closed_status: i64,
    /// `workOrderCloseType` of an order that is cancelled.
    pub close_type: i64,
    /// `enableFlag` of a material in use.
    pub enabled: i64,
    /// `objectCode` of work orders.
    pub work_order_object: String,
    /// `qcStatus` 合格.
    pub qualified: i64,
    /// `qcStatus` 让步合格.
    pub conceded: i64,
    /// `qcStatus` 待检.
    pub to_inspect: i64,
    /// `qcStatus` 不合格.
    pub unqualified: i64,
}

impl BlacklakeConnection {
    /// What a company writes before the codes of its materials.
    pub fn material_prefix(&self, erp: &ConnectionId) -> &str {
        self.material_prefixes.get(erp).map_or("", String::as_str)
    }

    /// What a company writes before the codes of its work orders.
    pub fn code_prefix(&self, erp: &ConnectionId) -> &str {
        self.code_prefixes.get(erp).map_or("", String::as_str)
    }
}

impl Default for BlacklakeEvents {
    fn default() -> Self {
        Self {
            check: "check".to_owned(),
            feeding: "mfg.result_notify.feeding".to_owned(),
            feeding_retract: "mfg.result_notify.feeding_retract".to_owned(),
            report_adjust: "mfg.result_notify.progress_report_adjust".to_owned(),
        }
    }
}

impl Default for BlacklakePaths {
    fn default() -> Self {
        let route = |path: &str| format!("/api/openapi/domain/web/v1/route{path}");
        Self {
            token: "/api/openapi/domain/web/v1/system/_refreshToken".to_owned(),
            material_import: route("/material/open/v1/material/_doimport"),
            material_stop: route("/material/open/v1/material/_stop"),
            material_start: route("/material/open/v1/material/_start"),
            material_list: route("/material/open/v1/material/_list"),
            work_order_import: route("/med/open/v1/work_order/_doImport"),
            work_order_update: "/api/schedule-for-openapi/med/open/v1/work_order/update".to_owned(),
            work_order_close: route("/med/open/v1/work_order/batch_close"),
            code_to_id: route("/custom-object/open/v1/object_service/_code_to_id"),
            work_order_detail: route("/med/open/v1/work_order/base/_detail"),
            process_plan: route("/med/open/v1/work_order/process_plan/_detail"),
            report_list: route("/mfg/open/v1/progress_report/_list"),
            feed_detail: route("/mfg/open/v1/feed_record/feed_record/_detail"),
            feed_list: route("/mfg/open/v1/feed_record/_list"),
        }
    }
}

impl BlacklakePaths {
    /// Each with its key.
    pub fn all(&self) -> [(&'static str, &str); 14] {
        [
            ("token", &self.token),
            ("material_import", &self.material_import),
            ("material_stop", &self.material_stop),
            ("material_start", &self.material_start),
            ("material_list", &self.material_list),
            ("work_order_import", &self.work_order_import),
            ("work_order_update", &self.work_order_update),
            ("work_order_close", &self.work_order_close),
            ("code_to_id", &self.code_to_id),
            ("work_order_detail", &self.work_order_detail),
            ("process_plan", &self.process_plan),
            ("report_list", &self.report_list),
            ("feed_detail", &self.feed_detail),
            ("feed_list", &self.feed_list),
        ]
    }
}

impl Default for BlacklakeValues {
    fn default() -> Self {
        Self {
            closed_status: 5,
            close_type: 1,
            enabled: 1,
            work_order_object: "ProductionOrder".to_owned(),
            qualified: 1,
            conceded: 2,
            to_inspect: 3,
            unqualified: 4,
        }
    }
}

fn check_reply_default() -> String {
    r#"{"msg":"success","data":"{{data}}"}"#.to_owned()
}
fn event_reply_default() -> String {
    r#"{"code":200,"msg":"success","message":"success"}"#.to_owned()
}
fn timeout_default() -> Duration {
    Duration::from_secs(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn connection(keys: serde_json::Value) -> BlacklakeConnection {
        let mut all = json!({ "id": "mes-main", "base_url": "https://mes.example.com", "app_key": "k",
            "app_secret": "s", "factory_number": "34133123" });
        all.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    // R-M6
    #[test]
    fn r_m6_paths_and_values_can_be_others_and_no_host_is_built_in() {
        let plain = connection(json!({}));
        assert_eq!((plain.values.closed_status, plain.token_in), (5, TokenPlace::Query));
        assert!(plain.paths.all().iter().all(|(key, path)| path.starts_with('/') && !key.is_empty()));
        let other = connection(json!({ "paths": { "code_to_id": "/x" }, "values": { "closed_status": 50 } }));
        assert_eq!((other.paths.code_to_id.as_str(), other.values.closed_status), ("/x", 50));
        assert_eq!(other.paths.token, plain.paths.token);
        let stored = serde_json::to_value(&plain).unwrap();
        assert!(!stored.to_string().contains("v3-hw"), "{stored}");
        assert_eq!(serde_json::from_value::<BlacklakeConnection>(stored).unwrap(), plain);
    }

    #[test]
    fn a_factory_number_is_a_text_however_it_is_written() {
        let numbered = connection(json!({ "factory_number": 34_133_123 }));
        assert_eq!(numbered.factory_number, "34133123");
    }
}
