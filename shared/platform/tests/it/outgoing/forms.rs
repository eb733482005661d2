//! Properties: an IPv4 address that is refused stays refused inside any IPv6 form of it.

use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tenon_platform::outgoing::Allowances;
use tenon_platform::outgoing::address::objection;

/// The forms in which an IPv6 address can stand for an IPv4 one.
fn forms(v4: Ipv4Addr, noise: u64) -> Vec<Ipv6Addr> {
    let low = u128::from(v4.to_bits());
    let noise = u128::from(noise);
    let high = |prefix: u128| prefix << 96;
    [
        high(0) | low,
        (0xffff_u128 << 32) | low,
        (0xffff_u128 << 48) | low,
        high(0x0064_ff9b) | low,
        (0x0064_ff9b_0001_u128 << 80) | low,
        (0x2002_u128 << 112) | (low << 80) | noise,
        (0x2001_0000_u128 << 96) | (low << 64) | noise,
        (0x2001_0000_u128 << 96) | (0x0808_0808_u128 << 64) | (!low & 0xffff_ffff),
        high(0x2600_1f18) | (noise >> 32 << 64) | (0x0000_5efe_u128 << 32) | low,
    ]
    .map(Ipv6Addr::from_bits)
    .to_vec()
}

/// Addresses of the refused ranges, which uniform chance would mostly miss, and any others.
fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
    let network = prop::sample::select(vec![
        0x0000_0000_u32,
        0x0a00_0000,
        0x6440_0000,
        0x7f00_0000,
        0xa9fe_0000,
        0xac10_0000,
        0xc000_0000,
        0xc0a8_0000,
        0xc612_0000,
        0xe000_0000,
        0xf000_0000,
    ]);
    prop_oneof![
        (network, any::<u16>()).prop_map(|(network, host)| Ipv4Addr::from_bits(network | u32::from(host))),
        any::<u32>().prop_map(Ipv4Addr::from_bits),
    ]
}

proptest! {
    #[test]
    fn no_ipv6_form_opens_what_is_refused(v4 in any_v4(), noise in any::<u64>()) {
        if objection(IpAddr::V4(v4)).is_some() {
            for form in forms(v4, noise) {
                prop_assert!(objection(IpAddr::V6(form)).is_some(), "{} as {}", v4, form);
            }
        }
    }

    #[test]
    fn mapped_and_plain_are_judged_alike(v4 in any_v4()) {
        let mapped = IpAddr::V6(v4.to_ipv6_mapped());
        prop_assert_eq!(objection(mapped), objection(IpAddr::V4(v4)));
        let loopback = Allowances::loopback();
        prop_assert_eq!(loopback.objection(mapped), loopback.objection(IpAddr::V4(v4)));
    }

    #[test]
    fn the_standard_library_finds_nothing_local_in_what_is_public(bits in any::<u32>()) {
        let v4 = Ipv4Addr::from_bits(bits);
        let local = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
            || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
        prop_assert!(!local || objection(IpAddr::V4(v4)).is_some(), "{}", v4);
    }

    #[test]
    fn ipv6_outside_global_unicast_is_refused(bits in any::<u128>()) {
        let v6 = Ipv6Addr::from_bits(bits);
        let nat64 = matches!(v6.segments(), [0x64, 0xff9b, 0, 0, 0, 0, ..]);
        let outside = bits >> 125 != 1 && !nat64 && v6.to_ipv4_mapped().is_none();
        prop_assert!(!outside || objection(IpAddr::V6(v6)).is_some(), "{}", v6);
    }
}
