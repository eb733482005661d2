//! Where the store's records lie. An order lies there twice, under its tenant and in the operator's
//! list; both copies are always written in one transaction and have the same version.

use super::records::{Order, OrderState, Payment, Subscription};
use tenon_model::{Module, TenantId};
use tenon_platform::Result;
use tenon_platform::table::{Expect, Key, Write};

pub(super) fn product(module: Module) -> Key {
    Key::new(&TenantId::operator(), "STORE-PRODUCT", &[], module.code())
}

pub(super) fn products() -> String {
    Key::partition_of(&TenantId::operator(), "STORE-PRODUCT", &[])
}

pub(super) fn trial(tenant: &TenantId, module: Module) -> Key {
    Key::new(tenant, "STORE-TRIAL", &[], module.code())
}

pub(super) fn subscription(tenant: &TenantId, module: Module) -> Key {
    Key::new(tenant, "STORE-SUBSCRIPTION", &[], module.code())
}

pub(super) fn subscriptions(tenant: &TenantId) -> String {
    Key::partition_of(tenant, "STORE-SUBSCRIPTION", &[])
}

fn order(tenant: &TenantId, number: &str) -> Key {
    Key::new(tenant, "STORE-ORDER", &[], number)
}

/// The operator's copy, found without knowing the tenant.
pub(super) fn any_order(number: &str) -> Key {
    order(&TenantId::operator(), number)
}

pub(super) fn orders(tenant: &TenantId) -> String {
    Key::partition_of(tenant, "STORE-ORDER", &[])
}

/// The index partition of a tenant's orders of one module in one state.
pub(super) fn orders_so(tenant: &TenantId, module: Module, state: OrderState) -> String {
    Key::partition_of(tenant, "STORE-ORDERS", &[module.code(), state.word()])
}

/// The writes that store an order which was in another state, or in none; its own come first.
pub(super) fn order_writes(record: &Order, before: Option<OrderState>, expect: Expect) -> Result<Vec<Write>> {
    let put = |of: &TenantId| {
        let write = Write::put(order(of, &record.number), record, expect)?;
        Ok(write.indexed(orders_so(of, record.module, record.state), record.number.clone()))
    };
    let mut writes = vec![put(&TenantId::operator())?, put(&record.tenant)?];
    writes.extend(super::orders::counted(record, before));
    Ok(writes)
}

pub(super) fn payment_write(tenant: &TenantId, record: &Payment, expect: Expect) -> Result<Write> {
    Write::put(Key::new(tenant, "STORE-PAYMENT", &[], &record.number), record, expect)
}

pub(super) fn subscription_write(record: &Subscription, expect: Expect) -> Result<Write> {
    let write = Write::put(subscription(&record.tenant, record.module), record, expect)?;
    Ok(write.indexed(endings(), format!("{:013}#{}#{}", record.ends_ms, record.tenant, record.module)))
}

/// The index partition of every tenant's subscriptions, by when they end.
pub(super) fn endings() -> String {
    Key::partition_of(&TenantId::operator(), "STORE-ENDINGS", &[])
}
