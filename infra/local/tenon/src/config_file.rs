//! Reading the configuration file (`docs/FLOWS.md` is its reference): errors name the key, its line
//! and the nearest key that exists.

mod explain;
mod mistake;
mod reader;
mod resolve;

pub use resolve::{Literals, resolve};

use crate::output::Failure;
use explain::Source;
use mistake::{Mistake, MistakeKind};
use reader::Reader;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use tenon_model::config::{Config, Tagged};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads a file. References to secrets stay as they are written; see [`resolve`].
///
/// # Errors
/// A usage failure that lists the first mistake of each connection, flow and app.
pub fn load(path: &Path) -> Result<Config, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Failure::usage(format!("{} cannot be read: {e}", path.display()))
            .with_hint("name the configuration with --config FILE; docs/FLOWS.md shows one to begin with")
    })?;
    parse(&path.display().to_string(), &text)
}

/// Reads the text of a file of this name.
///
/// # Errors
/// As [`load`].
pub fn parse(name: &str, text: &str) -> Result<Config, Failure> {
    // Windows editors begin UTF-8 files with a byte order mark.
    let source = Source { name, text: text.strip_prefix('\u{feff}').unwrap_or(text) };
    let document = DeTable::parse(source.text).map_err(|e| Failure::usage(source.explain(&Mistake::from(e), "")))?;
    let span = document.span();
    let mut table = document.into_inner();
    let mut problems = Vec::new();
    let mut config = Config {
        connections: section(&source, &mut table, "connections", &mut problems, tagged),
        databases: section(&source, &mut table, "databases", &mut problems, tagged),
        flows: section(&source, &mut table, "flows", &mut problems, tagged),
        apps: section(&source, &mut table, "apps", &mut problems, read),
        barcode: section(&source, &mut table, "barcode", &mut problems, read),
        aiflow_apps: section(&source, &mut table, "aiflow_apps", &mut problems, read),
        sso: single(&source, &mut table, "sso", &mut problems),
        notices: single(&source, &mut table, "notices", &mut problems),
        oa_integration: single(&source, &mut table, "oa_integration", &mut problems),
        openapi_apps: section(&source, &mut table, "openapi_apps", &mut problems, read),
    };
    // What is left is unknown: reading it as a configuration says so with the known keys.
    match read::<Config>(Spanned::new(span, DeValue::Table(table))) {
        Ok(rest) if rest == Config::default() => {}
        Ok(rest) => config = rest,
        Err(error) => problems.push(source.explain(&error, "")),
    }
    if problems.is_empty() {
        return Ok(config);
    }
    Err(Failure::usage(problems.join("\n")).with_hint("docs/FLOWS.md describes every key"))
}

/// Reads each element of an array of tables by itself, so that the mistakes of all are told at once.
fn section<'i, T>(
    source: &Source<'_>,
    table: &mut DeTable<'i>,
    name: &str,
    problems: &mut Vec<String>,
    read: impl Fn(Spanned<DeValue<'i>>) -> Result<T, Mistake>,
) -> Vec<T> {
    let Some(value) = table.remove(name) else { return Vec::new() };
    let span = value.span();
    let DeValue::Array(elements) = value.into_inner() else {
        let mistake = Mistake::custom(span, format!("`{name}` is a list: begin each element with [[{name}]]"));
        problems.push(source.explain(&mistake, ""));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (index, element) in elements.into_iter().enumerate() {
        let path = format!("{name}[{}]", id_of(element.get_ref()).unwrap_or_else(|| index.to_string()));
        match read(element) {
            Ok(value) => found.push(value),
            Err(error) => problems.push(source.explain(&error, &path)),
        }
    }
    found
}

/// Reads a table that is there once or not at all.
fn single<T: DeserializeOwned>(
    source: &Source<'_>,
    table: &mut DeTable<'_>,
    name: &str,
    problems: &mut Vec<String>,
) -> Option<T> {
    let value = table.remove(name)?;
    if !value.get_ref().is_table() {
        let mistake = Mistake::custom(value.span(), format!("`{name}` is one table: begin it with [{name}]"));
        problems.push(source.explain(&mistake, ""));
        return None;
    }
    read(value).map_err(|error| problems.push(source.explain(&error, name))).ok()
}

fn id_of(element: &DeValue<'_>) -> Option<String> {
    element.get("id").or_else(|| element.get("connection"))?.get_ref().as_str().map(str::to_owned)
}

fn read<T: DeserializeOwned>(value: Spanned<DeValue<'_>>) -> Result<T, Mistake> {
    T::deserialize(Reader(value))
}

/// Reads a table by its `kind`. Done by hand because serde forgets where in the file it is when it reads a
/// tagged enum.
fn tagged<T: Tagged>(value: Spanned<DeValue<'_>>) -> Result<T, Mistake> {
    let span = value.span();
    let DeValue::Table(mut table) = value.into_inner() else {
        return Err(Mistake::custom(span, "must be a table: begin it with its name in [[ ]]"));
    };
    let known = || T::KINDS.iter().map(|kind| (*kind).to_owned()).collect();
    let Some(kind) = table.remove("kind") else {
        return Err(Mistake::new(span, MistakeKind::MissingKey { key: "kind".to_owned(), known: known() }));
    };
    let word = String::deserialize(Reader(kind.clone()))?;
    let rest = Reader(Spanned::new(span, DeValue::Table(table)));
    T::read(&word, rest)
        .unwrap_or_else(|| Err(Mistake::new(kind.span(), MistakeKind::UnknownWord { word, known: known() })))
}

#[cfg(test)]
mod tests;
