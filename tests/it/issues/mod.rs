//! Feedings in the MES become issues for production in the ERP.

mod callback;
mod companies;
mod crash;
mod history;
mod missed;
mod refused;
mod scenario;
pub mod test_app;
