//! The document: batches from the feeding or by the site's own rule, bins, and the rest.

use super::decide::Line;
use super::mark_of;
use super::reading::FeedingDetail;
use crate::zone::local;
use serde_json::{Map, Value, json};
use tenon_connectors::erp::Erp;
use tenon_model::DocumentKey;
use tenon_model::config::{IssueDate, ProductionIssuesFlow};
use tenon_model::decimal::{self, Decimal};
use tenon_model::json::number;
use tenon_platform::{Error, Result};

/// A batch and how much of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Batch {
    number: String,
    quantity: Decimal,
}

/// The batches that a line is issued from; none of an item that is not kept by batches.
///
/// # Errors
/// `flow.issue-batch` when there are none, or not enough.
pub(super) async fn batches(
    erp: &Erp<'_>,
    flow: &ProductionIssuesFlow,
    detail: &FeedingDetail,
    line: &Line,
) -> Result<Vec<Batch>> {
    if !line.by_batches {
        return Ok(Vec::new());
    }
    let quantity = decimal::parse(&line.quantity).unwrap_or_default();
    if !detail.feeding.batch.is_empty() {
        return Ok(vec![Batch { number: detail.feeding.batch.clone(), quantity }]);
    }
    let Some(query) = &flow.batches else {
        let message = format!(
            "{} is kept by batches, and feeding {} names none: nothing is posted. Name the batch in the MES, or let the \
             flow take batches by a query (batches)",
            line.item, detail.feeding.id
        );
        return Err(Error::permanent("flow.issue-batch", message));
    };
    let (item, warehouse) = (DocumentKey::Text(line.item.clone()), DocumentKey::Text(line.warehouse.clone()));
    let rows = erp.query(query, &[("item", &item), ("warehouse", &warehouse)]).await?;
    chosen(&rows, line, quantity)
}

/// Batches in the order of the query, until there is enough.
fn chosen(rows: &[Value], line: &Line, needed: Decimal) -> Result<Vec<Batch>> {
    let (mut left, mut chosen) = (needed, Vec::new());
    for row in rows.iter().filter_map(Value::as_object) {
        let column = |names: &[&str]| {
            row.iter().find(|(name, _)| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted))).map(|(_, v)| v)
        };
        let number = column(&["BatchNumber", "DistNumber"]).and_then(Value::as_str).unwrap_or_default();
        let there = column(&["Quantity"]).and_then(number::text_of).and_then(|text| decimal::parse(&text));
        let taken = there.unwrap_or_default().min(left);
        if number.is_empty() || taken <= Decimal::ZERO {
            continue;
        }
        chosen.push(Batch { number: number.to_owned(), quantity: taken });
        left -= taken;
        if left.is_zero() {
            return Ok(chosen);
        }
    }
    let message = format!(
        "the batches of {} in warehouse {} that the flow's query tells have {}, and {} are needed; nothing is posted",
        line.item,
        line.warehouse,
        decimal::plain(needed - left),
        decimal::plain(needed)
    );
    Err(Error::permanent("flow.issue-batch", message))
}

/// The fields of the document but the one that carries our key.
pub(super) fn body(
    flow: &ProductionIssuesFlow,
    detail: &FeedingDetail,
    order: i64,
    line: &Line,
    batches: &[Batch],
    (now_ms, zone): (i64, &str),
) -> Result<Map<String, Value>> {
    let at_ms = match flow.date {
        IssueDate::Feeding => detail.feeding.at_ms.unwrap_or(now_ms),
        IssueDate::Today => now_ms,
    };
    let mut row = Map::new();
    row.insert("BaseEntry".to_owned(), json!(order));
    row.insert("BaseType".to_owned(), json!(202));
    row.insert("BaseLine".to_owned(), json!(line.number));
    row.insert("Quantity".to_owned(), exactly(&line.quantity));
    row.insert("WarehouseCode".to_owned(), json!(line.warehouse));
    if !batches.is_empty() {
        let rows = batches.iter().map(|batch| {
            json!({ "BatchNumber": batch.number, "Quantity": exactly(&decimal::plain(batch.quantity)),
                "BaseLineNumber": 0 })
        });
        row.insert("BatchNumbers".to_owned(), rows.collect());
    }
    if let Some(bin) = flow.bins.get(&line.warehouse) {
        let allocation = |quantity: Value, batch: Option<usize>| {
            let mut fields = Map::new();
            fields.insert("BinAbsEntry".to_owned(), json!(bin));
            fields.insert("Quantity".to_owned(), quantity);
            if let Some(batch) = batch {
                fields.insert("SerialAndBatchNumbersBaseLine".to_owned(), json!(batch));
            }
            fields.insert("BaseLineNumber".to_owned(), json!(0));
            Value::Object(fields)
        };
        let allocations: Vec<Value> = match batches {
            [] => vec![allocation(exactly(&line.quantity), None)],
            batches => {
                let each = batches.iter().enumerate();
                each.map(|(at, batch)| allocation(exactly(&decimal::plain(batch.quantity)), Some(at))).collect()
            }
        };
        row.insert("DocumentLinesBinAllocations".to_owned(), Value::Array(allocations));
    }
    let mut body = Map::new();
    body.insert("DocDate".to_owned(), json!(local(at_ms, zone, "%Y-%m-%d")?));
    body.extend(flow.constants.clone());
    body.insert("DocumentLines".to_owned(), json!([row]));
    Ok(body)
}

/// The body with the key, as it is sent; for people who want to see it before.
pub(super) fn whole(flow: &ProductionIssuesFlow, feeding: i64, mut body: Map<String, Value>) -> Value {
    body.insert(flow.key_field.clone(), json!(mark_of(feeding)));
    Value::Object(body)
}

fn exactly(text: &str) -> Value {
    number::of_text(text).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            number: 0,
            item: "RM".to_owned(),
            warehouse: "W2".to_owned(),
            quantity: "12.5".to_owned(),
            by_batches: true,
            remark: None,
        }
    }

    #[test]
    fn r_m54_batches_of_the_sites_rule_are_used_in_its_order_until_there_is_enough() {
        let rows = [
            json!({"BATCHNUMBER": "B6", "QUANTITY": 10}),
            json!({"DistNumber": "B7", "Quantity": 0}),
            json!({"DistNumber": "B8", "Quantity": 5.5}),
        ];
        let needed = decimal::parse("12.5").unwrap();
        let found = chosen(&rows, &line(), needed).unwrap();
        let shown: Vec<String> = found.iter().map(|b| format!("{} {}", b.number, decimal::plain(b.quantity))).collect();
        assert_eq!(shown, ["B6 10", "B8 2.5"]);
        let short = chosen(&rows[..1], &line(), needed).unwrap_err();
        assert!(
            short.message.contains("RM") && short.message.contains("10") && short.message.contains("12.5"),
            "{short}"
        );
    }
}
