//! Pages for people: made on the server, without script, in Chinese and English. Every view is an address and every
//! action a form, so that they work wherever a browser does.

pub mod asset;
pub mod console;
pub mod diagram;
mod encode;
pub mod integrations;
mod labels;
pub mod layout;
pub mod notice;
pub mod process;
pub mod tasks;
mod texts;
pub mod visitor;

pub use encode::encoded;
pub use layout::{html, json_for_pages};
pub use texts::Text;
