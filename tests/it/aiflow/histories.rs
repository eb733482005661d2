//! Drawn histories: an ERP that pushes departments, people and orders in any order, with circles, gaps and older data
//! among them, to processes that die; held against a model of the document that knows nothing of how things are stored.

use super::fixture::{Answer, Call, ENTERPRISE, Fixture};
use super::orders::{listed, notice_keys};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tenon_engine::{Gate, Moment};
use tenon_platform::http::NoHttp;
use tenon_platform::outbox::sweep;
use tenon_task_center::tasks::List;
use tenon_testkit::Installation;
use tenon_tests::histories::{Dice, play_all, seeds};

/// Calls of one history.
const CALLS: usize = 14;

/// A department or person: name, department, the one above, whether it is in use.
type Node = (String, Option<String>, Option<String>, bool);

#[derive(Clone, Debug, Default, PartialEq)]
struct Order {
    version: Option<i64>,
    minute: u64,
    is_over: bool,
    is_deleted: bool,
    /// Whom each task waits for, or waited for.
    tasks: BTreeMap<String, (BTreeSet<String>, bool)>,
}

/// What the ERP may expect to be there.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    departments: BTreeMap<String, Node>,
    people: BTreeMap<String, Node>,
    orders: BTreeMap<i64, Order>,
    /// Tasks that were ever there.
    known: BTreeSet<String>,
    notice_keys: BTreeSet<String>,
}

#[derive(Clone, Debug)]
enum Push {
    Departments(Vec<(String, Node)>),
    People(Vec<(String, Node)>),
    Order(i64, Order),
}

/// What is answered: codes that failed; or that all was refused; or that it was older.
#[derive(Clone, Debug, PartialEq)]
enum Expected {
    Failed(Vec<String>),
    Refused,
    Taken { older: bool },
}

impl Model {
    fn take(&mut self, push: &Push) -> Expected {
        match push {
            Push::Departments(rows) => Expected::Failed(take_nodes(&mut self.departments, rows, |_| true)),
            Push::People(rows) => {
                let departments = self.departments.clone();
                let there = |node: &Node| node.1.as_ref().is_some_and(|code| departments.contains_key(code));
                Expected::Failed(take_nodes(&mut self.people, rows, there))
            }
            Push::Order(id, order) => self.take_order(*id, order),
        }
    }

    fn take_order(&mut self, id: i64, order: &Order) -> Expected {
        let mut named =
            order.tasks.values().flat_map(|(people, _)| people).chain([&"U0".to_owned()]).cloned().collect::<Vec<_>>();
        named.sort();
        if named.iter().any(|code| !self.people.contains_key(code)) {
            return Expected::Refused;
        }
        if let Some(stored) = self.orders.get(&id) {
            let by_version = match (order.version, stored.version) {
                (Some(own), Some(stored)) => own.cmp(&stored),
                _ => std::cmp::Ordering::Equal,
            };
            if by_version.then(order.minute.cmp(&stored.minute)).is_lt() {
                return Expected::Taken { older: true };
            }
        }
        for (task, (people, is_over)) in &order.tasks {
            if self.known.insert(task.clone()) && !is_over {
                self.notice_keys.extend(people.iter().map(|code| format!("task/{ENTERPRISE}/{id}/{task}/{code}")));
            }
        }
        self.orders.insert(id, order.clone());
        Expected::Taken { older: false }
    }

    fn list(&self, code: &str, list: List) -> Vec<String> {
        let mut all = Vec::new();
        for order in self.orders.values().filter(|order| !order.is_deleted) {
            for (task, (people, is_over)) in &order.tasks {
                let is_done = *is_over || order.is_over;
                if people.contains(code) && is_done == (list == List::Done) {
                    all.push(task.clone());
                }
            }
        }
        all
    }
}

fn take_nodes(
    known: &mut BTreeMap<String, Node>,
    rows: &[(String, Node)],
    fits: impl Fn(&Node) -> bool,
) -> Vec<String> {
    let mut failed = Vec::new();
    for (code, node) in rows {
        let above = node.2.as_ref();
        let missing = above.is_some_and(|above| !known.contains_key(above) || above == code);
        if !fits(node) || missing || leads_back(known, code, above) {
            failed.push(code.clone());
        } else {
            known.insert(code.clone(), node.clone());
        }
    }
    failed
}

fn leads_back(known: &BTreeMap<String, Node>, code: &str, above: Option<&String>) -> bool {
    let mut next = above;
    while let Some(step) = next {
        if step == code {
            return true;
        }
        next = known.get(step).and_then(|node| node.2.as_ref());
    }
    false
}

fn drawn(dice: &Dice) -> Push {
    let one = |letter: &str, n: u64| format!("{letter}{}", dice.below(n));
    let node = |letter: &str, department: Option<String>| -> (String, Node) {
        let above = (dice.below(3) > 0).then(|| one(letter, 6));
        (one(letter, 6), (format!("n{}", dice.below(3)), department, above, dice.below(5) > 0))
    };
    match dice.below(5) {
        0 => Push::Departments((0..dice.few(6)).map(|_| node("D", None)).collect()),
        1 | 2 => Push::People((0..dice.few(6)).map(|_| node("U", Some(one("D", 6)))).collect()),
        _ => {
            let id = 1 + i64::from(dice.few(2));
            let task = |n: u32| {
                let people = (0..dice.few(2)).map(|_| one("U", 5)).collect::<BTreeSet<_>>();
                (format!("O{id}T{n}"), (people, dice.below(3) == 0))
            };
            let tasks = (0..dice.few(4)).filter(|_| dice.below(4) > 0).map(task).collect();
            let version = (dice.below(2) == 0).then(|| i64::from(dice.few(4)));
            let (is_over, is_deleted) = (dice.below(8) == 0, dice.below(12) == 0);
            Push::Order(id, Order { version, minute: dice.below(6), is_over, is_deleted, tasks })
        }
    }
}

fn call_of(push: &Push) -> Call {
    let status = |node: &Node| i32::from(node.3);
    match push {
        Push::Departments(rows) => {
            let row = |(code, node): &(String, Node)| json!({ "deptId": code, "deptName": node.0, "parentId": node.2.clone().unwrap_or_default(), "status": status(node) });
            Call::post("sys/sync/department", &json!({ "departments": rows.iter().map(row).collect::<Vec<_>>() }))
        }
        Push::People(rows) => {
            let row = |(code, node): &(String, Node)| json!({ "userId": code, "userName": node.0, "deptId": node.1, "directSupervisor": node.2, "status": status(node) });
            Call::post("sys/sync/user", &json!({ "users": rows.iter().map(row).collect::<Vec<_>>() }))
        }
        Push::Order(id, order) => {
            let task = |(task, (people, is_over)): (&String, &(BTreeSet<String>, bool))| {
                let people: Vec<&str> = people.iter().map(String::as_str).collect();
                super::orders::task(task, &people, if *is_over { "over" } else { "ing" })
            };
            let tasks: Vec<Value> = order.tasks.iter().map(task).collect();
            let minute = u32::try_from(order.minute).unwrap();
            let mut body = super::orders::order(*id, minute, &tasks);
            body["initiator"] = json!("U0");
            body["ccUsers"] = json!([]);
            body["version"] = json!(order.version);
            body["orderStatus"] = json!(if order.is_over { "over" } else { "ing" });
            body["orderResult"] = json!(if order.is_deleted { "delete" } else { "ing" });
            Call::post("order/sync/task", &body)
        }
    }
}

fn seen(answer: &Answer, push: &Push) -> Result<Expected, String> {
    let body = answer.json();
    let codes = |details: &Value| -> Vec<String> {
        details.as_array().into_iter().flatten().map(|d| d["code"].as_str().unwrap_or("?").to_owned()).collect()
    };
    match (answer.status, push) {
        (200, Push::Order(..)) => Ok(Expected::Taken { older: body["data"]["warnings"].is_array() }),
        (400, Push::Order(..)) => Ok(Expected::Refused),
        (200, Push::Departments(rows) | Push::People(rows)) => {
            let failed = codes(&body["data"]["failDetails"]);
            let counts = (body["data"]["successCount"].as_u64(), body["data"]["failCount"].as_u64());
            let expected = (u64::try_from(rows.len() - failed.len()).ok(), u64::try_from(failed.len()).ok());
            if counts == expected { Ok(Expected::Failed(failed)) } else { Err(format!("counts do not add up: {body}")) }
        }
        _ => Err(format!("answered {} {}", answer.status, answer.text)),
    }
}

async fn play(seed: &u64) -> Result<usize, String> {
    let (dice, fixture) = (Dice::of(*seed), Fixture::new().await);
    let mut model = Model::default();
    for number in 0..CALLS {
        fixture.clock.advance(Duration::from_secs(2));
        let push = drawn(&dice);
        let call = call_of(&push).signed_at(fixture.now_ms());
        let context = |why: &str| format!("seed {seed}, call {number}: {why}: {push:?}");
        let mut once = model.clone();
        let expected = once.take(&push);
        if dice.below(3) > 0 {
            let answer = seen(&fixture.send(&call).await, &push).map_err(|why| context(&why))?;
            if answer != expected {
                return Err(context(&format!("{answer:?} instead of {expected:?}")));
            }
            model = once;
            continue;
        }
        let moment = if dice.below(2) == 0 { Moment::Before } else { Moment::After };
        let local = fixture.local.with_gate(Gate::crash_at_write(dice.place(6), moment));
        fixture.send_to(&Installation::process_of(&local, Arc::new(NoHttp), 5), &call).await;
        fixture.clock.advance(Duration::from_secs(60));
        // The same call once more, or another of the same content: then it may be done twice.
        let again = if dice.below(2) == 0 { call } else { call_of(&push).signed_at(fixture.now_ms()) };
        let mut twice = once.clone();
        let expected_twice = twice.take(&push);
        let answer = seen(&fixture.send(&again).await, &push).map_err(|why| context(&why))?;
        model = match answer {
            answer if answer == expected => once,
            answer if answer == expected_twice => twice,
            other => return Err(context(&format!("{other:?} instead of {expected:?} or {expected_twice:?}"))),
        };
    }
    fixture.clock.advance(Duration::from_secs(60));
    sweep::sweep_due(&fixture.ctx).await.map_err(|e| e.to_string())?;
    compare(&fixture, &model).await.map_err(|why| format!("seed {seed}: {why}"))?;
    Ok(CALLS)
}

async fn compare(fixture: &Fixture, model: &Model) -> Result<(), String> {
    let directory = fixture.directory();
    let mut departments = BTreeMap::new();
    for stored in directory.departments().await.unwrap().into_values() {
        let d = stored.data;
        departments.insert(d.external[ENTERPRISE].clone(), (d.name, None, d.parent, d.active));
    }
    if departments != model.departments {
        return Err(format!("departments are {departments:?}, not {:?}", model.departments));
    }
    for (code, node) in &model.people {
        let person = directory.by_external(ENTERPRISE, code).await.unwrap();
        let person = person.ok_or(format!("{code} is not there"))?.data;
        let own = (person.user_name, person.departments.first().cloned(), person.supervisor, person.active);
        if own != *node {
            return Err(format!("{code} is {own:?}, not {node:?}"));
        }
        for list in [List::Todo, List::Done] {
            let (mut is, should) = (listed(fixture, code, list).await, model.list(code, list));
            is.sort();
            if is != should {
                return Err(format!("{list:?} of {code} is {is:?}, not {should:?}"));
            }
        }
    }
    let keys: BTreeSet<String> = notice_keys(fixture).await.into_iter().collect();
    if keys == model.notice_keys { Ok(()) } else { Err(format!("notices {keys:?}, not {:?}", model.notice_keys)) }
}

#[test]
fn whatever_an_erp_pushes_and_whoever_dies_the_directory_and_the_lists_are_what_the_document_says() {
    let plans: Vec<u64> = seeds(60).collect();
    play_all(&plans, play);
}
