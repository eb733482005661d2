//! HTTP routes: the same in the catalog, on AWS and under `cargo lambda watch`.

use std::collections::BTreeSet;

use tenon_catalog::FUNCTIONS;

use super::source::{cloudformation, resources, text};

/// Path, method, function.
type Route = (String, String, String);

/// The catalog's routes.
pub fn catalog() -> BTreeSet<Route> {
    FUNCTIONS
        .iter()
        .flat_map(|function| {
            function.routes().iter().map(|r| (r.path.to_owned(), r.method.to_owned(), function.name.to_owned()))
        })
        .collect()
}

#[test]
fn the_template_has_the_catalogs_routes() {
    let template = cloudformation("template.yaml");
    let mut found = BTreeSet::new();
    for function in resources(&template, "AWS::Serverless::Function").into_values() {
        let name = function["Metadata"]["BuildProperties"]["Binary"].as_str().expect("a name");
        for event in function["Properties"]["Events"].as_object().into_iter().flat_map(|events| events.values()) {
            if event["Type"] == "HttpApi" {
                let route = &event["Properties"];
                assert_eq!(route["ApiId"]["Ref"], "Api", "{name}");
                let part = |key: &str| route[key].as_str().expect("a text").to_owned();
                assert!(found.insert((part("Path"), part("Method"), name.to_owned())), "{name} twice");
            }
        }
    }
    assert_eq!(found, catalog());
}

#[test]
fn the_cargo_lambda_router_has_the_catalogs_routes() {
    let manifest: toml::Table = text("Cargo.toml").parse().expect("a manifest");
    let router = &manifest["workspace"]["metadata"]["lambda"]["watch"]["router"];
    let mut found = BTreeSet::new();
    for (path, entries) in router.as_table().expect("a table") {
        for entry in entries.as_array().unwrap_or_else(|| panic!("{path}: every entry names its method")) {
            let part = |key: &str| entry[key].as_str().expect("a text").to_owned();
            assert!(found.insert((path.clone(), part("method"), part("function"))), "{path} twice");
        }
    }
    assert_eq!(found, catalog());
}
