//! Crash points of pushes: every boundary of each scenario's first process, and seeded histories with deaths and faults
//! at random places. In the end B1 has what was pushed last of each key, once, and nothing is left.

use super::test_app::{CODE, ROUTING, components, item, new_app, post, row};
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_platform::queue::{MASTER_DATA_PLM, QueueName};
use tenon_sandbox::Vendor;
use tenon_tests::TestApp;
use tenon_tests::crash::{Plan, Trouble, end_well, survives_its_boundaries};
use tenon_tests::histories::Dice;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum What {
    #[default]
    Items,
    Boms,
    Routings,
}

impl What {
    fn path(self) -> &'static str {
        match self {
            Self::Items => "b1-main/items",
            Self::Boms => "b1-main/boms",
            Self::Routings => "b1-main/routings",
        }
    }

    fn flow(self) -> &'static str {
        match self {
            Self::Items => "plm-items",
            Self::Boms => "plm-boms",
            Self::Routings => "plm-routings",
        }
    }

    /// What is pushed the nth time: records of three keys, the last of which depends on the others.
    fn body(self, n: usize) -> Value {
        match self {
            Self::Items => {
                (0..3).map(|key| json!({"ItemCode": format!("K'{key}"), "ItemName": format!("{n}")})).collect()
            }
            Self::Boms => json!([
                {"TreeCode": "K'2", "ProductTreeLines": [{"ItemCode": "K'1", "Quantity": n + 1}, {"ItemCode": "P", "Quantity": 1}]},
                {"TreeCode": "K'1", "ProductTreeLines": [{"ItemCode": "K'0", "Quantity": n + 1}]},
                {"TreeCode": "K'0", "ProductTreeLines": [{"ItemCode": "P", "Quantity": n + 1}]}]),
            Self::Routings => (0..3)
                .map(|key| {
                    json!({"Code": format!("K'{key}"), "Name": format!("{n}"), "GYLX_LINESCollection":
                    (0..=n).map(|seq| json!({"U_Seq": seq})).collect::<Vec<_>>()})
                })
                .collect(),
        }
    }

    /// Whether B1 has what was pushed the nth time.
    fn is_there(self, app: &TestApp, n: usize) -> Result<(), String> {
        for key in ["K'0", "K'1", "K'2"] {
            let found = match self {
                Self::Items => row(app, "Items", "ItemCode", key)["ItemName"] == format!("{n}"),
                Self::Boms => components(app, key).first().is_some_and(|(_, quantity)| *quantity == n + 1),
                Self::Routings => {
                    let found = row(app, ROUTING, "Code", key);
                    found["GYLX_LINESCollection"].as_array().is_some_and(|rows| rows.len() == n + 1)
                }
            };
            if !found {
                return Err(format!("{key} is not as it was pushed the {n}th time"));
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, Default)]
struct Pushes {
    what: What,
    /// Steps at which something is pushed, in their order.
    at: Vec<usize>,
    /// Whether the PLM pushes again until it is answered with 200.
    insists: bool,
    trouble: Trouble,
}

struct Pushed {
    latest: Option<usize>,
    answered: bool,
}

impl Plan for Pushes {
    type Progress = Pushed;
    const QUEUES: &'static [QueueName] = &[MASTER_DATA_PLM];
    const LIMIT: usize = 400;

    fn trouble(&mut self) -> &mut Trouble {
        &mut self.trouble
    }

    async fn new_app(&self) -> TestApp {
        new_app(self.trouble.seed, None).await
    }

    fn begin(&self, app: &TestApp) -> Pushed {
        if self.what == What::Boms {
            for code in ["K'0", "K'1", "K'2", "P"] {
                item(&app.sandbox, app, code, code);
            }
        }
        Pushed { latest: None, answered: true }
    }

    async fn before(&self, app: &TestApp, pushed: &mut Pushed, step: usize) -> Result<(), String> {
        let due = self.at.iter().position(|at| *at == step);
        if due.is_none() && (!self.insists || pushed.answered) {
            return Ok(());
        }
        pushed.latest = due.or(pushed.latest);
        let latest = pushed.latest.unwrap_or(0);
        let body = self.what.body(latest).to_string();
        let (status, answer) = post(app, self.what.path(), CODE, &body).await;
        pushed.answered = !app.crash_injector.is_dead() && status == 200 && answer["code"] == 200;
        if pushed.answered {
            self.what.is_there(app, latest).map_err(|why| format!("{why}, and 200 was answered"))?;
        }
        Ok(())
    }

    fn is_over(&self, _: &TestApp, pushed: &Pushed, step: usize) -> bool {
        step >= self.at.iter().max().copied().unwrap_or(0) && (pushed.answered || !self.insists)
    }

    fn next_at(&self, _: &TestApp) -> Option<i64> {
        None
    }

    async fn verify(&self, app: &TestApp, pushed: &Pushed) -> Result<(), String> {
        let (tenant, flow) = (TenantId::operator(), FlowId::new(self.what.flow()));
        let runs = tenon_platform::runs::newest(&app.ctx, &tenant, &flow, 50).await.map_err(|e| e.to_string())?;
        if let Some(run) = runs.iter().find(|run| run.status == RunStatus::Retrying && run.document.is_some()) {
            // A push that a later one has replaced is never told otherwise.
            let newer = runs.iter().any(|other| {
                other.document == run.document && other.started_ms >= run.started_ms && other.id != run.id
            });
            if !newer {
                return Err(format!("run {} is retrying: {}", run.id, run.message));
            }
        }
        let (set, many) = match self.what {
            What::Items => ("Items", 3),
            What::Boms => ("ProductTrees", 3),
            What::Routings => (ROUTING, 3),
        };
        let found = app.sandbox.b1().count(set);
        if self.insists {
            self.what.is_there(app, pushed.latest.unwrap_or(0))?;
            if found != many {
                return Err(format!("{found} rows in {set}"));
            }
            return Ok(());
        }
        // Who is not answered and does not push again is promised nothing; what was begun is whole all the same.
        if found > many { Err(format!("{found} rows in {set}")) } else { Ok(()) }
    }
}

fn survives(undisturbed: &Pushes, step: usize) {
    survives_its_boundaries(undisturbed, step, 10);
}

// R-P9, R-P11, R-P17
#[test]
fn a_push_of_trees_survives_death_at_its_boundaries() {
    survives(&Pushes { what: What::Boms, at: vec![0], insists: true, ..Pushes::default() }, 1);
}

// R-P10
#[test]
fn a_change_of_trees_survives_death_at_its_boundaries() {
    survives(&Pushes { what: What::Boms, at: vec![0, 1], insists: true, ..Pushes::default() }, 2);
}

// R-P4, R-P6
#[test]
fn a_push_of_items_survives_death_at_its_boundaries() {
    survives(&Pushes { what: What::Items, at: vec![0], insists: true, ..Pushes::default() }, 1);
}

// R-P14
#[test]
fn a_push_of_routings_survives_death_at_its_boundaries() {
    survives(&Pushes { what: What::Routings, at: vec![0], insists: true, ..Pushes::default() }, 2);
}

#[test]
fn a_push_that_nobody_repeats_leaves_no_work_behind() {
    survives(&Pushes { what: What::Items, at: vec![0], insists: false, ..Pushes::default() }, 2);
}

fn random_plan(seed: u64) -> Pushes {
    let dice = Dice::past_first(seed);
    let what = [What::Items, What::Boms, What::Routings][dice.place(3)];
    let mut pushes = vec![0];
    pushes.extend((0..dice.below(3)).map(|n| 1 + dice.place(6) + usize::try_from(n).unwrap() * 6));
    pushes.sort_unstable();
    pushes.dedup();
    let deaths = dice.deaths(80);
    let faults = dice.faults(|dice| (dice.trouble(), Vendor::B1));
    let trouble = Trouble { seed: dice.below(1_000_000), deaths, faults };
    Pushes { what, at: pushes, insists: true, trouble }
}

/// 60 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_end_with_what_was_pushed_last() {
    end_well(60, random_plan);
}
