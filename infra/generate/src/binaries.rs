//! The binaries: one a function, in a package of their own, so that no test links them.

use crate::region::{self, Part};
use crate::{Catalog, File, mark};
use std::collections::BTreeSet;
use std::path::Path;
use tenon_catalog::{Calls, Function, Trigger};

const PACKAGE: &str = "functions/binaries";

/// The handler's path: that of its entry, in the area's crate.
pub fn handler(function: &Function) -> String {
    // An HTTP function is a static of its area, which is lent.
    let lent = if matches!(function.trigger, Trigger::Http { .. }) { "&" } else { "" };
    format!("{lent}{}::{}", function.package().replace('-', "_"), function.handler)
}

/// A source file for each function, and their list in the package's manifest.
pub fn files(root: &Path, catalog: &Catalog<'_>) -> Result<Vec<File>, String> {
    let mut files: Vec<File> =
        catalog.functions().map(|function| File::new(path(function.name), source(function))).collect();
    let packages: BTreeSet<String> = catalog.functions().map(Function::package).collect();
    let bins = catalog
        .functions()
        .map(|function| format!("\n[[bin]]\nname = \"{}\"\ntest = false\nbench = false\n", function.name));
    let parts = [
        Part { name: "Areas", text: packages.iter().map(|package| format!("{package}.workspace = true\n")).collect() },
        Part { name: "Functions", text: bins.collect() },
    ];
    files.push(region::file(root, &format!("{PACKAGE}/Cargo.toml"), &parts)?);
    Ok(files)
}

/// Binaries of functions that the catalog no longer has.
pub fn left_over(root: &Path, catalog: &Catalog<'_>) -> Result<Vec<File>, String> {
    let wanted: BTreeSet<String> = catalog.functions().map(|function| format!("{}.rs", function.name)).collect();
    let folder = root.join(PACKAGE).join("src/bin");
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(found) };
    for entry in entries {
        let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !wanted.contains(&name) {
            found.push(File { path: format!("{PACKAGE}/src/bin/{name}"), text: None });
        }
    }
    Ok(found)
}

fn path(name: &str) -> String {
    format!("{PACKAGE}/src/bin/{name}.rs")
}

fn source(function: &Function) -> String {
    let says = match function.trigger {
        Trigger::Http { .. } => format!("`{}`", function.place()),
        Trigger::Schedule { rate, .. } => format!("Schedule, `{rate}`"),
        Trigger::Queue(_) => format!("Consumer of the queue `{}`", function.name),
    };
    let head = format!("// {}\n//! {says}: {}.\n", mark("functions/catalog"), function.does);
    let handler = handler(function);
    if function.is_plain() {
        return format!(
            "{head}\nuse tenon_platform::lambda;\n\nfn main() -> lambda::Exit {{\n    \
             lambda::serve_plain({handler})\n}}\n"
        );
    }
    let (imports, context) = match function.calls {
        Calls::Nobody => ("", "Context::from_env_without_http"),
        Calls::Tenants => ("", "Context::from_env_guarded"),
        Calls::Vendors => (
            "use std::sync::Arc;\nuse tenon_platform::http_client::HttpClient;\n",
            "|| Context::from_env(Arc::new(HttpClient::new()))",
        ),
    };
    let name = format!("QueueName::new(\"{}\")", function.name);
    let (queue, call) = match function.trigger {
        Trigger::Http { .. } => ("", call("serve_http", &[context, &handler])),
        Trigger::Schedule { .. } => ("", call("serve_schedule", &[context, &handler])),
        Trigger::Queue(_) => {
            ("use tenon_platform::queue::QueueName;\n", call("serve_queue", &[context, &name, &handler]))
        }
    };
    format!(
        "{head}\n{imports}{queue}use tenon_platform::{{Context, lambda}};\n\nfn main() -> lambda::Exit {{\n    \
         {call}\n}}\n"
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
