//! Lists of addresses and networks, as configuration and tenants write them: `10.1.0.0/16`, `fd12::/48`, or
//! one address.

use crate::localized::messages;
use ipnet::IpNet;
use std::net::IpAddr;

messages! {
    /// Why a text is no network.
    NoNetwork;
    Unreadable: "不是网段，请写作10.1.0.0/16", "it is no network; write it as 10.1.0.0/16";
    Mapped: "IPv4网段请按IPv4书写", "write an IPv4 network as IPv4";
    Prefix { longest: u64 }: "前缀长度须为0至{longest}", "the prefix length must be a number from 0 to {longest}";
    Beyond { prefix: u64 }: "地址在{prefix}位前缀之外还有非零位", "the address has bits beyond its prefix of {prefix}";
}

impl std::error::Error for NoNetwork {}

/// Reads a network or one address.
///
/// # Errors
/// What is wrong, and how to write it.
pub fn parse(text: &str) -> Result<IpNet, NoNetwork> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().map_err(|_| NoNetwork::Unreadable)?;
    if address.to_canonical() != address {
        return Err(NoNetwork::Mapped);
    }
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let network = match prefix.map_or(Some(longest), digits) {
        Some(prefix) => IpNet::new(address, prefix).ok(),
        None => None,
    };
    let network = network.ok_or(NoNetwork::Prefix { longest: longest.into() })?;
    // 127.0.0.1/8 may mean one address or the whole network; guessing would let too many in.
    if network.trunc() != network {
        return Err(NoNetwork::Beyond { prefix: network.prefix_len().into() });
    }
    Ok(network)
}

/// Whether an address lies in a network; an IPv4-mapped one is looked at as IPv4.
pub fn contains(network: &IpNet, ip: IpAddr) -> bool {
    network.contains(&ip.to_canonical())
}

/// Whether a list lets this address in. Every address is in an empty list; an entry that cannot be read lets
/// nobody in, and neither does an address that cannot.
pub fn allowed(list: &[String], ip: &str) -> bool {
    if list.is_empty() {
        return true;
    }
    let Ok(ip) = ip.parse::<IpAddr>() else { return false };
    list.iter().filter_map(|entry| parse(entry).ok()).any(|network| contains(&network, ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &[&str], ip: &str) -> bool {
        allowed(&list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), ip)
    }

    #[test]
    fn addresses_and_networks_of_both_kinds() {
        assert!(check(&[], "203.0.113.9") && check(&[], "unknown"));
        assert!(check(&["203.0.113.9"], "203.0.113.9"));
        assert!(!check(&["203.0.113.9"], "203.0.113.10"));
        assert!(check(&["198.51.100.0/24"], "198.51.100.255"));
        assert!(!check(&["198.51.100.0/24"], "198.51.101.0"));
        assert!(check(&["203.0.113.9", "2001:db8::/32"], "2001:db8:1::1"));
        assert!(!check(&["2001:db8::/32"], "2001:db9::1"));
        assert!(check(&["0.0.0.0/0"], "203.0.113.9") && !check(&["0.0.0.0/0"], "2001:db8::1"));
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        assert!(check(&["203.0.113.0/24"], "::ffff:203.0.113.9"));
        assert!(!check(&["203.0.113.0/24"], "::ffff:203.0.114.9"));
    }

    #[test]
    fn what_cannot_be_read_lets_nobody_in() {
        assert!(!check(&["any"], "203.0.113.9"));
        for ip in ["", "unknown", "203.0.113.9, 10.0.0.1", "203.0.113.9:80"] {
            assert!(!check(&["203.0.113.9", "0.0.0.0/0"], ip), "{ip}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_words() {
        for (text, why) in [
            ("intranet", "it is no network"),
            ("", "it is no network"),
            (" 10.0.0.0/8", "it is no network"),
            ("10.0.0.0/33", "from 0 to 32"),
            ("10.0.0.0/", "from 0 to 32"),
            ("10.0.0.0/+8", "from 0 to 32"),
            ("2001:db8::/129", "from 0 to 128"),
            ("10.1.2.3/8", "beyond its prefix of 8"),
            ("2001:db8::1/32", "beyond its prefix of 32"),
            ("::ffff:10.0.0.0/104", "as IPv4"),
        ] {
            assert!(parse(text).unwrap_err().to_string().contains(why), "{text}: {:?}", parse(text));
        }
        assert_eq!(parse("192.0.2.1").unwrap().to_string(), "192.0.2.1/32");
    }
}
