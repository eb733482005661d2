//! Approvals over WeCom, from B1 to WeCom and back.

mod added;
mod attachments;
pub mod callback;
mod companies;
mod crash;
mod documents;
mod drafts;
mod found;
mod scenario_custom;
mod scenario_drafts;
mod settings;
pub mod test_app;
