//! The management of tenant apps: made, changed, switched off, given new secrets, and watched.

mod body;
mod create;
mod edit;
mod overview;
mod secrets;
mod settings;

pub use body::AppBody;
pub use create::{LIMIT, create};
pub use edit::{delete, edit, one, switch};
pub use overview::{ModuleOverview, overview};
pub use secrets::{MAX_OVERLAP_HOURS, Rotation, reset_callback_secret, reset_secret};

use tenon_model::config::Secret;
use tenon_model::tenant_app::TenantApp;

/// What stands in for a secret that is not shown.
pub const MASK: &str = "****";

/// A changed app.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The app as it is now.
    pub app: TenantApp,
    /// The pushes' secret, when one was made: shown once.
    pub callback_secret: Option<Secret>,
    /// What became of the older ones, when it was reset.
    pub rotation: Option<Rotation>,
}
