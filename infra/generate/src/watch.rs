//! The queues of `scripts/watch.sh`.

use crate::Catalog;
use crate::region::Part;

/// A variable for each queue and dead-letter queue.
pub fn part(catalog: &Catalog<'_>) -> Part {
    let lines = catalog.queues().map(|spec| {
        format!(
            "export {}=\"$queues/{}\"\nexport {}=\"$queues/{}\"\n",
            spec.url_env(),
            spec.name,
            spec.dead_letter_url_env(),
            spec.dead_letter()
        )
    });
    Part { name: "Queues", text: lines.collect() }
}
