//! Database servers over TLS, with a certificate that an authority of the company's own has signed.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use std::net::{IpAddr, Ipv4Addr};
use tenon_databases::Db;
use tenon_model::config::{Database, DatabaseServer, DatabaseTls};
use tenon_testkit::databases::{self as servers, Certificate, DatabaseFixture};

/// An authority's PEM, and a certificate for 127.0.0.1 that it has signed.
fn signed(name: &str) -> (String, Certificate) {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(rcgen::DnType::CommonName, name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let mut server = CertificateParams::default();
    server.distinguished_name.push(rcgen::DnType::CommonName, format!("{name} server"));
    server.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    let key = KeyPair::generate().unwrap();
    let certificate = server.signed_by(&key, &authority).unwrap();
    (authority.pem(), Certificate { chain: certificate.pem(), key: key.serialize_pem() })
}

/// How the first statement ends, with the settings changed so.
async fn first_statement(
    fixture: &DatabaseFixture,
    change: impl FnOnce(&mut DatabaseServer),
) -> Result<u64, &'static str> {
    let mut database: Database = fixture.database.clone();
    change(database.server_mut().unwrap());
    let db = Db::open(&database).await.unwrap();
    let sql = "CREATE TABLE IF NOT EXISTS seen (a int)".to_owned();
    let made = db.transact(vec![tenon_databases::Statement::plain(sql, Vec::new())]).await;
    let counted = match made {
        Ok(_) => db.count("seen").await,
        Err(error) => Err(error),
    };
    db.close().await;
    counted.map_err(|error| error.code)
}

async fn only_who_is_verified(fixture: &DatabaseFixture, authority: &str) {
    let (other, _) = signed("another authority");
    let by = |pem: &str| {
        let pem = pem.to_owned();
        move |server: &mut DatabaseServer| (server.tls, server.ca_pem) = (DatabaseTls::Verify, Some(pem))
    };
    assert_eq!(first_statement(fixture, by(authority)).await, Ok(0));
    assert_eq!(first_statement(fixture, by(&other)).await, Err("database.unreachable"), "signed by somebody else");
    let known = first_statement(fixture, |server| (server.tls, server.ca_pem) = (DatabaseTls::Verify, None)).await;
    assert_eq!(known, Err("database.unreachable"), "signed by nobody that is known everywhere");
    let named = authority.to_owned();
    let other_name = first_statement(fixture, |server| {
        (server.tls, server.ca_pem, server.host) = (DatabaseTls::Verify, Some(named), "localhost".to_owned());
    });
    assert_eq!(other_name.await, Err("database.unreachable"), "the certificate is another host's");
    assert_eq!(first_statement(fixture, |server| server.tls = DatabaseTls::Encrypt).await, Ok(0));
    let open = first_statement(fixture, |server| server.tls = DatabaseTls::Off).await;
    assert!(open.is_err(), "the server takes nobody over an open way");
}

#[tokio::test]
async fn postgresql_is_verified_by_the_authority_of_the_configuration() {
    let (authority, certificate) = signed("the company's authority");
    match servers::postgres_with(Some(&certificate)) {
        Some(fixture) => only_who_is_verified(&fixture, &authority).await,
        None => eprintln!("skipped: PostgreSQL is not installed; scripts/setup-databases.sh installs it"),
    }
}

#[tokio::test]
async fn mariadb_is_verified_by_the_authority_of_the_configuration() {
    let (authority, certificate) = signed("the company's authority");
    match servers::mariadb_with(Some(&certificate)) {
        Some(fixture) => only_who_is_verified(&fixture, &authority).await,
        None => eprintln!("skipped: MariaDB is not installed; scripts/setup-databases.sh installs it"),
    }
}
