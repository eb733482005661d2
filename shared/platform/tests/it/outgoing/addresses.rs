//! Addresses, written out in the URL and behind a name: the same verdict both ways.

use super::fixture::client;
use tenon_platform::outgoing::{Allowances, Outgoing, OutgoingCall, OutgoingFailure};

/// Address, and what the refusal calls it.
const REFUSED: &[(&str, &str)] = &[
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("10.0.0.1", "private"),
    ("10.255.255.255", "private"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("100.127.255.254", "carrier-grade NAT"),
    ("100.100.100.200", "cloud metadata"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("168.63.129.16", "cloud metadata"),
    ("169.254.169.254", "cloud metadata"),
    ("169.254.170.2", "cloud metadata"),
    ("169.254.0.23", "cloud metadata"),
    ("169.254.1.1", "link-local"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.8", "reserved"),
    ("192.0.0.192", "cloud metadata"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4 relay"),
    ("192.168.0.1", "private"),
    ("192.168.255.255", "private"),
    ("198.18.0.1", "benchmark"),
    ("198.19.255.255", "benchmark"),
    ("198.51.100.7", "documentation"),
    ("203.0.113.7", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::2", "IPv4-compatible"),
    ("::127.0.0.1", "IPv4-compatible"),
    ("::8.8.8.8", "IPv4-compatible"),
    ("::169.254.169.254", "cloud metadata"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.1.2.3", "private"),
    ("::ffff:169.254.169.254", "cloud metadata"),
    ("::ffff:0:10.0.0.1", "reserved"),
    ("64:ff9b::127.0.0.1", "loopback"),
    ("64:ff9b::192.168.1.1", "private"),
    ("64:ff9b::169.254.169.254", "cloud metadata"),
    ("64:ff9b:1::8.8.8.8", "local NAT64"),
    ("64:ff9b:1:7f00:0:100::", "local NAT64"),
    ("64:ff9b:1::169.254.169.254", "cloud metadata"),
    ("100::1", "discard"),
    ("1fff::1", "reserved"),
    ("2001::1", "Teredo"),
    ("2001:0:808:808::f5ff:fffe", "Teredo"),
    ("2001:0:a9fe:a9fe::1", "cloud metadata"),
    ("2001:0:808:808::5601:5601", "cloud metadata"),
    ("2001:2::1", "benchmark"),
    ("2001:10::1", "reserved"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:1::1", "6to4"),
    ("2002:808:808::1", "6to4"),
    ("2002:a9fe:a9fe::1", "cloud metadata"),
    ("2600:1f18::5efe:10.0.0.1", "private"),
    ("2600:1f18::200:5efe:127.0.0.1", "loopback"),
    ("3ffe::1", "reserved"),
    ("3fff::1", "documentation"),
    ("4000::1", "reserved"),
    ("5f00::1", "segment routing"),
    ("fc00::1", "unique local"),
    ("fd12:3456:789a::1", "unique local"),
    ("fd00:ec2::254", "cloud metadata"),
    ("fd00:ec2::23", "cloud metadata"),
    ("fd20:ce::254", "cloud metadata"),
    ("fe80::1", "link-local"),
    ("febf::1", "link-local"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("ffff::1", "multicast"),
];

/// Public, among them the nearest neighbours of what is refused.
const ALLOWED: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "47.92.0.10",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "2000::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2001:db7::1",
    "2001:db9::1",
    "2003::1",
    "2400:3200::1",
    "2600:1f18::5efe:8.8.8.8",
    "3fff:1000::1",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
];

fn written_out(address: &str) -> String {
    if address.contains(':') { format!("https://[{address}]/hook") } else { format!("https://{address}/hook") }
}

#[tokio::test]
async fn what_is_not_public_is_refused_written_out_and_behind_a_name() {
    assert!(REFUSED.len() >= 60);
    for (address, what) in REFUSED {
        let behind = client(Allowances::default(), &[&[address]]);
        for url in [written_out(address), "https://hook.example.com/".to_owned()] {
            let answer = behind.check(&url).await;
            let Err(OutgoingFailure::Refused(message)) = answer else { panic!("{address} as {url}: {answer:?}") };
            assert!(message.contains(&format!("({what})")), "{address} as {url}: {message}");

            let called = behind.call(OutgoingCall::new(&url, "{}")).await.unwrap_err();
            assert_eq!(called.class(), "refused", "{address} as {url}: {called:?}");
        }
    }
}

#[tokio::test]
async fn what_is_public_is_allowed() {
    for address in ALLOWED {
        let behind = client(Allowances::default(), &[&[address]]);
        for url in [written_out(address), "https://hook.example.com/".to_owned()] {
            assert_eq!(behind.check(&url).await, Ok(()), "{address} as {url}");
        }
    }
}

#[tokio::test]
async fn one_private_address_among_public_ones_refuses_them_all() {
    for answer in [["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["2400:3200::1", "::1"]] {
        let answer = client(Allowances::default(), &[&answer]).check("https://hook.example.com/").await;
        assert!(matches!(answer, Err(OutgoingFailure::Refused(_))), "{answer:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_refusal_does_not_tell_the_address_behind_a_name() {
    let answer = client(Allowances::default(), &[&["10.20.30.40"]]).check("https://db.internal/").await;
    let message = answer.unwrap_err().message().to_owned();
    assert!(message.contains("db.internal") && !message.contains("10.20"), "{message}");
}

#[tokio::test]
async fn a_name_nobody_knows_is_no_refusal() {
    for answers in [&[][..], &[&[][..]][..]] {
        let nowhere = client(Allowances::default(), answers);
        assert_eq!(nowhere.check("https://hook.example.com/").await.unwrap_err().class(), "dns");
        let called = nowhere.call(OutgoingCall::new("https://hook.example.com/", "")).await.unwrap_err();
        assert!(matches!(called, OutgoingFailure::NotSent { class: "dns", .. }), "{called:?}");
    }
}
