//! Functions between a company and its factory's MES: a schedule and two queue consumers.

pub mod poll;
pub mod post;
pub mod send;
