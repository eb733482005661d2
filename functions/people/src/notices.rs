//! Tells people what waits for them: consumer of the queue `notices-send`.

pub use tenon_notices::NoticeSender;
