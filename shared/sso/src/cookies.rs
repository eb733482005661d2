//! The cookies of a sign-in.

pub use tenon_platform::cookies::{SameSite, clear, read, set};

/// Binds a sign-in under way to its browser.
pub const BROWSER: &str = "__Host-sso";
/// The session.
pub const SESSION: &str = "__Host-aflow";
/// The refresh token.
pub const REFRESH: &str = "__Host-aflow-refresh";
