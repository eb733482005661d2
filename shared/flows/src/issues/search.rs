//! For which work order a feeding is, when neither the event nor the record says it: the MES lists the feedings of one
//! work order, so those of our released orders that have a line of the material are asked.

use super::owner;
use crate::kinds::Scope;
use serde_json::Value;
use std::collections::BTreeSet;
use tenon_connectors::blacklake::Blacklake;
use tenon_connectors::erp::{Erp, Filter, Rows};
use tenon_model::blacklake::Feeding;
use tenon_model::config::ProductionIssuesFlow;
use tenon_platform::{Error, Result};

/// Rows of a page, in either system.
const SIZE: u32 = 100;
/// Pages of one list that are read, at most.
pub(super) const PAGES: u64 = 500;
/// How long before and after a feeding its lists are asked for.
const AROUND_MS: i64 = 60_000;

/// The work order of a feeding, if it is one of ours.
///
/// # Errors
/// `flow.issue-order` when several work orders show it.
pub(super) async fn order_of(
    at: Scope<'_>,
    mes: &Blacklake<'_>,
    flows: &[&ProductionIssuesFlow],
    feeding: &Feeding,
) -> Result<Option<i64>> {
    let Some(at_ms) = feeding.at_ms.filter(|_| !feeding.material.is_empty()) else { return Ok(None) };
    let window = (at_ms - AROUND_MS, at_ms + AROUND_MS);
    let mut found = BTreeSet::new();
    for flow in flows {
        // Materials of other companies have other beginnings in the MES.
        let prefix = mes.connection().material_prefix(&flow.erp);
        let Some(item) = feeding.material.strip_prefix(prefix) else { continue };
        let erp = Erp::open(at.ctx, at.tenant, at.loaded, &flow.erp)?;
        let filter = Filter::Own("ProductionOrderStatus eq 'boposReleased'");
        let rows = Rows::Documents { object: "ProductionOrders", filter, select: &[] };
        let mut pages = erp.pages(rows, "AbsoluteEntry", SIZE).await?;
        while let Some(page) = pages.next().await? {
            for order in page.iter().filter(|order| has_line_of(order, item)) {
                let Some(number) = order.get("AbsoluteEntry").and_then(Value::as_i64) else { continue };
                let code = owner::code_of(at, mes, flow, number);
                let Some(id) = mes.work_order_id(&code).await? else { continue };
                if shows(mes, id, window, feeding.id).await? {
                    found.insert(id);
                }
            }
        }
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (only, None) => Ok(only),
        (Some(one), Some(other)) => Err(Error::permanent(
            "flow.issue-order",
            format!(
                "the MES shows feeding {} under several work orders ({one}, {other}), so for which it is cannot be told; \
                 nothing is posted",
                feeding.id
            ),
        )),
        (None, Some(_)) => Ok(None),
    }
}

async fn shows(mes: &Blacklake<'_>, order: i64, window: (i64, i64), feeding: i64) -> Result<bool> {
    let mut seen = 0;
    for page in 1..=PAGES {
        let (rows, total) = mes.feedings(Some(order), window, page, SIZE).await?;
        if rows.iter().any(|row| row.id == feeding) {
            return Ok(true);
        }
        seen += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        if rows.is_empty() || seen >= total {
            break;
        }
    }
    Ok(false)
}

fn has_line_of(order: &Value, material: &str) -> bool {
    let lines = order.get("ProductionOrderLines").and_then(Value::as_array).into_iter().flatten();
    lines.into_iter().any(|line| line.get("ItemNo").and_then(Value::as_str) == Some(material))
}
