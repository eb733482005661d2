//! Where the records lie.

use tenon_model::TenantId;
use tenon_platform::table::Key;

/// Partitions of the index over which instances with something due are spread.
pub(super) const SHARDS: u8 = 4;

/// A flow: which versions there are.
pub(super) fn head(tenant: &TenantId, flow: &str) -> Key {
    Key::new(tenant, "PROCESS-FLOW", &[flow], "head")
}

/// A version of a flow.
pub(super) fn version(tenant: &TenantId, flow: &str, version: u32) -> Key {
    Key::new(tenant, "PROCESS-FLOW", &[flow], format!("version#{version:010}"))
}

/// A part of the texts of a version.
pub(super) fn part(tenant: &TenantId, flow: &str, version: u32, part: usize) -> Key {
    Key::new(tenant, "PROCESS-TEXT", &[flow, &version.to_string()], format!("{part:03}"))
}

pub(super) fn parts(tenant: &TenantId, flow: &str, version: u32) -> String {
    Key::partition_of(tenant, "PROCESS-TEXT", &[flow, &version.to_string()])
}

/// A form's record, as people saved it.
pub(super) fn form(tenant: &TenantId, flow: &str, data_id: &str) -> Key {
    Key::new(tenant, "PROCESS-FORM", &[flow], data_id)
}

/// An instance, and beside it what of the form it goes by.
pub(super) fn instance(tenant: &TenantId, number: &str) -> Key {
    Key::new(tenant, "PROCESS", &[number], INSTANCE)
}

pub(super) fn instance_partition(tenant: &TenantId, number: &str) -> String {
    Key::partition_of(tenant, "PROCESS", &[number])
}

pub(super) fn data(tenant: &TenantId, number: &str) -> Key {
    Key::new(tenant, "PROCESS", &[number], DATA)
}

pub(super) const INSTANCE: &str = "instance";
pub(super) const DATA: &str = "data";
pub(super) const ROWS: &str = "rows";

/// Decisions of open tasks that were stored elsewhere.
pub(super) fn rows(tenant: &TenantId, number: &str) -> Key {
    Key::new(tenant, "PROCESS", &[number], ROWS)
}

/// The entries of one step.
pub(super) fn history(tenant: &TenantId, number: &str, first: u64) -> Key {
    Key::new(tenant, "PROCESS-HISTORY", &[number], sort(first))
}

pub(super) fn history_partition(tenant: &TenantId, number: &str) -> String {
    Key::partition_of(tenant, "PROCESS-HISTORY", &[number])
}

pub(super) fn sort(first: u64) -> String {
    format!("{first:012}")
}

/// Which instance has an order's number.
pub(super) fn order(tenant: &TenantId, order: i64) -> Key {
    Key::new(tenant, "PROCESS-ORDER", &[&order.to_string()], "-")
}

/// How many running numbers a flow has had in a month.
pub(super) fn numbers(tenant: &TenantId, flow: &str, month: &str) -> Key {
    Key::new(tenant, "PROCESS-NUMBERS", &[flow], month)
}

/// The list of those with something due, of all tenants.
pub(super) fn due(shard: u8) -> String {
    Key::partition_of(&TenantId::operator(), "PROCESS-DUE", &[&shard.to_string()])
}
