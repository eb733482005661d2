//! What is wrong with a server's certificate, in words: the TLS library names its own types.

use rustls::CertificateError;
use std::error::Error as StdError;
use std::io;

/// What a TLS failure says to people; none for an error that is none.
pub(crate) fn words(error: &(dyn StdError + 'static)) -> Option<String> {
    // Each layer between wraps it once more.
    let mut inner = error;
    while let Some(wrapped) = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        inner = wrapped;
    }
    let tls = inner.downcast_ref::<rustls::Error>()?;
    Some(match tls {
        rustls::Error::InvalidCertificate(why) => format!("the server's certificate is refused: {}", certificate(why)),
        rustls::Error::AlertReceived(alert) => {
            format!("the server ended the TLS handshake: {}", spaced(&format!("{alert:?}")))
        }
        rustls::Error::InvalidMessage(_) => "what the server answers is no TLS; is it plain HTTP there?".to_owned(),
        rustls::Error::PeerIncompatible(why) => {
            format!("the server's TLS is too old or too new: {}", spaced(&format!("{why:?}")))
        }
        other => other.to_string(),
    })
}

fn certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => {
            "no authority that is known here signed it; for a private authority give its certificate (ca_file of a \
             connection)"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; is the clock here right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name than the one called".to_owned()
        }
        CertificateError::Revoked => "it was revoked".to_owned(),
        CertificateError::BadSignature => "its signature is not its authority's".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for servers".to_owned()
        }
        CertificateError::Other(other) => match format!("{:?}", other.0).as_str() {
            "CaUsedAsEndEntity" => {
                "it is an authority's own (self-signed, marked as CA); give the server a certificate that \
                this authority signed, and trust the authority with ca_file"
                    .to_owned()
            }
            name => spaced(name),
        },
        other => spaced(&format!("{other:?}")),
    }
}

/// `UnsupportedCertVersion` as `unsupported cert version`; what stands in brackets is for developers.
fn spaced(name: &str) -> String {
    let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
    let mut text = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{AlertDescription, Error, InvalidMessage, OtherError};
    use std::sync::Arc;

    #[derive(Debug)]
    #[expect(dead_code, reason = "only their names matter")]
    enum Webpki {
        CaUsedAsEndEntity,
        UnsupportedCertVersion,
        Something(u8),
    }

    impl std::fmt::Display for Webpki {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{self:?}")
        }
    }

    impl StdError for Webpki {}

    fn other(why: Webpki) -> CertificateError {
        CertificateError::Other(OtherError(Arc::new(why)))
    }

    #[test]
    fn people_are_told_what_is_wrong_with_a_certificate() {
        for (why, wanted) in [
            (other(Webpki::CaUsedAsEndEntity), "an authority's own"),
            (other(Webpki::UnsupportedCertVersion), "unsupported cert version"),
            (other(Webpki::Something(1)), "something"),
            (CertificateError::UnknownIssuer, "ca_file"),
            (CertificateError::Expired, "expired"),
            (CertificateError::NotValidForName, "another name"),
            (CertificateError::UnhandledCriticalExtension, "unhandled critical extension"),
        ] {
            let error = io::Error::new(io::ErrorKind::InvalidData, Error::InvalidCertificate(why));
            let text = words(&error).unwrap();
            assert!(text.starts_with("the server's certificate is refused: ") && text.contains(wanted), "{text}");
            assert!(!text.contains("Error("), "{text}");
            assert_eq!(words(&io::Error::other(error)), Some(text), "as the client hands it on");
        }
        assert!(
            words(&Error::AlertReceived(AlertDescription::HandshakeFailure)).unwrap().ends_with(": handshake failure")
        );
        assert!(words(&Error::InvalidMessage(InvalidMessage::InvalidContentType)).unwrap().contains("plain HTTP"));
        assert_eq!(words(&io::Error::other("refused")), None);
    }
}
