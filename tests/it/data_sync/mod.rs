//! Forms of an ERP as tables of a SQL database: made, updated, compared, through the function's own events and over the
//! queue.

mod crash;
mod create;
mod engines;
mod fixture;
mod sources;
mod tls;
mod update;
