//! Forms with their metadata, and records with their entries.

use super::named;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A record.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KingdeeRow {
    /// Its key.
    pub id: i64,
    /// Its fields. Base data is an object with `Id`, `FNumber` and `FName`.
    pub fields: Map<String, Value>,
    /// The rows of each entry, by their keys.
    pub entries: BTreeMap<String, BTreeMap<i64, Map<String, Value>>>,
}

pub(super) struct FormData {
    pub info: Value,
    pub of_organisations: bool,
    pub rows: BTreeMap<i64, KingdeeRow>,
}

impl FormData {
    /// The head's key field.
    pub fn key(&self) -> &str {
        let entries = self.info.get("Entrys").and_then(Value::as_array);
        let head = entries.into_iter().flatten().find(|entry| entry.get("Key") == Some(&json!("FBillHead")));
        head.and_then(|head| head.get("EntryPkFieldName")).and_then(Value::as_str).unwrap_or("FID")
    }

    /// The fields of the head, or of an entry.
    pub fn fields_of(&self, entry: &str) -> Vec<&str> {
        let entries = self.info.get("Entrys").and_then(Value::as_array);
        let found = entries.into_iter().flatten().find(|e| e.get("Key").and_then(Value::as_str) == Some(entry));
        let fields = found.and_then(|entry| entry.get("Fields")).and_then(Value::as_array);
        fields.into_iter().flatten().filter_map(|field| field.get("Key").and_then(Value::as_str)).collect()
    }

    /// The keys of its entries.
    pub fn entries(&self) -> Vec<&str> {
        let entries = self.info.get("Entrys").and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(|e| e.get("Key").and_then(Value::as_str)).filter(|key| *key != "FBillHead").collect()
    }
}

/// Everything there is, by form.
pub(super) struct Forms(pub BTreeMap<String, FormData>);

impl Forms {
    pub fn demo() -> Self {
        let mut forms = Self(BTreeMap::new());
        forms.describe(&organisations(), false);
        for (id, number, name) in [(1, "100", "总公司"), (2, "200", "华南公司")] {
            forms.put("ORG_Organizations", id, &json!({ "FNumber": number, "FName": name }), 0);
        }
        forms.describe(&sale_order(), false);
        forms.describe(&material(), true);
        for (id, number, name, organisation) in
            [(1001, "M-1", "螺栓", "100"), (1002, "M-2", "螺母", "100"), (2001, "M-1", "螺栓", "200")]
        {
            let used_by = json!({ "Id": organisation, "FNumber": organisation, "FName": organisation });
            forms.put(
                "BD_MATERIAL",
                id,
                &json!({ "FNumber": number, "FName": name, "FUseOrgId": used_by }),
                1_780_000_000_000,
            );
        }
        forms
    }

    pub fn describe(&mut self, info: &Value, of_organisations: bool) {
        let id = info.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let rows = self.0.remove(&id).map(|form| form.rows).unwrap_or_default();
        self.0.insert(id, FormData { info: info.clone(), of_organisations, rows });
    }

    pub fn put(&mut self, form: &str, id: i64, fields: &Value, now_ms: i64) {
        let Some(data) = self.0.get_mut(form) else { return };
        let key = data.key().to_owned();
        let row = data.rows.entry(id).or_insert_with(|| KingdeeRow { id, ..KingdeeRow::default() });
        row.fields.insert(key, json!(id));
        row.fields.insert("FModifyDate".to_owned(), json!(local(now_ms)));
        row.fields.extend(fields.as_object().cloned().unwrap_or_default());
    }

    pub fn put_entries(&mut self, form: &str, id: i64, entry: &str, rows: &[(i64, Value)], now_ms: i64) {
        self.put(form, id, &Value::Null, now_ms);
        let Some(row) = self.0.get_mut(form).and_then(|data| data.rows.get_mut(&id)) else { return };
        let rows = rows.iter().map(|(key, fields)| (*key, fields.as_object().cloned().unwrap_or_default()));
        row.entries.insert(entry.to_owned(), rows.collect());
    }

    pub fn remove(&mut self, form: &str, id: i64) {
        if let Some(data) = self.0.get_mut(form) {
            data.rows.remove(&id);
        }
    }

    pub fn records(&self, form: &str) -> Vec<KingdeeRow> {
        self.0.get(form).map(|data| data.rows.values().cloned().collect()).unwrap_or_default()
    }

    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.iter().map(|(id, form)| (id.clone(), u64::try_from(form.rows.len()).unwrap_or(0))).collect()
    }
}

/// The server's local time, without a zone.
pub(super) fn local(now_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

fn field(key: &str, caption: &str, code: i64, lookup: &str) -> Value {
    let lookup = if lookup.is_empty() { Value::Null } else { Value::from(lookup) };
    json!({ "Key": key, "Name": named(caption), "FieldType": code, "ElementType": 1, "MustInput": 0,
        "LookUpObjectFormId": lookup, "Extends": [] })
}

fn form(id: &str, caption: &str, entries: Vec<Value>) -> Value {
    json!({ "Id": id, "Name": named(caption), "Entrys": entries })
}

fn entry(key: &str, caption: &str, primary: &str, fields: Vec<Value>) -> Value {
    json!({ "Key": key, "Name": named(caption), "TableName": format!("T_{key}"), "ParentKey": null, "EntryName": key,
        "EntryPkFieldName": primary, "Fields": fields })
}

fn organisations() -> Value {
    let fields = vec![field("FNumber", "编码", 231, ""), field("FName", "名称", 231, "")];
    form("ORG_Organizations", "组织机构", vec![entry("FBillHead", "单据头", "FOrgID", fields)])
}

fn material() -> Value {
    let fields = vec![
        field("FNumber", "编码", 231, ""),
        field("FName", "名称", 231, ""),
        field("FUseOrgId", "使用组织", 127, "ORG_Organizations"),
        field("FModifyDate", "修改日期", 61, ""),
        field("FIsPurchase", "允许采购", 999, ""),
    ];
    form("BD_MATERIAL", "物料", vec![entry("FBillHead", "单据头", "FMATERIALID", fields)])
}

fn sale_order() -> Value {
    let head = vec![
        field("FBillNo", "单据编号", 231, ""),
        field("FDate", "日期", 61, ""),
        field("FCustId", "客户", 127, "BD_Customer"),
        field("FCreatorId", "创建人", 127, "SEC_User"),
        field("FDocumentStatus", "单据状态", 175, ""),
        field("FBillAllAmount", "价税合计", 106, ""),
        field("FModifyDate", "最后修改日期", 61, ""),
        field("FNote", "备注", 231, ""),
        // Nobody knows what 4711 is.
        field("F_ORA_Mystery", "神秘字段", 4711, ""),
    ];
    let lines = vec![
        field("FMaterialId", "物料编码", 127, "BD_MATERIAL"),
        field("FQty", "销售数量", 106, ""),
        field("FEntryNote", "备注", 231, ""),
    ];
    form(
        "SAL_SaleOrder",
        "销售订单",
        vec![entry("FBillHead", "单据头", "FID", head), entry("FSaleOrderEntry", "订单明细", "FENTRYID", lines)],
    )
}
