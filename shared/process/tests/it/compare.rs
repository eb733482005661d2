//! Models for engines that we did not write (`scripts/process-engines.sh`): drawn processes, each with choices of its
//! gateways and how often its loops go round, and what is done in each here.

use crate::build::{Played, definition, graph};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(below).unwrap()).unwrap()
    }
}

/// A process as it is drawn: ways, choices with how many ways each has, loops with the task that ends each.
#[derive(Default)]
struct Model {
    ways: Vec<String>,
    count: usize,
    choices: BTreeMap<String, usize>,
    loops: BTreeMap<String, String>,
}

impl Model {
    fn id(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}{}", self.count)
    }

    fn task(&mut self, from: &str) -> String {
        let id = self.id("u");
        self.ways.push(format!("{from}>{id}"));
        id
    }

    /// Draws a piece behind a node; its last node.
    ///
    /// bpmn-engine does not come out of a loop that lies on a parallel way, so none is drawn there.
    fn piece(&mut self, dice: &mut Dice, (depth, may_loop): (usize, bool), from: &str) -> String {
        let inner = |may_loop: bool| (depth.saturating_sub(1), may_loop);
        let shapes = match (depth, may_loop) {
            (0, _) => 1,
            (_, false) => 5,
            (_, true) => 6,
        };
        match dice.roll(shapes) {
            0 | 1 => self.task(from),
            2 => {
                let first = self.piece(dice, inner(may_loop), from);
                self.piece(dice, inner(may_loop), &first)
            }
            3 => {
                let (split, join) = (self.id("p"), self.id("p"));
                self.ways.push(format!("{from}>{split}"));
                for _ in 0..2 + dice.roll(2) {
                    let last = self.piece(dice, inner(false), &split);
                    self.ways.push(format!("{last}>{join}"));
                }
                join
            }
            4 => self.choice(dice, inner(may_loop), from),
            _ => {
                let (begin, end, name) = (self.id("x"), self.id("x"), format!("l{}", self.count));
                self.ways.push(format!("{from}>{begin}"));
                let last = self.piece(dice, inner(may_loop), &begin);
                let task = self.task(&last);
                self.ways.push(format!("{task}>{end}"));
                self.ways.push(format!("{end}>{begin}?{name}_==_1"));
                self.loops.insert(name, task);
                let after = self.id("u");
                self.ways.push(format!("{end}>{after}!"));
                after
            }
        }
    }

    fn choice(&mut self, dice: &mut Dice, inner: (usize, bool), from: &str) -> String {
        let (split, merge, ways) = (self.id("x"), self.id("x"), 2 + dice.roll(2));
        let name = format!("c{}", self.count);
        self.ways.push(format!("{from}>{split}"));
        for way in 0..ways {
            let first = self.ways.len();
            let last = self.piece(dice, inner, &split);
            self.ways[first].push_str(&if way == 0 { "!".to_owned() } else { format!("?{name}_==_{way}") });
            self.ways.push(format!("{last}>{merge}"));
        }
        self.choices.insert(name, ways);
        merge
    }
}

/// What is done with these choices, in order of the names.
fn done(play: &mut Played, values: &mut Map<String, Value>, loops: &BTreeMap<String, (String, usize)>) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    for _ in 0..2_000 {
        let Some(token) = play.instance.tokens.first().cloned() else { break };
        done.push(token.node.clone());
        for (name, (task, times)) in loops {
            let again = done.iter().filter(|id| *id == task).count() < *times;
            values.insert(name.clone(), json!(u8::from(again)));
        }
        play.data = values.clone();
        play.decide(&token.node, true).unwrap();
    }
    assert_eq!(play.at(), "passed");
    done.sort();
    done
}

/// As the other engines read it: no namespaces of ours, and every name declared here.
fn model(number: u64) -> (String, Vec<Value>) {
    let mut dice = Dice(number * 7_919);
    let mut model = Model::default();
    let last = model.piece(&mut dice, (4, true), "s");
    model.ways.push(format!("{last}>e"));
    let xml = graph(&model.ways.join(" "), &[]);
    let names: Vec<&str> = model.choices.keys().chain(model.loops.keys()).map(String::as_str).collect();
    let own =
        xml.replace("isExecutable=\"true\"", &format!("isExecutable=\"true\" t:variables=\"{}\"", names.join(",")));
    // Fields, so that data are found by their names.
    let definition = definition(&own);
    let mut choices = Vec::new();
    for _ in 0..8 {
        let mut values: Map<String, Value> =
            model.choices.iter().map(|(name, ways)| (name.clone(), json!(dice.roll(*ways)))).collect();
        let loops: BTreeMap<String, (String, usize)> =
            model.loops.iter().map(|(name, task)| (name.clone(), (task.clone(), 1 + dice.roll(3)))).collect();
        for name in loops.keys() {
            values.insert(name.clone(), json!(0));
        }
        let given = values.clone();
        let (mut play, _) = Played::launch_with(&definition, &values);
        let done = done(&mut play, &mut values, &loops);
        let loops: Map<String, Value> =
            loops.iter().map(|(name, (task, times))| (name.clone(), json!({"task": task, "times": times}))).collect();
        choices.push(json!({"values": given, "loops": loops, "done": done}));
    }
    (xml.replace(" t:assignee=", " t:by="), choices)
}

#[test]
fn models_are_written_for_other_engines_and_run_to_their_ends_here() {
    let folder = std::env::var_os("TENON_PROCESS_MODELS").map(PathBuf::from);
    let count = std::env::var("TENON_PROCESS_COUNT").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let mut models = Vec::new();
    for number in 0..count {
        let (xml, choices) = model(number);
        let file = format!("{number:04}.bpmn");
        if let Some(folder) = &folder {
            std::fs::write(folder.join(&file), xml).unwrap();
        }
        models.push(json!({"file": file, "choices": choices}));
    }
    if let Some(folder) = folder {
        std::fs::write(folder.join("models.json"), serde_json::to_vec(&models).unwrap()).unwrap();
    }
}

/// Graphs without rhyme or reason, with what the check advises of them, for a linter that we did not write.
#[test]
fn graphs_are_written_for_another_linter() {
    let Some(folder) = std::env::var_os("TENON_PROCESS_MODELS").map(PathBuf::from) else {
        eprintln!("passed over: TENON_PROCESS_MODELS names no folder");
        return;
    };
    const CODES: [&str; 8] = [
        "fake-join",
        "implicit-split",
        "superfluous-gateway",
        "gateway-join-fork",
        "duplicate-flow",
        "disconnected",
        "start-missing",
        "end-missing",
    ];
    let nodes = ["s", "u1", "u2", "u3", "x1", "x2", "p1", "p2", "e"];
    let mut all = Vec::new();
    for number in 0..200 {
        let mut dice = Dice(number * 104_729 + 1);
        let ways: Vec<String> = (0..6 + dice.roll(8))
            .map(|_| format!("{}>{}", nodes[dice.roll(nodes.len())], nodes[dice.roll(nodes.len())]))
            .collect();
        let alone = if dice.roll(3) == 0 {
            "<userTask id=\"u9\" name=\"u9\" t:assignee=\"u\"/></process>"
        } else {
            "</process>"
        };
        let xml = graph(&ways.join(" "), &[]).replace("</process>", alone);
        let checked = crate::build::checked(&xml);
        let found: Vec<(&str, &str)> = checked
            .findings
            .iter()
            .filter(|finding| CODES.contains(&finding.code))
            .map(|finding| (finding.code, finding.element.as_deref().unwrap_or_default()))
            .collect();
        let file = format!("lint-{number:04}.bpmn");
        std::fs::write(folder.join(&file), xml).unwrap();
        all.push(json!({"file": file, "found": found}));
    }
    std::fs::write(folder.join("lint.json"), serde_json::to_vec(&all).unwrap()).unwrap();
}
