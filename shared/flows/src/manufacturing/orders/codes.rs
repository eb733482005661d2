//! Whose a work order's code is. All companies of a factory write codes into one list, so a code is claimed for one order of
//! one company before anything is asked or made by it.

use tenon_model::manufacturing::OrderCode;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::table::{Claim, Key};
use tenon_platform::{Context, Error, Result};

fn key(tenant: &TenantId, mes: &ConnectionId, code: &str) -> Key {
    Key::new(tenant, "MES-CODE", &[mes.as_str()], code)
}

/// Which order of which company has this code; `None` when none of ours has it.
///
/// # Errors
/// Those of the table.
pub async fn of_code(ctx: &Context, tenant: &TenantId, mes: &ConnectionId, code: &str) -> Result<Option<OrderCode>> {
    Ok(ctx.table.get::<OrderCode>(&key(tenant, mes, code)).await?.map(|stored| stored.data))
}

/// Takes the code for an order.
///
/// # Errors
/// `flow.code-taken` when it is another's.
pub(super) async fn claim(
    ctx: &Context,
    tenant: &TenantId,
    mes: &ConnectionId,
    code: &str,
    whose: &OrderCode,
) -> Result<()> {
    match ctx.table.claim(&key(tenant, mes, code), whose, None, ctx.now_ms()).await? {
        Claim::Stored => Ok(()),
        Claim::Exists(stored) if stored.data.erp == whose.erp && stored.data.entry == whose.entry => Ok(()),
        Claim::Exists(stored) => {
            let OrderCode { erp, entry, .. } = &stored.data;
            let message = format!(
                "work order {code} is order {entry} of {erp}; give {} a prefix of its own: code_prefixes in the MES \
                 connection, or code_prefix in its flow",
                whose.erp
            );
            Err(Error::permanent("flow.code-taken", message))
        }
    }
}
