//! Works jobs that push a range of time again: consumer of the queue `webhook-resend`.

pub use tenon_delivery::work::Resender;
