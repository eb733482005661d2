//! Crash points over WeCom: every boundary of each scenario's first process, and seeded histories with deaths and
//! faults at random places. In the end there is one approval a document and attempt, and one decision.

use super::test_app::{goods_issue, of_key, over_issue_document, site_seeded};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_platform::queue::{APPROVALS_SUBMIT, APPROVALS_WRITE_BACK};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};
use tenon_tests::{Boundary, TestApp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Approved,
    Refused,
    Withdrawn,
    Custom,
    /// A draft with a file, approved and added.
    Added,
}

#[derive(Clone, Debug, Default)]
struct Plan {
    seed: u64,
    scenarios: Vec<Scenario>,
    deaths: Vec<Boundary>,
    faults: Vec<(usize, Fault)>,
}

struct Document {
    scenario: Scenario,
    key: i64,
    withdrawn: bool,
    decided: bool,
}

/// Steps after which a history that is not at rest has failed: hours of simulated time.
const LIMIT: usize = 700;

async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = site_seeded(plan.seed).await;
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    let mut documents: Vec<Document> = plan
        .scenarios
        .iter()
        .map(|scenario| {
            let key = match scenario {
                Scenario::Custom => over_issue_document(&app, Some("lisi")),
                Scenario::Added => {
                    let (now, b1) = (app.clock.now_ms(), app.sandbox.b1());
                    let file = b1.add_attachment(now, &[("a.pdf", b"1234567")]);
                    let draft = goods_issue("部门领用", &[&[1]]).field("AttachmentEntry", file);
                    b1.create_draft(now, draft).unwrap().0
                }
                _ => app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap().0,
            };
            Document { scenario: *scenario, key, withdrawn: false, decided: false }
        })
        .collect();
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
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
        for document in &mut documents {
            act(&app, document);
        }
        let at_rest = documents.iter().all(|d| d.decided) && idle(&app).await;
        outcome = if at_rest { verify(&app, &documents).await } else { Err("not at rest".to_owned()) };
        quiet = if outcome.is_ok() { quiet + 1 } else { 0 };
        if quiet > 3 {
            return Ok(effects);
        }
        app.clock.advance(pause(&app).await);
    }
    Err(format!("{outcome:?} after {LIMIT} steps; dead letters: {:?}\nplan: {plan:?}", app.dead_letters().await))
}

fn template(scenario: Scenario) -> &'static str {
    if scenario == Scenario::Custom { "TMPL-OVER" } else { "TMPL-SCRAP" }
}

/// Numbers and states of a document's approvals.
fn approvals(app: &TestApp, document: &Document) -> Vec<(String, i64)> {
    let numbers = of_key(app, document.key);
    let ours = |info: &Value| {
        let number = info["sp_no"].as_str().unwrap().to_owned();
        let fits = info["template_id"] == template(document.scenario) && numbers.contains(&number);
        fits.then(|| (number, info["sp_status"].as_i64().unwrap()))
    };
    app.sandbox.wecom().instances().iter().filter_map(ours).collect()
}

/// People act as soon as they see something to act on.
fn act(app: &TestApp, document: &mut Document) {
    if document.decided {
        return;
    }
    let open = approvals(app, document).into_iter().find(|(_, status)| *status == 1);
    let Some((number, _)) = open else { return };
    let (now, wecom) = (app.clock.now_ms(), app.sandbox.wecom());
    match document.scenario {
        Scenario::Refused => wecom.refuse(now, &number, "", "价格过高").unwrap(),
        Scenario::Withdrawn if !document.withdrawn => {
            wecom.withdraw(now, &number).unwrap();
            document.withdrawn = true;
            return;
        }
        _ => wecom.approve(now, &number, "", "同意").unwrap(),
    }
    document.decided = true;
}

async fn idle(app: &TestApp) -> bool {
    for queue in [APPROVALS_SUBMIT, APPROVALS_WRITE_BACK] {
        if app.local.queue.next_visible_at(&queue).await.unwrap().is_some() {
            return false;
        }
    }
    app.sandbox.wecom().callbacks_are_settled()
}

async fn pause(app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let mut next = now - now.rem_euclid(60_000) + 60_000;
    for queue in [APPROVALS_SUBMIT, APPROVALS_WRITE_BACK] {
        if let Some(at) = app.local.queue.next_visible_at(&queue).await.unwrap() {
            next = next.min(at);
        }
    }
    if let Some(at) = app.sandbox.next_callback_at() {
        next = next.min(at);
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}")) }
}

async fn verify(app: &TestApp, documents: &[Document]) -> Result<(), String> {
    expect("dead letters", &app.dead_letters().await, &Vec::new())?;
    let added = documents.iter().filter(|d| d.scenario == Scenario::Added).count();
    expect("documents", &app.sandbox.b1().count("InventoryGenExits"), &added)?;
    for document in documents {
        let (key, scenario) = (document.key, document.scenario);
        let mut states: Vec<i64> = approvals(app, document).into_iter().map(|(_, status)| status).collect();
        states.sort_unstable();
        let (wanted, word) = match scenario {
            Scenario::Approved | Scenario::Custom | Scenario::Added => (vec![2], "ardApproved"),
            Scenario::Refused => (vec![3], "ardNotApproved"),
            Scenario::Withdrawn => (vec![2, 4], "ardApproved"),
        };
        expect(&format!("approvals of {key}"), &states, &wanted)?;
        if scenario == Scenario::Custom {
            let row = app.sandbox.b1().row("OVERISSUE", "DocEntry", &json!(key)).unwrap();
            expect("result", &row["U_SUCCESS"], &json!("Y"))?;
        } else {
            expect(&format!("decisions on {key}"), &app.decisions(key), &vec![word.to_owned()])?;
            expect("approver", &app.draft(key)["U_Approver"], &json!("felix"))?;
            let open = if scenario == Scenario::Added { "bost_Close" } else { "bost_Open" };
            expect("draft", &app.draft(key)["DocumentStatus"], &json!(open))?;
        }
    }
    Ok(())
}

fn boundaries_of(scenario: Scenario) {
    let undisturbed = Plan { scenarios: vec![scenario], ..Plan::default() };
    let effects = run(play(&undisturbed)).unwrap();
    assert!(effects > 20, "only {effects} effects were counted");
    let plans: Vec<Plan> =
        boundaries(effects, 1).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

#[test]
fn an_approved_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Approved);
}

#[test]
fn an_approved_draft_with_a_file_becomes_one_document_whatever_dies() {
    boundaries_of(Scenario::Added);
}

#[test]
fn a_withdrawn_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Withdrawn);
}

#[test]
fn an_approved_custom_document_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Custom);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    const SCENARIOS: [Scenario; 4] = [Scenario::Approved, Scenario::Refused, Scenario::Withdrawn, Scenario::Custom];
    let mut scenarios: Vec<Scenario> = (0..=dice.below(3)).map(|_| SCENARIOS[dice.place(4)]).collect();
    let deaths = dice.deaths(120);
    let faults = dice.faults(|dice| {
        let kind = match dice.below(8) {
            0 | 1 => FaultKind::DropBeforeCommit,
            2 | 3 => FaultKind::DropAfterCommit,
            4 => FaultKind::Html(502),
            5 => FaultKind::ExpireSessions,
            6 => FaultKind::RateLimited,
            _ => FaultKind::SystemBusy,
        };
        (kind, if dice.below(2) == 0 { Vendor::B1 } else { Vendor::WeCom })
    });
    if dice.below(3) == 0 {
        scenarios.push(Scenario::Added);
    }
    Plan { seed, scenarios, deaths, faults }
}

/// 90 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_do_nothing_twice() {
    let plans: Vec<Plan> = seeds(90).map(random_plan).collect();
    play_all(&plans, play);
}
