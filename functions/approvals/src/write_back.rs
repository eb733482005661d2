//! Takes decisions to the ERP: consumer of the queue `approvals-write-back`.

pub use tenon_flows::jobs::WriteBacker;
