//! What the MES says of a feeding when it is asked, and the ERP of its order and item.

use super::search;
use crate::kinds::Scope;
use crate::manufacturing::known;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tenon_connectors::blacklake::{Blacklake, Existing};
use tenon_connectors::erp::{Erp, Place};
use tenon_model::blacklake::{FedRecord, Feeding};
use tenon_model::config::ProductionIssuesFlow;
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::runs::Recorder;
use tenon_platform::{Error, Result};

/// A feeding and its work order, as the MES tells them.
#[derive(Clone, Debug)]
pub(super) struct FeedingDetail {
    pub feeding: Feeding,
    pub order: Existing,
}

impl FeedingDetail {
    /// The same with the company's own item codes: in the MES they may have a prefix that tells companies apart.
    ///
    /// # Errors
    /// `flow.issue-material` for a material of another company's.
    pub fn in_company(&self, mes: &Blacklake<'_>, flow: &ProductionIssuesFlow) -> Result<Self> {
        let prefix = mes.connection().material_prefix(&flow.erp);
        let mut detail = self.clone();
        let feeding = &mut detail.feeding;
        let own = |code: &str| code.strip_prefix(prefix).map(str::to_owned);
        feeding.material = own(&feeding.material).ok_or_else(|| {
            let message = format!(
                "{} was fed, and materials of {} begin with {prefix} in the MES: it is another company's, and nothing is \
                 posted. Issue it by hand",
                feeding.material, flow.erp
            );
            Error::permanent("flow.issue-material", message)
        })?;
        if let Some(code) = own(&feeding.stands_in_for) {
            feeding.stands_in_for = code;
        }
        Ok(detail)
    }
}

/// What the MES answers.
pub(super) enum FeedingRead {
    /// The feeding of a work order.
    FeedingDetail(Box<FeedingDetail>),
    /// A feeding for none of our orders that are released.
    Nobody,
}

/// Asks the MES. What the event said counts for nothing.
///
/// # Errors
/// `flow.issue-feeding` when the MES shows no such feeding, or another.
pub(super) async fn read_feeding(
    at: Scope<'_>,
    mes: &Blacklake<'_>,
    flows: &[&ProductionIssuesFlow],
    record: FedRecord,
    steps: &mut Recorder,
) -> Result<FeedingRead> {
    let FedRecord { id, order } = record;
    let feeding = steps
        .step("read feeding", json!({ "feedRecordDetailId": id }), async {
            let found = mes.feeding(id).await?.ok_or_else(|| {
                let message = format!("the MES shows no feeding {id}; nothing is posted");
                Error::permanent("flow.issue-feeding", message)
            })?;
            if found.id != id {
                let message = format!("feeding {id} was asked for and {} is answered; nothing is posted", found.id);
                return Err(Error::permanent("flow.issue-feeding", message));
            }
            let note = json!({
                "material": found.material, "quantity": found.quantity, "batch": found.batch,
                "taken back": found.retracted, "substitute for": found.stands_in_for,
            });
            Ok((found, note))
        })
        .await?;
    let order = match feeding.work_order.or(order) {
        Some(order) => Some(order),
        None => {
            steps
                .step("look for work order", json!({ "material": feeding.material }), async {
                    let found = search::order_of(at, mes, flows, &feeding).await?;
                    Ok((found, json!({ "workOrderId": found })))
                })
                .await?
        }
    };
    let Some(order) = order else { return Ok(FeedingRead::Nobody) };
    let order = steps
        .step("read work order", json!({ "workOrderId": order }), async {
            let found = mes.work_order(order).await?;
            let note = json!({ "code": found.code, "status": found.status });
            Ok((found, note))
        })
        .await?;
    Ok(FeedingRead::FeedingDetail(Box::new(FeedingDetail { feeding, order })))
}

/// The order and the item.
pub(super) struct InErp {
    pub order: Map<String, Value>,
    /// `None` when the ERP has no such item.
    pub item: Option<Arc<Map<String, Value>>>,
}

/// Asks the ERP: the order as it is now, because each issue leaves less to issue; the item as it was a moment ago.
///
/// # Errors
/// `flow.issue-order` when it has no such order.
pub(super) async fn look(
    Scope { ctx, tenant, .. }: Scope<'_>,
    (connection, erp): (&ConnectionId, &Erp<'_>),
    (number, material): (i64, &str),
    steps: &mut Recorder,
) -> Result<InErp> {
    steps
        .step("read order and item", json!({ "order": number, "item": material }), async {
            let place = Place::new("ProductionOrders", &DocumentKey::Number(number));
            let order = fields(erp.read_optional(&place).await?).ok_or_else(|| {
                Error::permanent("flow.issue-order", format!("B1 has no production order {number}; nothing is posted"))
            })?;
            let item = match material {
                "" => None,
                code => {
                    let key = DocumentKey::Text(code.to_owned());
                    known::record(ctx, tenant, (connection, erp), "Items", &key).await?
                }
            };
            let note = json!({
                "status": order.get("ProductionOrderStatus"),
                "unit": item.as_ref().and_then(|item| item.get("InventoryUOM")),
                "by batches": item.as_ref().and_then(|item| item.get("ManageBatchNumbers")),
            });
            Ok((InErp { order, item }, note))
        })
        .await
}

fn fields(value: Option<Value>) -> Option<Map<String, Value>> {
    match value {
        Some(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}
