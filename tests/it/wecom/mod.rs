//! Approvals over WeCom, from B1 to WeCom and back.

mod added;
mod attachments;
pub mod callback;
mod companies;
mod crash;
mod documents;
mod drafts;
mod found;
mod settings;
mod story_custom;
mod story_drafts;
pub mod test_app;
