//! Compresses what pages are drawn with: the gateway compresses nothing.

use flate2::{Compression, GzBuilder};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const ASSETS: [(&str, &[&str]); 3] = [
    ("console.css", &["src/style.css", "src/console/console.css", "src/integrations/integrations.css"]),
    ("console.js", &["src/console/console.js"]),
    ("htmx.min.js", &["assets/htmx.min.js"]),
];

fn main() -> io::Result<()> {
    let into = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    for (name, parts) in ASSETS {
        let mut whole = Vec::new();
        for part in parts {
            println!("cargo::rerun-if-changed={part}");
            whole.extend(fs::read(Path::new(part))?);
        }
        // Without a time, so that the same content is the same file.
        let mut packed = GzBuilder::new().write(Vec::new(), Compression::best());
        packed.write_all(&whole)?;
        fs::write(into.join(format!("{name}.gz")), packed.finish()?)?;
        fs::write(into.join(name), whole)?;
    }
    Ok(())
}
