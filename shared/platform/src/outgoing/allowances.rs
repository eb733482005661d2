//! What the operator allows besides public addresses over https.

use super::address;
use crate::error::{Error, Result};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

const HTTP: &str = "TENON_OUTGOING_ALLOW_HTTP";
const NETWORKS: &str = "TENON_OUTGOING_ALLOW_NETWORKS";

/// What may be called besides public addresses over https. Nothing, unless the operator says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    /// Whether `http://` will do.
    pub http: bool,
    /// Networks that may be called although they are not public. Metadata services may not, even if
    /// they lie in one of these.
    pub networks: Vec<Network>,
}

impl Allowances {
    /// From the values of `TENON_OUTGOING_ALLOW_HTTP` (`1` or `true`) and
    /// `TENON_OUTGOING_ALLOW_NETWORKS` (`10.1.0.0/16,fd12::/48`); absent or empty allows nothing.
    ///
    /// # Errors
    /// `platform.settings`, which names the variable and what is wrong with it.
    pub fn parse(http: Option<&str>, networks: Option<&str>) -> Result<Self> {
        let http = match http.unwrap_or_default().trim() {
            "1" | "true" => true,
            "" | "0" | "false" => false,
            other => {
                return Err(Error::permanent(
                    "platform.settings",
                    format!("{HTTP} is {other:?}; write 1 or true to allow http, or leave it out"),
                ));
            }
        };
        let networks = networks
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| {
                text.parse()
                    .map_err(|why| Error::permanent("platform.settings", format!("{NETWORKS} has {text:?}: {why}")))
            })
            .collect::<Result<_>>()?;
        Ok(Self { http, networks })
    }

    /// From the environment of the process.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_env() -> Result<Self> {
        let read = |name: &str| match std::env::var(name) {
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Error::permanent("platform.settings", format!("{name} is not valid Unicode")))
            }
            value => Ok(value.ok()),
        };
        Self::parse(read(HTTP)?.as_deref(), read(NETWORKS)?.as_deref())
    }

    /// http, and this machine itself: for the sandbox and for tests.
    pub fn loopback() -> Self {
        let networks = vec![
            Network { first: IpAddr::from([127, 0, 0, 0]), prefix: 8 },
            Network { first: IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), prefix: 128 },
        ];
        Self { http: true, networks }
    }

    /// Why this address may not be called, in a word or two; `None` if it may.
    pub fn objection(&self, ip: IpAddr) -> Option<&'static str> {
        let ip = address::canonical(ip);
        let objection = address::objection(ip)?;
        let allowed = !address::is_metadata(ip) && self.networks.iter().any(|network| network.contains(ip));
        (!allowed).then_some(objection)
    }
}

/// A network: `10.1.0.0/16`, `fd12::/48`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether the address lies in it; an IPv4-mapped address is looked at as IPv4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        address::shares_prefix(address::canonical(ip), self.first, self.prefix)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (first, prefix) = text.split_once('/').map_or((text, None), |(first, prefix)| (first, Some(prefix)));
        let first: IpAddr = first.parse().map_err(|_| "it is no network; write it as 10.1.0.0/16".to_owned())?;
        if address::canonical(first) != first {
            return Err("write an IPv4 network as IPv4".to_owned());
        }
        let (bits, width): (u128, u8) = match first {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        let prefix = match prefix {
            None => width,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().unwrap_or(u8::MAX),
            Some(_) => u8::MAX,
        };
        if prefix > width {
            return Err(format!("the prefix length must be a number from 0 to {width}"));
        }
        // 127.0.0.1/8 may mean one address or the whole network; guessing would open too much.
        if bits.checked_shl(prefix.into()).unwrap_or(0) != 0 {
            return Err(format!("the address has bits beyond its prefix of {prefix}"));
        }
        Ok(Self { first, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}
