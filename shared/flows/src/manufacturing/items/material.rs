//! What an item is as a material.

use super::KEY;
use crate::map::format_value;
use serde_json::{Map, Value, json};
use tenon_connectors::erp::DECIMALS;
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::{Field, MesItemsFlow};
use tenon_model::decimal;
use tenon_model::json::number;
use tenon_platform::{Error, Result};

/// Where a usual member comes from.
enum From {
    /// The first of these fields that is filled.
    Fields(&'static [&'static str]),
    /// The same for all.
    Fixed(&'static str),
}

/// The members that every material has, in the order of the vendor's table; those without a value are left out.
const USUAL: [(&str, From); 7] = [
    ("materialName", From::Fields(&["ItemName"])),
    ("unitName", From::Fields(&["InventoryUOM"])),
    ("bizType", From::Fixed("默认")),
    ("specification", From::Fields(&["U_Z20_SPEC"])),
    ("batchManagementEnable", From::Fields(&["ManageBatchNumbers"])),
    ("remark", From::Fields(&["User_Text", "UserText"])),
    ("manufactureQualityStatus", From::Fixed("合格")),
];
/// How much of one unit a unit of purchase is.
const PURCHASE_FACTOR: [&str; 2] = ["PurchaseItemsPerUnit", "PurchaseFactor1"];
/// The greatest count of a unit that the MES takes.
const GREATEST_COUNT: i64 = 999_999_999;

/// An item as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    /// The material, or what cannot be mapped.
    pub material: std::result::Result<Map<String, Value>, String>,
    /// Whether the item is stopped.
    pub is_stopped: bool,
    /// Fingerprint of both.
    pub fingerprint: String,
}

/// Reads an item.
pub(super) fn of_item(flow: &MesItemsFlow, prefix: &str, item: &Map<String, Value>) -> Reading {
    let is = |field: &str, word: &str| item.get(field).and_then(Value::as_str) == Some(word);
    let is_stopped = is("Valid", "tNO") || is("Frozen", "tYES");
    let material = material(flow, prefix, item);
    let seen = match &material {
        Ok(members) => Value::Object(members.clone()),
        Err(problem) => json!(problem),
    };
    let fingerprint = sha256_hex(json!([seen, is_stopped]).to_string().as_bytes());
    Reading { material, is_stopped, fingerprint }
}

/// What of the flow decides what materials are: when it changes, all items are looked at anew.
pub(super) fn mapping(flow: &MesItemsFlow, prefix: &str) -> String {
    let parts = json!([flow.fields, flow.constants, flow.purchase_unit, flow.source.filter, flow.source.since, prefix]);
    sha256_hex(parts.to_string().as_bytes())
}

/// The fields of an item that matter; the rest of a row is large.
pub(super) fn kept(flow: &MesItemsFlow, item: &Map<String, Value>) -> Map<String, Value> {
    let usual = USUAL.iter().flat_map(|(_, from)| match from {
        From::Fields(fields) => *fields,
        From::Fixed(_) => &[],
    });
    let others = [KEY, "Valid", "Frozen", "PurchaseUnit", "InventoryUOM"].into_iter().chain(PURCHASE_FACTOR);
    let mapped = flow.fields.iter().map(|field| field.from.as_str());
    let names: std::collections::BTreeSet<&str> = usual.copied().chain(others).chain(mapped).collect();
    let kept = names.into_iter().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())));
    kept.collect()
}

fn material(
    flow: &MesItemsFlow,
    prefix: &str,
    item: &Map<String, Value>,
) -> std::result::Result<Map<String, Value>, String> {
    let text = |name: &str| item.get(name).map_or_else(String::new, plain);
    let code = format!("{prefix}{}", text(KEY));
    let mut members = Map::from_iter([("materialCode".to_owned(), json!(code))]);
    for (name, from) in &USUAL {
        let value = match from {
            From::Fixed(word) => (*word).to_owned(),
            From::Fields(fields) => fields.iter().map(|field| text(field)).find(|t| !t.is_empty()).unwrap_or_default(),
        };
        let value = match value.as_str() {
            "tYES" => "是".to_owned(),
            "tNO" => "否".to_owned(),
            _ => value,
        };
        put(&mut members, name, value);
    }
    for field in &flow.fields {
        put(&mut members, &field.to, mapped(field, item)?);
    }
    for (name, value) in &flow.constants {
        put(&mut members, name, value.clone());
    }
    for name in ["materialName", "unitName"] {
        if !members.contains_key(name) {
            return Err(format!(
                "item {code} has no {name}, which the MES asks for; fill it in in B1, or map another field to it"
            ));
        }
    }
    if flow.purchase_unit {
        purchase_unit(item, &code, &mut members)?;
    }
    Ok(members)
}

/// An empty one is no member.
fn put(members: &mut Map<String, Value>, name: &str, value: String) {
    if value.is_empty() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), Value::from(value));
    }
}

fn mapped(field: &Field, item: &Map<String, Value>) -> std::result::Result<String, String> {
    let value = match item.get(&field.from) {
        None if field.default.is_none() => {
            let near = crate::map::nearest(&field.from, item.keys().map(String::as_str));
            let near = near.map_or_else(String::new, |name| format!("; did you mean {name}?"));
            return Err(format!("{} is no field of the item{near}", field.from));
        }
        value => format_value(value.unwrap_or(&Value::Null), field),
    };
    value.map(Option::unwrap_or_default).map_err(|why| format!("{} {why}", field.from))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => tenon_model::code::trim(text).to_owned(),
        Value::Null => String::new(),
        other => number::text_of(other).map_or_else(|| other.to_string(), Into::into),
    }
}

/// A unit of purchase that is not the inventory's is a unit of conversion of the material.
fn purchase_unit(
    item: &Map<String, Value>,
    code: &str,
    members: &mut Map<String, Value>,
) -> std::result::Result<(), String> {
    let text = |name: &str| item.get(name).map_or_else(String::new, plain);
    let main = members.get("unitName").map_or_else(String::new, plain);
    let named = members.get("purchaseUnitName").map(plain);
    let unit = named.unwrap_or_else(|| text("PurchaseUnit"));
    if unit.is_empty() || unit == main {
        return Ok(());
    }
    let factor = PURCHASE_FACTOR.iter().map(|name| text(name)).find(|text| !text.is_empty()).unwrap_or_default();
    let (from, to) = ratio(&factor).ok_or_else(|| {
        format!(
            "item {code} is bought in {unit} and counted in {main}, and its factor ({}) is no ratio of whole numbers that \
             the MES takes; correct the units in B1, or set purchase_unit = false",
            if factor.is_empty() { "none" } else { factor.as_str() }
        )
    })?;
    members.insert("purchaseUnitName".to_owned(), json!(unit));
    members.insert(
        "items".to_owned(),
        json!([{ "materialCode": code, "unitName": unit, "unitType": "转换单位", "enableFlag": "是",
            "fromUnitCount": from.to_string(), "toUnitCount": to.to_string() }]),
    );
    Ok(())
}

/// A decimal as a ratio of whole numbers: so many main units are so many of the other.
fn ratio(factor: &str) -> Option<(i64, i64)> {
    let value = decimal::parse(factor)?;
    let text = decimal::at_most(value, DECIMALS);
    let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let scale = 10_i64.checked_pow(u32::try_from(places).ok()?)?;
    let whole: i64 = text.replace('.', "").parse().ok()?;
    if whole <= 0 {
        return None;
    }
    let common = gcd(whole, scale);
    let (from, to) = (whole / common, scale / common);
    (from <= GREATEST_COUNT && to <= GREATEST_COUNT).then_some((from, to))
}

fn gcd(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// The material, or the error that says what cannot be mapped.
pub(super) fn or_error(reading: &Reading) -> Result<&Map<String, Value>> {
    reading.material.as_ref().map_err(|problem| Error::permanent("flow.mapping", problem.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(keys: Value) -> MesItemsFlow {
        let mut all = json!({ "id": "items", "erp": "b1", "mes": "mes" });
        all.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn read(keys: Value, prefix: &str, item: Value) -> Reading {
        of_item(&flow(keys), prefix, item.as_object().unwrap())
    }

    fn item() -> Value {
        json!({ "ItemCode": "FG-1001", "ItemName": "打印机总成", "InventoryUOM": "台", "ManageBatchNumbers": "tYES",
            "Valid": "tYES", "Frozen": "tNO", "U_Z20_SPEC": null, "User_Text": "", "PurchaseUnit": null })
    }

    #[test]
    fn r_m9_a_material_has_the_mapped_members_and_no_other() {
        let expected = json!({ "materialCode": "FG-1001", "materialName": "打印机总成", "unitName": "台",
            "bizType": "默认", "batchManagementEnable": "是", "manufactureQualityStatus": "合格" });
        assert_eq!(Value::Object(read(json!({}), "", item()).material.unwrap()), expected);
        let mut full = item();
        full["U_Z20_SPEC"] = json!("A4");
        full["User_Text"] = json!(" 备注 ");
        full["ManageBatchNumbers"] = json!("tNO");
        full["MinOrderQuantity"] = json!(12.0);
        let keys = json!({ "constants": { "sourceControl": "否", "manufactureQualityStatus": "" },
            "fields": [{ "from": "MinOrderQuantity", "to": "purchaseAmountMin", "format": "number" },
                       { "from": "U_Kind", "to": "bizType", "default": "在制品" }] });
        let material = read(keys, "A-", full).material.unwrap();
        let expected = json!({ "materialCode": "A-FG-1001", "materialName": "打印机总成", "unitName": "台",
            "bizType": "在制品", "specification": "A4", "batchManagementEnable": "否", "remark": "备注",
            "sourceControl": "否", "purchaseAmountMin": "12" });
        assert_eq!(Value::Object(material), expected);
    }

    #[test]
    fn r_m9_what_cannot_be_mapped_is_told() {
        let mut nameless = item();
        nameless["ItemName"] = json!(" ");
        assert!(read(json!({}), "", nameless).material.unwrap_err().contains("materialName"));
        let misspelt = json!({ "fields": [{ "from": "ItemNmae", "to": "remark" }] });
        assert!(read(misspelt, "", item()).material.unwrap_err().contains("did you mean ItemName"));
    }

    #[test]
    fn r_m11_an_item_is_stopped_when_it_is_not_valid_or_frozen_and_that_counts() {
        let valid = read(json!({}), "", item());
        for (field, word) in [("Valid", "tNO"), ("Frozen", "tYES")] {
            let mut stopped = item();
            stopped[field] = json!(word);
            let stopped = read(json!({}), "", stopped);
            assert!(stopped.is_stopped && !valid.is_stopped);
            assert_ne!(stopped.fingerprint, valid.fingerprint);
        }
        let mut other = item();
        other["QuantityOnStock"] = json!(5);
        assert_eq!(read(json!({}), "", other).fingerprint, valid.fingerprint);
    }

    // R-M15
    #[test]
    fn r_m15_a_unit_of_purchase_goes_with_its_factor_in_whole_numbers() {
        let with = |unit: &str, factor: Value| {
            let mut item = item();
            item["PurchaseUnit"] = json!(unit);
            item["PurchaseItemsPerUnit"] = factor;
            read(json!({}), "", item).material
        };
        let counts = |factor: Value| {
            let items = with("箱", factor).unwrap()["items"].clone();
            (items[0]["fromUnitCount"].clone(), items[0]["toUnitCount"].clone())
        };
        assert_eq!(counts(json!(12.0)), (json!("12"), json!("1")));
        assert_eq!(counts(json!(0.5)), (json!("1"), json!("2")));
        assert_eq!(counts(json!(2.25)), (json!("9"), json!("4")));
        assert_eq!(with("箱", json!(12)).unwrap()["purchaseUnitName"], "箱");
        assert!(!with("台", json!(1)).unwrap().contains_key("items"));
        for factor in [json!(null), json!(0.0), json!(-1)] {
            let error = with("箱", factor).unwrap_err();
            assert!(error.contains("箱") && error.contains("台"), "{error}");
        }
    }
}
