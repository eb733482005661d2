//! A history between two companies and their MES: items, orders, reports, what people change meanwhile, deaths and faults;
//! and what must be true in the end: each item is one material and each order one work order, both as B1 shows them, and
//! each report of a last operation is one receipt, in the company and on the order that it is of.

use super::test_app::{app_with, change_item, companies, config, finished, item, items, items_of, order_of};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tenon_platform::queue::{MANUFACTURING_POST, MANUFACTURING_SEND};
use tenon_sandbox::{Fault, NewReport, Sandbox};
use tenon_tests::{Boundary, TestApp};

/// Steps after which a history that is not at rest has failed: hours of simulated time.
const LIMIT: usize = 500;
/// The orders' codes in the MES; the prefix is the second company's.
pub const ORDERS: [&str; 3] = ["478", "479", "B-478"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// An item is made.
    Item(usize),
    /// An item is changed.
    ChangeItem(usize),
    /// An order is released.
    Order(&'static str),
    /// Its quantity is changed.
    ChangeOrder(&'static str),
    /// It is cancelled.
    Cancel(&'static str),
    /// Finished goods of it are reported, as soon as the MES has it.
    Report(&'static str),
    /// An earlier operation of it is.
    Earlier(&'static str),
    /// The latest report of it is changed.
    ChangeReport(&'static str),
}

impl Act {
    fn order(self) -> Option<&'static str> {
        match self {
            Self::Item(_) | Self::ChangeItem(_) => None,
            Self::Order(code) | Self::ChangeOrder(code) | Self::Cancel(code) => Some(code),
            Self::Report(code) | Self::Earlier(code) | Self::ChangeReport(code) => Some(code),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub seed: u64,
    /// What people do, and at which step.
    pub acts: Vec<(usize, Act)>,
    pub deaths: Vec<Boundary>,
    pub faults: Vec<(usize, Fault)>,
    /// Of the second company's B1.
    pub other_faults: Vec<(usize, Fault)>,
}

impl Plan {
    /// Whether the second company comes into it.
    fn is_of_two(&self) -> bool {
        self.acts.iter().any(|(_, act)| act.order().is_some_and(|code| code.starts_with("B-")))
    }
}

/// A report of a last operation.
struct Reported {
    order: &'static str,
    /// Whether its amount was changed, before or after its receipt.
    is_changed: bool,
}

/// What is to be there in the end.
#[derive(Default)]
struct Progress {
    items: Vec<usize>,
    orders: Vec<&'static str>,
    reports: BTreeMap<i64, Reported>,
    /// Orders of which something was reported.
    reported: BTreeSet<&'static str>,
    /// Acts that wait for the MES.
    waiting: Vec<Act>,
}

fn item_code(n: usize) -> String {
    format!("A'{n}")
}

/// The company of an order, and its number there.
fn company<'a>(app: &'a TestApp, code: &str) -> (&'a Sandbox, i64) {
    match code.strip_prefix("B-") {
        Some(entry) => (app.second.as_ref().unwrap(), entry.parse().unwrap()),
        None => (&app.sandbox, code.parse().unwrap()),
    }
}

fn row(app: &TestApp, code: &str) -> Value {
    let (company, entry) = company(app, code);
    company.b1().row("ProductionOrders", "AbsoluteEntry", &json!(entry)).unwrap()
}

fn change(app: &TestApp, code: &str, fields: Value) {
    let (company, entry) = company(app, code);
    company.b1().change_document(app.clock.now_ms(), "ProductionOrders", entry, fields).unwrap();
}

fn is_cancelled(app: &TestApp, code: &str) -> bool {
    row(app, code)["ProductionOrderStatus"] == "boposCancelled"
}

impl Progress {
    fn act(&mut self, app: &TestApp, act: Act, step: usize) {
        if act.order().is_some_and(|code| !matches!(act, Act::Order(_)) && !self.orders.contains(&code)) {
            return;
        }
        match act {
            Act::Item(n) => {
                item(app, &item_code(n), "0", "个", false);
                self.items.push(n);
            }
            Act::ChangeItem(n) if self.items.contains(&n) => {
                change_item(app, &item_code(n), json!({ "ItemName": step.to_string() }))
            }
            Act::Order(code) => {
                let (company, entry) = company(app, code);
                order_of((company, app.clock.now_ms()), entry);
                self.orders.push(code);
            }
            Act::ChangeOrder(code) if !is_cancelled(app, code) => {
                change(app, code, json!({ "PlannedQuantity": 1_000 + step }));
            }
            // A receipt of an order that is cancelled meanwhile is refused, which is another matter.
            Act::Cancel(code) if !self.reported.contains(code) => {
                change(app, code, json!({ "ProductionOrderStatus": "boposCancelled" }));
            }
            Act::Report(code) | Act::Earlier(code) if !is_cancelled(app, code) => self.report(app, act, code),
            Act::ChangeReport(code) => {
                if let Some((id, report)) = self.reports.iter_mut().rfind(|(_, report)| report.order == code) {
                    report.is_changed = true;
                    let amount = json!({ "reportBaseAmount": { "amount": 3 + step } });
                    app.sandbox.blacklake().change_report(*id, &amount);
                }
            }
            _ => {}
        }
    }

    fn report(&mut self, app: &TestApp, act: Act, code: &'static str) {
        self.reported.insert(code);
        let process = matches!(act, Act::Earlier(_)).then(|| "P-CUT".to_owned());
        let report = NewReport { process: process.clone(), ..finished(code, 2.5) };
        match app.sandbox.blacklake().report(app.clock.now_ms(), report) {
            Ok(id) if process.is_none() => {
                self.reports.insert(id, Reported { order: code, is_changed: false });
            }
            Ok(_) => {}
            Err(_) => self.waiting.push(act),
        }
    }
}

async fn begin(plan: &Plan) -> TestApp {
    let app = match plan.is_of_two() {
        true => companies(plan.seed).await,
        false => app_with(config, plan.seed, None).await,
    };
    items(&app);
    if let Some(other) = &app.second {
        items_of((other, app.clock.now_ms()));
    }
    app
}

/// Plays it; returns the effects of the first process.
pub async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = begin(plan).await;
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    let mut progress = Progress::default();
    let last_act = plan.acts.iter().map(|(step, _)| *step).max().unwrap_or(0);
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        for (_, fault) in plan.other_faults.iter().filter(|(at, _)| *at == step) {
            app.second.iter().for_each(|other| other.inject(fault.clone()));
        }
        for act in std::mem::take(&mut progress.waiting) {
            progress.act(&app, act, step);
        }
        for (_, act) in plan.acts.iter().filter(|(at, _)| *at == step) {
            progress.act(&app, *act, step);
        }
        let crash_injector = app.crash_injector.clone();
        app.step().await;
        if first {
            effects = crash_injector.effects();
        }
        if crash_injector.is_dead() {
            first = false;
            app.restart(deaths.next());
        }
        let at_rest = step >= last_act + 3 && progress.waiting.is_empty() && idle(&app).await;
        outcome = if at_rest { verify(&app, &progress).await } else { Err("not at rest".to_owned()) };
        quiet = if outcome.is_ok() { quiet + 1 } else { 0 };
        if quiet > 3 {
            return Ok(effects);
        }
        app.clock.advance(pause(&app).await);
    }
    let log = app.sandbox.snapshot().log;
    let log = log.iter().filter(|r| r.method != "GET" && !r.path.ends_with("progress_report/_list")).rev().take(40);
    let log_lines: Vec<String> =
        log.map(|r| format!("{} {} {} {}", r.at_ms % 100_000_000, r.method, r.path, r.outcome)).collect();
    let letters = app.dead_letters().await;
    Err(format!("{outcome:?} after {LIMIT} steps; dead letters: {letters:?}\nplan: {plan:?}\n{}", log_lines.join("\n")))
}

async fn idle(app: &TestApp) -> bool {
    for queue in [MANUFACTURING_SEND, MANUFACTURING_POST] {
        if app.local.queue.next_visible_at(&queue).await.unwrap().is_some() {
            return false;
        }
    }
    true
}

async fn pause(app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let mut next = now - now.rem_euclid(60_000) + 60_000;
    for queue in [MANUFACTURING_SEND, MANUFACTURING_POST] {
        if let Some(at) = app.local.queue.next_visible_at(&queue).await.unwrap() {
            next = next.min(at);
        }
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

async fn verify(app: &TestApp, progress: &Progress) -> Result<(), String> {
    let letters = app.dead_letters().await;
    if !letters.is_empty() {
        return Err(format!("dead letters: {letters:?}"));
    }
    materials(app, progress)?;
    for code in &progress.orders {
        work_order(app, code)?;
    }
    let made = app.sandbox.blacklake().order_count();
    if made > progress.orders.len() {
        return Err(format!("{made} work orders of {} orders", progress.orders.len()));
    }
    receipts(app, progress)
}

fn materials(app: &TestApp, progress: &Progress) -> Result<(), String> {
    for n in &progress.items {
        let code = item_code(*n);
        let row = app.sandbox.b1().row("Items", "ItemCode", &json!(code)).unwrap();
        let material = app.sandbox.blacklake().material(&code).ok_or_else(|| format!("no material {code}"))?;
        if material["fields"]["materialName"] != row["ItemName"] {
            return Err(format!("material {material}, item {row}"));
        }
    }
    Ok(())
}

fn work_order(app: &TestApp, code: &str) -> Result<(), String> {
    let (row, found) = (row(app, code), app.sandbox.blacklake().order(code));
    if row["U_SyncStatus"] != "Y" {
        return Err(format!("order {code} is not marked"));
    }
    match (found, is_cancelled(app, code)) {
        (None, true) => Ok(()),
        (None, false) => Err(format!("no work order {code}")),
        (Some(found), true) if found["status"] != 5 => Err(format!("work order {found} is open")),
        (Some(_), true) => Ok(()),
        (Some(found), false) => {
            let planned = row["PlannedQuantity"].to_string();
            let is_same = found["planned"] == planned.trim_end_matches(".0");
            if is_same { Ok(()) } else { Err(format!("work order {found}, order {row}")) }
        }
    }
}

/// The receipts of each company are those of the reports of its orders, one each.
fn receipts(app: &TestApp, progress: &Progress) -> Result<(), String> {
    let mut made = Vec::new();
    for (prefix, company) in [("", Some(&app.sandbox)), ("B-", app.second.as_ref())] {
        for receipt in company.map(|company| company.b1().rows("InventoryGenEntries")).unwrap_or_default() {
            let line = &receipt["DocumentLines"][0];
            let id = receipt["Comments"].as_str().and_then(|mark| mark.strip_prefix("MES ")?.parse::<i64>().ok());
            let report =
                id.and_then(|id| progress.reports.get(&id)).ok_or_else(|| format!("{receipt} of no report"))?;
            let is_of_it = format!("{prefix}{}", line["BaseEntry"]) == report.order;
            if !is_of_it || (!report.is_changed && line["Quantity"] != 2.5) {
                return Err(format!("{receipt} of a report of {}", report.order));
            }
            made.extend(id);
        }
    }
    made.sort_unstable();
    let wanted: Vec<i64> = progress.reports.keys().copied().collect();
    if made == wanted { Ok(()) } else { Err(format!("receipts of {made:?}, wanted {wanted:?}")) }
}
