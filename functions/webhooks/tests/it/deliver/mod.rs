//! Events on their way to endpoints that answer in every way there is.

mod attempts;
mod fan_out;
mod health;
mod signing;
