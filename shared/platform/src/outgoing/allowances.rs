//! What the operator allows besides public addresses over https.

use super::address;
use crate::error::{Error, Result};
use ipnet::IpNet;
use std::net::IpAddr;
use tenon_model::network;

const HTTP: &str = "TENON_OUTGOING_ALLOW_HTTP";
const NETWORKS: &str = "TENON_OUTGOING_ALLOW_NETWORKS";

/// What may be called besides public addresses over https. Nothing, unless the operator says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    /// Whether `http://` will do.
    pub http: bool,
    /// Networks that may be called although they are not public. Metadata services may not, even if
    /// they lie in one of these.
    pub networks: Vec<IpNet>,
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
                network::parse(text)
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
        let networks = ["127.0.0.0/8", "::1"].into_iter().filter_map(|text| network::parse(text).ok());
        Self { http: true, networks: networks.collect() }
    }

    /// Why this address may not be called, in a word or two; `None` if it may.
    pub fn objection(&self, ip: IpAddr) -> Option<&'static str> {
        let ip = address::canonical(ip);
        let objection = address::objection(ip)?;
        let allowed = !address::is_metadata(ip) && self.networks.iter().any(|allowed| network::contains(allowed, ip));
        (!allowed).then_some(objection)
    }
}
