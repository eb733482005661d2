//! The queues' names, as the code that sends to them says them.

use crate::{Catalog, File, mark};

/// A constant for each queue.
pub fn file(catalog: &Catalog<'_>) -> File {
    let names: String = catalog
        .functions()
        .filter_map(|function| Some((function.queue()?.name, function.does)))
        .map(|(name, does)| {
            let constant = name.replace('-', "_").to_uppercase();
            format!(
                "\n/// Its function {does}.\npub const {constant}: QueueName = QueueName(Cow::Borrowed(\"{name}\"));\n"
            )
        })
        .collect();
    let text = format!(
        "// {}\n//! The queues of the catalog.\n\nuse super::QueueName;\nuse std::borrow::Cow;\n{names}",
        mark("functions/catalog")
    );
    File::new("shared/platform/src/queue/names.rs", text)
}
