//! Functions between a company and its factory's MES: a schedule and queue consumers.

pub mod issues;
pub mod poll;
pub mod post;
pub mod send;
