//! Whether the SQL databases answer, as it is told.

use crate::output::Out;
use tenon_probes::database::Found;

/// Told as it is found.
pub fn tell(found: &Found, out: &Out) {
    if out.is_json() {
        return;
    }
    let name = found.kind.as_ref().map_or_else(|| found.id.to_string(), |kind| format!("{} ({kind})", found.id));
    out.line(&match &found.error {
        None => format!("ok      database {name}"),
        Some(why) => format!("FAILED  database {name}\n        {why}"),
    });
}
