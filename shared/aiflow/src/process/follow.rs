//! What follows from a step, stored with it: tasks in people's lists, what people are told, what the ERP and services get.

use super::host::TenantHost;
use super::out::{self, ERP, Lane, Sending, What};
use super::{notices, who};
use crate::orders::{NodeType, Order, OrderResult, OrderState, Task, TaskResult, TaskState};
use crate::tasks::{self, Entry};
use crate::times;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_model::config::{ProcessSettings, Push};
use tenon_model::json::number;
use tenon_platform::outbox;
use tenon_platform::queue::PROCESS_WORK;
use tenon_platform::table::{Expect, Write};
use tenon_platform::{Context, Result};
use tenon_process::run::{self, Effect, Instance, State};
use tenon_process::store::{Followed, Moved};

/// How long an entry stays that is in no list any more, in seconds.
const GONE_S: i64 = 86_400;
/// The end of the path that takes an ERP's steps.
const RECEIVE: &str = "/odoo/api/workflow/receive";

/// A step, and what lies around it.
pub(super) struct Following<'a> {
    pub ctx: &'a Context,
    pub tenant: &'a TenantId,
    pub host: &'a TenantHost,
    pub moved: &'a Moved<'a>,
}

/// Something to send, and on which lane.
struct Out {
    lane: String,
    sending: Sending,
}

impl Following<'_> {
    /// Everything that follows.
    pub fn all(&self) -> Result<Followed> {
        let mut writes = self.lists()?;
        let mut entries = Vec::new();
        let notices_of = notices::of(self.host, self.moved, self.ctx.now_ms());
        for entry in tenon_notices::promise(self.ctx, self.tenant, &notices_of)? {
            entries.push(entry);
        }
        let (sent, lanes) = self.sent()?;
        writes.extend(sent);
        if !lanes.is_empty() {
            let messages: Vec<_> = lanes.iter().map(|lane| lane.message(self.tenant)).collect();
            entries.push(outbox::Entry::of_all(self.ctx, &PROCESS_WORK, &messages)?);
        }
        Ok(Followed { writes, entries })
    }

    /// What people have of it and that is not as it was.
    fn lists(&self) -> Result<Vec<Write>> {
        let instance = self.moved.instance;
        let order = order_of(instance);
        let mut is: BTreeMap<(String, String), Option<Entry>> = BTreeMap::new();
        let started = self.moved.was.map(order_of);
        if started.as_ref().is_none_or(|was| (was.state, was.result) != (order.state, order.result)) {
            let entries = tasks::entries(&order, std::iter::empty());
            is.extend(entries.into_iter().map(|(place, entry)| (place, Some(entry))));
        }
        for effect in self.moved.effects {
            match effect {
                Effect::TaskOpened { task } | Effect::TaskClosed { task } => self.listed(&order, task, &mut is),
                Effect::TaskMoved { task, from } => {
                    for code in from {
                        is.insert((code.clone(), sort_of(&order, task)), None);
                    }
                    self.listed(&order, task, &mut is);
                }
                Effect::Copied { people, .. } => {
                    for code in people {
                        let copied = crate::orders::Copied { code: code.clone(), at_ms: self.ctx.now_ms() };
                        let of_copy = Order { copies: vec![copied], ..order.clone() };
                        let own = tasks::entries(&of_copy, std::iter::empty());
                        is.extend(
                            own.into_iter()
                                .filter(|((whose, sort), _)| whose == code && sort.starts_with("cc#"))
                                .map(|(place, entry)| (place, Some(entry))),
                        );
                    }
                }
                _ => {}
            }
        }
        is.into_iter().map(|((code, sort), entry)| self.list_write(&order, &code, &sort, entry)).collect()
    }

    fn listed(&self, order: &Order, task: &run::Task, is: &mut BTreeMap<(String, String), Option<Entry>>) {
        let task = task_of(task, self.ctx.now_ms());
        // Of the order itself something is said only where it changed.
        let entries = tasks::entries(order, std::iter::once(&task)).into_iter();
        is.extend(
            entries.filter(|((_, sort), _)| sort.starts_with("task#")).map(|(place, entry)| (place, Some(entry))),
        );
    }

    fn list_write(&self, order: &Order, code: &str, sort: &str, entry: Option<Entry>) -> Result<Write> {
        let (enterprise, code) = who::place_of(&self.moved.instance.enterprise, code);
        let entry =
            Entry { title: Some(self.moved.instance.name.clone()), ..entry.unwrap_or_else(|| tasks::no_entry(order)) };
        let key = tasks::key(self.tenant, enterprise, &(code.to_owned(), sort.to_owned()));
        let write = Write::put(key, &entry, Expect::Anything)?;
        Ok(match entry.list {
            Some(list) => write.indexed(tasks::listed_in(self.tenant, enterprise, code, list), entry.sort()),
            None => write.expiring(Some(self.ctx.now_ms().div_euclid(1000) + GONE_S)),
        })
    }

    /// The writes of what is to be sent, and the lanes it stands on.
    fn sent(&self) -> Result<(Vec<Write>, Vec<Lane>)> {
        let instance = self.moved.instance;
        let seq = self.moved.was.map_or(0, |was| was.seq);
        let (mut writes, mut lanes): (Vec<Write>, Vec<Lane>) = (Vec::new(), Vec::new());
        for (at, out) in self.outs().into_iter().enumerate() {
            let lane = Lane { order: instance.order, number: instance.number.clone(), lane: out.lane };
            writes.push(out::write(self.ctx, self.tenant, &lane, (seq, at), &out.sending)?);
            if !lanes.contains(&lane) {
                lanes.push(lane);
            }
        }
        Ok((writes, lanes))
    }

    /// In the order in which it happened.
    fn outs(&self) -> Vec<Out> {
        let settings = self.host.settings(&self.moved.instance.enterprise);
        let pushes = |push: Push| settings.odoo_url.is_some() && settings.push.contains(&push);
        let (steps, logs) = (pushes(Push::Receive), pushes(Push::ApprovalLog));
        let mut outs = Vec::new();
        if steps && self.moved.was.is_none_or(|was| was.round != self.moved.instance.round) {
            outs.push(self.step("START"));
        }
        for effect in self.moved.effects {
            match effect {
                Effect::TaskClosed { task } if logs => outs.extend(self.log(task)),
                Effect::TaskMoved { task, .. } if logs => outs.extend(self.transferred(task)),
                Effect::Service { token, node, visit, key, request } => {
                    outs.push(self.service(&settings, (*token, node, *visit), key, request));
                }
                Effect::Became { state } if steps => outs.extend(match state {
                    State::Running => None,
                    State::Passed => Some(self.step("COMPLETE")),
                    State::Rejected => Some(self.step("REJECT")),
                    State::Discarded => Some(self.step("CANCEL")),
                }),
                _ => {}
            }
        }
        outs
    }

    fn erp(&self, what: What, key: String) -> Out {
        let enterprise = self.moved.instance.enterprise.clone();
        Out { lane: ERP.to_owned(), sending: Sending { what, key, enterprise, attempts: 0, due_ms: 0 } }
    }

    fn step(&self, action: &str) -> Out {
        let instance = self.moved.instance;
        let key = format!("{}/{}/{action}", instance.number, instance.round);
        let (task, name) = self.about(action);
        let body = self.body(action, (&task, &name), &Value::Object(self.moved.data.clone()));
        self.erp(What::Step(body), key)
    }

    /// The task that a step is told of: the first that began, or the last that ended.
    fn about(&self, action: &str) -> (String, String) {
        let closed = self.moved.effects.iter().rev().find_map(|effect| match effect {
            Effect::TaskClosed { task } => Some(task),
            _ => None,
        });
        let opened = self.moved.effects.iter().find_map(|effect| match effect {
            Effect::TaskOpened { task } => Some(task),
            _ => None,
        });
        let found = if action == "START" { opened } else { closed.or(opened) };
        let instance = self.moved.instance;
        found.map_or_else(
            || (format!("{}-0", instance.order), instance.name.clone()),
            |task| (task.id.clone(), task.name.clone()),
        )
    }

    /// The body of `/odoo/api/workflow/receive`.
    fn body(&self, action: &str, (task, name): (&str, &str), form: &Value) -> String {
        let instance = self.moved.instance;
        let mut variables = instance.variables.clone();
        variables.insert("round".to_owned(), json!(instance.round));
        variables.insert("state".to_owned(), json!(instance.state.word()));
        let by = self.moved.history.iter().rev().map(|entry| entry.by.as_str()).find(|by| !by.is_empty());
        number::write(&json!({
            "orderId": instance.order, "businessKey": instance.number, "taskId": task, "taskName": name,
            "action": action, "formData": form, "processVariables": variables,
            "handlerUserCode": by.unwrap_or(&instance.initiator.code), "handleTime": times::text(self.ctx.now_ms())
        }))
    }

    fn log(&self, task: &run::Task) -> Option<Out> {
        let decided = task.decided.as_ref()?;
        let result = match task.state {
            run::TaskState::Approved => "APPROVED",
            run::TaskState::Rejected => "REJECTED",
            run::TaskState::Open | run::TaskState::Cancelled | run::TaskState::Expired => return None,
        };
        Some(self.log_out(task, (&decided.by, result, &decided.comment), &format!("{}/log", task.id)))
    }

    fn transferred(&self, task: &run::Task) -> Option<Out> {
        let entry = self
            .moved
            .history
            .iter()
            .find(|entry| entry.did == run::EntryKind::Transferred && entry.task.as_ref() == Some(&task.id))?;
        let key = format!("{}/transferred/{}", task.id, entry.seq);
        Some(self.log_out(task, (&entry.by, "TRANSFERRED", &entry.comment), &key))
    }

    fn log_out(&self, task: &run::Task, (by, result, comment): (&str, &str, &str), key: &str) -> Out {
        let instance = self.moved.instance;
        // Whoever nobody named is whoever it was for.
        let by = if by.is_empty() { task.assignees.first().map_or("", String::as_str) } else { by };
        let body = number::write(&json!({
            "orderId": instance.order, "businessKey": instance.number, "logs": [{
                "taskId": task.id, "taskName": task.name, "handlerUserCode": by, "handleResult": result,
                "handleComment": comment, "handleTime": times::text(self.ctx.now_ms()), "formData": self.moved.data
            }]
        }));
        self.erp(What::Log(body), key.to_owned())
    }

    fn service(
        &self,
        settings: &ProcessSettings,
        (token, node, visit): (u32, &str, u32),
        key: &str,
        request: &Map<String, Value>,
    ) -> Out {
        let definition = self.moved.definition;
        let url = definition.service(node).map(|service| service.url.as_str()).unwrap_or_default();
        let to_erp =
            url.starts_with('/') || settings.odoo_url.as_ref().is_some_and(|base| url.starts_with(base.as_str()));
        let form = Value::Object(request.clone());
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let body = if path.ends_with(RECEIVE) {
            let name = definition.node(node).map_or(node, |node| node.name.as_str());
            self.body(self.action(), (&format!("{}-{node}-{visit}", self.moved.instance.order), name), &form)
        } else {
            number::write(&form)
        };
        let enterprise = self.moved.instance.enterprise.clone();
        let what = What::Service { token, node: node.to_owned(), visit, body };
        let lane = if to_erp { ERP.to_owned() } else { format!("node-{node}") };
        Out { lane, sending: Sending { what, key: key.to_owned(), enterprise, attempts: 0, due_ms: 0 } }
    }

    /// What a service task says has happened: it began, or what came before it was approved or refused.
    fn action(&self) -> &'static str {
        match self.moved.instance.variables.get("decision").and_then(Value::as_str) {
            None => "START",
            Some("reject") => "REJECT",
            Some(_) => "COMPLETE",
        }
    }
}

/// An instance as the task centre has orders.
pub(super) fn order_of(instance: &Instance) -> Order {
    let (state, result) = match instance.state {
        State::Running => (OrderState::Ing, OrderResult::Ing),
        State::Rejected => (OrderState::Ing, OrderResult::Reject),
        State::Discarded => (OrderState::Over, OrderResult::Revoke),
        State::Passed => (OrderState::Over, OrderResult::Pass),
    };
    Order {
        id: instance.order,
        state,
        result,
        initiator: instance.initiator.code.clone(),
        version: None,
        parent: None,
        parent_task: None,
        business_key: instance.number.clone(),
        flow: Some(instance.flow.clone()),
        created_ms: instance.created_ms,
        updated_ms: instance.updated_ms,
        copies: Vec::new(),
    }
}

fn task_of(task: &run::Task, now_ms: i64) -> Task {
    let (state, result) = match task.state {
        run::TaskState::Open => (TaskState::Ing, TaskResult::New),
        run::TaskState::Approved => (TaskState::Over, TaskResult::Pass),
        run::TaskState::Rejected => (TaskState::Over, TaskResult::Reject),
        run::TaskState::Cancelled | run::TaskState::Expired => (TaskState::Over, TaskResult::Revoke),
    };
    Task {
        id: task.id.clone(),
        name: task.name.clone(),
        assignees: task.assignees.clone(),
        state,
        result,
        deadline_ms: task.due_ms.unwrap_or(tasks::NO_DEADLINE),
        node: if task.is_work { NodeType::Handle } else { NodeType::Audit },
        created_ms: Some(task.opened_ms),
        handled_ms: (state == TaskState::Over).then(|| task.decided.as_ref().map_or(now_ms, |decided| decided.at_ms)),
        show_pc: true,
        show_mobile: true,
        gone: false,
    }
}

fn sort_of(order: &Order, task: &run::Task) -> String {
    format!("task#{:019}#{}", order.id, task.id)
}
