//! Nodes and ways as a graph: what leads where, what cannot be reached, what goes round without a rest.

use super::finding::{At, Findings};
use crate::bpmn::{Element, Flow, Kind, Process, Trigger};
use crate::definition::{Definition, Node, NodeKind, Way};
use crate::expression::Expression;
use crate::people::Assignee;
use std::collections::{HashMap, HashSet};

/// A process as a graph.
pub(super) struct Graph<'p> {
    pub process: &'p Process,
    pub by_id: HashMap<&'p str, usize>,
    /// Whole ways: both ends are there.
    pub ways: Vec<Edge<'p>>,
    pub incoming: Vec<Vec<usize>>,
    pub outgoing: Vec<Vec<usize>>,
    pub start: Option<usize>,
    /// Whether every element is run and every reference leads somewhere.
    pub is_whole: bool,
    /// Of an exclusive gateway: the way when no condition holds.
    pub defaults: HashMap<usize, usize>,
}

/// A way.
pub(super) struct Edge<'p> {
    pub flow: &'p Flow,
    pub from: usize,
    pub to: usize,
    pub condition: Option<Expression>,
}

/// What a node was made into.
pub(super) struct Compiled {
    pub does: NodeKind,
    pub cc: Vec<Assignee>,
    pub seq: Option<u32>,
}

impl<'p> Graph<'p> {
    pub fn of(process: &'p Process, found: &mut Findings) -> Self {
        let mut by_id = HashMap::new();
        for (at, element) in process.elements.iter().enumerate() {
            by_id.entry(element.id.as_str()).or_insert(at);
        }
        let count = process.elements.len();
        let mut graph = Self {
            process,
            by_id,
            ways: Vec::new(),
            incoming: vec![Vec::new(); count],
            outgoing: vec![Vec::new(); count],
            start: None,
            is_whole: true,
            defaults: HashMap::new(),
        };
        graph.connect(found);
        graph.ends(found);
        graph
    }

    pub fn element(&self, at: usize) -> Option<&'p Element> {
        self.process.elements.get(at)
    }

    pub fn kind(&self, at: usize) -> Kind {
        self.element(at).map_or(Kind::Unsupported, |element| element.kind)
    }

    pub fn at(&self, node: usize) -> At<'p> {
        self.element(node).map_or_else(At::file, |element| At::new(&element.id, element.line))
    }

    /// Where a node's ways lead.
    pub fn next(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let ways = self.outgoing.get(node).into_iter().flatten();
        ways.filter_map(|way| Some(self.ways.get(*way)?.to))
    }

    pub fn ways_out(&self, node: usize) -> &[usize] {
        self.outgoing.get(node).map_or(&[], Vec::as_slice)
    }

    pub fn ways_in(&self, node: usize) -> &[usize] {
        self.incoming.get(node).map_or(&[], Vec::as_slice)
    }

    /// Boundary events of a node.
    pub fn attached(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let id = self.element(node).map(|element| element.id.as_str());
        let events = self.process.elements.iter().enumerate().filter(|(_, e)| e.kind == Kind::Boundary);
        events.filter(move |(_, event)| event.attached_to.as_deref() == id).map(|(at, _)| at)
    }

    fn connect(&mut self, found: &mut Findings) {
        for flow in &self.process.flows {
            let at = At::new(&flow.id, flow.line);
            let ends = (self.by_id.get(flow.source.as_str()), self.by_id.get(flow.target.as_str()));
            if ends.0.is_none() {
                let (zh, en) = missing("sourceRef", &flow.source);
                found.blocking("flow-source", at, zh, en);
            }
            if ends.1.is_none() {
                let (zh, en) = missing("targetRef", &flow.target);
                found.blocking("flow-target", at, zh, en);
            }
            let (Some(from), Some(to)) = (ends.0.copied(), ends.1.copied()) else {
                self.is_whole = false;
                continue;
            };
            let way = self.ways.len();
            self.ways.push(Edge { flow, from, to, condition: None });
            self.outgoing.get_mut(from).into_iter().for_each(|ways| ways.push(way));
            self.incoming.get_mut(to).into_iter().for_each(|ways| ways.push(way));
        }
    }

    /// Beginning and ends.
    fn ends(&mut self, found: &mut Findings) {
        let of = |kind: Kind| self.process.elements.iter().enumerate().filter(move |(_, e)| e.kind == kind);
        let process = At::new(&self.process.id, self.process.line);
        let mut starts = of(Kind::Start);
        match starts.next() {
            None => found.blocking("start-missing", process, "流程没有开始事件", "the process has no start event"),
            Some((at, _)) => self.start = Some(at),
        }
        for (at, element) in starts {
            found.blocking(
                "start-several",
                self.at(at),
                format!("流程有多个开始事件：{}", element.id),
                format!("the process has another start event: {}", element.id),
            );
        }
        if of(Kind::End).next().is_none() {
            found.blocking("end-missing", process, "流程没有结束事件", "the process has no end event");
        }
    }

    /// Puts the graph into a definition.
    pub fn finish(self, mut definition: Definition, compiled: Vec<Compiled>) -> Definition {
        let Self { process, mut incoming, mut outgoing, ways, defaults, .. } = self;
        for (at, (element, mut compiled)) in process.elements.iter().zip(compiled).enumerate() {
            if let NodeKind::Exclusive { default } = &mut compiled.does {
                *default = defaults.get(&at).copied();
            }
            let name = if element.name.trim().is_empty() { &element.id } else { &element.name };
            definition.nodes.push(Node {
                id: element.id.clone(),
                name: name.trim().to_owned(),
                seq: compiled.seq,
                does: compiled.does,
                cc: compiled.cc,
                incoming: incoming.get_mut(at).map(std::mem::take).unwrap_or_default(),
                outgoing: outgoing.get_mut(at).map(std::mem::take).unwrap_or_default(),
                within: None,
            });
        }
        definition.ways = ways
            .into_iter()
            .map(|edge| Way {
                id: edge.flow.id.clone(),
                name: edge.flow.name.clone(),
                to: edge.to,
                condition: edge.condition,
                within: None,
            })
            .collect();
        definition
    }
}

fn missing(attribute: &str, target: &str) -> (String, String) {
    match target.is_empty() {
        true => (format!("缺少{attribute}"), format!("{attribute} is missing")),
        false => (
            format!("{attribute}引用的{target}不是本流程的节点"),
            format!("{attribute} names {target}, which is no node of the process"),
        ),
    }
}

/// That every node is reached from the start, and an end from every node.
pub(super) fn reachable(graph: &Graph<'_>, found: &mut Findings) {
    let count = graph.process.elements.len();
    if let Some(start) = graph.start {
        let reached = walk(count, vec![start], |node| {
            let mut next: Vec<usize> = graph.next(node).collect();
            next.extend(graph.attached(node));
            next
        });
        for at in (0..count).filter(|at| !reached.contains(at)) {
            // What is attached to nothing is told by itself; so is a second start.
            if !matches!(graph.kind(at), Kind::Start | Kind::Boundary) {
                let id = graph.element(at).map_or("", |element| &element.id);
                let (zh, en) = (format!("从开始事件无法到达{id}"), format!("{id} is not reached from the start"));
                found.blocking("unreachable", graph.at(at), zh, en);
            }
        }
    }
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
    for edge in &graph.ways {
        before.get_mut(edge.to).into_iter().for_each(|from| from.push(edge.from));
    }
    for at in 0..count {
        for event in graph.attached(at) {
            before.get_mut(event).into_iter().for_each(|from| from.push(at));
        }
    }
    let ends = (0..count).filter(|at| is_end(graph, *at)).collect();
    let leading = walk(count, ends, |node| before.get(node).cloned().unwrap_or_default());
    for at in (0..count).filter(|at| !leading.contains(at)) {
        let id = graph.element(at).map_or("", |element| &element.id);
        let (zh, en) = (format!("从{id}无法到达结束"), format!("no end is reached from {id}"));
        found.blocking("no-way-to-end", graph.at(at), zh, en);
    }
}

/// An end event, or a task that nothing follows.
fn is_end(graph: &Graph<'_>, at: usize) -> bool {
    let stops = graph.ways_out(at).is_empty();
    graph.kind(at) == Kind::End
        || (stops && matches!(graph.kind(at), Kind::UserTask | Kind::ServiceTask | Kind::Catch | Kind::Boundary))
}

fn walk(count: usize, from: Vec<usize>, next: impl Fn(usize) -> Vec<usize>) -> HashSet<usize> {
    let mut seen: HashSet<usize> = from.iter().copied().collect();
    let mut open = from;
    while let Some(node) = open.pop() {
        for node in next(node).into_iter().filter(|node| *node < count) {
            if seen.insert(node) {
                open.push(node);
            }
        }
    }
    seen
}

/// That nothing goes round without people or a time in it.
pub(super) fn cycles(graph: &Graph<'_>, found: &mut Findings) {
    let count = graph.process.elements.len();
    let rests = |at: usize| {
        let timed = graph.element(at).is_some_and(|element| element.triggers.contains(&Trigger::Timer));
        graph.kind(at) == Kind::UserTask || timed
    };
    // Nodes that nothing without a rest leads to are taken away until none is left.
    let mut into = vec![0_usize; count];
    let moves = |at: usize| {
        let mut next: Vec<usize> = graph.next(at).collect();
        next.extend(graph.attached(at));
        next.retain(|to| !rests(*to));
        next
    };
    for at in (0..count).filter(|at| !rests(*at)) {
        for to in moves(at) {
            into.get_mut(to).into_iter().for_each(|n| *n += 1);
        }
    }
    let mut free: Vec<usize> = (0..count).filter(|at| !rests(*at) && into.get(*at) == Some(&0)).collect();
    let mut left: HashSet<usize> = (0..count).filter(|at| !rests(*at)).collect();
    while let Some(at) = free.pop() {
        left.remove(&at);
        for to in moves(at) {
            if let Some(n) = into.get_mut(to) {
                *n -= 1;
                if *n == 0 {
                    free.push(to);
                }
            }
        }
    }
    // What is left is on a cycle, or behind one; the first of the file that comes back to itself is named.
    let circular = |at: &usize| {
        walk(count, moves(*at), |node| if left.contains(&node) { moves(node) } else { Vec::new() }).contains(at)
    };
    let mut in_order: Vec<usize> = left.iter().copied().collect();
    in_order.sort_unstable();
    if let Some(at) = in_order.into_iter().find(circular) {
        let id = graph.element(at).map_or("", |element| &element.id);
        found.blocking(
            "cycle-without-rest",
            graph.at(at),
            format!("经过{id}的循环中没有用户任务或定时，会无休止执行"),
            format!("the cycle through {id} has no user task and no timer in it, and would never rest"),
        );
    }
}
