//! Approvals and how they move.

use super::WeCom;
use crate::action::ActionError;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

/// One step: its approvers, and whether all of them have to agree.
#[derive(Clone)]
pub(super) struct Step {
    pub users: Vec<String>,
    pub all: bool,
}

/// What one approver did.
#[derive(Clone)]
pub(super) struct Act {
    pub step: usize,
    pub user: String,
    pub speech: String,
    /// 1 waits, 2 agreed, 3 refused.
    pub state: i64,
    pub at_ms: Option<i64>,
}

#[derive(Clone)]
pub(super) struct Instance {
    pub number: String,
    pub creator: String,
    pub template: String,
    pub name: String,
    pub contents: Vec<Value>,
    pub steps: Vec<Step>,
    pub acts: Vec<Act>,
    pub comments: Vec<(String, i64)>,
    /// 1 running, 2 agreed, 3 refused, 4 withdrawn, 6 withdrawn after approval, 7 deleted.
    pub status: i64,
    pub created_ms: i64,
}

impl Instance {
    pub fn new(creator: &str, template: &str, name: &str, contents: Vec<Value>, steps: Vec<Step>) -> Self {
        Self {
            number: String::new(),
            creator: creator.to_owned(),
            template: template.to_owned(),
            name: name.to_owned(),
            contents,
            steps,
            acts: Vec::new(),
            comments: Vec::new(),
            status: 1,
            created_ms: 0,
        }
    }

    /// Asks the approvers of a step.
    fn open_step(&mut self, step: usize) {
        let users = self.steps.get(step).map(|s| s.users.clone()).unwrap_or_default();
        let waiting = |user| Act { step, user, speech: String::new(), state: 1, at_ms: None };
        self.acts.extend(users.into_iter().map(waiting));
    }
}

/// All approvals, deleted ones too, in the order of their creation.
#[derive(Default)]
pub(super) struct Instances(Vec<Instance>);

impl Instances {
    pub fn list(&self) -> impl Iterator<Item = &Instance> {
        self.0.iter()
    }

    pub fn get(&self, number: &str) -> Option<&Instance> {
        self.0.iter().find(|i| i.number == number)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    fn get_mut(&mut self, number: &str) -> Result<&mut Instance, ActionError> {
        let found = self.0.iter_mut().find(|i| i.number == number);
        found.ok_or_else(|| ActionError::NotFound(format!("approval {number}")))
    }
}

/// How an approval ends without a decision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Withdrawn,
    Deleted,
}

impl WeCom {
    /// Numbers are the day in China and a count.
    pub(super) fn start(&mut self, now_ms: i64, mut instance: Instance) -> String {
        let day = Timestamp::from_millisecond(now_ms)
            .map(|at| at.to_zoned(TimeZone::fixed(Offset::constant(8))).strftime("%Y%m%d").to_string())
            .unwrap_or_default();
        instance.number = format!("{day}{:04}", self.instances.count() + 1);
        instance.created_ms = now_ms;
        instance.open_step(0);
        let number = instance.number.clone();
        self.publish(now_ms, &instance, 1);
        self.instances.0.push(instance);
        number
    }

    /// The approver whose turn it is agrees or refuses; an empty user is whoever's turn it is.
    pub(super) fn decide(
        &mut self,
        now_ms: i64,
        number: &str,
        user: &str,
        speech: &str,
        agree: bool,
    ) -> Result<(), ActionError> {
        let instance = self.instances.get_mut(number)?;
        let turn = |act: &&mut Act| act.state == 1 && (user.is_empty() || act.user == user);
        let running = instance.status == 1;
        let act = instance.acts.iter_mut().find(turn).filter(|_| running);
        let act = act.ok_or_else(|| ActionError::NotNow(format!("nothing waits for {user} in {number}")))?;
        (act.state, act.at_ms) = (if agree { 2 } else { 3 }, Some(now_ms));
        speech.clone_into(&mut act.speech);
        let step = act.step;
        let all = instance.steps.get(step).is_some_and(|s| s.all);
        let agreed = |act: &Act| act.step == step && act.state == 1;
        let done = agree && (!all || !instance.acts.iter().any(agreed));
        if !agree {
            instance.status = 3;
        } else if done && step + 1 == instance.steps.len() {
            instance.status = 2;
        } else if done {
            instance.acts.retain(|act| act.state != 1);
            instance.open_step(step + 1);
        }
        if instance.status != 1 {
            instance.acts.retain(|act| act.state != 1);
        }
        let snapshot = instance.clone();
        self.publish(now_ms, &snapshot, if agree { 2 } else { 3 });
        Ok(())
    }

    /// Withdrawn by the originator, also after it was agreed to, or deleted.
    pub(super) fn end(&mut self, now_ms: i64, number: &str, ending: Ending) -> Result<(), ActionError> {
        let instance = self.instances.get_mut(number)?;
        let (status, change) = match (ending, instance.status) {
            (Ending::Deleted, _) => (7, 0),
            (Ending::Withdrawn, 1) => (4, 6),
            (Ending::Withdrawn, 2) => (6, 8),
            (Ending::Withdrawn, _) => return Err(ActionError::NotNow(format!("{number} has ended"))),
        };
        instance.status = status;
        let snapshot = instance.clone();
        self.publish(now_ms, &snapshot, change);
        Ok(())
    }

    /// Somebody comments.
    pub(super) fn comment(&mut self, now_ms: i64, number: &str, text: &str) -> Result<(), ActionError> {
        let instance = self.instances.get_mut(number)?;
        instance.comments.push((text.to_owned(), now_ms));
        let snapshot = instance.clone();
        self.publish(now_ms, &snapshot, 10);
        Ok(())
    }

    fn publish(&mut self, now_ms: i64, instance: &Instance, change: i64) {
        let event = super::callbacks::event(&self.options, instance, change, now_ms);
        self.callbacks.push(now_ms, event, self.options.callback_url.is_some());
    }
}
