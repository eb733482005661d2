//! Takes feedings of the MES to the ERP: consumer of the queue `production-issues`.

pub use tenon_flows::jobs::FeedingIssuer;
