//! Whether a definition can be run: every finding with a stable code, the element and its line, in Chinese and English.
//! What is not run is refused by its name, here and not when a process comes to it.

mod advice;
mod editable;
mod file;
mod finding;
mod gateways;
mod nodes;
mod regions;
mod service;
mod shape;
mod tokens;
mod user_task;

pub use finding::{Finding, Severity};
pub(crate) use user_task::COUNTS;

use crate::bpmn::{self, Document, Process};
use crate::definition::Definition;
use finding::{At, Findings};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a definition is held against.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Names of the form's fields; without a form conditions know the process's own names alone.
    pub fields: &'a BTreeSet<String>,
    /// Whether a service may be called: its whole address. A path at the flow's Odoo (`/…`) is not asked about.
    pub may_call: &'a dyn Fn(&str) -> bool,
}

/// What the check says.
#[derive(Debug)]
pub struct Checked {
    /// The definition, when nothing stands against it. Its code, name, version and schema are whoever stores it's to fill in.
    pub definition: Option<Definition>,
    /// The file, when it could be read.
    pub document: Option<Document>,
    /// Everything that was found: what is blocking first, then by the line.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether nothing stands against it.
    pub fn is_sound(&self) -> bool {
        self.definition.is_some()
    }

    /// What stands against it.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Blocking)
    }
}

/// Names that conditions may use in every process.
pub const VARIABLES: [&str; 6] = ["approved", "decision", "handler", "initiator", "number", "round"];

/// Checks a file.
pub fn check(xml: &str, options: &Options<'_>) -> Checked {
    let document = match bpmn::parse(xml) {
        Ok(document) => document,
        Err(why) => {
            let mut found = Findings::default();
            found.blocking(why.code, At::line(why.line), why.zh, why.en);
            return Checked { definition: None, document: None, findings: found.sorted() };
        }
    };
    let mut found = Findings::default();
    file::check(&document, &mut found);
    let mut definition = None;
    if let Some(at) = file::executable(&document, &mut found)
        && let Some(process) = document.processes.get(at)
    {
        definition = of_process(&document, process, at, options, &mut found);
    }
    let sound = definition.filter(|_| !found.is_blocked());
    Checked { definition: sound, document: Some(document), findings: found.sorted() }
}

/// Checks the process itself, and makes what is run of it.
fn of_process(
    document: &Document,
    process: &Process,
    at: usize,
    options: &Options<'_>,
    found: &mut Findings,
) -> Option<Definition> {
    let known = known(process, options);
    file::names(process, found);
    let mut graph = shape::Graph::of(process, found);
    let compiled = nodes::compile(&graph, options, &known, found);
    gateways::check(&mut graph, &known, found);
    shape::reachable(&graph, found);
    shape::cycles(&graph, found);
    // Where elements are not run or lead nowhere, tokens cannot be followed.
    let can_follow = graph.is_whole && compiled.is_some() && graph.start.is_some();
    if can_follow {
        tokens::follow(&graph, found);
    }
    advice::check(document, &graph, found);
    let start = graph.start?;
    let definition = Definition {
        code: String::new(),
        name: String::new(),
        version: 0,
        schema: Value::Null,
        document: document.clone(),
        process: at,
        nodes: Vec::new(),
        ways: Vec::new(),
        by_id: graph.by_id.iter().map(|(id, at)| ((*id).to_owned(), *at)).collect(),
        start,
        known,
        fields: options.fields.clone(),
    };
    let mut definition = graph.finish(definition, compiled?);
    regions::mark(&mut definition);
    regions::refusals(&definition, found);
    Some(definition)
}

/// Names that conditions may use: fields, what services answer, what the process declares, and those of every process.
fn known(process: &Process, options: &Options<'_>) -> BTreeSet<String> {
    let mut known = options.fields.clone();
    known.extend(VARIABLES.map(str::to_owned));
    let declared = process.settings.first(&["variables", "processVariables"]).unwrap_or_default();
    known.extend(declared.split([',', '，']).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
    known.extend(process.elements.iter().filter_map(|element| service::result(&element.settings)));
    known
}
