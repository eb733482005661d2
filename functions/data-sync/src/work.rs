//! Goes on with runs that fill tables: consumer of the queue `data-sync`.

pub use tenon_tables::TableSyncer;
