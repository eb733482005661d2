//! Inspections of orders, and the report over them.

use crate::error::Result;
use crate::{orders, time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_model::openapi::{QualityItem, QualityReport};
use tenon_platform::Context;
use tenon_platform::table::{Expect, Key, Range, Write};

/// Inspections shown one by one.
const SHOWN: usize = 200;

/// One inspection as stored, under its order by time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Inspection {
    pub id: String,
    pub order_no: String,
    pub process_name: String,
    pub qualified: i64,
    pub unqualified: i64,
    pub result: String,
    pub inspected_ms: i64,
}

/// The report on one order of the tenant; an order without inspections has an empty one.
///
/// # Errors
/// `NotFound` for an order that is not the tenant's; failures of the table.
pub async fn report(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<QualityReport> {
    let order = orders::get(ctx, tenant, order_no).await?;
    let partition = partition(tenant, &order.order_no);
    let newest_first = Range { backwards: true, ..Range::default() };
    let stored = ctx.table.query_all::<Inspection>(&partition, newest_first).await?;
    let mut report = QualityReport {
        order_no: order.order_no,
        total_records: i64::try_from(stored.len()).unwrap_or(i64::MAX),
        report_time: time::text(ctx.now_ms()),
        process_summary: BTreeMap::new(),
        qualified_quantity: 0,
        unqualified_quantity: 0,
        defect_rate: 0.0,
        records: Vec::new(),
    };
    for inspection in stored.into_iter().map(|s| s.data) {
        let quantity = inspection.qualified + inspection.unqualified;
        *report.process_summary.entry(inspection.process_name.clone()).or_default() += quantity;
        report.qualified_quantity += inspection.qualified;
        report.unqualified_quantity += inspection.unqualified;
        if report.records.len() < SHOWN {
            report.records.push(item(inspection));
        }
    }
    report.defect_rate = defect_rate(report.qualified_quantity, report.unqualified_quantity);
    Ok(report)
}

fn item(inspection: Inspection) -> QualityItem {
    QualityItem {
        id: inspection.id,
        order_no: inspection.order_no,
        process_name: inspection.process_name,
        quantity: inspection.qualified + inspection.unqualified,
        qualified_quantity: inspection.qualified,
        unqualified_quantity: inspection.unqualified,
        defect_rate: defect_rate(inspection.qualified, inspection.unqualified),
        result: inspection.result,
        scan_time: time::text(inspection.inspected_ms),
    }
}

/// Bad pieces in percent of all, rounded to two decimals; 0 of none.
pub(crate) fn defect_rate(qualified: i64, unqualified: i64) -> f64 {
    let all = qualified + unqualified;
    if all == 0 {
        return 0.0;
    }
    // Hundredths of a percent, rounded half up, in whole numbers.
    let hundredths = (unqualified * 20_000 + all) / (2 * all);
    hundredths as f64 / 100.0
}

fn partition(tenant: &TenantId, order_no: &str) -> String {
    Key::partition_of(tenant, "QUALITY", &[order_no])
}

/// The write that stores an inspection.
pub(crate) fn write(tenant: &TenantId, inspection: &Inspection) -> tenon_platform::Result<Write> {
    let sort = format!("{:013x}#{}", inspection.inspected_ms.max(0), inspection.id);
    let key = Key::new(tenant, "QUALITY", &[inspection.order_no.as_str()], sort);
    Write::put(key, inspection, Expect::Anything)
}

#[cfg(test)]
mod tests {
    use super::defect_rate;

    #[test]
    fn the_defect_rate_is_a_percentage_with_two_decimals() {
        assert_eq!(defect_rate(0, 0), 0.0);
        assert_eq!(defect_rate(97, 3), 3.0);
        assert_eq!(defect_rate(2, 1), 33.33);
        assert_eq!(defect_rate(0, 5), 100.0);
        assert_eq!(defect_rate(9_999, 1), 0.01);
    }
}
