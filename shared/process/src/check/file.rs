//! The file as a whole: which process is run, ids, references, lengths.

use super::finding::{At, Findings};
use crate::bpmn::{Document, Process};

/// Longest id, in characters.
const ID: usize = 255;
/// Longest name, in characters.
const NAME: usize = 400;
/// Nodes of a process, at most.
const NODES: usize = 1_000;

/// Ids and references of the file.
pub(super) fn check(document: &Document, found: &mut Findings) {
    for (id, lines) in document.ids.iter().filter(|(_, lines)| lines.len() > 1) {
        let shown: Vec<String> = lines.iter().map(u32::to_string).collect();
        let line = lines.get(1).copied().unwrap_or(1);
        found.blocking(
            "duplicate-id",
            At::new(id, line),
            format!("id {id}重复，见第{}行", shown.join("、")),
            format!("the id {id} is given to several elements, in lines {}", shown.join(", ")),
        );
    }
    for (attribute, target, line) in &document.references {
        if !document.ids.contains_key(target) {
            found.blocking(
                "reference-missing",
                At::line(*line),
                format!("{attribute}引用的{target}不存在"),
                format!("{attribute} names {target}, which is not in the file"),
            );
        }
    }
    let shapes = document.diagram.shapes.iter().map(|shape| (&shape.element, shape.line));
    let edges = document.diagram.edges.iter().map(|edge| (&edge.element, edge.line));
    for (element, line) in shapes.chain(edges).filter(|(element, _)| !document.ids.contains_key(*element)) {
        found.blocking(
            "diagram-reference",
            At::new(element, line),
            format!("图形引用的元素{element}不存在"),
            format!("the diagram draws {element}, which is not in the file"),
        );
    }
}

/// Which process is run.
pub(super) fn executable(document: &Document, found: &mut Findings) -> Option<usize> {
    if document.processes.is_empty() {
        found.blocking("process-missing", At::file(), "文件中没有流程（process）", "the file has no process");
        return None;
    }
    let mut executable = document.processes.iter().enumerate().filter(|(_, process)| process.is_executable);
    let Some((first, process)) = executable.next() else {
        let line = document.processes.first().map_or(1, |process| process.line);
        found.blocking(
            "process-not-executable",
            At::line(line),
            "没有标记isExecutable=\"true\"的流程",
            "no process says isExecutable=\"true\"",
        );
        // What else is wrong with the only one is told all the same.
        return (document.processes.len() == 1).then_some(0);
    };
    for (_, other) in executable {
        found.blocking(
            "process-several-executable",
            At::new(&other.id, other.line),
            format!("多个流程标记为可执行：{}、{}", process.id, other.id),
            format!("several processes are executable: {} and {}", process.id, other.id),
        );
    }
    Some(first)
}

/// Ids and names of a process's elements.
pub(super) fn names(process: &Process, found: &mut Findings) {
    let nodes = process.elements.iter().map(|e| (&e.id, &e.name, e.line, e.word.as_str()));
    let ways = process.flows.iter().map(|f| (&f.id, &f.name, f.line, "sequenceFlow"));
    let own = std::iter::once((&process.id, &process.name, process.line, "process"));
    for (id, name, line, word) in own.chain(nodes).chain(ways) {
        let at = At::new(id, line);
        if id.trim().is_empty() {
            found.blocking("id-missing", at, format!("{word}没有id"), format!("a {word} has no id"));
        }
        if id.chars().count() > ID {
            found.blocking(
                "id-too-long",
                at,
                format!("id超过{ID}个字符"),
                format!("an id has at most {ID} characters"),
            );
        }
        if name.chars().count() > NAME {
            let (zh, en) = (format!("名称超过{NAME}个字符"), format!("a name has at most {NAME} characters"));
            found.blocking("name-too-long", at, zh, en);
        }
    }
    if process.elements.len() > NODES {
        found.blocking(
            "too-many-nodes",
            At::new(&process.id, process.line),
            format!("流程节点{}个，超过上限{NODES}", process.elements.len()),
            format!("the process has {} nodes; {NODES} are run", process.elements.len()),
        );
    }
}
