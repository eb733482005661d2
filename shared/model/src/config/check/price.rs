//! Rules of price flows.

use super::rules::FlowRule;
use super::{EVERY, Findings};
use crate::config::{Field, PriceFlow, range};
use std::collections::BTreeSet;

/// Columns of a price flow that name fields of B1's special prices.
const PRICE_COLUMNS: [&str; 8] =
    ["CardCode", "ItemCode", "Price", "Currency", "ValidFrom", "ValidTo", "PriceListNum", "Discount"];

/// Checks one flow.
pub(super) fn check(found: &mut Findings, path: &str, flow: &PriceFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    found.filled(&format!("{path}.form.template"), &flow.form.template);
    form(found, path, flow);
}

/// Fields on the ERP's side that a field of a price form is mapped to.
fn targets(field: &Field) -> Vec<String> {
    range::pair(&field.to).map_or_else(|| vec![field.to.clone()], |(begin, end)| vec![begin, end])
}

fn form(found: &mut Findings, path: &str, flow: &PriceFlow) {
    let lines = flow.form.lines.iter().flat_map(|l| &l.fields);
    let fields: Vec<&Field> = flow.form.fields.iter().chain(lines).collect();
    for field in fields.iter().filter(|f| range::pair(&f.to).is_some() && range::pair(&f.from).is_none()) {
        let rule = FlowRule::PriceRange { to: field.to.clone(), from: field.from.clone() };
        found.error(&format!("{path}.form"), rule);
    }
    let mapped: BTreeSet<String> = fields.into_iter().flat_map(targets).collect();
    let mapped: BTreeSet<&str> = mapped.iter().map(String::as_str).collect();
    for needed in ["CardCode", "ItemCode", "Price"] {
        if !mapped.contains(needed) {
            found.error(&format!("{path}.form"), FlowRule::PriceNeeds { name: needed.to_owned() });
        }
    }
    for name in mapped.iter().filter(|n| !PRICE_COLUMNS.contains(n) && !n.starts_with("U_")) {
        let (name, known) = ((*name).to_owned(), PRICE_COLUMNS.into_iter().collect());
        found.error(&format!("{path}.form"), FlowRule::NoPriceField { name, known });
    }
}
