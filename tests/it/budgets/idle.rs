//! What a deployment does when nobody wants anything of it.

use super::Spent;
use std::time::Duration;
use tenon::serve::handlers;
use tenon::serve::registry::{self, Handler};
use tenon_catalog::{FUNCTIONS, Trigger};
use tenon_engine::Tally;
use tenon_tests::{TestApp, TestAppOptions};

/// A schedule and one run of it that finds nothing.
pub struct Run {
    pub function: &'static str,
    pub memory_mb: u32,
    pub every_minutes: u64,
    pub spent: Spent,
}

/// Each schedule of the catalog, on a site with two flows of approvals and one of prices.
pub async fn runs() -> Vec<Run> {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (ctx, tally) = Tally::of(&app.ctx);
    app.ctx = ctx;
    let mut runs = Vec::new();
    for function in FUNCTIONS {
        let Trigger::Schedule { rate, .. } = function.trigger else { continue };
        let Some(Handler::Schedule(handler)) = handlers::handler(function.name) else { panic!("{}", function.name) };
        let run = async |app: &TestApp| {
            app.clock.advance(Duration::from_secs(601));
            let before = app.crash_injector.calls().len();
            let _ = handler(&registry::within(&app.ctx, function)).await;
            let calls = app.crash_injector.calls().len() - before;
            Spent { from_schedule: 1, calls, ..Spent::default() }
        };
        // The first logs in.
        run(&app).await;
        let spent = Spent::by(&tally, 1, run(&app)).await;
        let (every_minutes, memory_mb) = (minutes(rate), function.memory_mb);
        runs.push(Run { function: function.name, memory_mb, every_minutes, spent });
    }
    runs
}

/// The minutes of `rate(10 minutes)`.
fn minutes(rate: &str) -> u64 {
    rate.trim_start_matches("rate(").split(' ').next().unwrap().parse().unwrap()
}

/// Alarms of the template, without those that a gradual deployment makes.
pub fn alarms() -> usize {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra");
    let stacks = std::fs::read_dir(format!("{folder}/stacks")).unwrap().map(|entry| entry.unwrap().path());
    let files = stacks.chain([std::path::PathBuf::from(format!("{folder}/observability.yaml"))]);
    let texts = files.map(|file| std::fs::read_to_string(file).unwrap());
    texts.map(|text| text.match_indices("Type: AWS::CloudWatch::Alarm\n    Properties").count()).sum()
}
