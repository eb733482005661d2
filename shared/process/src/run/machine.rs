//! Tokens on their way.

use super::event::{Effect, Entry, EntryKind, Environment, Refused, Step, Stop};
use super::instance::{Incident, Instance, State, Token};
use super::scope::Scope;
use super::{MAX_TOUCHED, too_many_people, touched};
use crate::definition::{Definition, Node, NodeKind, Service};
use crate::expression::Wrong;
use crate::people::{Assignee, NoOne, Question};
use crate::words::Words;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

/// Nodes passed in one step.
const MAX_MOVES: usize = 2_000;
/// Tokens of an instance.
const MAX_TOKENS: usize = 100;

/// An instance on its way from one rest to the next.
pub(super) struct Machine<'a> {
    pub definition: &'a Definition,
    pub environment: &'a Environment<'a>,
    pub instance: Instance,
    pub history: Vec<Entry>,
    pub effects: Vec<Effect>,
    /// The form's data, as it is with what was filled in.
    pub data: Cow<'a, Map<String, Json>>,
    /// Who has to be known, and is not yet.
    pub needs: BTreeSet<Question>,
    /// Departments whose managers do what comes next.
    pub managers: Vec<String>,
    /// Whether what cannot be worked out stops its token, since nobody is there to be told; otherwise the step is refused.
    pub lenient: bool,
    /// Whether a user task was come to.
    pub met_people: bool,
    before: Instance,
    moves: VecDeque<Move>,
    made: usize,
}

/// Codes of people, and why others are not among them.
pub(super) type Found = (Vec<String>, Vec<Words>);

/// What a token does next.
enum Move {
    /// It comes to a node.
    Enter(usize),
    /// It takes a way.
    Take(usize),
}

impl<'a> Machine<'a> {
    pub fn new(definition: &'a Definition, instance: Instance, environment: &'a Environment<'a>) -> Self {
        Self {
            definition,
            environment,
            data: Cow::Borrowed(environment.data),
            before: instance.clone(),
            instance,
            history: Vec::new(),
            effects: Vec::new(),
            needs: BTreeSet::new(),
            managers: Vec::new(),
            lenient: false,
            met_people: false,
            moves: VecDeque::new(),
            made: 0,
        }
    }

    /// What came of it all.
    pub fn finish(mut self) -> Result<Step, Stop> {
        if !self.needs.is_empty() {
            return Err(Stop::Needs(self.needs.into_iter().collect()));
        }
        if !self.managers.is_empty() && !self.met_people {
            return Err(Stop::Refused(Refused::new(
                "process.no-next-node",
                "下一步没有审批节点，无法对部门经理发起任务",
                "no user task comes next that the managers could do",
            )));
        }
        if touched(&self.effects) > MAX_TOUCHED {
            return Err(Stop::Refused(too_many_people()));
        }
        let changed = !self.history.is_empty() || self.instance != self.before;
        if changed {
            self.instance.updated_ms = self.environment.now_ms;
        }
        let data = match self.data {
            Cow::Owned(data) => Some(data),
            Cow::Borrowed(_) => None,
        };
        Ok(Step { instance: self.instance, history: self.history, effects: self.effects, changed, data })
    }

    pub fn scope(&self) -> Scope<'_> {
        Scope { definition: self.definition, instance: &self.instance, data: &self.data }
    }

    pub fn node(&self, at: usize) -> Option<&'a Node> {
        self.definition.nodes.get(at)
    }

    pub fn service(&self, at: usize) -> Option<&'a Service> {
        match &self.node(at)?.does {
            NodeKind::Service(service) => Some(service),
            _ => None,
        }
    }

    /// Starts from the start.
    pub fn begin(&mut self) -> Result<(), Refused> {
        self.enter(self.definition.start);
        self.run()
    }

    pub fn enter(&mut self, at: usize) {
        self.moves.push_back(Move::Enter(at));
    }

    /// Takes every way out of a node.
    pub fn leave(&mut self, at: usize) {
        let ways = self.node(at).into_iter().flat_map(|node| node.outgoing.iter().copied());
        self.moves.extend(ways.map(Move::Take));
    }

    /// Moves tokens until all of them rest.
    pub fn run(&mut self) -> Result<(), Refused> {
        while let Some(next) = self.moves.pop_front() {
            self.made += 1;
            if self.made > MAX_MOVES || self.instance.tokens.len() > MAX_TOKENS {
                let (zh, en) = ("流程未能停下，请检查循环", "the process does not come to rest; look for a cycle");
                return Err(Refused::new("process.endless", zh, en));
            }
            match next {
                Move::Enter(at) => self.come_to(at)?,
                Move::Take(way) => self.take(way),
            }
        }
        self.end_if_over();
        Ok(())
    }

    fn take(&mut self, way: usize) {
        let Some((to, id)) = self.definition.ways.get(way).map(|way| (way.to, way.id.clone())) else { return };
        let Some(node) = self.node(to) else { return };
        if !matches!(node.does, NodeKind::Parallel) || node.incoming.len() < 2 {
            return self.moves.push_back(Move::Enter(to));
        }
        *self.instance.joins.entry(id).or_default() += 1;
        let ids: Vec<&String> =
            node.incoming.iter().filter_map(|way| self.definition.ways.get(*way)).map(|way| &way.id).collect();
        if ids.iter().all(|id| self.instance.joins.get(*id).is_some_and(|count| *count > 0)) {
            for id in ids {
                if let Some(count) = self.instance.joins.get_mut(id) {
                    *count -= 1;
                }
            }
            self.instance.joins.retain(|_, count| *count > 0);
            self.moves.push_back(Move::Enter(to));
        }
    }

    fn come_to(&mut self, at: usize) -> Result<(), Refused> {
        let Some(node) = self.node(at) else { return Ok(()) };
        match &node.does {
            NodeKind::Start => {
                self.copy(node)?;
                self.leave(at);
            }
            NodeKind::End => self.copy(node)?,
            NodeKind::Copy => {
                self.copy(node)?;
                self.leave(at);
            }
            NodeKind::Parallel | NodeKind::Overdue { .. } | NodeKind::Failed { .. } => self.leave(at),
            NodeKind::Exclusive { default } => match self.choose(node, *default) {
                Ok(way) => self.moves.push_back(Move::Take(way)),
                Err(wrong) => self.cannot(node, wrong)?,
            },
            NodeKind::User(task) => self.open(node, task)?,
            NodeKind::Service(service) => self.call(node, service)?,
            NodeKind::Timer(when) => {
                let due = when.at(self.environment.now_ms, &self.scope());
                match due {
                    Ok(due) => {
                        let token = self.rest(node);
                        self.token_mut(token).into_iter().for_each(|token| token.due_ms = Some(due));
                        self.wrote_at(EntryKind::Entered, Some(&node.id), |_| ());
                    }
                    Err(wrong) => self.cannot(node, wrong.into())?,
                }
            }
        }
        Ok(())
    }

    fn choose(&self, node: &Node, default: Option<usize>) -> Result<usize, Refused> {
        let scope = self.scope();
        for way in node.outgoing.iter().filter(|way| Some(**way) != default) {
            let condition = self.definition.ways.get(*way).map(|way| way.condition.as_ref());
            let holds = match condition {
                Some(Some(condition)) => condition.holds(&scope)?,
                Some(None) => true,
                None => false,
            };
            if holds {
                return Ok(*way);
            }
        }
        default.ok_or_else(|| {
            Refused::new(
                "process.no-way",
                format!("节点{}的条件都不满足，且没有默认流", node.name),
                format!("no condition of {} holds, and it has no default", node.name),
            )
        })
    }

    fn call(&mut self, node: &'a Node, service: &Service) -> Result<(), Refused> {
        let request = match service.request(&self.data, &self.scope()) {
            Ok(request) => request,
            Err(wrong) => return self.cannot(node, wrong.into()),
        };
        let token = self.rest(node);
        let visit = self.token_mut(token).map_or(1, |token| token.visit);
        let key = format!("{}/{}/{visit}", self.instance.number, node.id);
        self.wrote_at(EntryKind::Called, Some(&node.id), |_| ());
        self.effects.push(Effect::Service { token, node: node.id.clone(), visit, key, request });
        Ok(())
    }

    /// A token that waits for this call, and no other.
    pub fn waiting_service(&self, token: u32, visit: u32) -> Option<usize> {
        if self.instance.state != State::Running {
            return None;
        }
        let waits = |t: &&Token| t.id == token && t.visit == visit && t.incident.is_none();
        let token = self.instance.tokens.iter().find(waits)?;
        let at = *self.definition.by_id.get(&token.node)?;
        self.service(at).is_some().then_some(at)
    }

    /// A token rests at a node.
    pub fn rest(&mut self, node: &Node) -> u32 {
        let visit = self.instance.visits.entry(node.id.clone()).or_default();
        *visit = visit.saturating_add(1);
        let id = self.instance.next_token;
        self.instance.next_token = id.saturating_add(1);
        self.instance.tokens.push(Token {
            id,
            node: node.id.clone(),
            visit: *visit,
            since_ms: self.environment.now_ms,
            due_ms: None,
            incident: None,
        });
        id
    }

    pub fn token_mut(&mut self, id: u32) -> Option<&mut Token> {
        self.instance.tokens.iter_mut().find(|token| token.id == id)
    }

    pub fn remove(&mut self, id: u32) {
        self.instance.tokens.retain(|token| token.id != id);
    }

    /// Something cannot be worked out: the caller is told, or, where nobody is, the token stops at the node.
    pub fn cannot(&mut self, node: &Node, why: Refused) -> Result<(), Refused> {
        if !self.lenient {
            return Err(why);
        }
        let token = self.rest(node);
        self.stop(token, why.code, why.words);
        Ok(())
    }

    /// Stops a token.
    pub fn stop(&mut self, token: u32, code: &str, words: Words) {
        let at_ms = self.environment.now_ms;
        let incident = Incident { code: code.to_owned(), words: words.clone(), at_ms };
        let Some(stopped) = self.token_mut(token) else { return };
        stopped.incident = Some(incident);
        let node = stopped.node.clone();
        let words_zh = words.zh.clone();
        self.wrote_at(EntryKind::Stopped, Some(&node), |entry| entry.comment = words_zh);
        self.effects.push(Effect::Stopped { node, token, code: code.to_owned(), words });
    }

    /// Whom a rule names; `None` while that is not known. Who is not there is told beside.
    pub fn people(&mut self, rules: &[Assignee]) -> Result<Option<Found>, Wrong> {
        let mut questions = Vec::new();
        for rule in rules {
            questions.extend(rule.questions(&self.instance.initiator, &self.scope())?);
        }
        let (mut people, mut gone, mut known) = (Vec::new(), Vec::new(), true);
        for question in questions {
            match self.environment.answers.get(&question) {
                None => {
                    self.needs.insert(question);
                    known = false;
                }
                Some(Ok(codes)) if codes.is_empty() => gone.push(NoOne::Nobody.words(&question)),
                Some(Ok(codes)) => people.extend(codes.iter().cloned()),
                Some(Err(why)) => gone.push(why.words(&question)),
            }
        }
        let mut seen = BTreeSet::new();
        people.retain(|code: &String| seen.insert(code.clone()));
        Ok(known.then_some((people, gone)))
    }

    /// Sends copies of what a node says.
    pub fn copy(&mut self, node: &Node) -> Result<(), Refused> {
        if node.cc.is_empty() {
            return Ok(());
        }
        // Nobody waits for a copy: whoever is not there gets none.
        let people = match self.people(&node.cc) {
            Ok(Some((people, _))) => people,
            Ok(None) => return Ok(()),
            Err(wrong) if self.lenient => {
                tracing::warn!(process.number = %self.instance.number, error.code = wrong.code, error.message = %wrong.en, "a copy is sent to nobody");
                return Ok(());
            }
            Err(wrong) => return Err(wrong.into()),
        };
        if people.is_empty() {
            return Ok(());
        }
        let named = people.clone();
        self.wrote_at(EntryKind::Copied, Some(&node.id), |entry| entry.people = named);
        self.effects.push(Effect::Copied { node: node.id.clone(), people });
        Ok(())
    }

    fn end_if_over(&mut self) {
        if self.instance.state != State::Running || !self.instance.tokens.is_empty() || !self.needs.is_empty() {
            return;
        }
        let waiting = self.instance.joins.keys().next().cloned();
        match waiting.and_then(|way| self.definition.ways.iter().find(|other| other.id == way)).map(|way| way.to) {
            None => {
                self.wrote(EntryKind::Passed, |_| ());
                self.become_(State::Passed);
            }
            Some(join) => {
                let Some(node) = self.node(join) else { return };
                let token = self.rest(node);
                let words = Words::new(
                    format!("并行网关{}等待的分支不会到达", node.name),
                    format!("{} waits for a way that nothing comes by", node.name),
                );
                self.stop(token, "process.deadlock", words);
            }
        }
    }

    pub fn become_(&mut self, state: State) {
        self.instance.state = state;
        self.instance.ended_ms = Some(self.environment.now_ms);
        self.effects.push(Effect::Became { state });
    }

    pub fn set(&mut self, name: &str, value: Json) {
        self.instance.variables.insert(name.to_owned(), value);
    }

    pub fn wrote(&mut self, did: EntryKind, fill: impl FnOnce(&mut Entry)) {
        self.wrote_at(did, None, fill);
    }

    /// Writes an entry of the history.
    pub fn wrote_at(&mut self, did: EntryKind, node: Option<&str>, fill: impl FnOnce(&mut Entry)) {
        let name = node.and_then(|id| self.definition.node(id)).map(|node| node.name.clone());
        let mut entry = Entry {
            seq: self.instance.seq,
            at_ms: self.environment.now_ms,
            round: self.instance.round,
            did,
            node: node.map(str::to_owned),
            name,
            task: None,
            by: String::new(),
            people: Vec::new(),
            to: None,
            comment: String::new(),
            changes: Vec::new(),
        };
        fill(&mut entry);
        self.instance.seq += 1;
        self.history.push(entry);
    }
}
