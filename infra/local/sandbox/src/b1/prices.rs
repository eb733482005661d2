//! Special prices, and how PATCH treats collections.

use super::entities::Row;
use super::errors::{B1Error, Result};
use serde_json::{Value, json};

/// Fills in what B1 fills in and checks what it checks.
pub(super) fn complete(row: &mut Row) -> Result<()> {
    for (name, value) in [
        ("Price", json!(0.0)),
        ("Currency", json!("RMB")),
        ("DiscountPercent", json!(0.0)),
        ("PriceListNum", json!(0)),
        ("AutoUpdate", json!("tNO")),
        ("SourcePrice", json!("sc_PrimaryCurrency")),
        ("Valid", json!("tYES")),
        ("ValidFrom", Value::Null),
        ("ValidTo", Value::Null),
        ("SpecialPriceDataAreas", json!([])),
    ] {
        row.entry(name).or_insert(value);
    }
    let (item, partner) = (row.get("ItemCode").cloned(), row.get("CardCode").cloned());
    let areas = row.get_mut("SpecialPriceDataAreas").and_then(Value::as_array_mut);
    for (number, area) in areas.into_iter().flatten().enumerate() {
        let area = area.as_object_mut().ok_or_else(|| B1Error::malformed("SpecialPriceDataAreas holds objects"))?;
        area.entry("RowNumber").or_insert(json!(number));
        area.entry("ItemNo").or_insert(item.clone().unwrap_or(Value::Null));
        area.entry("BPCode").or_insert(partner.clone().unwrap_or(Value::Null));
        area.entry("SpecialPriceQuantityAreas").or_insert(json!([]));
    }
    if let Some(price) = row.get("Price")
        && !price.is_number()
    {
        return Err(B1Error::validation("[Price] is not a number"));
    }
    Ok(())
}

/// What a property is after a PATCH. Scalars are set. Lines of a collection are matched by their
/// number, changed in place, or added when they have none; with `replace`
/// (`B1S-ReplaceCollectionsOnPatch: true`) lines that are not sent are removed.
pub(super) fn merge_collection(name: &str, old: Option<Value>, new: Value, replace: bool, prices: bool) -> Value {
    let (Some(Value::Array(mut lines)), Value::Array(changes)) = (old, new.clone()) else { return new };
    let number = match name {
        "SpecialPriceDataAreas" if prices => "RowNumber",
        "ProductionOrderLines" => "LineNumber",
        "ProductTreeLines" => "ChildNum",
        name if name.ends_with("Collection") => "LineId",
        _ => "LineNum",
    };
    if replace {
        lines.clear();
    }
    for mut change in changes {
        let wanted = change.get(number).and_then(Value::as_i64);
        let same = |line: &&mut Value| wanted.is_some() && line.get(number).and_then(Value::as_i64) == wanted;
        match (lines.iter_mut().find(same), change.as_object_mut()) {
            (Some(Value::Object(line)), Some(change)) => line.append(change),
            (_, Some(fields)) => {
                let next = lines
                    .iter()
                    .filter_map(|l| l.get(number).and_then(Value::as_i64))
                    .max()
                    .map_or(i64::from(number == "LineId"), |n| n + 1);
                fields.entry(number).or_insert(json!(next));
                lines.push(change);
            }
            _ => lines.push(change),
        }
    }
    Value::Array(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_merges_by_row_number_and_replaces_when_asked() {
        let old =
            json!([{"RowNumber": 0, "SpecialPrice": 1, "Dateto": "2025-01-01"}, {"RowNumber": 1, "SpecialPrice": 2}]);
        let new = json!([{"RowNumber": 0, "SpecialPrice": 9}, {"SpecialPrice": 3}]);
        let merged = merge_collection("SpecialPriceDataAreas", Some(old.clone()), new.clone(), false, true);
        assert_eq!(
            merged,
            json!([{"RowNumber": 0, "SpecialPrice": 9, "Dateto": "2025-01-01"}, {"RowNumber": 1, "SpecialPrice": 2},
                {"RowNumber": 2, "SpecialPrice": 3}])
        );
        let replaced = merge_collection("SpecialPriceDataAreas", Some(old), new, true, true);
        assert_eq!(replaced, json!([{"RowNumber": 0, "SpecialPrice": 9}, {"RowNumber": 1, "SpecialPrice": 3}]));
    }
}
