//! Reads the people of an OA, and pushes those of an ERP, slice by slice: consumer of the queue `directory-sync`.

pub use tenon_flows::jobs::DirectorySyncer;
