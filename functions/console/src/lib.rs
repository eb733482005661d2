//! The console's pages: signing in, the app store, tenants' apps with their log, their endpoints. Each page calls the
//! domain functions that the interfaces call, in process.

pub mod apps;
mod common;
pub mod sign_in;
pub mod store;
pub mod webhooks;
