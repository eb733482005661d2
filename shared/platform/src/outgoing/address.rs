//! Which IP addresses are public, after the IANA special-purpose registries (RFC 6890 and its
//! updates). What is not known to be public is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range by its first address and the length of its prefix, and what it is.
type Range<A> = (A, u8, &'static str);

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

/// From the first two and the last group; every address below has zeros between.
const fn v6(a: u16, b: u16, c: u16, last: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, last)
}

const NOT_PUBLIC_V4: [Range<Ipv4Addr>; 16] = [
    (v4(0, 0, 0, 0), 8, "unspecified"),
    (v4(10, 0, 0, 0), 8, "private"),
    (v4(100, 64, 0, 0), 10, "carrier-grade NAT"),
    (v4(127, 0, 0, 0), 8, "loopback"),
    (v4(169, 254, 0, 0), 16, "link-local"),
    (v4(172, 16, 0, 0), 12, "private"),
    (v4(192, 0, 0, 0), 24, "reserved"),
    (v4(192, 0, 2, 0), 24, "documentation"),
    (v4(192, 88, 99, 0), 24, "6to4 relay"),
    (v4(192, 168, 0, 0), 16, "private"),
    (v4(198, 18, 0, 0), 15, "benchmark"),
    (v4(198, 51, 100, 0), 24, "documentation"),
    (v4(203, 0, 113, 0), 24, "documentation"),
    (v4(224, 0, 0, 0), 4, "multicast"),
    (v4(255, 255, 255, 255), 32, "broadcast"),
    (v4(240, 0, 0, 0), 4, "reserved"),
];

/// Besides these, everything outside [`GLOBAL_V6`] is refused as reserved.
const NOT_PUBLIC_V6: [Range<Ipv6Addr>; 17] = [
    (v6(0, 0, 0, 0), 128, "unspecified"),
    (v6(0, 0, 0, 1), 128, "loopback"),
    (v6(0, 0, 0, 0), 96, "IPv4-compatible"),
    // Local translation: where in it the IPv4 address stands is each network's own choice (RFC 8215).
    (v6(0x64, 0xff9b, 1, 0), 48, "local NAT64"),
    (v6(0x100, 0, 0, 0), 64, "discard"),
    (v6(0x2001, 0, 0, 0), 32, "Teredo"),
    (v6(0x2001, 2, 0, 0), 48, "benchmark"),
    (v6(0x2001, 0, 0, 0), 23, "reserved"),
    (v6(0x2001, 0xdb8, 0, 0), 32, "documentation"),
    (v6(0x2002, 0, 0, 0), 16, "6to4"),
    (v6(0x3ffe, 0, 0, 0), 16, "reserved"),
    (v6(0x3fff, 0, 0, 0), 20, "documentation"),
    (v6(0x5f00, 0, 0, 0), 16, "segment routing"),
    (v6(0xfc00, 0, 0, 0), 7, "unique local"),
    (v6(0xfe80, 0, 0, 0), 10, "link-local"),
    (v6(0xfec0, 0, 0, 0), 10, "site-local"),
    (v6(0xff00, 0, 0, 0), 8, "multicast"),
];

/// The one block from which global unicast addresses are given out (RFC 4291).
const GLOBAL_V6: (Ipv6Addr, u8) = (v6(0x2000, 0, 0, 0), 3);
/// NAT64's well-known prefix: how a network with IPv6 alone reaches public IPv4 (RFC 6052).
const NAT64: (Ipv6Addr, u8) = (v6(0x64, 0xff9b, 0, 0), 96);

/// Where clouds hand out credentials: AWS (instance, containers, pods), Tencent, Alibaba, Oracle, Azure.
const METADATA_V4: [Ipv4Addr; 7] = [
    v4(169, 254, 169, 254),
    v4(169, 254, 170, 2),
    v4(169, 254, 170, 23),
    v4(169, 254, 0, 23),
    v4(100, 100, 100, 200),
    v4(192, 0, 0, 192),
    v4(168, 63, 129, 16),
];
/// The same on IPv6: AWS (instance, pods) and Google.
const METADATA_V6: [Ipv6Addr; 3] =
    [v6(0xfd00, 0xec2, 0, 0x254), v6(0xfd00, 0xec2, 0, 0x23), v6(0xfd20, 0xce, 0, 0x254)];

/// The address that a connection really goes to: an IPv4-mapped one is its IPv4 address.
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Whether it is a cloud's metadata service, in whatever form; no operator can allow these.
pub fn is_metadata(address: IpAddr) -> bool {
    match canonical(address) {
        IpAddr::V4(v4) => METADATA_V4.contains(&v4),
        IpAddr::V6(v6) => METADATA_V6.contains(&v6) || embedded(v6).any(|v4| METADATA_V4.contains(&v4)),
    }
}

/// Why the address is not public, in a word or two; `None` for a public one.
pub fn objection(address: IpAddr) -> Option<&'static str> {
    if is_metadata(address) {
        return Some("cloud metadata");
    }
    match canonical(address) {
        IpAddr::V4(address) => objection_v4(address),
        IpAddr::V6(address) => objection_v6(address),
    }
}

fn objection_v4(address: Ipv4Addr) -> Option<&'static str> {
    NOT_PUBLIC_V4.iter().find(|(first, length, _)| within_v4(address, *first, *length)).map(|(.., what)| *what)
}

fn objection_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some((.., what)) = NOT_PUBLIC_V6.iter().find(|(first, length, _)| within_v6(address, *first, *length)) {
        return Some(what);
    }
    if ![GLOBAL_V6, NAT64].iter().any(|(first, length)| within_v6(address, *first, *length)) {
        return Some("reserved");
    }
    embedded(address).find_map(objection_v4)
}

/// The IPv4 addresses that an IPv6 address can stand for. Mapped ones do not get here.
fn embedded(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let bits = address.to_bits();
    let last = Some(lowest_32(bits));
    let found = match address.segments() {
        // Teredo: the server, and the client with its bits inverted (RFC 4380).
        [0x2001, 0, ..] => [Some(lowest_32(bits >> 64)), Some(Ipv4Addr::from_bits(!lowest_32(bits).to_bits()))],
        [0x2002, ..] => [Some(lowest_32(bits >> 80)), None],
        // Compatible, translated (RFC 2765), and NAT64 in both its prefixes.
        [0, 0, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, ..] => [last, None],
        // ISATAP, under any prefix (RFC 5214).
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => [last, None],
        _ => [None, None],
    };
    found.into_iter().flatten()
}

#[expect(clippy::cast_possible_truncation, reason = "the lowest 32 bits are what is asked for")]
fn lowest_32(bits: u128) -> Ipv4Addr {
    Ipv4Addr::from_bits(bits as u32)
}

fn within_v4(address: Ipv4Addr, first: Ipv4Addr, length: u8) -> bool {
    // A shift by the whole width, for a prefix of no bits, leaves nothing that could differ.
    let differing = address.to_bits() ^ first.to_bits();
    differing.checked_shr(32_u32.saturating_sub(length.into())).unwrap_or(0) == 0
}

fn within_v6(address: Ipv6Addr, first: Ipv6Addr, length: u8) -> bool {
    let differing = address.to_bits() ^ first.to_bits();
    differing.checked_shr(128_u32.saturating_sub(length.into())).unwrap_or(0) == 0
}
