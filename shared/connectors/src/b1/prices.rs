//! Special prices of partners and items: written so that they show the rows of a form.

use super::{B1, DECIMALS, Entity, Query, WriteOptions};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tenon_model::json::number;
use tenon_model::{DocumentKey, decimal};
use tenon_platform::{Error, ErrorKind, Result};

const SET: &str = "SpecialPrices";
/// The collection of dated prices.
const AREAS: &str = "SpecialPriceDataAreas";

/// What became of a price that was to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum PriceWritten {
    /// It showed the rows already.
    Already,
    /// There was none; created with this.
    Created(Value),
    /// Changed by this.
    Changed(Value),
    /// Written, and changed since by somebody else.
    Overwritten,
}

impl B1<'_> {
    /// Reads the special price of a partner and an item, and writes what of the rows it does not show. Where another
    /// writer may be under way, what came of it is read once more.
    pub async fn write_price(
        &self,
        (card, item): (&str, &str),
        rows: &[BTreeMap<String, String>],
        look_again: bool,
    ) -> Result<PriceWritten> {
        let (card_key, item_key) = (DocumentKey::Text(card.to_owned()), DocumentKey::Text(item.to_owned()));
        let entity = Entity::composite(SET, &[("CardCode", &card_key), ("ItemCode", &item_key)]);
        let (present, etag) = match self.read_with_etag(&entity, &Query::default()).await {
            Ok((present, etag)) => (Some(present), etag),
            Err(error) if error.kind() == ErrorKind::NotFound => (None, None),
            Err(error) => return Err(error),
        };
        let guarded = etag.is_some();
        let written = match merge(present.as_ref(), card, item, rows)? {
            Action::Nothing => return Ok(PriceWritten::Already),
            Action::Create(body) => {
                self.create(SET, &body, WriteOptions::default()).await?;
                PriceWritten::Created(body)
            }
            Action::Change(body) => {
                let replace_collections = body.get(AREAS).is_some();
                let options = WriteOptions { if_match: etag, replace_collections, ..WriteOptions::default() };
                self.change(&entity, &body, options).await?;
                PriceWritten::Changed(body)
            }
        };
        // Somebody before us did not say that he was done: what he sent may have come in between.
        if look_again && !guarded {
            let present = self.read_optional(&entity, &Query::default()).await?;
            if merge(present.as_ref(), card, item, rows)? != Action::Nothing {
                return Ok(PriceWritten::Overwritten);
            }
        }
        Ok(written)
    }
}

/// What to do with one special price.
#[derive(Clone, Debug, PartialEq)]
enum Action {
    /// It shows the rows already.
    Nothing,
    /// There is none: create it with this body.
    Create(Value),
    /// Change it by this body; a body with the dated prices carries all of them.
    Change(Value),
}

/// Compares what B1 shows with the rows and says what to write. A row with dates is a dated price and
/// is recognised by its dates, so the same row never becomes a second one; a row without is the
/// price itself.
fn merge(present: Option<&Value>, card: &str, item: &str, rows: &[BTreeMap<String, String>]) -> Result<Action> {
    let mut header = Map::new();
    let old = present.and_then(|p| p.get(AREAS)).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut areas = old.clone();
    let mut newest_price = None;
    for row in rows {
        newest_price = row.get("Price");
        if row.contains_key("ValidFrom") || row.contains_key("ValidTo") {
            place(&mut areas, row)?;
        } else {
            for (name, text) in row.iter().filter(|(n, _)| !matches!(n.as_str(), "CardCode" | "ItemCode")) {
                let name = if name == "Discount" { "DiscountPercent" } else { name };
                header.insert(name.to_owned(), value_of(name, text)?);
            }
        }
    }
    let Some(present) = present else {
        // B1 wants a price on the header even when every price is dated.
        if let (false, Some(price)) = (header.contains_key("Price"), newest_price) {
            header.insert("Price".to_owned(), value_of("Price", price)?);
            if let Some(currency) = rows.last().and_then(|r| r.get("Currency")) {
                header.insert("Currency".to_owned(), Value::from(currency.as_str()));
            }
        }
        header.insert("CardCode".to_owned(), Value::from(card));
        header.insert("ItemCode".to_owned(), Value::from(item));
        if !areas.is_empty() {
            header.insert(AREAS.to_owned(), Value::Array(areas));
        }
        return Ok(Action::Create(Value::Object(header)));
    };
    header.retain(|name, value| present.get(name).is_none_or(|p| !same(p, value)));
    if areas != old {
        header.insert(AREAS.to_owned(), Value::Array(areas));
    }
    Ok(if header.is_empty() { Action::Nothing } else { Action::Change(Value::Object(header)) })
}

/// Puts a dated row where its dates are, or at the end. What it does not say stays as it is.
fn place(areas: &mut Vec<Value>, row: &BTreeMap<String, String>) -> Result<()> {
    let mut wanted = Map::new();
    for (name, text) in row {
        let name = match name.as_str() {
            "CardCode" | "ItemCode" => continue,
            "Price" => "SpecialPrice",
            "Currency" => "PriceCurrency",
            "ValidFrom" => "DateFrom",
            // B1's own spelling.
            "ValidTo" => "Dateto",
            "PriceListNum" => "PriceListNo",
            other => other,
        };
        wanted.insert(name.to_owned(), value_of(name, text)?);
    }
    let found = areas.iter_mut().find(|a| a.as_object().is_some_and(|a| dates(a) == dates(&wanted)));
    match found.and_then(Value::as_object_mut) {
        Some(area) => {
            for (name, value) in wanted {
                if area.get(&name).is_none_or(|p| !same(p, &value)) {
                    area.insert(name, value);
                }
            }
        }
        None => areas.push(Value::Object(wanted)),
    }
    Ok(())
}

fn dates(area: &Map<String, Value>) -> (Option<&str>, Option<&str>) {
    (day(area.get("DateFrom")), day(area.get("Dateto")))
}

/// B1 gives dates back with and without a time.
fn day(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|t| !t.is_empty()).map(|t| t.get(..10).unwrap_or(t))
}

fn value_of(name: &str, text: &str) -> Result<Value> {
    let wrong = |what: &str| Error::permanent("flow.mapping", format!("{name} is {text:?}, which is not {what}"));
    match name {
        "Price" | "SpecialPrice" | "Discount" | "DiscountPercent" => {
            number::of_text(text.trim()).ok_or_else(|| wrong("a number"))
        }
        "PriceListNum" | "PriceListNo" => decimal::whole(text).map(Value::from).ok_or_else(|| wrong("a whole number")),
        _ => Ok(Value::from(text)),
    }
}

/// A number with the decimals that B1 keeps.
fn kept(value: &Value) -> Option<String> {
    Some(decimal::at_most(decimal::parse(&number::text_of(value)?)?, DECIMALS))
}

fn same(present: &Value, wanted: &Value) -> bool {
    if let Some(wanted) = kept(wanted) {
        return kept(present) == Some(wanted);
    }
    match (present, wanted) {
        (Value::String(p), Value::String(w)) => p == w || day(Some(present)) == Some(w.as_str()),
        (p, w) => p == w,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(cells: &[(&str, &str)]) -> BTreeMap<String, String> {
        let fixed = [("CardCode", "C1"), ("ItemCode", "I1")];
        fixed.iter().chain(cells).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn dated(from: &str, to: &str, price: &str) -> BTreeMap<String, String> {
        row(&[("Price", price), ("Currency", "CNY"), ("ValidFrom", from), ("ValidTo", to), ("PriceListNum", "0")])
    }

    #[test]
    fn a_price_nobody_has_is_created() {
        let action = merge(None, "C1", "I1", &[row(&[("Price", "205"), ("Currency", "RMB")])]).unwrap();
        assert_eq!(
            action,
            Action::Create(json!({"CardCode": "C1", "ItemCode": "I1", "Price": 205, "Currency": "RMB"}))
        );
    }

    #[test]
    fn a_dated_price_goes_to_the_data_areas_and_its_repeat_changes_nothing() {
        let rows = [dated("2025-01-17", "2025-02-17", "123")];
        let Action::Create(body) = merge(None, "C1", "I1", &rows).unwrap() else { panic!("not created") };
        assert_eq!(body["Price"], 123);
        assert_eq!(body[AREAS][0]["Dateto"], "2025-02-17");
        // As B1 shows it afterwards: with times, floats and fields of its own.
        let mut shown = body.clone();
        shown[AREAS][0]["DateFrom"] = json!("2025-01-17T00:00:00Z");
        shown[AREAS][0]["SpecialPrice"] = json!(123.0);
        shown[AREAS][0]["RowNumber"] = json!(0);
        assert_eq!(merge(Some(&shown), "C1", "I1", &rows).unwrap(), Action::Nothing);
    }

    #[test]
    fn a_new_period_joins_the_old_and_a_known_period_is_changed_in_place() {
        let shown = json!({"CardCode": "C1", "ItemCode": "I1", "Price": 100.0, AREAS: [
            {"RowNumber": 0, "DateFrom": "2025-01-17", "Dateto": "2025-02-17", "SpecialPrice": 123.0, "PriceCurrency": "CNY", "PriceListNo": 0}
        ]});
        let rows = [dated("2025-01-17", "2025-02-17", "125"), dated("2026-01-17", "2026-02-17", "130")];
        let Action::Change(body) = merge(Some(&shown), "C1", "I1", &rows).unwrap() else { panic!("not changed") };
        let areas = body[AREAS].as_array().unwrap();
        assert_eq!(areas.len(), 2);
        assert_eq!((&areas[0]["RowNumber"], &areas[0]["SpecialPrice"]), (&json!(0), &json!(125)));
        assert_eq!(areas[1]["SpecialPrice"], json!(130));
        assert!(areas[1].get("RowNumber").is_none());
        assert!(body.get("Price").is_none(), "a dated price leaves the price itself alone");
    }

    #[test]
    fn an_undated_row_changes_only_what_differs() {
        let shown = json!({"CardCode": "C1", "ItemCode": "I1", "Price": 100.0, "Currency": "CNY", AREAS: []});
        let action = merge(Some(&shown), "C1", "I1", &[row(&[("Price", "101.5"), ("Currency", "CNY")])]).unwrap();
        assert_eq!(action, Action::Change(json!({"Price": 101.5})));
    }

    #[test]
    fn prices_are_written_and_compared_exactly() {
        let written = |price: &str| match merge(None, "C1", "I1", &[row(&[("Price", price)])]).unwrap() {
            Action::Create(body) => number::write(&body),
            other => panic!("{other:?}"),
        };
        assert!(written("0.000001").contains("\"Price\":0.000001}"), "{}", written("0.000001"));
        assert!(written("1234567890123.123456").contains("\"Price\":1234567890123.123456}"));
        let shows = |price: &str| tenon_model::json::from_str(&format!("{{\"Price\":{price}}}")).unwrap();
        for (shown, price) in
            [("8.5e-05", "0.000085"), ("0.30000000000000004", "0.3"), ("1234567890123.123456", "1234567890123.123456")]
        {
            let action = merge(Some(&shows(shown)), "C1", "I1", &[row(&[("Price", price)])]).unwrap();
            assert_eq!(action, Action::Nothing, "{shown}");
        }
        let action =
            merge(Some(&shows("1234567890123.123456")), "C1", "I1", &[row(&[("Price", "1234567890123.123457")])]);
        assert!(matches!(action.unwrap(), Action::Change(_)));
    }

    #[test]
    fn a_price_that_is_no_number_is_refused_by_name() {
        let error = merge(None, "C1", "I1", &[row(&[("Price", "十元")])]).unwrap_err();
        assert!(error.message.contains("Price"), "{}", error.message);
    }
}
