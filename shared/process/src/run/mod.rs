//! How an instance moves: what happens to it and what follows, as a function of what it is and of what is known. Nothing here
//! reads a table or a clock, so a step can be made again from the same state and comes to the same.
//!
//! An instance rests at user tasks, at service tasks and at timers, and where a token is stopped. Between two rests tokens
//! pass gateways and copies within one step, which is stored whole or not at all.

mod decide;
mod event;
mod filled;
mod instance;
mod jump;
mod machine;
mod scope;
mod tasks;
mod timers;

pub use event::{Change, Decide, Effect, Entry, EntryKind, Environment, Event, Refused, Start, Step, Stop, Target};
pub use instance::{Answered, Decided, Incident, Instance, State, Task, TaskState, Token};

use crate::definition::Definition;
use crate::words::Words;
use machine::Machine;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// People that tasks are opened for or taken from in one step: each is a record of the same transaction.
pub const MAX_TOUCHED: usize = 80;
/// People of one node.
pub const MAX_PEOPLE: usize = 40;

/// Makes a step. `instance` is none for a launch alone.
///
/// # Errors
/// Why nothing came of it; the instance is as it was.
pub fn step(
    definition: &Definition,
    instance: Option<&Instance>,
    event: &Event,
    environment: &Environment<'_>,
) -> Result<Step, Stop> {
    let instance = match (instance, event) {
        (None, Event::Launch(start)) => fresh(definition, start, environment.now_ms),
        (Some(_), Event::Launch(_)) => {
            return Err(refused("process.number-taken", "流程已发起", "it was launched already"));
        }
        (Some(instance), _) => instance.clone(),
        (None, _) => return Err(refused("process.unknown-instance", "流程不存在", "there is no such instance")),
    };
    let mut machine = Machine::new(definition, instance, environment);
    match event {
        Event::Launch(start) => machine.launch(start),
        Event::Decide(decide) => machine.decide(decide),
        Event::Transfer { task, by, to, comment } => machine.transfer(task, by, to, comment),
        Event::Comment { task, by, text } => machine.comment(task.as_deref(), by, text),
        Event::Relaunch { by } => machine.relaunch(by),
        Event::Discard { by, is_admin, reason } => machine.discard(by, *is_admin, reason),
        Event::Urge { by } => machine.urge(by),
        Event::ServiceDone { token, visit, result } => machine.service_done(*token, *visit, result),
        Event::ServiceFailed { token, visit, words } => machine.service_failed(*token, *visit, words),
        Event::Timer => machine.timers(),
        Event::Retry { by, token } => machine.retry(by, *token),
    }
    .map_err(Stop::Refused)?;
    machine.finish()
}

fn refused(code: &'static str, zh: &str, en: &str) -> Stop {
    Stop::Refused(Refused::new(code, zh, en))
}

fn fresh(definition: &Definition, start: &Start, now_ms: i64) -> Instance {
    Instance {
        tenant: String::new(),
        number: start.number.clone(),
        order: start.order,
        enterprise: start.enterprise.clone(),
        flow: definition.code.clone(),
        version: definition.version,
        name: definition.name.clone(),
        initiator: start.initiator.clone(),
        data_id: start.data_id.clone(),
        state: State::Running,
        round: 1,
        tokens: Vec::new(),
        joins: BTreeMap::new(),
        tasks: Vec::new(),
        visits: BTreeMap::new(),
        variables: Map::new(),
        seq: 0,
        next_token: 1,
        next_task: 1,
        created_ms: now_ms,
        updated_ms: now_ms,
        ended_ms: None,
        answered: Vec::new(),
    }
}

/// People whose lists these touch: each is a record of the transaction.
pub fn touched(effects: &[Effect]) -> usize {
    let of = |effect: &Effect| match effect {
        Effect::TaskOpened { task } | Effect::TaskClosed { task } => task.assignees.len(),
        Effect::TaskMoved { task, from } => task.assignees.len() + from.len(),
        Effect::Copied { people, .. } => people.len(),
        _ => 0,
    };
    effects.iter().map(of).sum()
}

/// More people are concerned than one transaction holds.
pub fn too_many_people() -> Refused {
    Refused::new(
        "process.too-many-people",
        format!("一次流转涉及的人员超过{MAX_TOUCHED}人"),
        format!("more than {MAX_TOUCHED} people are concerned at once"),
    )
}

impl Machine<'_> {
    fn launch(&mut self, start: &Start) -> Result<(), Refused> {
        self.wrote(EntryKind::Launched, |entry| entry.by.clone_from(&start.initiator.code));
        self.begin()
    }

    fn relaunch(&mut self, by: &str) -> Result<(), Refused> {
        if !matches!(self.instance.state, State::Rejected | State::Discarded) {
            return Err(Refused::new(
                "process.not-relaunchable",
                "前提是流程驳回至发起人，或者流程已废弃",
                "only what was refused back to its initiator, or discarded, is launched anew",
            ));
        }
        let instance = &mut self.instance;
        instance.round = instance.round.saturating_add(1);
        instance.state = State::Running;
        instance.ended_ms = None;
        instance.variables = Map::new();
        self.wrote(EntryKind::Relaunched, |entry| entry.by = by.to_owned());
        self.effects.push(Effect::Became { state: State::Running });
        self.begin()
    }

    fn discard(&mut self, by: &str, is_admin: bool, reason: &str) -> Result<(), Refused> {
        let initiator = &self.instance.initiator;
        let is_initiator = !by.is_empty() && (by == initiator.code || by == initiator.name);
        if !is_admin && !is_initiator {
            return Err(Refused::new(
                "process.not-allowed",
                "只有发起人或超级管理员可以废弃流程",
                "only whoever started it, or an administrator, discards it",
            ));
        }
        if self.instance.state == State::Discarded {
            return Ok(());
        }
        self.wrote(EntryKind::Discarded, |entry| {
            entry.by = by.to_owned();
            entry.comment = reason.to_owned();
        });
        self.clear(by);
        self.become_(State::Discarded);
        Ok(())
    }

    fn comment(&mut self, task: Option<&str>, by: &str, text: &str) -> Result<(), Refused> {
        if text.trim().is_empty() {
            return Err(Refused::new("process.empty-comment", "评论内容不能为空", "a comment says something"));
        }
        let node = match task {
            None => None,
            Some(id) => {
                let found = self.instance.tasks.iter().find(|task| task.id == id);
                Some(found.ok_or_else(|| unknown_task(id))?.node.clone())
            }
        };
        let (task, by, text) = (task.map(str::to_owned), by.to_owned(), text.to_owned());
        self.wrote_at(EntryKind::Commented, node.as_deref(), |entry| {
            (entry.task, entry.by, entry.comment) = (task, by, text);
        });
        Ok(())
    }

    fn service_done(&mut self, token: u32, visit: u32, result: &Value) -> Result<(), Refused> {
        let Some(at) = self.waiting_service(token, visit) else { return Ok(()) };
        self.lenient = true;
        let node = self.definition.nodes.get(at).map(|node| node.id.clone());
        if let Some(name) = self.service(at).and_then(|service| service.result.clone()) {
            self.instance.variables.insert(name, result.clone());
        }
        self.wrote_at(EntryKind::Answered, node.as_deref(), |_| ());
        self.remove(token);
        self.leave(at);
        self.run()
    }

    fn service_failed(&mut self, token: u32, visit: u32, words: &Words) -> Result<(), Refused> {
        let Some(at) = self.waiting_service(token, visit) else { return Ok(()) };
        self.lenient = true;
        let node = self.definition.nodes.get(at).map(|node| node.id.clone());
        let words_zh = words.zh.clone();
        self.wrote_at(EntryKind::Failed, node.as_deref(), |entry| entry.comment = words_zh);
        match self.service(at).and_then(|service| service.failed) {
            Some(event) => {
                self.remove(token);
                self.leave(event);
                self.run()
            }
            None => {
                self.stop(token, "process.service-failed", words.clone());
                Ok(())
            }
        }
    }

    fn retry(&mut self, by: &str, token: Option<u32>) -> Result<(), Refused> {
        let stopped: Vec<(u32, String)> = self
            .instance
            .incidents()
            .filter(|(stopped, _)| token.is_none_or(|token| stopped.id == token))
            .map(|(stopped, _)| (stopped.id, stopped.node.clone()))
            .collect();
        if stopped.is_empty() {
            return Err(Refused::new(
                "process.not-stopped",
                "没有需要重试的节点",
                "nothing is stopped that could be tried again",
            ));
        }
        self.lenient = true;
        for (token, node) in stopped {
            self.wrote_at(EntryKind::Retried, Some(&node), |entry| entry.by = by.to_owned());
            self.remove(token);
            if let Some(at) = self.definition.by_id.get(&node).copied() {
                self.enter(at);
            }
        }
        self.run()
    }
}

fn unknown_task(id: &str) -> Refused {
    Refused::new("process.unknown-task", format!("任务{id}不存在或已关闭"), format!("there is no open task {id}"))
}
