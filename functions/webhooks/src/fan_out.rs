//! Makes the deliveries of events: consumer of the queue `webhook-fan-out`.

pub use tenon_delivery::work::FanOuter;
