//! Keys. The first part of every partition is the tenant, so that no read or write can be made
//! without one.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use tenon_model::TenantId;

/// Longest partition key, in bytes.
pub(super) const PARTITION_LIMIT: usize = 2048;
/// Longest sort key, in bytes.
const SORT_LIMIT: usize = 1024;

/// A record's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    partition: String,
    sort: String,
}

impl Key {
    /// The key of a record: a collection of one tenant, the parts that select the partition, and
    /// the sort key.
    pub fn new(tenant: &TenantId, collection: &str, parts: &[&str], sort: impl Into<String>) -> Self {
        Self { partition: Self::partition_of(tenant, collection, parts), sort: sort.into() }
    }

    /// The partition, for queries and index entries. Parts are escaped, so that no two lists of
    /// parts make the same partition.
    pub fn partition_of(tenant: &TenantId, collection: &str, parts: &[&str]) -> String {
        let mut partition = escape(tenant.as_str());
        partition.push('#');
        partition.push_str(collection);
        for part in parts {
            partition.push('#');
            partition.push_str(&escape(part));
        }
        partition
    }

    /// The partition of this key.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The sort key.
    pub fn sort(&self) -> &str {
        &self.sort
    }

    /// Whether DynamoDB can hold a record of this key: it refuses an empty sort key and keys beyond its
    /// limits, in reads as well. A name somebody else made up then simply names nothing.
    pub(super) fn can_exist(&self) -> bool {
        self.partition.len() <= PARTITION_LIMIT && (1..=SORT_LIMIT).contains(&self.sort.len())
    }

    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.partition.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sort.clone())),
        ])
    }

    pub(super) fn of(item: &HashMap<String, AttributeValue>) -> Option<Self> {
        let text = |name| item.get(name).and_then(|v| v.as_s().ok()).cloned();
        Some(Self { partition: text("pk")?, sort: text("sk")? })
    }
}

fn escape(part: &str) -> String {
    part.replace('%', "%25").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_parts_share_a_partition() {
        let tenant = TenantId::new("t");
        let one = Key::partition_of(&tenant, "LINK", &["a#b", "c"]);
        let two = Key::partition_of(&tenant, "LINK", &["a", "b#c"]);
        assert_ne!(one, two);
        assert_ne!(
            Key::partition_of(&TenantId::new("a#LINK"), "X", &[]),
            Key::partition_of(&TenantId::new("a"), "LINK", &["X"])
        );
    }
}
