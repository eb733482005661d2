//! Until when the certificates count that servers show. They are noted while a handshake is judged, since the chain is
//! seen nowhere else; the judgement is the platform's alone.

use crate::certificate::ends_ms;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The ends of the certificates that were met.
#[derive(Debug, Default)]
pub(crate) struct Met(Mutex<HashMap<String, i64>>);

impl Met {
    /// Hosts with the epoch ms at which the first certificate of their chain ends.
    pub fn all(&self) -> Vec<(String, i64)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(host, ends)| (host.clone(), *ends)).collect()
    }

    fn note(&self, host: &ServerName<'_>, ends_ms: Option<i64>) {
        if let Some(ends_ms) = ends_ms {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(host.to_str().into_owned(), ends_ms);
        }
    }
}

/// TLS as the platform judges it, with authorities of one's own beside the platform's. What is met is noted.
///
/// # Errors
/// Authorities that are no PEM certificates; what the platform's store says.
pub(crate) fn tls(authorities: Option<&str>, met: &Arc<Met>) -> Result<ClientConfig, String> {
    let provider = CryptoProvider::get_default().map_or_else(|| Arc::new(aws_lc_rs::default_provider()), Arc::clone);
    let verifier = match authorities {
        None => Verifier::new(Arc::clone(&provider)),
        Some(pem) => {
            let roots = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
            let roots = roots.map_err(|why| format!("the CA file is not a PEM certificate: {why}"))?;
            Verifier::new_with_extra_roots(roots, Arc::clone(&provider))
        }
    };
    let judge = verifier.map_err(|why| why.to_string())?;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|why| why.to_string())?.dangerous();
    let noting = Arc::new(Noting { judge, met: Arc::clone(met) });
    let mut config = config.with_custom_certificate_verifier(noting).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The platform's verifier, and what it sees.
#[derive(Debug)]
struct Noting {
    judge: Verifier,
    met: Arc<Met>,
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let chain = || std::iter::once(end_entity).chain(intermediates).filter_map(|own| ends_ms(own));
        let now_ms = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_mul(1_000);
        match &judged {
            // One that has ended, in a chain that is good all the same, is not needed.
            Ok(_) => self.met.note(server_name, chain().filter(|ends| *ends > now_ms).min()),
            Err(why) if is_over(why) => self.met.note(server_name, chain().min()),
            // Of whoever else answers there nothing is noted.
            Err(_) => {}
        }
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

fn is_over(why: &Error) -> bool {
    use CertificateError::{Expired, ExpiredContext};
    matches!(why, Error::InvalidCertificate(Expired | ExpiredContext { .. }))
}
