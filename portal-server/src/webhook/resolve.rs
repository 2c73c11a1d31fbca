//! Names become addresses: injected as the clock is, so that tests answer as they like.

use std::io;
use std::net::IpAddr;

use async_trait::async_trait;

/// Where the addresses of a name are asked for.
#[async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of a name, as they are now.
    ///
    /// # Errors
    /// When they cannot be found out.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// As the operating system does it: its DNS servers, and its file of hosts.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect())
    }
}
