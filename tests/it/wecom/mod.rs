//! Approvals over WeCom, from B1 to WeCom and back.

mod documents;
mod drafts;
mod site;
