//! Calls to addresses that tenants gave: what is refused, and what hostile servers can do.

mod addresses;
mod allowances;
mod fixture;
mod forms;
mod rebinding;
mod servers;
mod tls;
mod urls;
