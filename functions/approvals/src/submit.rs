//! Takes ERP documents to the OA: consumer of the queue `approvals-submit`.

pub use tenon_flows::jobs::Submitter;
