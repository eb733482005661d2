//! Enters signed calls in their tenants' logs: consumer of the queue `openapi-log`.

pub use tenon_tenants::call_log::CallLogger;
