//! Tenant apps: `/api/system/tenant-app/…`.

mod apps;
mod watch;

use tenon_catalog::areas::app_store::tenant_app as routes;
use tenon_platform::dispatch::{Service, on};
use tenon_tenants::entry::Bearer;

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![
        on(routes::CREATE, apps::create),
        on(routes::LIST, apps::list),
        on(routes::ALL_LOGS, watch::all_logs),
        on(routes::APP_TYPES, apps::types),
        on(routes::STATS, watch::stats),
        on(routes::OVERVIEW, watch::overview),
        on(routes::READ, apps::detail),
        on(routes::EDIT, apps::edit),
        on(routes::DELETE, apps::delete),
        on(routes::TOGGLE_STATUS, apps::toggle),
        on(routes::RESET_SECRET, apps::reset_secret),
        on(routes::RESET_CALLBACK_SECRET, apps::reset_callback_secret),
        on(routes::RESET_QUOTA, apps::reset_quota),
        on(routes::LOGS, watch::logs),
    ]
});
