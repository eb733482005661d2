//! Tenants: who may manage what, which modules they have, their apps, and the gateway of their signed
//! calls. Knows neither Lambda nor HTTP servers.

pub mod apps;
