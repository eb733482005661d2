//! Forms of an ERP as tables of a SQL database: asked for over HTTP, and gone on with over the queue.

mod answer;
pub mod requests;
pub mod work;
