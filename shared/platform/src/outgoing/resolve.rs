//! Names to addresses, with the check in between. The client asks here at every connect, so what it
//! connects to is what was checked.

use super::target::not_public;
use super::{Allowances, OutgoingFailure, address};
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Something that knows the addresses of names.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// All addresses of a host.
    ///
    /// # Errors
    /// When the name does not exist or nobody could be asked.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Resolves, and gives out nothing that may not be called.
#[derive(Clone)]
pub(super) struct GuardedResolver {
    pub(super) allowances: Arc<Allowances>,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl GuardedResolver {
    /// The addresses of a host. One that is not allowed refuses them all: a name with a public and a
    /// private address has no honest use, and which of them gets connected to is chance.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, OutgoingFailure> {
        let addresses = self.lookup.lookup(host).await.map_err(|e| OutgoingFailure::NotSent {
            class: "dns",
            message: format!("{host} could not be resolved: {e}"),
        })?;
        if addresses.is_empty() {
            return Err(OutgoingFailure::NotSent { class: "dns", message: format!("{host} has no address") });
        }
        match addresses.iter().find_map(|ip| self.allowances.objection(*ip)) {
            Some(objection) => Err(not_public(host, "resolves to", objection)),
            None => Ok(addresses.into_iter().map(address::canonical).collect()),
        }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            // Port 0 stands for the URL's.
            Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}
