//! The routes served are those of the catalog, each with the catalog's role and scope.

use tenon_app_store::door::Operation;
use tenon_catalog::{Auth, Role, Route};
use tenon_tenants::access::Need;

fn of_catalog(route: &Route) -> (&str, &str, &str, &str) {
    match route.auth {
        Auth::Bearer { role, scope } => {
            let role = match role {
                Role::Operator => "operator",
                Role::TenantAdmin => "tenant-admin",
                Role::Either => "either",
            };
            (route.method, route.path, role, scope)
        }
        other => panic!("{}: {other:?}", route.path),
    }
}

fn of_table(operation: &Operation) -> (&str, &str, &str, &str) {
    let need = match operation.need {
        Need::Operator => "operator",
        Need::TenantAdmin => "tenant-admin",
        Need::Either | Need::Anyone => "either",
    };
    (operation.method, operation.path, need, operation.scope)
}

#[test]
fn the_tables_are_the_catalogs() {
    for (function, table) in
        [("app-store", tenon_app_store::store::OPERATIONS), ("tenant-app", tenon_app_store::tenant_app::OPERATIONS)]
    {
        let mut catalog: Vec<_> = tenon_catalog::function(function).unwrap().routes().iter().map(of_catalog).collect();
        let mut served: Vec<_> = table.iter().map(of_table).collect();
        catalog.sort_unstable();
        served.sort_unstable();
        assert_eq!(served, catalog, "{function}");
    }
}
