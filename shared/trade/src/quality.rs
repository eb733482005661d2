//! Inspections of orders, and the report over them.

use crate::error::Result;
use crate::{orders, time};
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_model::openapi::{QualityItem, QualityReport};
use tenon_platform::Context;
use tenon_platform::table::{Count, Counters, Expect, Key, Range, Write};

/// Inspections shown one by one.
const SHOWN: u32 = 200;
/// Processes of an order that are summed up each for itself.
const PROCESSES: usize = 100;
/// What the pieces of any further process are summed up under.
const OTHERS: &str = "其他工序";

const RECORDS: &str = "records";
const GOOD: &str = "good";
const BAD: &str = "bad";
/// Before the name of a process, so that no process is taken for one of the sums.
const OF_PROCESS: &str = "of-";

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

/// The report on one order of the tenant; an order without inspections has an empty one. Three table requests,
/// however many inspections there are.
///
/// # Errors
/// `NotFound` for an order that is not the tenant's; failures of the table.
pub async fn report(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<QualityReport> {
    let order = orders::get(ctx, tenant, order_no).await?;
    let sums = sums(ctx, tenant, &order.order_no).await?;
    let sum = |name: &str| sums.get(name).copied().unwrap_or(0);
    let partition = Key::partition_of(tenant, "QUALITY", &[&order.order_no]);
    let newest = ctx.table.newest::<Inspection>(&partition, Range::default(), SHOWN).await?;
    let of_process = |(name, pieces): (&String, &i64)| Some((name.strip_prefix(OF_PROCESS)?.to_owned(), *pieces));
    Ok(QualityReport {
        order_no: order.order_no,
        total_records: sum(RECORDS),
        report_time: time::text(ctx.now_ms()),
        process_summary: sums.iter().filter_map(of_process).collect(),
        qualified_quantity: sum(GOOD),
        unqualified_quantity: sum(BAD),
        defect_rate: defect_rate(sum(GOOD), sum(BAD)),
        records: newest.into_iter().map(|stored| item(stored.data)).collect(),
    })
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

fn sums_key(tenant: &TenantId, order_no: &str) -> Key {
    Key::new(tenant, "QUALITY-SUMS", &[order_no], "-")
}

/// Over all inspections of an order: how many, and the pieces.
async fn sums(ctx: &Context, tenant: &TenantId, order_no: &str) -> tenon_platform::Result<Counters> {
    let key = sums_key(tenant, order_no);
    Ok(ctx.table.counters(std::slice::from_ref(&key)).await?.remove(&key).unwrap_or_default())
}

/// The writes that store an inspection and add it to the sums of its order.
pub(crate) async fn writes(
    ctx: &Context,
    tenant: &TenantId,
    inspection: &Inspection,
) -> tenon_platform::Result<Vec<Write>> {
    let known = sums(ctx, tenant, &inspection.order_no).await?;
    let own = format!("{OF_PROCESS}{}", inspection.process_name);
    let processes = known.keys().filter(|name| name.starts_with(OF_PROCESS)).count();
    let process = if known.contains_key(&own) || processes < PROCESSES { own } else { format!("{OF_PROCESS}{OTHERS}") };
    let sums = Count::new(sums_key(tenant, &inspection.order_no))
        .add(RECORDS, 1)
        .add(GOOD, inspection.qualified)
        .add(BAD, inspection.unqualified)
        .add(&process, inspection.qualified + inspection.unqualified);
    let sort = format!("{:013x}#{}", inspection.inspected_ms.max(0), inspection.id);
    let key = Key::new(tenant, "QUALITY", &[inspection.order_no.as_str()], sort);
    Ok(vec![Write::put(key, inspection, Expect::Anything)?, Write::count(sums)])
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
