//! The list of addresses an app may call from.

use std::net::IpAddr;
use tenon_platform::outgoing::Network;

/// Whether this address is in the list; every one is in an empty list. An entry that cannot be read
/// lets nobody in, and neither does an address that cannot.
pub fn allowed(list: &[String], ip: &str) -> bool {
    if list.is_empty() {
        return true;
    }
    let Ok(ip) = ip.parse::<IpAddr>() else { return false };
    list.iter().filter_map(|entry| entry.parse::<Network>().ok()).any(|network| network.contains(ip))
}

#[cfg(test)]
mod tests {
    use super::allowed;

    fn check(list: &[&str], ip: &str) -> bool {
        allowed(&list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), ip)
    }

    #[test]
    fn addresses_and_networks_of_both_kinds() {
        assert!(check(&[], "203.0.113.9"));
        assert!(check(&["203.0.113.9"], "203.0.113.9"));
        assert!(!check(&["203.0.113.9"], "203.0.113.10"));
        assert!(check(&["198.51.100.0/24"], "198.51.100.255"));
        assert!(!check(&["198.51.100.0/24"], "198.51.101.0"));
        assert!(check(&["203.0.113.9", "2001:db8::/32"], "2001:db8:1::1"));
        assert!(!check(&["2001:db8::/32"], "2001:db9::1"));
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        assert!(check(&["203.0.113.0/24"], "::ffff:203.0.113.9"));
        assert!(!check(&["203.0.113.0/24"], "::ffff:203.0.114.9"));
    }

    #[test]
    fn what_cannot_be_read_lets_nobody_in() {
        assert!(!check(&["any"], "203.0.113.9"));
        assert!(!check(&["203.0.113.9"], ""));
        assert!(!check(&["203.0.113.9"], "203.0.113.9, 10.0.0.1"));
    }
}
