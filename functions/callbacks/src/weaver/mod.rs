//! E-cology's outgoing calls. Unlike other vendors' pushes they are answered with what came of them: a site's action
//! waits for the ERP, and shows its user the ERP's words.

mod approvals;
mod documents;
mod sender;

pub use sender::{Caller, Sender};

use tenon_catalog::areas::callbacks::weaver as routes;
use tenon_platform::dispatch::{Envelope, Service, on};

/// The function. A document of a thousand lines has some hundred kilobytes.
pub static SERVICE: Service<Sender> =
    Service::new(Sender, || vec![on(routes::APPROVALS, approvals::take), on(routes::DOCUMENTS, documents::take)])
        .answering(Envelope::Result)
        .with_body_limit(1024 * 1024);
