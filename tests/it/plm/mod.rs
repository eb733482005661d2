//! What a PLM releases becomes master data of B1.

mod access;
mod answers;
mod at_once;
mod boms;
mod crash;
mod items;
mod left;
mod lost;
mod operators;
mod routings;
pub mod test_app;
