//! Where the store's records lie. An order lies there twice, under its tenant and in the operator's
//! list; both copies are always written in one transaction and have the same version.

use super::records::{Order, Payment, Subscription};
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

pub(super) fn order_writes(record: &Order, expect: Expect) -> Result<Vec<Write>> {
    Ok(vec![
        Write::put(any_order(&record.number), record, expect)?,
        Write::put(order(&record.tenant, &record.number), record, expect)?,
    ])
}

pub(super) fn payment_write(tenant: &TenantId, record: &Payment, expect: Expect) -> Result<Write> {
    Write::put(Key::new(tenant, "STORE-PAYMENT", &[], &record.number), record, expect)
}

pub(super) fn subscription_write(record: &Subscription, expect: Expect) -> Result<Write> {
    Write::put(subscription(&record.tenant, record.module), record, expect)
}
