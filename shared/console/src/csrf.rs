//! The second wall against forms of other sites: every form of a session's pages carries what only that session's pages
//! can. It is made from the session's id, which the table does not have, and looks different on every page, so that
//! nothing is learnt from how pages compress.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tenon_crypto::digest::{equal, sha256};

const LENGTH: usize = 16;

/// What the forms of this session prove themselves with.
fn of_session(id: &str) -> [u8; LENGTH] {
    let digest = sha256(format!("tenon/console/csrf/{id}").as_bytes());
    let mut own = [0; LENGTH];
    own.iter_mut().zip(digest).for_each(|(own, byte)| *own = byte);
    own
}

/// The same under a mask.
pub(crate) fn masked(id: &str, mask: [u8; LENGTH]) -> String {
    let hidden = of_session(id).into_iter().zip(mask).map(|(own, mask)| own ^ mask);
    URL_SAFE_NO_PAD.encode(mask.into_iter().chain(hidden).collect::<Vec<u8>>())
}

/// Whether a form was one of this session's.
pub(crate) fn fits(id: &str, given: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(given) else { return false };
    let Some((mask, hidden)) = bytes.split_at_checked(LENGTH) else { return false };
    let shown: Vec<u8> = hidden.iter().zip(mask).map(|(hidden, mask)| hidden ^ mask).collect();
    equal(&shown, &of_session(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_of_its_session_alone_and_looks_different_each_time() {
        let (one, other) = (masked("session", [1; 16]), masked("session", [2; 16]));
        assert!(one != other && fits("session", &one) && fits("session", &other));
        for wrong in ["", "AAAA", one.get(..20).unwrap(), &"A".repeat(43)] {
            assert!(!fits("session", wrong), "{wrong}");
        }
        assert!(!fits("another", &one));
    }
}
