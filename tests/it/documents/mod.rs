//! Documents that begin in the OA and become documents of B1: pushed by E-cology, as forms of DingTalk and WeCom.

mod answers;
mod corrected;
mod crash;
pub(crate) mod forms;
mod pushed;
pub mod test_app;
