//! Approvals over WeCom, from B1 to WeCom and back.

pub mod callback;
mod crash;
mod documents;
mod drafts;
mod test_app;
