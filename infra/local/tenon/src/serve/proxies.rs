//! Where a request comes from when proxies stand before the front: the right-most hop that is none of
//! ours. What stands further left was written by whoever sent the request.

use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The proxies whose word counts.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

/// A hop as a proxy wrote it down; none when it is obfuscated, unknown or no address.
type Hop = Option<IpAddr>;

impl Proxies {
    /// These networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of the client; none when it cannot be known. Without proxies the other end of the
    /// connection is it, whatever headers say.
    pub fn source(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return Some(peer);
        }
        let by =
            |name: &str, read: fn(&str) -> Vec<Hop>| Some(self.last_untrusted(peer, read(&joined(headers, name)?)));
        match (by("x-forwarded-for", plain_hops), by("forwarded", forwarded_hops)) {
            (Some(one), Some(other)) if one != other => {
                // A proxy writes one of them; the other is the client's own.
                tracing::debug!(
                    "X-Forwarded-For and Forwarded differ; the proxy has to remove the one it does not write"
                );
                None
            }
            (Some(source), _) | (None, Some(source)) => source,
            (None, None) => Some(peer),
        }
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }

    fn last_untrusted(&self, peer: IpAddr, hops: Vec<Hop>) -> Hop {
        let mut source = peer;
        for hop in hops.into_iter().rev() {
            source = hop?;
            if !self.trusts(source) {
                break;
            }
        }
        Some(source)
    }
}

/// All lines of a header as one; what is no text is one hop that nobody knows.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("unknown")).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn plain_hops(text: &str) -> Vec<Hop> {
    text.split(',').map(str::trim).filter(|hop| !hop.is_empty()).map(node).collect()
}

/// RFC 7239: elements between commas, each with parameters between semicolons, values quoted or not.
fn forwarded_hops(text: &str) -> Vec<Hop> {
    split(text, ',')
        .iter()
        .filter(|element| !element.trim().is_empty())
        .map(|element| {
            let parameters = split(element, ';');
            let of = parameters.iter().filter_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then(|| unquoted(value.trim()))
            });
            let mut of = of.collect::<Vec<_>>().into_iter();
            // Twice is not allowed, and which of both is meant nobody knows.
            match (of.next(), of.next()) {
                (Some(value), None) => node(&value),
                _ => None,
            }
        })
        .collect()
}

/// Splits outside of quotes.
fn split(text: &str, by: char) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if c == by && !quoted => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else { return value.to_owned() };
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        text.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    text
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`, the last two also
/// with an obfuscated port.
fn node(text: &str) -> Hop {
    let ip = match text.strip_prefix('[') {
        Some(rest) => {
            let (ip, port) = rest.split_once(']')?;
            if !(port.is_empty() || port.starts_with(':')) {
                return None;
            }
            ip.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::from)
        }
        None => text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|s| s.ip())).or_else(|| {
            let (ip, port) = text.split_once(':')?;
            port.starts_with('_').then(|| ip.parse::<std::net::Ipv4Addr>().ok().map(IpAddr::from)).flatten()
        }),
    };
    ip.map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(peer: &str, lines: &[(&'static str, &str)]) -> Option<String> {
        let proxies = Proxies::new(vec![
            "127.0.0.0/8".parse().unwrap(),
            "10.1.0.0/16".parse().unwrap(),
            "fd00::/8".parse().unwrap(),
        ]);
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        proxies.source(peer.parse().unwrap(), &headers).map(|ip| ip.to_string())
    }

    fn behind(lines: &[(&'static str, &str)]) -> Option<String> {
        source("127.0.0.1", lines)
    }

    #[test]
    fn without_a_proxy_nobodys_headers_count() {
        let lines = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")];
        assert_eq!(source("198.51.100.7", &lines).unwrap(), "198.51.100.7");
        assert_eq!(source("::ffff:198.51.100.7", &lines).unwrap(), "198.51.100.7");
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(Proxies::default().source(peer, &headers), Some(peer));
    }

    #[test]
    fn the_right_most_hop_that_is_no_proxy_of_ours_is_the_client() {
        for (value, client) in [
            ("203.0.113.9", "203.0.113.9"),
            ("10.9.9.9, 203.0.113.9", "203.0.113.9"),
            ("127.0.0.1, 203.0.113.9,10.1.2.3", "203.0.113.9"),
            ("spoofed, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]:4711, [fd00::1]", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("10.1.0.5", "10.1.0.5"),
            (" , 203.0.113.9 , ", "203.0.113.9"),
        ] {
            assert_eq!(behind(&[("x-forwarded-for", value)]).as_deref(), Some(client), "{value}");
        }
        let lines =
            [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "10.1.0.1")];
        assert_eq!(behind(&lines).unwrap(), "203.0.113.9");
        assert_eq!(behind(&[]).unwrap(), "127.0.0.1");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        for (value, client) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("For=\"203.0.113.9:4711\";proto=https;by=10.1.0.1", "203.0.113.9"),
            ("by=10.1.0.1; for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("for=192.0.2.1, for=203.0.113.9, for=\"[fd00::1]\"", "203.0.113.9"),
            ("for=192.0.2.1;host=\"a, for=10.1.0.1\", for=203.0.113.9", "203.0.113.9"),
            ("for=\"203.0.11\\3.9\"", "203.0.113.9"),
            ("for=\"203.0.113.9:_port\"", "203.0.113.9"),
        ] {
            assert_eq!(behind(&[("forwarded", value)]).as_deref(), Some(client), "{value}");
        }
    }

    #[test]
    fn who_a_proxy_does_not_name_is_nobody() {
        for value in
            ["unknown", "_hidden", "203.0.113.9, unknown", "203.0.113.999", "[2001:db8::1", "203.0.113.9, x, 10.1.0.1"]
        {
            assert_eq!(behind(&[("x-forwarded-for", value)]), None, "{value}");
        }
        for value in [
            "for=_hidden",
            "for=unknown",
            "proto=https",
            "for=203.0.113.9;for=10.0.0.1",
            "for=\"203.0.113.9",
            "for=2001:db8::1]",
        ] {
            assert_eq!(behind(&[("forwarded", value)]), None, "{value}");
        }
        assert_eq!(
            behind(&[("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=198.51.100.7")]),
            None,
            "they differ"
        );
        let agree = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")];
        assert_eq!(behind(&agree).unwrap(), "203.0.113.9");
    }
}
