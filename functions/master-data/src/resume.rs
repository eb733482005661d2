//! Goes on with what a PLM pushed and its call left: consumer of the queue `master-data-plm`.

pub use tenon_flows::jobs::PlmWriter;
