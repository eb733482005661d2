//! The version of a record's shape, beside its data. A process reads its own and the one before; what a newer one
//! wrote it leaves alone, and says so. `functions/catalog` has the versions.

use crate::error::{Error, ErrorKind, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use tenon_catalog::shapes;

/// The attribute that holds it.
pub(super) const ATTRIBUTE: &str = "shape_v";

/// Holds where there is nothing, and what this process may replace without having read it.
pub(super) const REPLACEABLE: &str = "attribute_not_exists(shape_v) OR shape_v <= :shape";

/// Whether this process reads the item.
pub(super) fn check(item: &HashMap<String, AttributeValue>) -> Result<()> {
    let partition = item.get("pk").and_then(|pk| pk.as_s().ok()).map(String::as_str).unwrap_or_default();
    let stored = item.get(ATTRIBUTE).and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or(shapes::FIRST);
    check_of(partition, stored, shapes::version(partition))
}

fn check_of(partition: &str, stored: u32, own: u32) -> Result<()> {
    if stored > own {
        return Err(newer(partition).during(format!("version {stored}")));
    }
    if stored.saturating_add(1) < own {
        let message = format!(
            "a record {} has version {stored}, and this version of Tenon reads {} and {own}: go up one version at a time",
            shapes::collection(partition),
            own.saturating_sub(1)
        );
        return Err(Error::permanent("platform.table", message));
    }
    Ok(())
}

/// A newer version wrote it, which may be running beside this one: what comes again finds it.
pub(super) fn newer(partition: &str) -> Error {
    let message = format!(
        "a record {} was written by a newer version of Tenon than this, which reads version {} at most; it is left as it \
         is. Use the newer version, or wait until the deployment is done",
        shapes::collection(partition),
        shapes::version(partition)
    );
    Error::transient("platform.newer-record", message).with_kind(ErrorKind::Newer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Retry;

    fn item(version: Option<&str>) -> HashMap<String, AttributeValue> {
        let mut item = HashMap::from([("pk".to_owned(), AttributeValue::S("default#LINK#f".to_owned()))]);
        if let Some(version) = version {
            item.insert(ATTRIBUTE.to_owned(), AttributeValue::N(version.to_owned()));
        }
        item
    }

    #[test]
    fn a_process_reads_its_own_version_and_leaves_a_newer_one_alone() {
        let own = shapes::version("default#LINK#f");
        assert_eq!(check(&item(None)), Ok(()));
        assert_eq!(check(&item(Some(&own.to_string()))), Ok(()));
        for later in [own + 1, own + 7, u32::MAX] {
            let error = check(&item(Some(&later.to_string()))).unwrap_err();
            assert_eq!(
                (error.code, error.kind, error.retry),
                ("platform.newer-record", ErrorKind::Newer, Retry::Transient)
            );
            assert!(error.to_string().contains("LINK") && error.to_string().contains(&later.to_string()), "{error}");
        }
    }

    #[test]
    fn a_process_reads_the_version_before_its_own_and_none_before_that() {
        assert_eq!(check_of("t#LINK#f", 4, 4), Ok(()));
        assert_eq!(check_of("t#LINK#f", 3, 4), Ok(()));
        let error = check_of("t#LINK#f", 2, 4).unwrap_err();
        assert_eq!((error.code, error.retry), ("platform.table", Retry::Permanent));
        assert!(error.message.contains("version 2") && error.message.contains("3 and 4"), "{error}");
        assert_eq!(check_of("t#LINK#f", 5, 4).unwrap_err().kind, ErrorKind::Newer);
    }
}
