//! Whether other systems can have tokens of the OA integration, as it is told.

use crate::output::Out;
use tenon_probes::oa_integration::Findings;

/// Told as it is found.
pub fn tell(found: &Findings, out: &Out) {
    if out.is_json() {
        return;
    }
    let word = if found.problems.is_empty() { "ok      " } else { "WRONG   " };
    let apps = if found.apps.is_empty() { "no app".to_owned() } else { found.apps.join(", ") };
    let mut text = format!("{word}OA integration: users {}; tokens for {apps}\n", found.users);
    for line in &found.problems {
        text.push_str(&format!("        {line}\n"));
    }
    for line in &found.warnings {
        text.push_str(&format!("        note: {line}\n"));
    }
    out.line(text.trim_end());
}
