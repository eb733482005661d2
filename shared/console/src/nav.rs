//! The menu.

use tenon_catalog::{Role, scope};
use tenon_model::Language;
use tenon_pages::console::{Label, Nav};
use tenon_pages::integrations::Label as IntegrationsLabel;
use tenon_tenants::access::Principal;

/// A place of the menu: its path, its name, and who may go there.
struct Place {
    path: &'static str,
    name: fn(Language) -> &'static str,
    role: Role,
    scope: &'static str,
}

const PLACES: &[Place] = &[
    Place {
        path: "/system/integrations",
        name: |language| IntegrationsLabel::Integrations.of(language),
        role: Role::Operator,
        scope: scope::TENANT_APP,
    },
    Place {
        path: "/system/app-store",
        name: |language| Label::AppStore.of(language),
        role: Role::Anyone,
        scope: scope::APP_STORE,
    },
    Place {
        path: "/system/tenant-management",
        name: |language| Label::Management.of(language),
        role: Role::Anyone,
        scope: scope::TENANT_APP,
    },
];

/// Where this visitor may go.
pub(crate) fn of(by: &Principal, language: Language) -> Vec<Nav> {
    let may = PLACES.iter().filter(|place| by.allow(place.role, place.scope).is_ok());
    may.map(|place| Nav { path: place.path, name: (place.name)(language) }).collect()
}

/// Where this visitor begins.
pub(crate) fn home(by: &Principal) -> &'static str {
    PLACES.iter().find(|place| by.allow(place.role, place.scope).is_ok()).map_or(crate::LOGIN, |place| place.path)
}
