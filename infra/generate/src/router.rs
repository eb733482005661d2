//! The router of `cargo lambda watch`, in the workspace's `Cargo.toml`.

use crate::Catalog;
use crate::region::Part;
use std::collections::BTreeMap;

/// A line for each path, with the function of each of its methods.
pub fn part(catalog: &Catalog<'_>) -> Part {
    let mut paths: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for function in catalog.functions() {
        for route in function.routes() {
            let entry = format!("{{ method = \"{}\", function = \"{}\" }}", route.method, function.name);
            paths.entry(route.path).or_default().push(entry);
        }
    }
    let lines = paths.iter().map(|(path, entries)| format!("\"{path}\" = [{}]\n", entries.join(", ")));
    Part {
        name: "Routes of `cargo lambda watch`",
        text: format!("[workspace.metadata.lambda.watch.router]\n{}", lines.collect::<String>()),
    }
}
