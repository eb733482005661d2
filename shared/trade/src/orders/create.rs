//! Creating an order.

use super::record::{self, Order};
use super::{numbers, totals};
use crate::error::{Result, TradeError};
use crate::rules;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_crypto::digest::sha256_hex;
use tenon_model::TenantId;
use tenon_model::openapi::{CreateOrder, OrderState};
use tenon_model::tenant_app::TenantApp;
use tenon_platform::table::{Expect, Key, RecordKind, Transacted, Write};
use tenon_platform::{Context, Error};

/// How often one call is tried when others stand in its way.
const ATTEMPTS: u32 = 6;
/// Mean wait before the next try; longer each time.
const WAIT: Duration = Duration::from_millis(40);

/// An order, and whether it was there before.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    /// The order.
    pub order: Order,
    /// Whether an earlier call with the same number and content made it.
    pub repeated: bool,
}

/// What the customer's number stands for.
#[derive(Debug, Serialize, Deserialize)]
struct External {
    order_no: String,
    order_id: String,
    /// SHA-256 of what was asked for.
    hash: String,
}

/// The kind of record that a customer's number has.
pub(super) const KIND: RecordKind = RecordKind::of::<External>("ORDER-EXTERNAL");

/// Creates an order of the app's tenant, or finds the one that an earlier call with the same
/// `externalOrderNo` and the same content made, or with the same idempotency key.
///
/// # Errors
/// `Bad` names the field, `externalOrderNo` when its number stands for an order with other content;
/// failures of the table.
pub async fn create(ctx: &Context, app: &TenantApp, wanted: CreateOrder) -> Result<Created> {
    let wanted = trimmed(wanted);
    check(&wanted)?;
    let wanted = plain(wanted);
    let tenant = &app.tenant;
    let hash = content_hash(&wanted)?;
    if let Some(order) = ctx.once.made::<Order>(ctx).await? {
        return Ok(Created { order, repeated: true });
    }
    let order_id = ctx.entropy.id("ord-", ctx.now_ms())?;
    let mut order_no = numbers::next(ctx, tenant).await?;
    for attempt in 1..=ATTEMPTS {
        let order = order(&wanted, app, &order_no, &order_id, ctx.now_ms());
        let mut writes = writes(tenant, &order, &hash, ctx.now_ms())?;
        writes.extend(ctx.once.note(&order, ctx.now_ms())?);
        match ctx.table.transact_each(writes).await {
            Ok(Transacted::Done) => return Ok(Created { order, repeated: false }),
            Ok(Transacted::Conflict(places)) => {
                if let Some(order) = ctx.once.made::<Order>(ctx).await? {
                    return Ok(Created { repeated: order.order_id != order_id, order });
                }
                if let Some(created) = known(ctx, tenant, &order, &hash).await? {
                    return Ok(created);
                }
                if places.contains(&0) {
                    order_no = numbers::next(ctx, tenant).await?;
                }
            }
            // Nothing was done, or our own transaction without its answer, which the next one finds.
            Err(error) if TradeError::is_transient(&error) && attempt < ATTEMPTS => {
                ctx.clock.sleep(ctx.entropy.jitter(WAIT * attempt)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(TradeError::busy("the order"))
}

/// The order that stands in the way, if it is the one that is wanted: ours, stored by a transaction
/// whose answer was lost, or an earlier call's.
async fn known(ctx: &Context, tenant: &TenantId, ours: &Order, hash: &str) -> Result<Option<Created>> {
    let order_no = match &ours.external_order_no {
        None => ours.order_no.clone(),
        Some(external) => match ctx.table.get::<External>(&external_key(tenant, external)).await? {
            None => return Ok(None),
            Some(known) if known.data.hash != hash => {
                let message = format!("该外部订单号已用于订单{}，且内容不同", known.data.order_no);
                return Err(TradeError::bad("externalOrderNo", message));
            }
            Some(known) => known.data.order_no,
        },
    };
    let found = record::find(ctx, tenant, &order_no).await?.map(|stored| stored.data);
    let is_ours = |order: &Order| order.order_id == ours.order_id;
    let wanted = found.filter(|order| ours.external_order_no.is_some() || is_ours(order));
    Ok(wanted.map(|order| Created { repeated: !is_ours(&order), order }))
}

fn external_key(tenant: &TenantId, external: &str) -> Key {
    Key::new(tenant, "ORDER-EXTERNAL", &[external], "-")
}

/// The order comes first, so that a number that is taken is known by its place.
fn writes(tenant: &TenantId, order: &Order, hash: &str, now_ms: i64) -> tenon_platform::Result<Vec<Write>> {
    let mut writes = vec![record::put(tenant, order, Expect::AbsentAt(now_ms))?];
    writes.extend(record::point(tenant, order)?);
    writes.extend(totals::added(tenant, &order.app, &order.order_no, order.status));
    if let Some(external) = &order.external_order_no {
        let (order_no, order_id) = (order.order_no.clone(), order.order_id.clone());
        let known = External { order_no, order_id, hash: hash.to_owned() };
        writes.push(Write::put(external_key(tenant, external), &known, Expect::AbsentAt(now_ms))?);
    }
    Ok(writes)
}

fn order(wanted: &CreateOrder, app: &TenantApp, order_no: &str, order_id: &str, now_ms: i64) -> Order {
    let wanted = wanted.clone();
    Order {
        order_no: order_no.to_owned(),
        order_id: order_id.to_owned(),
        external_order_no: wanted.external_order_no,
        style_no: wanted.style_no,
        style_name: wanted.style_name,
        quantity: wanted.quantity,
        colors: wanted.colors.unwrap_or_default(),
        sizes: wanted.sizes.unwrap_or_default(),
        required_date: wanted.required_date,
        factory_id: wanted.factory_id,
        factory_name: wanted.factory_name,
        company: wanted.company,
        unit_price_fen: wanted.unit_price.map(|price| price.fen()),
        remark: wanted.remark,
        status: OrderState::Pending,
        completed_quantity: 0,
        production_progress: 0,
        material_arrival_rate: None,
        planned_start_date: None,
        planned_end_date: None,
        actual_start_date: None,
        actual_end_date: None,
        expected_ship_date: wanted.expected_ship_date,
        app: app.id.clone(),
        created_by_name: app.module.created_by(),
        created_ms: now_ms,
        updated_ms: now_ms,
        changed_ms: 0,
    }
}

/// With the customer's number as it is meant: blanks around it are of the form it came from, and must not
/// make another order of the same number.
fn trimmed(mut wanted: CreateOrder) -> CreateOrder {
    wanted.external_order_no = wanted.external_order_no.map(|no| no.trim().to_owned());
    wanted
}

fn check(wanted: &CreateOrder) -> Result<()> {
    if let Some(external) = &wanted.external_order_no {
        rules::text("externalOrderNo", external, rules::ID_LIMIT)?;
    }
    rules::text("styleNo", &wanted.style_no, rules::ID_LIMIT)?;
    rules::optional("styleName", wanted.style_name.as_deref(), 200)?;
    rules::within("quantity", wanted.quantity, 1, 1_000_000)?;
    rules::texts("colors", wanted.colors.as_deref().unwrap_or_default())?;
    rules::texts("sizes", wanted.sizes.as_deref().unwrap_or_default())?;
    rules::date("requiredDate", wanted.required_date.as_deref())?;
    rules::number_or_text("factoryId", wanted.factory_id.as_ref())?;
    rules::lines("remark", wanted.remark.as_deref(), 1_000)?;
    rules::optional("company", wanted.company.as_deref(), 200)?;
    rules::optional("factoryName", wanted.factory_name.as_deref(), 200)?;
    if wanted.unit_price.is_some_and(|price| price.fen() < 0) {
        return Err(TradeError::bad("unitPrice", "不能小于0"));
    }
    Ok(())
}

/// Without what says no more than its absence would, which some systems send and others leave out.
fn plain(mut wanted: CreateOrder) -> CreateOrder {
    for list in [&mut wanted.colors, &mut wanted.sizes] {
        list.take_if(|l| l.is_empty());
    }
    for text in [&mut wanted.style_name, &mut wanted.remark, &mut wanted.company, &mut wanted.factory_name] {
        text.take_if(|t| t.is_empty());
    }
    wanted.expected_ship_date.take_if(|date| !rules::is_date(date));
    wanted
}

/// SHA-256 of the content, whatever the order and spacing of its fields were.
fn content_hash(wanted: &CreateOrder) -> Result<String> {
    let text = serde_json::to_vec(wanted).map_err(|e| Error::permanent("platform.message", e.to_string()))?;
    Ok(sha256_hex(&text))
}
