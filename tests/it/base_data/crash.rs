//! Crash points of base data: every boundary of each scenario's first process, and seeded histories with deaths and
//! faults at random places. In the end there is one row a record, it shows the record as it is, and all are marked.

use super::test_app::{change, config, item, mark, rows_of};
use serde_json::{Value, json};
use tenon_platform::queue::{MASTER_DATA_SEND, QueueName};
use tenon_sandbox::Vendor;
use tenon_tests::crash::{Plan, Trouble, end_well, survives, survives_its_boundaries};
use tenon_tests::histories::{Dice, boundaries};
use tenon_tests::{TestApp, TestAppOptions};

#[derive(Clone, Debug, Default)]
struct Records {
    records: usize,
    batch: u32,
    /// Steps at which somebody changes a record and sets its mark.
    changes: Vec<(usize, usize)>,
    trouble: Trouble,
}

fn code(n: usize) -> String {
    format!("A'{n}")
}

impl Plan for Records {
    type Progress = ();
    const QUEUES: &'static [QueueName] = &[MASTER_DATA_SEND];
    const LIMIT: usize = 700;
    const QUIET: usize = 2;

    fn trouble(&mut self) -> &mut Trouble {
        &mut self.trouble
    }

    async fn new_app(&self) -> TestApp {
        let flows: fn(&mut Value) = if self.batch > 1 { batched } else { config };
        let options = TestAppOptions { seed: self.trouble.seed, config: Some(flows), ..TestAppOptions::default() };
        TestApp::new(options).await
    }

    fn begin(&self, app: &TestApp) {
        for n in 0..self.records {
            item(app, &code(n), "0");
        }
    }

    async fn before(&self, app: &TestApp, _: &mut (), step: usize) -> Result<(), String> {
        for (_, n) in self.changes.iter().filter(|(at, _)| *at == step) {
            change(app, &code(*n), json!({ "ItemName": format!("{}", step + 1), "U_ISSYN": "N" }));
        }
        Ok(())
    }

    fn is_over(&self, _: &TestApp, _: &(), step: usize) -> bool {
        step >= self.changes.iter().map(|(step, _)| *step).max().unwrap_or(0)
    }

    fn next_at(&self, _: &TestApp) -> Option<i64> {
        None
    }

    async fn verify(&self, app: &TestApp, _: &()) -> Result<(), String> {
        for n in 0..self.records {
            let code = code(n);
            let item = app.sandbox.b1().row("Items", "ItemCode", &json!(code)).unwrap();
            let rows = rows_of(app, &code);
            if rows.len() != 1 || rows[0]["wlmc"] != item["ItemName"] || mark(app, &code) != "Y" {
                return Err(format!("{code}: rows {rows:?}, item {item}"));
            }
        }
        Ok(())
    }

    async fn details(&self, app: &TestApp) -> String {
        let sent = app.sandbox.weaver().cube_savings();
        sent.iter().map(|(_, body)| body["data"].to_string()).collect::<Vec<_>>().join("\n")
    }
}

fn batched(c: &mut Value) {
    config(c);
    c["flows"][0]["source"]["page_size"] = json!(20);
    c["flows"][0]["form"]["batch"] = json!(3);
}

fn survives_at(undisturbed: &Records, step: usize) {
    survives_its_boundaries(undisturbed, step, 10);
}

// R-W13, R-W15, R-W16
#[test]
fn a_record_survives_death_at_its_boundaries() {
    survives_at(&Records { records: 1, batch: 1, ..Records::default() }, 1);
}

#[test]
fn a_change_of_a_record_survives_death_at_its_boundaries() {
    let plan = Records { records: 1, batch: 1, changes: vec![(1, 0)], ..Records::default() };
    // The first process makes the row in its first step; here it lives on, and dies while it changes it.
    survives(&plan, boundaries(80, 1));
}

#[test]
fn records_that_share_a_call_survive_death_at_boundaries() {
    survives_at(&Records { records: 3, batch: 3, ..Records::default() }, 2);
}

fn random_plan(seed: u64) -> Records {
    let dice = Dice::past_first(seed);
    let records = 1 + dice.place(5);
    let batch = if dice.below(3) == 0 { 3 } else { 1 };
    let changes = (0..dice.below(4)).map(|_| (dice.place(10), dice.place(records))).collect();
    let deaths = dice.deaths(120);
    let faults = dice.faults(|dice| (dice.trouble(), if dice.below(2) == 0 { Vendor::B1 } else { Vendor::Weaver }));
    Records { records, batch, changes, trouble: Trouble { seed: dice.below(1_000_000), deaths, faults } }
}

/// 60 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_no_record_and_make_no_row_twice() {
    end_well(60, random_plan);
}
