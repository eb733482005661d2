//! Base data of B1 to the cube of an E-cology.

mod bounds;
mod by_hand;
mod companies;
mod crash;
mod lost;
mod scenario;
pub(crate) mod test_app;
