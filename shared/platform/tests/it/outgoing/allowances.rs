//! What the operator may allow, and how it is written.

use super::fixture::client;
use tenon_platform::outgoing::{Allowances, Outgoing};

#[test]
fn nothing_is_allowed_unless_said() {
    for (http, networks) in [(None, None), (Some(""), Some("")), (Some("0"), Some(" , ")), (Some("false"), None)] {
        assert_eq!(Allowances::parse(http, networks).unwrap(), Allowances::default());
    }
    assert!(!Allowances::default().http);
}

#[test]
fn allowances_are_read() {
    let read = Allowances::parse(Some("1"), Some("127.0.0.0/8, ::1/128,10.1.0.0/16,192.168.7.9,0.0.0.0/0")).unwrap();
    assert!(read.http);
    let written: Vec<_> = read.networks.iter().map(ToString::to_string).collect();
    assert_eq!(written, ["127.0.0.0/8", "::1/128", "10.1.0.0/16", "192.168.7.9/32", "0.0.0.0/0"]);
    assert_eq!(Allowances::parse(Some("true"), Some("127.0.0.0/8,::1/128")).unwrap(), Allowances::loopback());
}

#[test]
fn mistakes_name_the_variable_and_the_value() {
    for http in ["yes", "on", "2", "TRUE"] {
        let error = Allowances::parse(Some(http), None).unwrap_err();
        assert_eq!(error.code, "platform.settings");
        assert!(error.message.contains("TENON_OUTGOING_ALLOW_HTTP") && error.message.contains(http), "{error}");
    }
    for networks in [
        "10.1.0.0/33",
        "10.1.0.0/",
        "10.1.0.0/-1",
        "10.1.0.0/+8",
        "10.1.0.0/8/8",
        "10.1.0.0/999999",
        "127.0.0.1/8",
        "::1/64",
        "fd12::/129",
        "10.1/16",
        "example.com",
        "::ffff:10.0.0.0/104",
        "/8",
    ] {
        let error = Allowances::parse(None, Some(&format!("10.0.0.0/8,{networks}"))).unwrap_err();
        assert_eq!(error.code, "platform.settings");
        assert!(error.message.contains("TENON_OUTGOING_ALLOW_NETWORKS"), "{error}");
        assert!(error.message.contains(networks), "{error}");
    }
}

#[tokio::test]
async fn an_allowed_network_opens_itself_and_nothing_beside_it() {
    let allowances = || Allowances::parse(None, Some("10.1.0.0/16,fd12:3456::/32")).unwrap();
    for (address, allowed) in [
        ("10.1.0.0", true),
        ("10.1.255.255", true),
        ("::ffff:10.1.2.3", true),
        ("fd12:3456::7", true),
        ("8.8.8.8", true),
        ("10.0.255.255", false),
        ("10.2.0.0", false),
        ("64:ff9b::10.1.2.3", false),
        ("fd12:3457::7", false),
        ("127.0.0.1", false),
    ] {
        let answer = client(allowances(), &[&[address]]).check("https://hook.example.com/").await;
        assert_eq!(answer.is_ok(), allowed, "{address}: {answer:?}");
    }
}

#[tokio::test]
async fn metadata_stays_shut_whatever_is_allowed() {
    for address in [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "::ffff:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "fd00:ec2::254",
    ] {
        let everything = Allowances::parse(Some("1"), Some("0.0.0.0/0,::/0")).unwrap();
        let answer = client(everything, &[&[address]]).check("https://hook.example.com/").await;
        assert_eq!(answer.unwrap_err().class(), "refused", "{address}");
    }
}
