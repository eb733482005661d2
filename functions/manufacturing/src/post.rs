//! Takes what the MES reports to the ERP: consumer of the queue `manufacturing-post`.

pub use tenon_flows::jobs::ErpPoster;
