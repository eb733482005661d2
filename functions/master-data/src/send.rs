//! Takes records of base data to other systems: consumer of the queue `master-data-send`.

pub use tenon_flows::jobs::RecordSender;
