//! Following tokens through a process: that what is split is joined, and what is joined was split.
//!
//! Tokens that can move are moved one at a time, always the first: their moves are independent of one another, since a
//! join waits for all of its ways whatever their order, and a choice concerns its own token alone. So the ends that are
//! found are all ends there are, without the orders in which they come about.

use super::finding::Findings;
use super::shape::Graph;
use crate::bpmn::Kind;
use std::collections::{BTreeMap, HashSet};

/// States that are looked at.
const MAX_STATES: usize = 20_000;
/// Tokens of a state, beyond which something multiplies them.
const TOKENS: usize = 256;

/// Where tokens are: those that can move, and how many wait at a join, by the way they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct State {
    moving: Vec<usize>,
    waiting: BTreeMap<usize, u32>,
}

/// What is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Trouble {
    Deadlock(usize),
    Unsynchronised(usize),
    NotJoined(usize),
}

/// Follows every token from the start.
pub(super) fn follow(graph: &Graph<'_>, found: &mut Findings) {
    let Some(start) = graph.start else { return };
    let first = State { moving: vec![start], waiting: BTreeMap::new() };
    let mut seen = HashSet::from([first.clone()]);
    let mut open = vec![first];
    let mut troubles = HashSet::new();
    while let Some(state) = open.pop() {
        match advance(graph, state) {
            Ok(next) => {
                for state in next {
                    if seen.len() < MAX_STATES && !seen.contains(&state) {
                        seen.insert(state.clone());
                        open.push(state);
                    }
                }
            }
            Err(trouble) => {
                troubles.insert(trouble);
            }
        }
    }
    if seen.len() >= MAX_STATES {
        found.warning(
            "parallel-not-followed",
            super::At::new(&graph.process.id, graph.process.line),
            "并行与选择的组合过多，未能全部检查",
            "choices within parallel ways are too many to follow them all",
        );
    }
    let mut troubles: Vec<Trouble> = troubles.into_iter().collect();
    troubles.sort_unstable_by_key(|trouble| match trouble {
        Trouble::Deadlock(at) => (0, *at),
        Trouble::Unsynchronised(at) => (1, *at),
        Trouble::NotJoined(at) => (2, *at),
    });
    troubles.into_iter().for_each(|trouble| report(graph, trouble, found));
}

fn report(graph: &Graph<'_>, trouble: Trouble, found: &mut Findings) {
    let name = |at: usize| graph.element(at).map_or("", |element| element.id.as_str());
    match trouble {
        Trouble::Deadlock(at) => found.blocking(
            "parallel-deadlock",
            graph.at(at),
            format!("并行网关{}等待的分支可能永远不会全部到达（合并了未分出的分支）", name(at)),
            format!("the parallel gateway {} may wait for ever: not all of its ways were split", name(at)),
        ),
        Trouble::Unsynchronised(at) => found.blocking(
            "parallel-unsynchronised",
            graph.at(at),
            format!("并行分支未经并行网关合并即到达{}，会被执行多次", name(at)),
            format!("parallel ways come to {} without being joined; it would be done several times", name(at)),
        ),
        Trouble::NotJoined(at) => found.blocking(
            "parallel-no-join",
            graph.at(at),
            format!("{}分出的并行分支没有合并", name(at)),
            format!("the parallel ways that {} splits into are not joined", name(at)),
        ),
    }
}

/// The states after the first token that can move has moved.
fn advance(graph: &Graph<'_>, mut state: State) -> Result<Vec<State>, Trouble> {
    let Some(at) = state.moving.pop() else {
        let waits = state.waiting.keys().next().and_then(|way| graph.ways.get(*way)).map(|way| way.to);
        return waits.map_or(Ok(Vec::new()), |join| Err(Trouble::Deadlock(join)));
    };
    let ways = graph.ways_out(at);
    let is_over = ways.is_empty();
    if is_over && (!state.moving.is_empty() || !state.waiting.is_empty()) {
        return Err(ended_alone(graph, at, &state));
    }
    if graph.kind(at) == Kind::Exclusive {
        return ways.iter().map(|way| arrive(graph, state.clone(), &[*way])).collect();
    }
    let mut next = Vec::new();
    // A boundary event takes the token over.
    for event in graph.attached(at) {
        let mut taken = state.clone();
        taken.moving.push(event);
        next.push(taken);
    }
    next.push(arrive(graph, state, ways)?);
    Ok(next)
}

/// A way ends while others go on: where it was split.
fn ended_alone(graph: &Graph<'_>, at: usize, state: &State) -> Trouble {
    // A join that waits for what has ended is what people see.
    if state.moving.is_empty()
        && let Some(join) = state.waiting.keys().next().and_then(|way| graph.ways.get(*way)).map(|way| way.to)
    {
        return Trouble::Deadlock(join);
    }
    let split = |node: &usize| graph.ways_out(*node).len() > 1 && graph.kind(*node) != Kind::Exclusive;
    let (mut open, mut seen) = (vec![at], HashSet::from([at]));
    while let Some(node) = open.pop() {
        for way in graph.ways_in(node) {
            let Some(edge) = graph.ways.get(*way) else { continue };
            if split(&edge.from) {
                return Trouble::NotJoined(edge.from);
            }
            if seen.insert(edge.from) {
                open.insert(0, edge.from);
            }
        }
    }
    Trouble::NotJoined(at)
}

/// Takes tokens along these ways, and through joins that are complete.
fn arrive(graph: &Graph<'_>, mut state: State, ways: &[usize]) -> Result<State, Trouble> {
    for way in ways {
        let Some(edge) = graph.ways.get(*way) else { continue };
        let joins = graph.kind(edge.to) == Kind::Parallel && graph.ways_in(edge.to).len() > 1;
        if !joins {
            if state.moving.contains(&edge.to) {
                return Err(Trouble::Unsynchronised(edge.to));
            }
            state.moving.push(edge.to);
            if state.moving.len() > TOKENS {
                return Err(Trouble::Unsynchronised(edge.to));
            }
            continue;
        }
        let count = state.waiting.entry(*way).or_default();
        *count += 1;
        if *count > 1 {
            return Err(Trouble::Unsynchronised(edge.to));
        }
        let all = graph.ways_in(edge.to).iter().all(|way| state.waiting.contains_key(way));
        if all {
            graph.ways_in(edge.to).iter().for_each(|way| {
                state.waiting.remove(way);
            });
            state.moving.push(edge.to);
        }
    }
    Ok(state)
}
