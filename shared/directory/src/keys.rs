//! Where the records lie. People are many and come all at once, so they are spread over partitions.

use serde::{Deserialize, Serialize};
use tenon_crypto::digest::{sha256, sha256_hex};
use tenon_model::TenantId;
use tenon_platform::table::Key;

/// Partitions over which people, and their codes, are spread.
pub const SHARDS: u8 = 8;

/// A record that names another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pointer {
    /// Whose code, address or account it is.
    pub id: String,
}

fn shard(of: &str) -> String {
    (sha256(of.as_bytes()).first().copied().unwrap_or(0) % SHARDS).to_string()
}

pub(crate) fn person(tenant: &TenantId, id: &str) -> Key {
    Key::new(tenant, "DIR-PERSON", &[&shard(id)], id)
}

pub(crate) fn people(tenant: &TenantId, shard: u8) -> String {
    Key::partition_of(tenant, "DIR-PERSON", &[&shard.to_string()])
}

pub(crate) fn person_code(tenant: &TenantId, enterprise: &str, code: &str) -> Key {
    Key::new(tenant, "DIR-PERSON-CODE", &[enterprise, &shard(code)], code)
}

pub(crate) fn email(tenant: &TenantId, email: &str, id: &str) -> Key {
    Key::new(tenant, "DIR-EMAIL", &[email], id)
}

pub(crate) fn emails(tenant: &TenantId, email: &str) -> String {
    Key::partition_of(tenant, "DIR-EMAIL", &[email])
}

pub(crate) fn account(tenant: &TenantId, vendor_id: &str, connection: &str) -> Key {
    Key::new(tenant, "DIR-ACCOUNT", &[vendor_id], connection)
}

pub(crate) fn accounts(tenant: &TenantId, vendor_id: &str) -> String {
    Key::partition_of(tenant, "DIR-ACCOUNT", &[vendor_id])
}

/// The partition of the index with the people of a mobile number.
pub(crate) fn mobile(tenant: &TenantId, mobile: &str) -> String {
    Key::partition_of(tenant, "DIR-MOBILE", &[mobile])
}

pub(crate) fn department(tenant: &TenantId, id: &str) -> Key {
    Key::new(tenant, "DIR-DEPARTMENT", &[], id)
}

pub(crate) fn departments(tenant: &TenantId) -> String {
    Key::partition_of(tenant, "DIR-DEPARTMENT", &[])
}

pub(crate) fn department_code(tenant: &TenantId, enterprise: &str, code: &str) -> Key {
    Key::new(tenant, "DIR-DEPARTMENT-CODE", &[enterprise], code)
}

/// The id of a record that an enterprise knows by this code, where the code itself is another's: the same each time.
pub fn free_id(enterprise: &str, code: &str) -> String {
    let hash = sha256_hex(format!("{enterprise}\n{code}").as_bytes());
    format!("{code}~{}", hash.get(..8).unwrap_or_default())
}
