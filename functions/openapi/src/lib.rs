//! The signed API for tenants' systems, its documents, and its call log.

pub mod docs;
pub mod log;
pub mod logistics;
pub mod orders;
pub mod payment;
pub mod pull;
pub mod quality;

use std::sync::Arc;
use tenon_model::tenant_app::TenantApp;

/// Longest body taken, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// One admitted call. The tenant is `by.tenant`, never anything of the body.
pub(crate) type Call = tenon_platform::dispatch::Call<Arc<TenantApp>>;
