//! What an act answers with.

use super::envelope::Envelope;
use lambda_http::{Body, Response};
use serde::Serialize;

/// An answer: a value goes into the envelope, a [`Reply`] goes as it is.
pub trait Output: Send {
    /// Makes the response.
    fn reply(self, envelope: Envelope, request_id: &str) -> Response<Body>;
}

/// A response that is made already: a page, a file, a redirect.
#[derive(Debug)]
pub struct Reply(pub Response<Body>);

impl Output for Reply {
    fn reply(self, _: Envelope, _: &str) -> Response<Body> {
        self.0
    }
}

impl<T: Serialize + Send> Output for T {
    fn reply(self, envelope: Envelope, request_id: &str) -> Response<Body> {
        envelope.done(&self, request_id)
    }
}
