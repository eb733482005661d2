//! Vendors repeat in their errors what they were sent, a token in the query included. What people and logs are
//! shown names no secret.

use std::sync::Arc;
use tenon_platform::error::Error;

/// Shorter ones would take half of a message away, and are no secrets worth the name.
const SHORTEST: usize = 6;

/// The error without these secrets.
pub(crate) fn redact(mut error: Error, secrets: &[&str]) -> Error {
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        let clean = |text: &str| text.replace(secret, "***");
        error.message = clean(&error.message);
        error.operation = clean(&error.operation).into();
        error.vendor_code = error.vendor_code.map(|code| clean(&code).into());
        error.vendor_message =
            error.vendor_message.map(|said| if said.contains(secret) { Arc::new(clean(&said)) } else { said });
        error.whole = error.whole.map(|whole| if whole.contains(secret) { Arc::new(clean(&whole)) } else { whole });
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_a_vendor_repeats_is_shown_nowhere() {
        let said = format!("access_token tok-123456 is not valid {}", "x".repeat(70_000));
        let error = Error::permanent("x.refused", said)
            .with_vendor_code("tok-123456")
            .with_vendor_message("tok-123456")
            .during("GET /a?t=tok-123456");
        let error = redact(error, &["tok-123456", "a"]);
        assert!(!format!("{error:?}").contains("123456"));
        assert!(error.to_string().starts_with("GET /a?t=***: access_token ***"), "{error}");
    }
}
