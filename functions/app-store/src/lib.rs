//! The app store and the management of tenant apps.

mod page;
pub mod store;
pub mod tenant_app;
mod view;

/// One call of somebody who manages a tenant; the tenant is `by.tenant`, never anything of the body.
pub(crate) type Call = tenon_platform::dispatch::Call<tenon_tenants::access::Caller>;
