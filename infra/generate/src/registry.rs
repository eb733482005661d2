//! The registry of the local run: every function with its handler.

use crate::binaries::handler;
use crate::{Catalog, File, mark};
use tenon_catalog::{Function, Trigger};

/// The function that finds a handler by name.
pub fn file(catalog: &Catalog<'_>) -> File {
    let arms: String = catalog.functions().map(arm).collect();
    let text = format!(
        "// {}
//! The handler of every function of the catalog.

use super::registry::Handler;
use std::sync::Arc;

/// The handler of a function of the catalog; `None` for a name that is not in it.
pub fn handler(name: &str) -> Option<Handler> {{
    Some(match name {{
{arms}        _ => return None,
    }})
}}
",
        mark("functions/catalog")
    );
    File::new("infra/local/tenon/src/serve/handlers.rs", text)
}

fn arm(function: &Function) -> String {
    let path = handler(function);
    let handler = match function.trigger {
        Trigger::Http { .. } if function.is_plain() => format!("Plain({path})"),
        Trigger::Http { .. } => format!("Http({path})"),
        Trigger::Schedule { .. } => format!("Schedule({path})"),
        Trigger::Queue(_) => format!("Queue(Arc::new({path}))"),
    };
    format!("        \"{}\" => Handler::{handler},\n", function.name)
}
