//! Who calls the workflow interfaces: signed as aiflow's own are.

use super::{Odoo, header};
use http::request::Parts;
use tenon_crypto::aiflow::Header;

/// How far a signature's time may be off.
const WINDOW_MS: i64 = 5 * 60 * 1000;

impl Odoo {
    /// Whether a call is signed by the app that is known, over this body and just now.
    pub(super) fn is_signed(&self, now_ms: i64, parts: &Parts, body: &[u8]) -> bool {
        let given = match header(parts, "a-signature") {
            "" => header(parts, "x-a-signature"),
            given => given,
        };
        let Ok(signed) = Header::parse(given) else { return false };
        let claim = signed.claim();
        claim.enterprise_code == self.options.enterprise_code
            && claim.app_id == self.options.app_id
            && (claim.timestamp_ms - now_ms).abs() <= WINDOW_MS
            && signed.verify(&self.options.app_secret, body).is_ok()
    }
}
