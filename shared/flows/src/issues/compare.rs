//! A flow of issues held against both systems.

use super::{KEY, OBJECT, mark_of};
use crate::compare::Findings;
use crate::kinds::Scope;
use tenon_connectors::blacklake;
use tenon_connectors::erp::Erp;
use tenon_model::config::{CallbackCipher, ProductionIssuesFlow};
use tenon_platform::{ErrorKind, Result};

/// Whether an issue can be found by the key that it is to carry, and whether events can be opened.
pub(super) async fn compare(at: Scope<'_>, flow: &ProductionIssuesFlow) -> Result<Findings> {
    let mut findings = Findings::default();
    let erp = Erp::open(at.ctx, at.tenant, at.loaded, &flow.erp)?;
    match erp.made(OBJECT, KEY, &flow.key_field, &mark_of(0)).await {
        Ok(_) => findings.compared.push(format!("object {OBJECT}")),
        Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound) => {
            findings.problems.push(format!(
                "{OBJECT} cannot be looked up by {}, the field that is to carry the feeding's id; create it in the ERP \
                 (alphanumeric, 50), or name another in key_field: {error}",
                flow.key_field
            ));
        }
        Err(error) => return Err(error),
    }
    let mes = blacklake::of(at.loaded, &flow.mes)?;
    if mes.callback_secret.is_empty() && mes.cipher != CallbackCipher::None {
        findings.warnings.push(format!(
            "connection {} has no callback_secret, so no event can be opened; feedings are found every {} s alone",
            mes.id,
            flow.every.as_secs()
        ));
    }
    Ok(findings)
}
