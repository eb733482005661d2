//! Units of a material and what one is in another, exactly.

use super::{amount, id_at, list_at, text_at};
use crate::decimal::{self, Decimal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Decimals that B1 keeps of a quantity.
const DECIMALS: u32 = 6;

/// A unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
}

/// So many of one unit are so many of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// Count of the one.
    pub from_count: String,
    /// The one's id.
    pub from: i64,
    /// Count of the other.
    pub to_count: String,
    /// The other's id.
    pub to: i64,
}

/// An amount in a unit, an exact decimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// Written plainly: `12.345678`.
    pub amount: String,
    /// In what.
    pub unit: Unit,
}

/// The units that a material is counted in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    /// Those that are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Unit>,
    /// What they are in each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversions: Vec<Conversion>,
}

impl Unit {
    /// A unit as the MES writes it: `{id, name, code}`.
    pub fn of(value: &Value) -> Self {
        Self { id: id_at(value, "id"), name: text_at(value, "name"), code: text_at(value, "code") }
    }

    fn is_called(&self, name: &str) -> bool {
        !name.is_empty() && (self.name == name || self.code == name)
    }

    fn shown(&self) -> &str {
        if self.name.is_empty() { &self.code } else { &self.name }
    }
}

impl Quantity {
    /// `{amount, unit: {id, name, …}}`, as reports have it.
    pub fn with_unit(value: &Value) -> Option<Self> {
        Some(Self { amount: amount(value.get("amount")?)?, unit: Unit::of(value.get("unit").unwrap_or(&Value::Null)) })
    }

    /// `{amount, amountDisplay, unitId, unitName, unitCode}`, as feedings have it. The text may be rounded for people, and
    /// the number may be what a binary one was written as: it counts where B1 can keep it.
    pub fn displayed(value: &Value) -> Option<Self> {
        let number = value.get("amount").and_then(amount);
        let is_kept = |text: &String| decimal::parse(text).is_some_and(|n| n.normalize().scale() <= DECIMALS);
        let shown = value.get("amountDisplay").and_then(amount);
        let amount = number.clone().filter(is_kept).or(shown).or(number)?;
        let unit =
            Unit { id: id_at(value, "unitId"), name: text_at(value, "unitName"), code: text_at(value, "unitCode") };
        Some(Self { amount, unit })
    }
}

impl Units {
    /// The units that a `materialInfo` speaks of, in either spelling.
    pub fn of_material(info: &Value) -> Self {
        let named = ["masterUnit", "productionUnit", "materialFeedUnit", "unit"];
        let single = named.iter().filter_map(|name| info.get(*name)).map(Unit::of);
        let mut known: Vec<Unit> = single.chain(list_at(info, "unitList").iter().map(Unit::of)).collect();
        let lists = ["unitConversionInfo", "conversions"];
        let rows: Vec<&Value> = lists.iter().flat_map(|name| list_at(info, name)).collect();
        for row in &rows {
            for (id, name) in [("fromUnitId", "fromUnitName"), ("toUnitId", "toUnitName")] {
                known.push(Unit { id: id_at(row, id), name: text_at(row, name), code: String::new() });
            }
        }
        let conversions = rows.into_iter().filter_map(|row| {
            Some(Conversion {
                from_count: amount(row.get("fromUnitCount")?)?,
                from: id_at(row, "fromUnitId")?,
                to_count: amount(row.get("toUnitCount")?)?,
                to: id_at(row, "toUnitId")?,
            })
        });
        let conversions = conversions.collect();
        known.retain(|unit| unit.id.is_some() && !unit.shown().is_empty());
        known.dedup();
        Self { known, conversions }
    }

    /// A quantity in the unit of this name, with at most the decimals that B1 keeps.
    ///
    /// # Errors
    /// In words: that the unit is another and nothing says what one is in the other, or that it is not exact.
    pub fn convert(&self, quantity: &Quantity, to: &str) -> Result<String, String> {
        let Quantity { amount, unit } = quantity;
        let parsed = decimal::parse(amount).ok_or_else(|| format!("{amount} is no number"))?;
        if unit.is_called(to) {
            return exact(parsed, Decimal::ONE, Decimal::ONE)
                .ok_or_else(|| format!("{amount} {to} has more than {DECIMALS} decimals, which B1 does not keep"));
        }
        let (up, down) = self.factor(unit, to).ok_or_else(|| {
            let from = if unit.shown().is_empty() { "an unnamed unit" } else { unit.shown() };
            format!(
                "{amount} is in {from} and B1 counts in {to}; nothing says what one is in the other: give the material \
                 a conversion unit (转换单位) in the MES"
            )
        })?;
        exact(parsed, up, down)
            .ok_or_else(|| format!("{amount} {} is no amount of {to} with at most {DECIMALS} decimals", unit.shown()))
    }

    /// By what an amount of this unit is multiplied and divided to be one of the unit of that name.
    fn factor(&self, from: &Unit, to: &str) -> Option<(Decimal, Decimal)> {
        let start = from.id.or_else(|| self.id_of(from.shown()))?;
        let mut reached = vec![(start, Decimal::ONE, Decimal::ONE)];
        let mut next = 0;
        while let Some((at, up, down)) = reached.get(next).copied() {
            next += 1;
            if self.known.iter().any(|unit| unit.id == Some(at) && unit.is_called(to)) {
                return Some((up, down));
            }
            for conversion in &self.conversions {
                let (count, other) = (decimal::parse(&conversion.from_count)?, decimal::parse(&conversion.to_count)?);
                if count <= Decimal::ZERO || other <= Decimal::ZERO {
                    continue;
                }
                let step = match at {
                    at if at == conversion.from => Some((conversion.to, other, count)),
                    at if at == conversion.to => Some((conversion.from, count, other)),
                    _ => None,
                };
                if let Some((unit, times, over)) = step
                    && !reached.iter().any(|(known, _, _)| *known == unit)
                {
                    reached.push((unit, up.checked_mul(times)?, down.checked_mul(over)?));
                }
            }
        }
        None
    }

    fn id_of(&self, name: &str) -> Option<i64> {
        self.known.iter().find(|unit| unit.is_called(name)).and_then(|unit| unit.id)
    }
}

/// The amount times one over the other, when B1 can keep it.
fn exact(amount: Decimal, up: Decimal, down: Decimal) -> Option<String> {
    let whole = amount.checked_mul(up)?;
    let quotient = whole.checked_div(down)?;
    let text = decimal::at_most(quotient, DECIMALS);
    let back = decimal::parse(&text)?.checked_mul(down)?;
    (back == whole).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn quantity(text: &str, unit: &str, id: i64) -> Quantity {
        let amount = crate::json::from_str(text).unwrap();
        Quantity::with_unit(&json!({ "amount": amount, "unit": { "id": id, "name": unit } })).unwrap()
    }

    fn boxes() -> Units {
        // One box is twelve pieces; a pallet is forty boxes.
        Units::of_material(&json!({
            "unitList": [{ "id": 1, "name": "个", "code": "PC" }, { "id": 2, "name": "箱" }, { "id": 3, "name": "托" }],
            "unitConversionInfo": [
                { "fromUnitCount": 12, "fromUnitId": 1, "toUnitCount": 1, "toUnitId": 2 },
                { "fromUnitCount": "40", "fromUnitId": "2", "toUnitCount": 1, "toUnitId": 3 }]
        }))
    }

    #[test]
    fn r_m37_amounts_are_exact_and_what_b1_cannot_keep_is_refused() {
        let none = Units::default();
        for (text, kept) in [("12.345678", "12.345678"), ("30.5", "30.5"), ("1e-6", "0.000001"), ("100.0", "100")] {
            assert_eq!(none.convert(&quantity(text, "个", 1), "个").unwrap(), kept);
        }
        for text in ["0.30000000000000004", "12.3456789"] {
            let error = none.convert(&quantity(text, "个", 1), "个").unwrap_err();
            assert!(error.contains("6 decimals"), "{error}");
        }
    }

    #[test]
    fn r_m37_r_m52_a_unit_is_converted_in_both_directions_and_over_another() {
        let units = boxes();
        assert_eq!(units.convert(&quantity("2.5", "箱", 2), "个").unwrap(), "30");
        assert_eq!(units.convert(&quantity("6", "个", 1), "箱").unwrap(), "0.5");
        assert_eq!(units.convert(&quantity("0.5", "托", 3), "PC").unwrap(), "240");
        let inexact = units.convert(&quantity("1", "个", 1), "箱").unwrap_err();
        assert!(inexact.contains("箱"), "{inexact}");
        let unknown = units.convert(&quantity("1", "千克", 9), "个").unwrap_err();
        assert!(unknown.contains("千克") && unknown.contains("个"), "{unknown}");
    }

    #[test]
    fn of_a_displayed_amount_the_number_counts_unless_it_is_no_decimal_that_b1_keeps() {
        let of = |value: Value| Quantity::displayed(&value).unwrap().amount;
        // Rounded for people.
        assert_eq!(of(json!({ "amount": 12.345678, "amountDisplay": "12.35" })), "12.345678");
        assert_eq!(of(json!({ "amount": "12.50", "amountDisplay": "12.5 个" })), "12.5");
        assert_eq!(of(json!({ "amount": null, "amountDisplay": "7.10" })), "7.1");

        let value = json!({ "amount": 0.1 + 0.2, "amountDisplay": "0.30", "unitName": "个", "unitId": "7" });
        let read = Quantity::displayed(&value).unwrap();
        assert_eq!((read.amount.as_str(), read.unit.id), ("0.3", Some(7)));
        assert_eq!(Quantity::displayed(&json!({ "unitName": "个" })), None);
    }

    #[test]
    fn conversions_that_lead_round_in_a_circle_end() {
        let mut units = boxes();
        units.conversions.push(Conversion { from_count: "1".into(), from: 3, to_count: "480".into(), to: 1 });
        units.conversions.push(Conversion { from_count: "0".into(), from: 1, to_count: "1".into(), to: 4 });
        assert!(units.convert(&quantity("1", "个", 1), "公斤").is_err());
    }
}
