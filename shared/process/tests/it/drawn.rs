//! Drawn processes and drawn sequences of what callers do to them: whatever comes, an instance is one.

use crate::build::{NOW, Played, definition, graph, none};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use tenon_process::Words;
use tenon_process::run::{Decide, Effect, Event, State, Step, Target, TaskState};

/// A well-formed piece of a process.
#[derive(Clone, Debug)]
enum Block {
    User,
    Service,
    Row(Vec<Block>),
    Either(Vec<Block>),
    All(Vec<Block>),
    Again(Box<Block>),
}

fn block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![3 => Just(Block::User), 1 => Just(Block::Service)];
    leaf.prop_recursive(4, 14, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Block::Row),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Block::Either),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Block::All),
            inner.prop_map(|block| Block::Again(Box::new(Block::Row(vec![block, Block::User])))),
        ]
    })
}

#[derive(Default)]
struct Drawing {
    ways: Vec<String>,
    count: usize,
}

impl Drawing {
    fn id(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}{}", self.count)
    }

    fn way(&mut self, from: &str, to: &str) {
        self.ways.push(format!("{from}>{to}"));
    }

    /// Draws a piece behind a node; its last node.
    fn draw(&mut self, block: &Block, from: &str) -> String {
        match block {
            Block::User | Block::Service => {
                let id = self.id(if matches!(block, Block::User) { "u" } else { "v" });
                self.way(from, &id);
                id
            }
            Block::Row(row) => row.iter().fold(from.to_owned(), |from, block| self.draw(block, &from)),
            Block::All(blocks) => {
                let (split, join) = (self.id("p"), self.id("p"));
                self.way(from, &split);
                for block in blocks {
                    let last = self.draw(block, &split);
                    self.way(&last, &join);
                }
                join
            }
            Block::Either(blocks) => {
                let (split, merge) = (self.id("x"), self.id("x"));
                self.way(from, &split);
                for (at, block) in blocks.iter().enumerate() {
                    let first = self.ways.len();
                    let last = self.draw(block, &split);
                    let condition = if at == 0 { "!".to_owned() } else { format!("?amount_==_{at}") };
                    self.ways[first].push_str(&condition);
                    self.way(&last, &merge);
                }
                merge
            }
            Block::Again(block) => {
                let (begin, end) = (self.id("x"), self.id("x"));
                self.way(from, &begin);
                let last = self.draw(block, &begin);
                self.way(&last, &end);
                self.ways.push(format!("{end}>{begin}?amount_==_9"));
                let after = self.id("u");
                self.ways.push(format!("{end}>{after}!"));
                after
            }
        }
    }
}

fn drawn(block: &Block) -> String {
    let mut drawing = Drawing::default();
    let last = drawing.draw(block, "s");
    drawing.way(&last, "e");
    graph(&drawing.ways.join(" "), &[])
}

/// What a caller does, by drawn numbers.
fn event(play: &Played, (what, which, amount): (u8, u8, u8)) -> Event {
    let which = usize::from(which);
    let tasks: Vec<_> = play.instance.open_tasks().collect();
    let task = (!tasks.is_empty()).then(|| tasks[which % tasks.len()]);
    let nodes: Vec<_> = play.definition.user_tasks().map(|node| node.id.clone()).collect();
    let token = (!play.instance.tokens.is_empty()).then(|| &play.instance.tokens[which % play.instance.tokens.len()]);
    let by = ["app", "init", "a1", "root"][which % 4].to_owned();
    let decide = |target, approve, next| {
        let by = task.map_or_else(String::new, |task| task.assignees[0].clone());
        Event::Decide(Decide { target, approve, by, next, ..Decide::default() })
    };
    let of_task = || task.map_or(Target::Current, |task| Target::Task(task.id.clone()));
    match what % 16 {
        0..=4 => decide(of_task(), true, None),
        5 => decide(of_task(), false, None),
        6 => decide(Target::Current, true, None),
        7 => decide(Target::Node(nodes.get(which % nodes.len().max(1)).cloned().unwrap_or_default()), true, None),
        8 => decide(of_task(), true, nodes.get(which % nodes.len().max(1)).cloned()),
        9 => Event::Relaunch { by },
        10 if amount > 200 => Event::Discard { is_admin: by == "root", by, reason: String::new() },
        11 => Event::Urge { by },
        12 => Event::Retry { by, token: None },
        13 => Event::ServiceFailed {
            token: token.map_or(9, |t| t.id),
            visit: token.map_or(1, |t| t.visit),
            words: Words::default(),
        },
        _ => Event::ServiceDone {
            token: token.map_or(9, |t| t.id),
            visit: token.map_or(1, |t| t.visit),
            result: json!(amount),
        },
    }
}

/// What is true of every instance at every rest.
fn is_one(play: &Played, states: &BTreeMap<String, TaskState>) {
    let instance = &play.instance;
    let running = instance.state == State::Running;
    assert_eq!(running, !instance.tokens.is_empty(), "{instance:#?}");
    assert!(running || (instance.tasks.is_empty() && instance.joins.is_empty()), "{instance:#?}");
    assert!(running == instance.ended_ms.is_none());
    let ids: BTreeSet<u32> = instance.tokens.iter().map(|token| token.id).collect();
    assert_eq!(ids.len(), instance.tokens.len());
    let nodes: BTreeSet<&str> = instance.tokens.iter().map(|token| token.node.as_str()).collect();
    assert_eq!(nodes.len(), instance.tokens.len(), "two tokens where one should be: {instance:#?}");
    assert!(instance.joins.values().all(|count| *count == 1), "{instance:#?}");
    assert!(instance.tasks.iter().all(|task| ids.contains(&task.token)), "{instance:#?}");
    for token in &instance.tokens {
        let open = instance.open_tasks().filter(|task| task.token == token.id).count();
        let people = token.node.starts_with('u') && token.incident.is_none();
        assert_eq!(people, open > 0, "{instance:#?}");
        assert_ne!(token.incident.as_ref().map(|i| i.code.as_str()), Some("process.deadlock"), "{instance:#?}");
    }
    // Whoever was told of a task was told of its end, and nobody twice.
    let open: BTreeSet<&String> =
        states.iter().filter(|(_, state)| **state == TaskState::Open).map(|(id, _)| id).collect();
    assert_eq!(open, instance.open_tasks().map(|task| &task.id).collect());
}

fn apply(step: &Step, states: &mut BTreeMap<String, TaskState>) {
    for effect in &step.effects {
        match effect {
            Effect::TaskOpened { task } => assert_eq!(states.insert(task.id.clone(), TaskState::Open), None),
            Effect::TaskClosed { task } => {
                assert_eq!(states.insert(task.id.clone(), task.state), Some(TaskState::Open));
                assert_ne!(task.state, TaskState::Open);
            }
            _ => {}
        }
    }
}

fn cases() -> u32 {
    std::env::var("TENON_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_callers_do_an_instance_stays_one(
        block in block(),
        moves in proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 1..60),
    ) {
        let definition = definition(&drawn(&block));
        let (mut play, step) = Played::launch(&definition, json!({"amount": 0}));
        let mut states = BTreeMap::new();
        apply(&step, &mut states);
        is_one(&play, &states);
        let (mut seq, mut round) = (step.instance.seq, 1);
        for drawn in moves {
            play.now += 60_000;
            play.data.insert("amount".into(), json!(drawn.2 % 4));
            let event = event(&play, drawn);
            let before = play.instance.clone();
            match play.act(&event) {
                Err(code) => {
                    assert!(code.starts_with("process."), "{code}");
                    assert_eq!(before, play.instance);
                }
                Ok(step) => {
                    assert_eq!(step.changed, step.instance != before, "{event:?}");
                    for entry in &step.history {
                        assert_eq!(entry.seq, seq);
                        seq += 1;
                    }
                    let relaunched = u32::from(matches!(event, Event::Relaunch { .. }));
                    round += relaunched;
                    assert_eq!((step.instance.seq, step.instance.round), (seq, round));
                    apply(&step, &mut states);
                    is_one(&play, &states);
                }
            }
        }
    }

    #[test]
    fn a_well_formed_process_always_comes_to_its_end(block in block(), amounts in proptest::collection::vec(0_u8..4, 0..40)) {
        let definition = definition(&drawn(&block));
        let (mut play, _) = Played::launch(&definition, json!({"amount": 0}));
        let mut amounts = amounts.into_iter();
        for _ in 0..400 {
            play.data.insert("amount".into(), json!(amounts.next().unwrap_or(0)));
            let Some(token) = play.instance.tokens.first().cloned() else { break };
            match token.node.starts_with('v') {
                true => play.act(&Event::ServiceDone { token: token.id, visit: token.visit, result: none() }),
                false => play.decide(&token.node, true),
            }
            .unwrap();
        }
        assert_eq!(play.instance.state, State::Passed, "{:#?}", play.instance);
        assert!(play.now >= NOW);
    }

    /// A sound file that was cut, doubled and overwritten at some places is refused by words, or is sound still.
    #[test]
    fn whatever_comes_as_a_file_or_a_condition_is_answered(
        block in block(),
        cuts in proptest::collection::vec((any::<u16>(), 0_u8..4, "[<>&;/='\"{}$()\\[\\].,a-z0-9 ]{0,6}"), 1..6),
    ) {
        let mut xml = drawn(&block);
        for (at, what, text) in cuts {
            let mut at = usize::from(at) % (xml.len() + 1);
            while !xml.is_char_boundary(at) {
                at -= 1;
            }
            let (before, after) = xml.split_at(at);
            let skip = after.char_indices().nth(text.len()).map_or(after.len(), |(skip, _)| skip);
            xml = match what {
                0 => format!("{before}{text}{after}"),
                1 => format!("{before}{}", after.get(skip..).unwrap_or_default()),
                2 => format!("{before}{after}{}", after.get(..skip).unwrap_or_default()),
                _ => format!("{before}{text}{}", after.get(skip..).unwrap_or_default()),
            };
            let _ = tenon_process::expression::Expression::parse(&text);
        }
        let checked = crate::build::checked(&xml);
        assert_eq!(checked.blocking().count() == 0, checked.is_sound());
        assert!(checked.findings.iter().all(|finding| !finding.zh.is_empty() && !finding.en.is_empty()));
        if let Some(definition) = checked.definition {
            let _ = Played::try_launch(&definition, json!({"amount": 1}));
        }
    }
}
