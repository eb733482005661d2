//! How long, and how many.

use std::time::Duration;

/// Connections of one listener, at most: more callers than that are a flood.
const MAX: usize = 1024;
/// Connections of one listener, at least; fewer would not carry a normal day.
const LEAST: usize = 16;
/// File descriptors that are left for databases, logs and calls to vendors, besides the half of the rest.
const OTHERS: usize = 64;

/// The limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the connection to the end of its first request's headers.
    pub headers: Duration,
    /// From a request's headers to the end of its body.
    pub body: Duration,
    /// From one answer to the end of the next request's headers.
    pub idle: Duration,
    /// Longest body, in bytes.
    pub longest_body: usize,
    /// Connections open at a time.
    pub connections: usize,
    /// How long requests that are being answered hold the end up.
    pub end: Duration,
    /// How long those that have not arrived yet do.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(10),
            body: Duration::from_secs(20),
            idle: Duration::from_secs(30),
            longest_body: 10 * 1024 * 1024,
            connections: affordable(descriptors()),
            end: Duration::from_secs(8),
            grace: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// Those of a listener for commands on this machine: few come, and with little.
    pub fn for_commands() -> Self {
        let all = Self::default();
        Self { connections: (all.connections / 4).max(LEAST), ..all }
    }

    /// Requests answered at a time before others than the vendors' are turned away.
    pub fn ordinary(&self) -> usize {
        self.connections - self.connections / 4
    }
}

/// Connections one listener can have open where the process may have this many descriptors.
fn affordable(descriptors: usize) -> usize {
    (descriptors.saturating_sub(OTHERS) / 2).clamp(LEAST, MAX)
}

fn descriptors() -> usize {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
    }
    #[cfg(not(unix))]
    {
        usize::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        for (descriptors, most) in [(usize::MAX, 1024), (65_536, 1024), (1024, 480), (256, 96), (64, 16), (0, 16)] {
            assert_eq!(affordable(descriptors), most, "{descriptors}");
        }
        let limits = Limits { connections: 96, ..Limits::default() };
        assert_eq!(limits.ordinary(), 72);
    }
}
