//! Pages of flows and their runs, for operators: `/system/integrations`. Each page is one domain call of
//! `tenon_operations` and one view of `tenon_pages::integrations`; what is pressed leads back to a page by its address.

mod common;
mod convert;
mod correct;
pub mod dead;
pub mod flows;
pub mod mapping;
mod matched;
mod needed_fields;
pub mod runs;
pub mod view;
