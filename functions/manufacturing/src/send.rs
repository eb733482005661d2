//! Takes items and orders to the MES: consumer of the queue `manufacturing-send`.

pub use tenon_flows::jobs::MesSender;
