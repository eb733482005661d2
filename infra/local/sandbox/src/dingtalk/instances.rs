//! Approval instances and how they move: stages, tasks, decisions, endings.

use super::DingTalk;
use super::DingTalkOptions;
use super::NewInstance;
use super::{callbacks::Callbacks, events};
use crate::action::ActionError;
use crate::ids::Ids;
use serde_json::Value;
use std::collections::BTreeMap;

/// How an instance ends without a decision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Terminated,
    Deleted,
}

/// One step of an instance.
#[derive(Clone)]
pub(crate) struct Stage {
    pub users: Vec<String>,
    /// Whether all of them must agree; otherwise the first to act decides.
    pub all: bool,
}

/// One approver's task.
#[derive(Clone)]
pub(crate) struct Task {
    pub id: u64,
    pub stage: usize,
    pub user: String,
    /// `RUNNING`, `COMPLETED`, `CANCELED`.
    pub status: &'static str,
    /// `AGREE`, `REFUSE`, `REDIRECTED`, or empty while it runs.
    pub result: &'static str,
    pub remark: String,
    pub created_ms: i64,
    pub finished_ms: Option<i64>,
}

/// An entry of an instance's history.
#[derive(Clone)]
pub(crate) struct Operation {
    pub user: String,
    pub at_ms: i64,
    pub kind: &'static str,
    pub result: &'static str,
    pub remark: String,
}

/// One form control as it was filled in.
#[derive(Clone)]
pub(crate) struct Component {
    pub name: String,
    pub value: String,
    pub kind: Option<String>,
    pub ext: Option<Value>,
}

#[derive(Clone)]
pub(crate) struct Instance {
    pub id: String,
    pub process_code: String,
    pub business_id: String,
    pub title: String,
    pub originator: String,
    pub department: i64,
    pub department_name: String,
    /// `RUNNING`, `COMPLETED`, `TERMINATED`.
    pub status: &'static str,
    /// `agree`, `refuse`, or empty.
    pub result: &'static str,
    pub created_ms: i64,
    pub finished_ms: Option<i64>,
    pub stages: Vec<Stage>,
    pub tasks: Vec<Task>,
    pub operations: Vec<Operation>,
    pub components: Vec<Component>,
    pub cc: Vec<String>,
    pub biz_action: String,
    pub main_instance: String,
    pub deleted: bool,
}

/// All instances, deleted ones too.
#[derive(Default)]
pub(crate) struct Instances {
    by_id: BTreeMap<String, Instance>,
    order: Vec<String>,
    tasks: u64,
}

impl Instances {
    pub(crate) fn list(&self) -> impl Iterator<Item = &Instance> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// An instance that was not deleted.
    pub(crate) fn get(&self, id: &str) -> Option<&Instance> {
        self.by_id.get(id).filter(|i| !i.deleted)
    }

    pub(crate) fn count(&self) -> usize {
        self.order.len()
    }
}

/// Where events go while an instance moves.
struct Events<'a> {
    now_ms: i64,
    options: &'a DingTalkOptions,
    ids: &'a mut Ids,
    callbacks: &'a mut Callbacks,
}

impl Events<'_> {
    fn instance(&mut self, instance: &Instance, kind: &str, result: Option<&str>) {
        let body = events::of_instance(instance, kind, result, self.now_ms, self.options, self.ids);
        self.callbacks.push(self.now_ms, body, self.options.callback_url.is_some());
    }

    fn task(&mut self, instance: &Instance, task: &Task, kind: &str, result: Option<&str>) {
        let body = events::of_task(instance, task, kind, result, self.now_ms, self.options, self.ids);
        self.callbacks.push(self.now_ms, body, self.options.callback_url.is_some());
    }

    /// Starts the tasks of one stage.
    fn start_stage(&mut self, instance: &mut Instance, stage: usize, counter: &mut u64) {
        let users = instance.stages.get(stage).map(|s| s.users.clone()).unwrap_or_default();
        for user in users {
            self.start_task(instance, stage, user, counter);
        }
    }

    fn start_task(&mut self, instance: &mut Instance, stage: usize, user: String, counter: &mut u64) {
        *counter += 1;
        let task = Task {
            id: 70_000_000_000 + *counter,
            stage,
            user,
            status: "RUNNING",
            result: "",
            remark: String::new(),
            created_ms: self.now_ms,
            finished_ms: None,
        };
        self.task(instance, &task, "start", None);
        instance.tasks.push(task);
    }

    fn cancel_running(&mut self, instance: &mut Instance) {
        let mut cancelled = Vec::new();
        for task in instance.tasks.iter_mut().filter(|t| t.status == "RUNNING") {
            task.status = "CANCELED";
            task.finished_ms = Some(self.now_ms);
            cancelled.push(task.clone());
        }
        for task in cancelled {
            self.task(instance, &task, "cancel", None);
        }
    }

    fn finish(&mut self, instance: &mut Instance, result: &'static str) {
        instance.status = "COMPLETED";
        instance.result = result;
        instance.finished_ms = Some(self.now_ms);
        self.instance(instance, "finish", Some(result));
    }
}

impl DingTalk {
    fn moving(&mut self, now_ms: i64) -> (Events<'_>, &mut Instances) {
        let Self { options, ids, callbacks, instances, .. } = self;
        (Events { now_ms, options, ids, callbacks }, instances)
    }

    /// Stores an instance and starts its first stage.
    pub(crate) fn start_instance(&mut self, now_ms: i64, mut instance: Instance) -> String {
        let (mut events, instances) = self.moving(now_ms);
        let id = instance.id.clone();
        events.instance(&instance, "start", None);
        events.start_stage(&mut instance, 0, &mut instances.tasks);
        instances.order.push(id.clone());
        instances.by_id.insert(id.clone(), instance);
        id
    }

    /// An instance that has not started: number, title and stages filled in.
    pub(crate) fn blank_instance(&mut self, now_ms: i64, process_code: &str, originator: &str) -> Instance {
        let form = self.options.processes.get(process_code).map_or(process_code, String::as_str);
        let person = self.directory.name_of(originator);
        Instance {
            id: self.ids.uuid(),
            process_code: process_code.to_owned(),
            business_id: format!("{}{:06}", super::read::day_digits(now_ms), self.instances.count() + 1),
            title: format!("{person}提交的{form}"),
            originator: originator.to_owned(),
            department: -1,
            department_name: self.directory.department_name(-1).to_owned(),
            status: "RUNNING",
            result: "",
            created_ms: now_ms,
            finished_ms: None,
            stages: vec![Stage { users: self.options.default_approvers.clone(), all: false }],
            tasks: Vec::new(),
            operations: vec![Operation {
                user: originator.to_owned(),
                at_ms: now_ms,
                kind: "START_PROCESS_INSTANCE",
                result: "NONE",
                remark: String::new(),
            }],
            components: Vec::new(),
            cc: Vec::new(),
            biz_action: "NONE".into(),
            main_instance: String::new(),
            deleted: false,
        }
    }

    pub(crate) fn fill_in(&mut self, now_ms: i64, new: NewInstance) -> Result<String, ActionError> {
        if !self.knows_process(&new.process_code) {
            return Err(ActionError::NotFound(format!("form {}", new.process_code)));
        }
        let mut instance = self.blank_instance(now_ms, &new.process_code, &new.originator);
        let component = |(name, value)| Component { name, value, kind: None, ext: None };
        instance.components = new.fields.into_iter().map(component).collect();
        if !new.stages.is_empty() {
            instance.stages = new.stages.into_iter().map(|users| Stage { users, all: false }).collect();
        }
        instance.biz_action = new.biz_action.unwrap_or_else(|| "NONE".into());
        instance.main_instance = new.main_instance.unwrap_or_default();
        Ok(self.start_instance(now_ms, instance))
    }

    pub(crate) fn resubmit(&mut self, now_ms: i64, id: &str, biz_action: Option<&str>) -> Result<String, ActionError> {
        let old = self.instances.get(id).cloned().ok_or_else(|| ActionError::NotFound(format!("instance {id}")))?;
        let mut instance = self.blank_instance(now_ms, &old.process_code, &old.originator);
        instance.components = old.components;
        instance.department = old.department;
        instance.department_name = old.department_name;
        if let Some(action) = biz_action {
            instance.biz_action = action.to_owned();
            instance.main_instance = id.to_owned();
        }
        Ok(self.start_instance(now_ms, instance))
    }

    /// Whether a processCode is one of the company's forms.
    pub(crate) fn knows_process(&self, code: &str) -> bool {
        self.options.processes.is_empty() || self.options.processes.contains_key(code)
    }

    pub(crate) fn decide(
        &mut self,
        now_ms: i64,
        id: &str,
        user: &str,
        remark: &str,
        agree: bool,
    ) -> Result<(), ActionError> {
        let (mut events, instances) = self.moving(now_ms);
        let counter = &mut instances.tasks;
        let instance = running(&mut instances.by_id, id)?;
        let task = take_task(instance, user)?;
        task.status = "COMPLETED";
        task.result = if agree { "AGREE" } else { "REFUSE" };
        task.remark = remark.to_owned();
        task.finished_ms = Some(now_ms);
        let task = task.clone();
        instance.operations.push(Operation {
            user: task.user.clone(),
            at_ms: now_ms,
            kind: "EXECUTE_TASK_NORMAL",
            result: task.result,
            remark: remark.to_owned(),
        });
        events.task(instance, &task, "finish", Some(if agree { "agree" } else { "refuse" }));
        if !agree {
            events.cancel_running(instance);
            events.finish(instance, "refuse");
            return Ok(());
        }
        let needs_all = instance.stages.get(task.stage).is_some_and(|s| s.all);
        if needs_all && instance.tasks.iter().any(|t| t.status == "RUNNING") {
            return Ok(());
        }
        events.cancel_running(instance);
        if task.stage + 1 < instance.stages.len() {
            events.start_stage(instance, task.stage + 1, counter);
        } else {
            events.finish(instance, "agree");
        }
        Ok(())
    }

    pub(crate) fn redirect(&mut self, now_ms: i64, id: &str, user: &str, to: &str) -> Result<(), ActionError> {
        let (mut events, instances) = self.moving(now_ms);
        let counter = &mut instances.tasks;
        let instance = running(&mut instances.by_id, id)?;
        let task = take_task(instance, user)?;
        task.status = "COMPLETED";
        task.result = "REDIRECTED";
        task.finished_ms = Some(now_ms);
        let task = task.clone();
        events.task(instance, &task, "finish", Some("redirect"));
        events.start_task(instance, task.stage, to.to_owned(), counter);
        Ok(())
    }

    pub(crate) fn end(&mut self, now_ms: i64, id: &str, ending: Ending) -> Result<(), ActionError> {
        let (mut events, instances) = self.moving(now_ms);
        let instance = match ending {
            Ending::Terminated => running(&mut instances.by_id, id)?,
            Ending::Deleted => present(&mut instances.by_id, id)?,
        };
        let was_running = instance.status == "RUNNING";
        if was_running {
            instance.status = "TERMINATED";
            instance.finished_ms = Some(now_ms);
            events.cancel_running(instance);
        }
        let kind = match ending {
            Ending::Terminated => "terminate",
            Ending::Deleted => {
                instance.deleted = true;
                "delete"
            }
        };
        instance.operations.push(Operation {
            user: instance.originator.clone(),
            at_ms: now_ms,
            kind: "TERMINATE_PROCESS_INSTANCE",
            result: "NONE",
            remark: String::new(),
        });
        events.instance(instance, kind, None);
        Ok(())
    }
}

fn present<'a>(by_id: &'a mut BTreeMap<String, Instance>, id: &str) -> Result<&'a mut Instance, ActionError> {
    by_id.get_mut(id).filter(|i| !i.deleted).ok_or_else(|| ActionError::NotFound(format!("instance {id}")))
}

fn running<'a>(by_id: &'a mut BTreeMap<String, Instance>, id: &str) -> Result<&'a mut Instance, ActionError> {
    let instance = present(by_id, id)?;
    if instance.status == "RUNNING" {
        Ok(instance)
    } else {
        Err(ActionError::NotNow(format!("instance {id} has ended as {}", instance.status)))
    }
}

fn take_task<'a>(instance: &'a mut Instance, user: &str) -> Result<&'a mut Task, ActionError> {
    let id = instance.id.clone();
    instance
        .tasks
        .iter_mut()
        .find(|t| t.status == "RUNNING" && (user.is_empty() || t.user == user))
        .ok_or_else(|| ActionError::NotNow(format!("{user} has no running task on instance {id}")))
}
