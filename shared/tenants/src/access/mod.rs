//! Who may manage what: bearer tokens, and what their holders may do.
//!
//! A token is 32 random bytes in text and is shown once, when it is issued. The table knows only its
//! SHA-256, by which it is found: there is nothing in the table to steal, and nothing to compare.

mod principal;
pub mod session;
mod token;

pub use principal::{Principal, tenant_id};
pub use token::{
    DEFAULT_DAYS, MAX_DAYS, NewToken, authenticate, default_scopes, issue, list, revoke, status, view, views,
};
pub(crate) use token::{KINDS, sealed_text, tenants};

use tenon_catalog::Role as Callers;
use tenon_model::TenantId;
use tenon_platform::{Context, Rejection};

/// A caller who may use a route, and the tenant the call is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Who it is.
    pub principal: Principal,
    /// The tenant acted for; the operator's own where a route is for operators and none was named.
    pub tenant: TenantId,
}

/// Lets a caller in or not: the `Authorization` header, what the route asks for, and the tenant that
/// the query parameter `tenantId` names. One table read.
///
/// # Errors
/// As [`authenticate`], [`Principal::allow`] and [`Principal::tenant`], in this order.
pub async fn enter(
    ctx: &Context,
    authorization: Option<&str>,
    (callers, scope): (Callers, &str),
    named: Option<&str>,
) -> Result<Caller, Rejection> {
    let principal = authenticate(ctx, authorization).await?;
    principal.allow(callers, scope)?;
    let tenant = match (callers, named) {
        (Callers::Operator, None) => TenantId::operator(),
        (Callers::Anyone, None) if principal.is_operator() => TenantId::operator(),
        (_, named) => principal.tenant(named)?,
    };
    Ok(Caller { principal, tenant })
}
