//! Pushes events to tenants' endpoints: consumer of the queues `webhook-deliver` and `webhook-retry`.

pub use tenon_delivery::work::Deliverer;
