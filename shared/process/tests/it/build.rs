//! Files of processes, built from a few words.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tenon_process::check::{Checked, Options, check};
use tenon_process::run::{Decide, Environment, Event, Instance, Start, Step, Stop, Target, step};
use tenon_process::{Answers, Definition, Initiator, NoOne, Question};

pub const NOW: i64 = 1_770_791_400_000;
pub const DAY: i64 = 86_400_000;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:t="https://tenon.dev/schema/process"
 xmlns:flowable="http://flowable.org/bpmn" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="x">"#;

/// A file of one process that is to be run.
pub fn file(body: &str) -> String {
    format!("{HEAD}<process id=\"p\" name=\"P\" isExecutable=\"true\">\n{body}</process></definitions>")
}

/// Nodes and ways: `s>a`, `g>b?amount > 1`, `g>c!` for a default. A node's kind is its first letter: start, end, user
/// task, x exclusive, p parallel, v service, t timer.
pub fn graph(ways: &str, settings: &[(&str, &str)]) -> String {
    let setting = |id: &str| settings.iter().find(|(node, _)| *node == id).map_or("", |(_, text)| *text);
    let (mut nodes, mut body, mut defaults): (Vec<&str>, String, Vec<(String, String)>) =
        (Vec::new(), String::new(), Vec::new());
    for (at, way) in ways.split_whitespace().enumerate() {
        let (ends, condition) = way.split_once('?').map_or((way, None), |(ends, c)| (ends, Some(c)));
        let (ends, is_default) = ends.strip_suffix('!').map_or((ends, false), |ends| (ends, true));
        let (from, to) = ends.split_once('>').unwrap();
        for node in [from, to] {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        let id = format!("w{at}");
        if is_default {
            defaults.push((from.to_owned(), id.clone()));
        }
        let condition = condition.map_or(String::new(), |c| {
            format!("<conditionExpression>{}</conditionExpression>", c.replace('_', " ").replace('<', "&lt;"))
        });
        body.push_str(&format!(
            "<sequenceFlow id=\"{id}\" sourceRef=\"{from}\" targetRef=\"{to}\">{condition}</sequenceFlow>\n"
        ));
    }
    for id in nodes {
        let default = defaults.iter().find(|(from, _)| from == id);
        let default = default.map_or(String::new(), |(_, way)| format!(" default=\"{way}\""));
        let own = setting(id);
        let word = match id.chars().next().unwrap() {
            's' => "startEvent",
            'e' => "endEvent",
            'x' => "exclusiveGateway",
            'p' => "parallelGateway",
            'v' => "serviceTask",
            't' => "intermediateCatchEvent",
            _ => "userTask",
        };
        let own = match word {
            "userTask" if own.is_empty() => format!("t:assignee=\"{id}1,{id}2\""),
            "serviceTask" if own.is_empty() => "t:serviceUrl=\"/odoo/api/workflow/receive\"".to_owned(),
            _ => own.to_owned(),
        };
        let (own, inner) = own.split_once('|').unwrap_or((&own, ""));
        body.push_str(&format!("<{word} id=\"{id}\" name=\"N {id}\"{default} {own}>{inner}</{word}>\n"));
    }
    file(&body)
}

pub fn fields() -> BTreeSet<String> {
    ["amount", "dept", "approver", "zero"].map(str::to_owned).into()
}

pub fn checked(xml: &str) -> Checked {
    check(xml, &Options { fields: &fields_of(xml), may_call: &|url| url.starts_with("https://erp.example.com/") })
}

/// What stands against a file.
pub fn blocking(xml: &str) -> Vec<&'static str> {
    let mut codes: Vec<&str> = checked(xml).blocking().map(|finding| finding.code).collect();
    codes.dedup();
    codes
}

/// Fields that a process declares beside the usual ones are the form's here.
fn fields_of(xml: &str) -> BTreeSet<String> {
    let declared =
        xml.split_once("t:variables=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(names, _)| names);
    fields().into_iter().chain(declared.split(',').map(str::to_owned)).collect()
}

pub fn definition(xml: &str) -> Definition {
    let checked = checked(xml);
    checked.definition.unwrap_or_else(|| panic!("{:#?}\n{xml}", checked.findings))
}

/// A world of people: whoever is asked for is there, but for those called `gone…`, and departments without a manager.
pub fn answers(questions: &[Question]) -> Answers {
    let one = |question: &Question| match question {
        Question::User(code) if code.starts_with("gone") => Err(NoOne::Unknown),
        Question::User(code) => Ok(vec![code.clone()]),
        Question::Manager(name) if name.starts_with("unknown") => Err(NoOne::Unknown),
        Question::Manager(name) if name.starts_with("headless") => Err(NoOne::NoManager),
        Question::Manager(name) => Ok(vec![format!("boss-{name}")]),
        Question::Department(name) | Question::Role(name) => Ok((1..=3).map(|n| format!("{name}-{n}")).collect()),
        Question::Supervisor(code) => Ok(vec![format!("above-{code}")]),
    };
    questions.iter().map(|question| (question.clone(), one(question))).collect()
}

/// A run without a table.
#[derive(Clone, Debug)]
pub struct Played {
    pub definition: Definition,
    pub instance: Instance,
    pub data: Map<String, Value>,
    pub now: i64,
}

pub fn data(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

impl Played {
    pub fn launch(definition: &Definition, data: Value) -> (Self, Step) {
        Self::try_launch(definition, data).unwrap_or_else(|code| panic!("{code}"))
    }

    pub fn try_launch(definition: &Definition, value: Value) -> Result<(Self, Step), &'static str> {
        let start = Start {
            number: "f_202602_0001".to_owned(),
            order: 77,
            enterprise: "C".to_owned(),
            data_id: "5".to_owned(),
            initiator: Initiator { code: "init".to_owned(), name: "发起".to_owned(), department: "HR".to_owned() },
        };
        let data = data(value);
        let step = run_step(definition, None, &Event::Launch(start), &data, NOW)?;
        let played = Self { definition: definition.clone(), instance: step.instance.clone(), data, now: NOW };
        Ok((played, step))
    }

    pub fn launch_with(definition: &Definition, values: &Map<String, Value>) -> (Self, Step) {
        Self::launch(definition, Value::Object(values.clone()))
    }

    pub fn act(&mut self, event: &Event) -> Result<Step, &'static str> {
        let step = run_step(&self.definition, Some(&self.instance), event, &self.data, self.now)?;
        self.instance = step.instance.clone();
        Ok(step)
    }

    /// Everybody at the only open node agrees.
    pub fn approve(&mut self) -> Result<Step, &'static str> {
        self.act(&Event::Decide(Decide { approve: true, by: "app".to_owned(), ..Decide::default() }))
    }

    pub fn decide(&mut self, node: &str, approve: bool) -> Result<Step, &'static str> {
        let target = Target::Node(node.to_owned());
        self.act(&Event::Decide(Decide { target, approve, by: "app".to_owned(), ..Decide::default() }))
    }

    pub fn person(&mut self, by: &str, approve: bool) -> Result<Step, &'static str> {
        let task = self.instance.open_tasks().find(|task| task.assignees.iter().any(|code| code == by));
        let target = Target::Task(task.map_or("77-999".to_owned(), |task| task.id.clone()));
        self.act(&Event::Decide(Decide { target, approve, by: by.to_owned(), ..Decide::default() }))
    }

    /// Nodes where it rests, in order.
    pub fn at(&self) -> String {
        let mut nodes: Vec<&str> = self.instance.tokens.iter().map(|token| token.node.as_str()).collect();
        nodes.sort_unstable();
        match nodes.is_empty() {
            true => self.instance.state.word().to_owned(),
            false => nodes.join(" "),
        }
    }
}

pub fn run_step(
    definition: &Definition,
    instance: Option<&Instance>,
    event: &Event,
    data: &Map<String, Value>,
    now_ms: i64,
) -> Result<Step, &'static str> {
    let mut known = Answers::new();
    loop {
        let environment = Environment { now_ms, data, answers: &known, urge_every_ms: 600_000 };
        match step(definition, instance, event, &environment) {
            Ok(step) => return Ok(step),
            Err(Stop::Refused(refused)) => return Err(refused.code),
            Err(Stop::Needs(questions)) => {
                assert!(questions.iter().any(|question| !known.contains_key(question)), "asked twice: {questions:?}");
                known.extend(answers(&questions));
            }
        }
    }
}

pub fn none() -> Value {
    json!({})
}
