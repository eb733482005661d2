//! The holder of a valid token.

use tenon_catalog::Role as Callers;
use tenon_model::TenantId;
use tenon_model::access::{Role, TokenRecord};
use tenon_platform::Rejection;
use tenon_platform::audit::{Actor, Via};
use tenon_platform::body::BadBody;

/// Who calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// Id of the token, which may be shown and logged.
    pub token: String,
    /// What the token was issued for.
    pub name: String,
    /// Role.
    pub role: Role,
    tenant: Option<TenantId>,
    scopes: Vec<String>,
}

impl Principal {
    pub(super) fn of(record: TokenRecord) -> Self {
        Self { token: record.id, name: record.name, role: record.role, tenant: record.tenant, scopes: record.scopes }
    }

    /// As whom the audit log names it.
    pub fn actor(&self, via: Via) -> Actor {
        Actor::new(format!("{} ({})", self.name, self.token), via)
    }

    /// Whether it is an operator.
    pub fn is_operator(&self) -> bool {
        self.role == Role::Operator
    }

    /// The tenant whose administrator it is; none of an operator.
    pub fn own_tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// Whether it has this scope.
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == scope)
    }

    /// Whether it may use a route that asks for this.
    ///
    /// # Errors
    /// 403.
    pub fn allow(&self, callers: Callers, scope: &str) -> Result<(), Rejection> {
        match (callers, self.role) {
            (Callers::Operator, Role::TenantAdmin) => {
                return Err(Rejection::Forbidden("权限不足: 仅限运营方".to_owned()));
            }
            (Callers::TenantAdmin, Role::Operator) => {
                return Err(Rejection::Forbidden("权限不足: 仅限租户管理员".to_owned()));
            }
            (Callers::Operator | Callers::Either | Callers::Anyone, Role::Operator)
            | (Callers::TenantAdmin | Callers::Either | Callers::Anyone, Role::TenantAdmin) => {}
        }
        if self.has(scope) {
            return Ok(());
        }
        Err(Rejection::Forbidden(format!("权限不足: 需要权限码{scope}")))
    }

    /// The tenant it acts for: its own for a tenant administrator, the named one for an operator.
    ///
    /// # Errors
    /// 404 for a tenant administrator who names another tenant, existing or not; 400 for an operator
    /// who names none, or none that can be.
    pub fn tenant(&self, named: Option<&str>) -> Result<TenantId, Rejection> {
        match (self.role, &self.tenant, named) {
            (Role::TenantAdmin, Some(own), None) => Ok(own.clone()),
            (Role::TenantAdmin, Some(own), Some(named)) if own.as_str() == named => Ok(own.clone()),
            (Role::TenantAdmin, _, _) => Err(Rejection::not_found()),
            (Role::Operator, _, Some(named)) => Ok(tenant_id(named)?),
            (Role::Operator, _, None) => Err(Rejection::field("tenantId", "运营方须在查询参数中指明租户")),
        }
    }
}

/// Reads a tenant's id.
///
/// # Errors
/// For anything but 1 to 64 letters, digits, `-` and `_`, and for `default`, which is the operator's own.
pub fn tenant_id(text: &str) -> Result<TenantId, BadBody> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let id = TenantId::new(text);
    if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) || id == TenantId::operator() {
        return Err(BadBody::field("tenantId", "须为1至64位字母、数字、-或_，且不能是default"));
    }
    Ok(id)
}
