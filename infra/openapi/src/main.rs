//! Writes `docs/openapi/`, or with `--check` says whether it is up to date.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [] => tenon_openapi_doc::write(&root).map(|written| format!("wrote {} files into docs/openapi", written.len())),
        [check] if check == "--check" => check_all(&root),
        _ => Err("the only option is --check".to_owned()),
    };
    let (text, code) = match done {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(text) => (format!("error: {text}"), ExitCode::FAILURE),
    };
    // A closed standard error is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
    code
}

fn check_all(root: &Path) -> Result<String, String> {
    match tenon_openapi_doc::stale(root)?.as_slice() {
        [] => Ok("docs/openapi is up to date".to_owned()),
        stale => Err(format!(
            "{} no longer match the routes and types; run `cargo run -p tenon-openapi-doc` and commit the result",
            stale.join(", ")
        )),
    }
}
