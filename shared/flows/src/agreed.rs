//! Forms that begin in the OA and were approved there.

use std::time::Duration;
use tenon_connectors::oa::Oa;
use tenon_model::InstanceId;
use tenon_model::oa::{Instance, Outcome};
use tenon_platform::{Error, Result, Retry};

/// Reads a form whose approval was announced.
///
/// # Errors
/// `flow.instance-gone` when it is not there any more; `flow.instance-running` while the OA does not show its end.
pub async fn read(oa: &Oa<'_>, instance: &InstanceId) -> Result<Instance> {
    let found = oa.read(instance).await?.ok_or_else(|| {
        let message = "the OA no longer has the approved form, so what it says is unknown";
        Error::permanent("flow.instance-gone", message)
    })?;
    if found.outcome != Some(Outcome::Agreed) {
        return Err(Error::new(
            "flow.instance-running",
            Retry::RateLimited(Duration::from_secs(5)),
            "the OA announced the approval and does not show it yet; the form is read again",
        ));
    }
    Ok(found)
}
