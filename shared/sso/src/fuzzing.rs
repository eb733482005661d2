//! Ways into the readers of the login server's answers for `fuzz/`, which has no server.

use crate::{answer, exchange, userinfo};
use http::HeaderMap;
use tenon_model::config::Sso;
use tenon_platform::outgoing::OutgoingAnswer;

/// An answer of the token address and of userinfo. What is read of it could be sent on.
pub fn answer(status: u16, body: &[u8]) {
    let given = OutgoingAnswer { status, headers: HeaderMap::new(), body: body.to_vec().into(), cut: false };
    let Ok(members) = answer::members(Ok(given)) else {
        return;
    };
    let sso = Sso::default();
    if let Ok(granted) = exchange::granted(&sso, &members) {
        assert!(
            exchange::secret_header(&format!("Bearer {}", granted.access_token)).is_some(),
            "a token that cannot be sent"
        );
    }
    if let Ok(user) = userinfo::read(&sso, &members) {
        assert!(!user.user_id.is_empty() && !user.user_id.contains(char::is_control), "{:?}", user.user_id);
        assert!(user.phone.is_some() || user.email.is_some(), "nobody is found by nothing");
    }
}
