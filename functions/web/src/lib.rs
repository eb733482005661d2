//! Pages for people: signing in, and the task centre.

mod form;
mod page;
pub mod sign_in;
pub mod task;
pub mod tasks;
