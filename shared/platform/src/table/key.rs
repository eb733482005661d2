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

    /// The key of a partition and a sort key as they stand in the table.
    pub(crate) fn from_parts(partition: &str, sort: &str) -> Self {
        Self { partition: partition.to_owned(), sort: sort.to_owned() }
    }

    /// What the partition was made of: the tenant, the collection, and the parts that select the partition.
    pub fn named(&self) -> (TenantId, &str, Vec<String>) {
        let mut parts = self.partition.split('#');
        let tenant = TenantId::new(unescape(parts.next().unwrap_or_default()));
        let collection = parts.next().unwrap_or_default();
        (tenant, collection, parts.map(unescape).collect())
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

fn unescape(part: &str) -> String {
    part.replace("%23", "#").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_tells_what_it_was_made_of() {
        for tenant in ["t", "a#b%23", "%2523#"] {
            let key = Key::new(&TenantId::new(tenant), "LINK", &["c#d", "%23", ""], "s");
            let (of, collection, parts) = key.named();
            assert_eq!((of.as_str(), collection), (tenant, "LINK"));
            assert_eq!(parts, ["c#d", "%23", ""]);
        }
    }

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
