//! The tables of functions in the documents.

use crate::region::{self, Part};
use crate::{Catalog, File, mark};
use std::path::Path;
use tenon_catalog::{Calls, Function, Trigger};

/// README has a row an area, the guides a row a function, and `docs/FUNCTIONS.md` everything.
pub fn files(root: &Path, catalog: &Catalog<'_>) -> Result<Vec<File>, String> {
    let part = |text| [Part { name: "Functions", text }];
    Ok(vec![
        region::file(root, "README.md", &part(by_area(catalog)))?,
        region::file(root, "docs/DEPLOY.md", &part(limits(catalog, &English)))?,
        region::file(root, "docs/DEPLOY.zh.md", &part(limits(catalog, &Chinese)))?,
        File::new("docs/FUNCTIONS.md", whole(catalog)),
    ])
}

fn by_area(catalog: &Catalog<'_>) -> String {
    let mut text = "\n| area | does | functions |\n|---|---|---|\n".to_owned();
    for area in catalog.areas {
        let names: Vec<String> = area.functions.iter().map(|function| format!("`{}`", function.name)).collect();
        text.push_str(&format!("| {} | {} | {} |\n", area.name, area.does, names.join(", ")));
    }
    text.push('\n');
    text
}

/// What a guide calls things.
trait Language {
    const HEAD: &'static str;
    fn queue(name: &str) -> String;
    fn schedule(rate: &str, parameter: Option<&str>) -> String;
    const SECONDS: &'static str;
}

struct English;
struct Chinese;

impl Language for English {
    const HEAD: &'static str = "| function | started by | timeout | memory |";
    const SECONDS: &'static str = "s";

    fn queue(name: &str) -> String {
        format!("queue `{name}`")
    }

    fn schedule(rate: &str, parameter: Option<&str>) -> String {
        let set = parameter.map(|name| format!(" (parameter `{name}`)")).unwrap_or_default();
        format!("`{rate}`{set}")
    }
}

impl Language for Chinese {
    const HEAD: &'static str = "| 函数 | 触发方式 | 超时 | 内存 |";
    const SECONDS: &'static str = "秒";

    fn queue(name: &str) -> String {
        format!("队列 `{name}`")
    }

    fn schedule(rate: &str, parameter: Option<&str>) -> String {
        let set = parameter.map(|name| format!("（参数 `{name}`）")).unwrap_or_default();
        format!("`{rate}`{set}")
    }
}

fn started<L: Language>(function: &Function) -> String {
    match function.trigger {
        Trigger::Http { .. } => format!("`{}`", function.place()),
        Trigger::Schedule { rate, parameter } => L::schedule(rate, parameter),
        Trigger::Queue(_) => L::queue(function.name),
    }
}

fn limits<L: Language>(catalog: &Catalog<'_>, _: &L) -> String {
    let mut text = format!("\n{}\n|---|---|---|---|\n", L::HEAD);
    for function in catalog.functions() {
        text.push_str(&format!(
            "| `{}` | {} | {} {} | {} MB |\n",
            function.name,
            started::<L>(function),
            function.timeout_seconds,
            L::SECONDS,
            function.memory_mb
        ));
    }
    text.push('\n');
    text
}

fn whole(catalog: &Catalog<'_>) -> String {
    let mut text = format!(
        "<!-- {} -->\n\n# Functions\n\nEvery function by area: what starts it, what it may do. The routes with who may \
         call are in [OPENAPI.md](OPENAPI.md).\n",
        mark("functions/catalog")
    );
    for area in catalog.areas {
        text.push_str(&format!(
            "\n## {}\n\n{}.\n\n| function | does | started by | limits | table | sends to | calls |\n\
             |---|---|---|---|---|---|---|\n",
            area.name,
            capital(area.does)
        ));
        for function in area.functions {
            text.push_str(&row(function));
        }
    }
    text
}

fn row(function: &Function) -> String {
    let table = if function.table.is_none() { "–".to_owned() } else { function.table.actions().join(", ") };
    let sends: Vec<String> = function.sends_to().iter().map(|queue| format!("`{queue}`")).collect();
    let calls = match function.calls {
        Calls::Nobody => "–",
        Calls::Vendors => "vendors",
        Calls::Tenants => "tenants' addresses",
    };
    format!(
        "| `{}` | {} | {} | {} s, {} MB | {table} | {} | {calls} |\n",
        function.name,
        function.does,
        started::<English>(function),
        function.timeout_seconds,
        function.memory_mb,
        if sends.is_empty() { "–".to_owned() } else { sends.join(", ") }
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
