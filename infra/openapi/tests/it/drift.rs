//! The files in the checkout are those the routes and types make, and they hold together.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tenon_catalog::{Auth, FUNCTIONS};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document() -> Value {
    tenon_openapi_doc::document().unwrap()
}

#[test]
fn the_documents_are_up_to_date() {
    let stale = tenon_openapi_doc::stale(&root()).unwrap();
    assert!(stale.is_empty(), "{stale:?} no longer match; run `cargo run -p tenon-openapi-doc` and commit the result");
}

#[test]
fn every_route_is_in_the_document_and_every_path_of_it_is_a_route() {
    let document = document();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|m| (m.to_uppercase(), path.clone())))
        .collect();
    let prefixes = [
        "/openapi/v1/",
        "/api/system/",
        "/admin/v1/",
        "/barcode/",
        "/aflow/api/",
        "/plm/",
        "/dingtalk/",
        "/dataSync/",
        "/flow/",
        "/message/",
        "/api/oa_integration/",
    ];
    let routes: BTreeSet<(String, String)> = FUNCTIONS
        .iter()
        .flat_map(|f| f.routes())
        .filter(|route| route.method != "OPTIONS" && prefixes.iter().any(|p| route.path.starts_with(p)))
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect();
    assert_eq!(described, routes);
    assert!(routes.len() > 40);
}

#[test]
fn what_a_route_asks_for_is_what_the_catalog_says() {
    let document = document();
    for route in FUNCTIONS.iter().flat_map(|f| f.routes()) {
        let operation = &document["paths"][route.path][route.method.to_lowercase()];
        if operation.is_null() {
            continue;
        }
        let first = operation["security"].get(0).and_then(Value::as_object);
        let requires = |name: &str| first.is_some_and(|f| f.contains_key(name));
        let answers = |code: &str| operation["responses"].get(code).is_some();
        match route.auth {
            Auth::OpenApi { module, .. } => {
                assert!(requires("signature") && answers("429"), "{}", route.path);
                assert_eq!(operation["x-module"], module);
            }
            Auth::Bearer { .. } => assert!(requires("bearer") && answers("403"), "{}", route.path),
            Auth::Aiflow => assert!(requires("aiflowSignature") && answers("403"), "{}", route.path),
            Auth::Console { .. } => panic!("{} is a page, and none of the document's", route.path),
            Auth::Session => assert!(requires("session") && answers("401"), "{}", route.path),
            Auth::AppCode | Auth::ConnectionApp | Auth::PermittedApp | Auth::Service { .. } => {
                assert!(requires("appCode") && answers("401"), "{}", route.path)
            }
            Auth::OaToken => {
                assert!(requires("oaToken") && ["401", "403", "404"].iter().all(|code| answers(code)), "{}", route.path)
            }
            Auth::Open | Auth::DingTalkEnvelope | Auth::WecomEnvelope | Auth::BlacklakeEnvelope => {
                assert!(first.is_none(), "{}", route.path)
            }
        }
    }
}

/// Every `$ref` with where it stands.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|v| references(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| references(v, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is not used");
    }
}

#[test]
fn names_of_operations_are_unique() {
    let document = document();
    let items = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<&str> = items.map(|o| o["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

/// Every description of fields, parameters and routes that stands on a page.
fn descriptions(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get("description") {
                found.extend(text.split("\n\n").map(str::to_owned));
            }
            fields.values().for_each(|v| descriptions(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| descriptions(v, found)),
        _ => {}
    }
}

#[test]
fn what_stands_on_the_pages_is_chinese() {
    let document = document();
    let mut shown = BTreeSet::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        shown.extend(operation["description"].as_str().unwrap().split("\n\n").map(str::to_owned));
        descriptions(&operation["parameters"], &mut shown);
        descriptions(&operation["requestBody"], &mut shown);
    }
    for schema in document["components"]["schemas"].as_object().unwrap().values() {
        descriptions(&schema["properties"], &mut shown);
    }
    let english: Vec<&String> = shown.iter().filter(|text| tenon_openapi_doc::chinese(text).is_none()).collect();
    assert!(english.is_empty(), "add to infra/openapi/src/pages/chinese.tsv: {english:#?}");
    assert!(shown.len() > 200);
}
