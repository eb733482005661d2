//! Feedings in the MES become issues for production in the ERP.

mod callback;
mod companies;
mod crash;
mod missed;
mod refused;
mod story;
mod test_app;
