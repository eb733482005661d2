//! The app store and the management of tenant apps.

pub mod door;
mod page;
pub mod store;
pub mod tenant_app;
mod view;
