//! The operations against the catalog.

use std::collections::BTreeSet;
use tenon_catalog::{Auth, FUNCTIONS};
use tenon_openapi::{logistics, orders, payment, pull, quality};

#[test]
fn the_operations_are_the_catalogs_signed_routes() {
    let served = [
        ("openapi-logistics", logistics::OPERATIONS),
        ("openapi-orders", orders::OPERATIONS),
        ("openapi-payment", payment::OPERATIONS),
        ("openapi-pull", pull::OPERATIONS),
        ("openapi-quality", quality::OPERATIONS),
    ];
    let served: BTreeSet<_> = served
        .into_iter()
        .flat_map(|(name, all)| all.iter().map(move |o| (name, o.method, o.path, o.module.code(), o.write)))
        .collect();
    let promised: BTreeSet<_> = FUNCTIONS
        .iter()
        .flat_map(|f| f.routes().iter().map(move |route| (f.name, route)))
        .filter_map(|(name, route)| match route.auth {
            Auth::OpenApi { module, write } => Some((name, route.method, route.path, module, write)),
            _ => None,
        })
        .collect();
    assert_eq!(served, promised);
}
