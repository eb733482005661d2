//! A catalog as large as Tenon is to become, so that its templates can be counted before there are so many functions.

use crate::{Catalog, File, observability, put, stack};
use std::path::Path;
use tenon_catalog::{Area, Auth, Calls, Function, METRICS, Route, Settings, TableAccess, Trigger};

/// Areas as planned, each with as many HTTP functions, consumers and schedules.
const AREAS: [(&str, usize, usize, usize); 12] = [
    ("callbacks", 5, 0, 0),
    ("approvals", 0, 4, 4),
    ("master-data", 3, 3, 2),
    ("manufacturing", 4, 3, 2),
    ("barcode", 5, 1, 0),
    ("aiflow", 5, 1, 0),
    ("process", 4, 2, 1),
    ("oa", 5, 1, 0),
    ("openapi", 8, 1, 0),
    ("app-store", 4, 0, 0),
    ("webhooks", 3, 4, 0),
    ("admin", 5, 0, 0),
];
/// Functions and routes there are.
pub const FUNCTIONS: usize = 80;
/// Routes of all of them.
pub const ROUTES: usize = 200;

/// The templates of the made-up catalog.
///
/// # Errors
/// What the file system says.
pub fn write(folder: &Path) -> Result<(), String> {
    for file in templates() {
        if let Some(text) = &file.text {
            put(&folder.join(&file.path), text)?;
        }
    }
    Ok(())
}

/// The areas' stacks and the alarms.
#[must_use]
pub fn templates() -> Vec<File> {
    let areas = areas();
    let catalog = Catalog { areas: &areas, metrics: METRICS };
    let mut files = stack::areas(&catalog);
    files.push(observability::file(&catalog));
    files
}

/// The areas. What they say lives as long as the process.
#[must_use]
pub fn areas() -> Vec<Area> {
    let http: usize = AREAS.iter().map(|(_, http, ..)| http).sum();
    let mut number = 0;
    AREAS
        .iter()
        .map(|(name, of_http, consumers, schedules)| {
            let mut functions = Vec::new();
            for _ in 0..*of_http {
                // The routes are dealt out so that all together are as many as promised.
                let routes = ROUTES * (number + 1) / http - ROUTES * number / http;
                functions.push(function(
                    name,
                    functions.len(),
                    Trigger::Http { routes: made_routes(name, number, routes) },
                ));
                number += 1;
            }
            for _ in 0..*consumers {
                let remedy = "Something gave up in the dead-letter queue; read why and mend it.";
                let settings = Settings { batch_size: 10, max_concurrency: 4, oldest_seconds: 1800, remedy };
                functions.push(function(name, functions.len(), Trigger::Queue(settings)));
            }
            for _ in 0..*schedules {
                let trigger = Trigger::Schedule { rate: "rate(1 minute)", parameter: None };
                functions.push(function(name, functions.len(), trigger));
            }
            Area { name, does: "made up", does_zh: "made up", functions: Vec::leak(functions) }
        })
        .collect()
}

fn function(area: &'static str, number: usize, trigger: Trigger) -> Function {
    Function {
        name: text(format!("{area}-function-{}", text(spelled(number)))),
        area,
        does: "made up",
        handler: "made::up",
        trigger,
        timeout_seconds: 60,
        memory_mb: 256,
        table: TableAccess::FLOWS,
        sends: &["somewhere-else-first", "somewhere-else-second", "somewhere-else-third"],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    }
}

/// Letters only, since names have no digits.
fn spelled(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + (digit - b'0'))).collect()
}

fn made_routes(area: &str, number: usize, count: usize) -> &'static [Route] {
    let made = |route: usize| {
        let path = text(format!("/api/{area}/{}/{}/{{id}}", spelled(number), spelled(route)));
        Route { method: "POST", path, auth: Auth::AppCode, changes: true }
    };
    Vec::leak((0..count).map(made).collect())
}

fn text(text: String) -> &'static str {
    String::leak(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_promised() {
        let areas = areas();
        let functions: Vec<&Function> = areas.iter().flat_map(|area| area.functions).collect();
        assert_eq!(functions.len(), FUNCTIONS);
        assert_eq!(functions.iter().map(|function| function.routes().len()).sum::<usize>(), ROUTES);
    }
}
