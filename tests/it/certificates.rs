//! The alarm on a vendor's certificate that is about to end, against a TLS server on loopback: one that has weeks left,
//! one that has days, one that has ended, and a chain whose intermediate ends first.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenon_connectors::erp::Erp;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_flows::certificates::{self, days_left};
use tenon_flows::kinds::Schedule;
use tenon_flows::{poll, reconcile};
use tenon_model::TenantId;
use tenon_model::config::Connection;
use tenon_platform::http_client::HttpClient;
use tenon_platform::{Clock, Context, Entropy, Error};
use tenon_testkit::Logged;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

const DAY: i64 = 86_400;
static CHAINS: AtomicUsize = AtomicUsize::new(0);

fn after(days: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + time::Duration::seconds(days * DAY + 3_600)
}

/// What certificates are made of: when they begin long ago, and end in so many days.
fn params(name: &str, days: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    (params.not_before, params.not_after) = (after(-400), after(days));
    params
}

fn authority(name: &str, days: i64) -> CertificateParams {
    let mut params = params(name, days);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A chain under an authority of its own: the days that the server's certificate and the intermediate have left.
struct Chain {
    root_pem: String,
    shown: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Chain {
    fn new(server: i64, intermediate: i64) -> Self {
        let key = || KeyPair::generate().unwrap();
        // Each chain has names of its own, as companies have.
        let number = CHAINS.fetch_add(1, Ordering::SeqCst);
        let root = CertifiedIssuer::self_signed(authority(&format!("root {number}"), 4_000), key()).unwrap();
        let between = authority(&format!("between {number}"), intermediate);
        let between = CertifiedIssuer::signed_by(between, key(), &root).unwrap();
        let mut own = params("server", server);
        own.subject_alt_names = vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))];
        let own_key = key();
        let own = own.signed_by(&own_key, &between).unwrap();
        let shown = vec![own.der().clone(), between.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
        Self { root_pem: root.pem(), shown, key }
    }

    /// A server that shows it and answers that it is out of order; its port.
    async fn serve(self) -> u16 {
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(self.shown, self.key).unwrap();
        let (acceptor, listener) =
            (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut request = [0; 4096];
                    let _ = stream.read(&mut request).await;
                    let answer = b"HTTP/1.1 503 Out\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _ = stream.write_all(answer).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        port
    }
}

/// A process that calls for real, and a connection to the server whose authority it is told of.
async fn called(chain: Chain) -> (Context, Connection, Error) {
    let pem = chain.root_pem.clone();
    let port = chain.serve().await;
    let mut connection: Connection = serde_json::from_value(json!({
        "kind": "b1", "id": "b1-main", "base_url": format!("https://127.0.0.1:{port}"), "company_db": "A",
        "username": "u", "password": "p", "ca_pem": pem }))
    .unwrap();
    if let Connection::B1(b1) = &mut connection {
        b1.timeouts.login = Duration::from_secs(5);
    }
    let local = Local::memory(Clock::system()).await.unwrap();
    let ctx = local.context(Arc::new(HttpClient::new()), Entropy::seeded(1), MasterKey::from_bytes([7; 32])).unwrap();
    let failed = {
        let erp = Erp::over(&ctx, &TenantId::operator(), &connection, 1).unwrap();
        erp.check().await.unwrap_err()
    };
    (ctx, connection, failed)
}

async fn days(server: i64, intermediate: i64) -> (Option<i64>, Error) {
    let (ctx, connection, failed) = called(Chain::new(server, intermediate)).await;
    let ends_ms = certificates::of(&ctx, &connection).expect("its end was noted");
    (days_left(ends_ms, ctx.now_ms()), failed)
}

#[tokio::test]
async fn a_certificate_with_weeks_left_is_no_alarm() {
    let (left, failed) = days(30, 300).await;
    assert_eq!(left, None);
    assert!(failed.status == Some(503) || failed.to_string().contains("503"), "{failed}");
}

#[tokio::test]
async fn a_certificate_that_ends_in_days_is_told_of() {
    assert_eq!(days(5, 300).await.0, Some(5));
}

#[tokio::test]
async fn a_chain_whose_intermediate_ends_first_is_told_of_by_that_end() {
    assert_eq!(days(300, 3).await.0, Some(3));
}

/// What polls and reconciliation log and count of a connection whose certificate has so many days left, once it was met.
async fn counted(days: i64) -> Vec<String> {
    let (ctx, connection, _) = called(Chain::new(days, 300)).await;
    let tenant = TenantId::operator();
    ctx.config.replace(&tenant, vec![connection], Vec::new(), &ctx.entropy).await.unwrap();
    let (logged, _listening) = Logged::listen(tracing::Level::DEBUG);
    poll::poll_due(&ctx, &tenant, Schedule::Approvals).await.unwrap();
    reconcile::reconcile_due(&ctx, &tenant).await.unwrap();
    logged.all().into_iter().filter(|line| line.to_lowercase().contains("certificate")).collect()
}

#[tokio::test]
async fn each_poll_and_each_reconciliation_counts_a_certificate_that_is_about_to_end_for_its_alarm() {
    let (name, of) = ("CertificatesEnding", tenon_catalog::METRICS);
    let metric = of.iter().find(|metric| metric.name == name).expect("an alarm");
    let (value, _) = metric.values[0];
    let lines = counted(5).await;
    let metrics: Vec<_> = lines.iter().filter(|line| line.contains(name)).collect();
    assert_eq!(metrics.len(), 2, "{lines:?}");
    assert!(metrics.iter().all(|line| line.contains(value)), "{metrics:?}");
    let warned =
        |line: &&String| line.contains("WARN") && line.contains("b1-main") && line.contains("certificate.days=5");
    assert_eq!(lines.iter().filter(warned).count(), 2, "{lines:?}");
    assert_eq!(counted(30).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_told_of_though_no_call_gets_through() {
    let (left, failed) = days(-2, 300).await;
    assert_eq!(left, Some(-2));
    assert!(failed.to_string().contains("it has expired"), "{failed}");
    let (left, failed) = days(300, -2).await;
    assert_eq!(left, Some(-2));
    assert!(failed.to_string().contains("refused"), "{failed}");
}

#[tokio::test]
async fn of_a_server_that_is_not_the_vendors_nothing_is_noted() {
    let (mut chain, other) = (Chain::new(3, 300), Chain::new(3, 300));
    chain.root_pem = other.root_pem;
    let (ctx, connection, failed) = called(chain).await;
    assert_eq!(certificates::of(&ctx, &connection), None);
    assert!(failed.to_string().contains("no authority that is known here"), "{failed}");
}
