//! A file's processes: nodes and flows with their lines, and what of it is not a flow's.

use super::Unreadable;
use super::diagram::{self, Diagram};
use super::kind::{Kind, Trigger};
use super::settings::Settings;
use super::tree::{Node, Space};
use std::collections::BTreeMap;

/// A file.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its processes.
    pub processes: Vec<Process>,
    /// Every element of BPMN by its name, with how many there are.
    pub counts: BTreeMap<String, usize>,
    /// Every id of BPMN's elements, with the line of each that has it.
    pub ids: BTreeMap<String, Vec<u32>>,
    /// References of elements that are no node or flow: the attribute, what it names, and where.
    pub references: Vec<(String, String, u32)>,
    /// Names of participants, by the process each refers to.
    pub participants: BTreeMap<String, String>,
    /// What is drawn.
    pub diagram: Diagram,
}

/// A process.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is to be run.
    pub is_executable: bool,
    /// The line.
    pub line: u32,
    /// Its nodes, in the order of the file. Those within sub-processes are not among them.
    pub elements: Vec<Element>,
    /// Its flows.
    pub flows: Vec<Flow>,
    /// What stands in it that is neither and is passed over: its name and line.
    pub passed_over: Vec<(String, u32)>,
    /// What is said of it beside BPMN.
    pub settings: Settings,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// What BPMN calls it.
    pub word: String,
    /// Its name.
    pub name: String,
    /// The line.
    pub line: u32,
    /// The flow taken when no condition holds.
    pub default: Option<String>,
    /// Of an event: what it waits for, in the order of the file.
    pub triggers: Vec<Trigger>,
    /// Of a timer: when.
    pub timer: Option<Timer>,
    /// Of a boundary event: where it is attached.
    pub attached_to: Option<String>,
    /// Of a boundary event: whether it ends what it is attached to.
    pub cancels: bool,
    /// How often it is done.
    pub repeated: Option<Loop>,
    /// What is said of it beside BPMN.
    pub settings: Settings,
    /// Its documentation, for people.
    pub documentation: String,
    /// Of a sub-process: its start events, and whether each waits for something.
    pub inner_starts: Vec<bool>,
}

/// A time as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timer {
    /// So long, ISO 8601.
    Duration(String),
    /// At a time, ISO 8601.
    Date(String),
    /// Again and again, which is not run.
    Cycle(String),
    /// It says nothing.
    Nothing,
}

/// How often a task is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loop {
    /// Whether it is a loop of the other kind, which is not run.
    pub is_standard: bool,
    /// One after the other.
    pub is_sequential: bool,
    /// For each of what.
    pub collection: Option<String>,
    /// When enough of them are done.
    pub completion: Option<String>,
    /// The line.
    pub line: u32,
}

/// A flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// From where.
    pub source: String,
    /// To where.
    pub target: String,
    /// On which condition.
    pub condition: Option<String>,
    /// The language of the condition, where it says one.
    pub language: Option<String>,
    /// The line.
    pub line: u32,
}

/// Elements within a process that say nothing of how it runs.
const SILENT: [&str; 8] = [
    "documentation",
    "extensionElements",
    "laneSet",
    "textAnnotation",
    "association",
    "group",
    "auditing",
    "monitoring",
];

/// Reads the tree.
pub(super) fn of(root: Node) -> Result<Document, Unreadable> {
    if root.space != Space::Model || root.name != "definitions" {
        return Err(Unreadable::new(
            "bpmn-namespace",
            root.line,
            format!("根元素{}不是BPMN 2.0命名空间中的definitions", root.name),
            format!("the file's element {} is not `definitions` of the namespace of BPMN 2.0", root.name),
        ));
    }
    let mut document = Document::default();
    survey(&root, &mut document);
    for child in &root.children {
        match (child.space, child.name.as_str()) {
            (Space::Model, "process") => document.processes.push(process(child)),
            (Space::Model, "collaboration") => participants(child, &mut document.participants),
            (Space::Diagram, "BPMNDiagram") => diagram::add(child, &mut document.diagram),
            _ => {}
        }
    }
    Ok(document)
}

/// Counts elements, gathers ids and references.
fn survey(node: &Node, document: &mut Document) {
    if node.space == Space::Model {
        *document.counts.entry(node.name.clone()).or_default() += 1;
        if let Some(id) = node.attribute("id") {
            document.ids.entry(id.to_owned()).or_default().push(node.line);
        }
        for name in ["messageRef", "signalRef", "errorRef", "escalationRef"] {
            if let Some(target) = node.attribute(name) {
                let target = target.rsplit_once(':').map_or(target, |(_, local)| local);
                document.references.push((name.to_owned(), target.to_owned(), node.line));
            }
        }
    }
    // What others say within extension elements is theirs.
    if node.space != Space::Model || node.name != "extensionElements" {
        node.children.iter().for_each(|child| survey(child, document));
    }
}

fn participants(node: &Node, to: &mut BTreeMap<String, String>) {
    for participant in node.children("participant") {
        if let Some(process) = participant.attribute("processRef") {
            let process = process.rsplit_once(':').map_or(process, |(_, local)| local);
            to.insert(process.to_owned(), text(participant, "name"));
        }
    }
}

fn process(node: &Node) -> Process {
    let mut process = Process {
        id: text(node, "id"),
        name: text(node, "name"),
        is_executable: matches!(node.attribute("isExecutable").map(str::trim), Some("true" | "1")),
        line: node.line,
        settings: Settings::of(node),
        ..Process::default()
    };
    for child in node.children.iter().filter(|child| child.space == Space::Model) {
        match Kind::of(&child.name) {
            Some(kind) => process.elements.push(element(child, kind)),
            None if child.name == "sequenceFlow" => process.flows.push(flow(child)),
            None if SILENT.contains(&child.name.as_str()) => {}
            None => process.passed_over.push((child.name.clone(), child.line)),
        }
    }
    process
}

fn element(node: &Node, kind: Kind) -> Element {
    let definitions = || node.children.iter().filter(|child| child.space == Space::Model);
    let timer = node.child("timerEventDefinition").map(timer);
    Element {
        id: text(node, "id"),
        kind,
        word: node.name.clone(),
        name: text(node, "name"),
        line: node.line,
        default: node.attribute("default").map(str::to_owned),
        triggers: definitions().filter_map(|child| Trigger::of(&child.name)).collect(),
        timer,
        attached_to: node.attribute("attachedToRef").map(str::to_owned),
        cancels: node.attribute("cancelActivity").map(str::trim) != Some("false"),
        repeated: repeated(node),
        settings: Settings::of(node),
        documentation: node.child("documentation").map(|child| child.text.trim().to_owned()).unwrap_or_default(),
        inner_starts: node.children("startEvent").map(is_typed).collect(),
    }
}

fn is_typed(start: &Node) -> bool {
    start.children.iter().any(|child| child.space == Space::Model && Trigger::of(&child.name).is_some())
}

fn timer(node: &Node) -> Timer {
    let written = |name: &str| node.child(name).map(|child| child.text.trim().to_owned());
    match (written("timeDuration"), written("timeDate"), written("timeCycle")) {
        (Some(duration), _, _) => Timer::Duration(duration),
        (_, Some(date), _) => Timer::Date(date),
        (_, _, Some(cycle)) => Timer::Cycle(cycle),
        _ => Timer::Nothing,
    }
}

fn repeated(node: &Node) -> Option<Loop> {
    if let Some(standard) = node.child("standardLoopCharacteristics") {
        return Some(Loop { is_standard: true, line: standard.line, ..Loop::default() });
    }
    let several = node.child("multiInstanceLoopCharacteristics")?;
    let settings = Settings::of(several);
    let input = several.child("loopDataInputRef").map(|child| child.text.trim().to_owned());
    let completion = several.child("completionCondition").map(|child| child.text.trim().to_owned());
    Some(Loop {
        is_standard: false,
        is_sequential: several.attribute("isSequential").map(str::trim) == Some("true"),
        collection: settings.get("collection").map(str::to_owned).or(input).filter(|text| !text.is_empty()),
        completion: completion.filter(|text| !text.is_empty()),
        line: several.line,
    })
}

fn flow(node: &Node) -> Flow {
    let condition = node.child("conditionExpression");
    Flow {
        id: text(node, "id"),
        name: text(node, "name"),
        source: text(node, "sourceRef"),
        target: text(node, "targetRef"),
        condition: condition.map(|condition| condition.text.trim().to_owned()),
        language: condition.and_then(|condition| condition.attribute("language")).map(str::to_owned),
        line: node.line,
    }
}

fn text(node: &Node, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}
