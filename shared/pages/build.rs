//! Compresses what pages are drawn with, since the gateway compresses nothing; and makes one table of the references of
//! errors.

use flate2::{Compression, GzBuilder};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const ASSETS: [(&str, &[&str]); 3] = [
    ("console.css", &["src/style.css", "src/console/console.css", "src/integrations/integrations.css"]),
    ("console.js", &["src/console/console.js"]),
    ("htmx.min.js", &["assets/htmx.min.js"]),
];

/// The references of errors, in English and in Chinese.
const ERRORS: [&str; 2] = ["../../docs/ERRORS.md", "../../docs/ERRORS.zh.md"];

/// The rows of a reference: a code, its class, meaning and action. Its other text is for readers of the document.
fn rows(document: &str) -> Vec<(&str, [&str; 3])> {
    let rows = document.lines().filter(|line| line.starts_with("| `"));
    let all = rows.filter_map(|line| {
        let found: Vec<&str> = line.trim().trim_matches('|').split(" | ").map(str::trim).collect();
        let (code, rest) = found.split_first()?;
        let code = code.trim_matches('`');
        let row = match *rest {
            [class, meaning, action] => [class, meaning, action],
            [meaning, action] => ["", meaning, action],
            _ => return None,
        };
        code.contains('.').then_some((code, row))
    });
    all.collect()
}

/// Of each code a line, in English and in Chinese.
fn errors(into: &Path) -> io::Result<()> {
    let [english, chinese] = ERRORS.map(|path| {
        println!("cargo::rerun-if-changed={path}");
        fs::read_to_string(path)
    });
    let (english, chinese) = (english?, chinese?);
    let chinese: HashMap<&str, [&str; 3]> = rows(&chinese).into_iter().collect();
    let lines = rows(&english).into_iter().map(|(code, own)| {
        let theirs = chinese.get(code).copied().unwrap_or_default();
        format!("{code}\t{}\t{}\n", own.join("\t"), theirs.join("\t"))
    });
    fs::write(into.join("errors.tsv"), lines.collect::<String>())
}

fn main() -> io::Result<()> {
    let into = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    errors(&into)?;
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
