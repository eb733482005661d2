//! The arithmetic of JSON Web Tokens that are signed with a shared key: HS256 of RFC 7518. Their form is a library's.

use crate::digest::equal;
use crate::mac::hmac_sha256;

/// HMAC-SHA256 of a message.
pub fn hs256(key: &[u8], message: &[u8]) -> [u8; 32] {
    hmac_sha256(key, &[message])
}

/// Whether this is the message's. Constant time.
pub fn is_hs256(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    equal(&hs256(key, message), signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    // RFC 7515, appendix A.1
    #[test]
    fn the_token_of_the_standard_is_signed_as_it_shows() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
            eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let key = URL_SAFE_NO_PAD.decode(key).unwrap();
        let signature = hs256(&key, message.as_bytes());
        assert_eq!(URL_SAFE_NO_PAD.encode(signature), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert!(is_hs256(&key, message.as_bytes(), &signature));
        assert!(!is_hs256(&key, message.as_bytes(), &signature[..31]) && !is_hs256(&key, b"", &signature));
    }
}
