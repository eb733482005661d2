//! The binaries, in packages of their own, so that no test links them: one a function, which `cargo lambda watch` runs, and
//! one an area, which is deployed. Link-time optimisation does nearly all of its work once a binary.

use crate::region::{self, Part};
use crate::{Catalog, File, mark};
use std::collections::BTreeSet;
use std::path::Path;
use tenon_catalog::{Area, Calls, Function, Trigger};

const FUNCTIONS: &str = "functions/binaries";
const AREAS: &str = "functions/areas";

/// The handler's path: that of its entry, in the area's crate.
pub fn handler(function: &Function) -> String {
    // An HTTP function is a static of its area, which is lent.
    let lent = if matches!(function.trigger, Trigger::Http { .. }) { "&" } else { "" };
    format!("{lent}{}::{}", function.package().replace('-', "_"), function.handler)
}

/// The binary that is deployed for a function. What must start and answer fast has one of its own.
pub fn deployed(function: &Function, area: &Area) -> String {
    if shares(area).any(|other| other.name == function.name) { of_area(area) } else { function.name.to_owned() }
}

/// The list of what is deployed, in the script that builds it.
pub fn part(catalog: &Catalog<'_>) -> Part {
    let binaries: BTreeSet<String> = catalog
        .areas
        .iter()
        .flat_map(|area| area.functions.iter().map(move |function| deployed(function, area)))
        .collect();
    Part { name: "Binaries", text: binaries.iter().map(|name| format!("  --bin {name}\n")).collect() }
}

/// The functions of an area that are deployed in one binary.
fn shares(area: &Area) -> impl Iterator<Item = &'static Function> + use<> {
    let together: Vec<&'static Function> =
        area.functions.iter().filter(|f| !f.is_plain() && !f.is_callback()).collect();
    // One is no company.
    if together.len() > 1 { together.into_iter() } else { Vec::new().into_iter() }
}

/// A source file for each binary, and their lists in the packages' manifests.
pub fn files(root: &Path, catalog: &Catalog<'_>) -> Result<Vec<File>, String> {
    let mut files: Vec<File> = catalog
        .functions()
        .map(|function| File::new(path(FUNCTIONS, function.name), own_binary(function)))
        .chain(shared_areas(catalog).map(|area| File::new(path(AREAS, &of_area(area)), area_binary(area))))
        .collect();
    let all = catalog.functions().map(|function| (function.name.to_owned(), function.package()));
    files.push(manifest(root, FUNCTIONS, all)?);
    let shared = shared_areas(catalog).flat_map(|area| shares(area).map(|f| (of_area(area), f.package())));
    files.push(manifest(root, AREAS, shared)?);
    Ok(files)
}

/// The areas of which some functions are deployed in one binary.
fn shared_areas<'a>(catalog: &Catalog<'a>) -> impl Iterator<Item = &'a Area> + use<'a> {
    catalog.areas.iter().filter(|area| shares(area).next().is_some())
}

fn of_area(area: &Area) -> String {
    format!("area-{}", area.name)
}

/// The manifest of a package with these binaries, each with a package that it is made of.
fn manifest(root: &Path, package: &str, bins: impl Iterator<Item = (String, String)>) -> Result<File, String> {
    let (mut names, mut packages) = (Vec::new(), BTreeSet::new());
    for (name, of) in bins {
        packages.insert(of);
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    let bins = names.iter().map(|name| format!("\n[[bin]]\nname = \"{name}\"\ntest = false\nbench = false\n"));
    let parts = [
        Part { name: "Areas", text: packages.iter().map(|package| format!("{package}.workspace = true\n")).collect() },
        Part { name: "Functions", text: bins.collect() },
    ];
    region::file(root, &format!("{package}/Cargo.toml"), &parts)
}

/// Binaries that follow from the catalog no longer.
pub fn left_over(root: &Path, catalog: &Catalog<'_>) -> Result<Vec<File>, String> {
    let functions = catalog.functions().map(|function| path(FUNCTIONS, function.name));
    let wanted: BTreeSet<String> =
        functions.chain(shared_areas(catalog).map(|area| path(AREAS, &of_area(area)))).collect();
    let mut found = Vec::new();
    for package in [FUNCTIONS, AREAS] {
        let folder = root.join(package).join("src/bin");
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
            let path = format!("{package}/src/bin/{}", entry.file_name().to_string_lossy());
            if !wanted.contains(&path) {
                found.push(File { path, text: None });
            }
        }
    }
    Ok(found)
}

fn path(package: &str, name: &str) -> String {
    format!("{package}/src/bin/{name}.rs")
}

/// What a function needs in scope, beside `lambda`, and what serves it.
struct Served {
    context: bool,
    client: bool,
    queue: bool,
    call: String,
}

fn served(function: &Function) -> Served {
    let handler = handler(function);
    if function.is_plain() {
        return Served { context: false, client: false, queue: false, call: call("serve_plain", &[&handler]) };
    }
    let context = match function.calls {
        Calls::Nobody => "Context::from_env_without_http",
        Calls::Tenants => "Context::from_env_guarded",
        Calls::Vendors => "|| Context::from_env(Arc::new(HttpClient::new()))",
    };
    let name = format!("QueueName::new(\"{}\")", function.name);
    let call = match function.trigger {
        Trigger::Http { .. } => call("serve_http", &[context, &handler]),
        Trigger::Schedule { .. } => call("serve_schedule", &[context, &handler]),
        Trigger::Queue(_) => call("serve_queue", &[context, &name, &handler]),
    };
    Served {
        context: true,
        client: function.calls == Calls::Vendors,
        queue: matches!(function.trigger, Trigger::Queue(_)),
        call,
    }
}

fn imports(served: &[Served]) -> String {
    let mut text = String::new();
    if served.iter().any(|s| s.client) {
        text.push_str("use std::sync::Arc;\nuse tenon_platform::http_client::HttpClient;\n");
    }
    if served.iter().any(|s| s.queue) {
        text.push_str("use tenon_platform::queue::QueueName;\n");
    }
    text.push_str(if served.iter().any(|s| s.context) {
        "use tenon_platform::{Context, lambda};\n"
    } else {
        "use tenon_platform::lambda;\n"
    });
    text
}

fn own_binary(function: &Function) -> String {
    let description = match function.trigger {
        Trigger::Http { .. } => format!("`{}`", function.place()),
        Trigger::Schedule { rate, .. } => format!("Schedule, `{rate}`"),
        Trigger::Queue(_) => format!("Consumer of the queue `{}`", function.name),
    };
    let served = [served(function)];
    let (imports, [Served { call, .. }]) = (imports(&served), &served);
    format!(
        "// {}\n//! {description}: {}.\n\n{imports}\nfn main() -> lambda::Exit {{\n    {call}\n}}\n",
        mark("functions/catalog"),
        function.does
    )
}

fn area_binary(area: &Area) -> String {
    let functions: Vec<&Function> = shares(area).collect();
    let served: Vec<Served> = functions.iter().map(|function| served(function)).collect();
    let names: Vec<String> =
        functions.iter().map(|f| format!("(\"{}\", {})", f.name, f.name.replace('-', "_"))).collect();
    let mains: String = functions
        .iter()
        .zip(&served)
        .map(|(function, served)| {
            format!("\nfn {}() -> lambda::Exit {{\n    {}\n}}\n", function.name.replace('-', "_"), served.call)
        })
        .collect();
    format!(
        "// {}\n//! The functions of the area `{}`, of which `TENON_FUNCTION` names the one to be.\n\n{}\n\
         fn main() -> lambda::Exit {{\n    {}\n}}\n{mains}",
        mark("functions/catalog"),
        area.name,
        imports(&served),
        listed("lambda::serve_named", &names),
    )
}

/// A call, laid out as rustfmt does.
fn call(name: &str, arguments: &[&str]) -> String {
    let line = format!("    lambda::{name}({})", arguments.join(", "));
    if line.len() <= 120 {
        return line.trim_start().to_owned();
    }
    let lines: String = arguments.iter().map(|argument| format!("        {argument},\n")).collect();
    format!("lambda::{name}(\n{lines}    )")
}

/// A call with one list, laid out as rustfmt does.
fn listed(name: &str, items: &[String]) -> String {
    let line = format!("    {name}(&[{}])", items.join(", "));
    if line.len() <= 120 {
        return line.trim_start().to_owned();
    }
    let lines: String = items.iter().map(|item| format!("        {item},\n")).collect();
    format!("{name}(&[\n{lines}    ])")
}
