//! The console: pages for operators and tenants. Each is made on the server of real links and forms; a script adds keys
//! and replaces parts, and nothing needs it.

pub mod app;
pub mod apps;
pub mod asset;
pub mod calls;
pub mod chart;
mod countdown;
mod field;
pub mod layout;
pub mod list;
pub mod login;
pub mod notice;
pub mod orders;
pub mod overview;
mod reasons;
pub mod secret;
pub mod store;
mod texts;
pub mod translate;
pub mod webhook;

pub use countdown::left;
pub use field::{Choice, Field};
pub use layout::{Frame, Nav, document};
pub use texts::Label;
