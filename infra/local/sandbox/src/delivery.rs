//! Calls that the simulated systems make to us.

use crate::registry::Vendor;
use bytes::Bytes;
use std::time::Duration;

/// Names a delivery in [`Sandbox::callback_result`](crate::Sandbox::callback_result).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryId {
    /// Who sends it.
    pub vendor: Vendor,
    /// Its number among that vendor's.
    pub number: u64,
}

/// One POST to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackDelivery {
    /// Names it.
    pub id: DeliveryId,
    /// The address with its query.
    pub url: String,
    /// Its headers: the content type, and a signature where the vendor has one there.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// How long the vendor waits for the answer.
    pub answer_within: Duration,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// An answer in time.
    Answered {
        /// HTTP status.
        status: u16,
        /// Body.
        body: Bytes,
    },
    /// No answer in time, or no connection.
    NoAnswer,
}
