//! The files, and whether those in the checkout are the ones that would be written.

use crate::pages::Readers;
use crate::{document, pages};
use std::path::Path;

/// Error codes that have a page.
pub const CODES: [u16; 10] = [400, 401, 403, 404, 409, 422, 429, 500, 502, 503];

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path below the checkout.
    pub path: String,
    /// What belongs in it.
    pub text: String,
}

/// Every generated file. The error pages' own texts are read from the checkout.
///
/// # Errors
/// A page's text that cannot be read; a route without a description, or one too many.
pub fn files(root: &Path) -> Result<Vec<File>, String> {
    let document = document()?;
    let text = serde_json::to_string_pretty(&document).map_err(|e| e.to_string())? + "\n";
    let mut files = vec![
        file("openapi.json", text),
        file("index.html", pages::index(&document, Readers::Customers)?),
        file("operators.html", pages::index(&document, Readers::Operators)?),
        file("aiflow.html", pages::index(&document, Readers::Erps)?),
        file("csp.txt", pages::policy() + "\n"),
    ];
    for code in CODES {
        let path = format!("docs/openapi/errors/{code}.md");
        let text = std::fs::read_to_string(root.join(&path)).map_err(|e| format!("{path} cannot be read: {e}"))?;
        files.push(file(&format!("errors/{code}.html"), pages::error(code, &text)));
    }
    Ok(files)
}

fn file(name: &str, text: String) -> File {
    File { path: format!("docs/openapi/{name}"), text }
}

/// Paths of the files that are missing or not as they would be written.
///
/// # Errors
/// As [`files`].
pub fn stale(root: &Path) -> Result<Vec<String>, String> {
    let is_stale = |file: &File| std::fs::read_to_string(root.join(&file.path)).ok().as_ref() != Some(&file.text);
    Ok(files(root)?.into_iter().filter(is_stale).map(|file| file.path).collect())
}

/// Writes every file; returns their paths.
///
/// # Errors
/// As [`files`]; a file that cannot be written.
pub fn write(root: &Path) -> Result<Vec<String>, String> {
    let mut written = Vec::new();
    for file in files(root)? {
        let path = root.join(&file.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        std::fs::write(&path, &file.text).map_err(|e| format!("{}: {e}", path.display()))?;
        written.push(file.path);
    }
    Ok(written)
}
