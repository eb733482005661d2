//! The deployment guides list the functions as they are.

use std::collections::BTreeSet;

use tenon_catalog::{FUNCTIONS, Trigger};

use super::place::place;
use super::source::text;

#[test]
fn the_deployment_guides_list_every_function_with_its_limits() {
    for (guide, second) in [("docs/DEPLOY.md", "s"), ("docs/DEPLOY.zh.md", "秒")] {
        let text = text(guide);
        let rows: BTreeSet<_> = text
            .lines()
            .filter(|line| line.starts_with("| `") && line.ends_with(" MB |"))
            .filter_map(|line| line.split('`').nth(1).map(|name| (name, line)))
            .collect();
        let names: BTreeSet<_> = rows.iter().map(|(name, _)| *name).collect();
        let listed = FUNCTIONS.iter().map(|function| function.name).collect();
        assert_eq!(names, listed, "{guide}");
        for (name, row) in rows {
            let function = tenon_catalog::function(name).expect("a function");
            let limits = format!("| {} {second} | {} MB |", function.timeout_seconds, function.memory_mb);
            assert!(row.ends_with(&limits), "{guide}: {row}");
            let started = match function.trigger {
                Trigger::Http { routes } => place(routes),
                Trigger::Queue(_) => function.name.to_owned(),
                Trigger::Schedule { parameter, .. } => parameter.unwrap_or_default().to_owned(),
            };
            let shown = if started.is_empty() { started } else { format!("`{started}`") };
            assert!(row.contains(&shown), "{guide} should say {shown} in: {row}");
        }
    }
}
