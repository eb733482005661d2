//! Crash points and drawn histories of one kind of work: the loop in which vendors fail, processes die and people act, until
//! everything is at rest and right. What people do and what is to be there in the end is the [`Plan`]'s.

use crate::histories::{boundaries, play_all, run, seeds};
use crate::{Boundary, TestApp};
use std::fmt::Debug;
use std::time::Duration;
use tenon_platform::queue::QueueName;
use tenon_sandbox::Fault;

/// What disturbs a history.
#[derive(Clone, Debug, Default)]
pub struct Trouble {
    /// Seeds ids and randomness.
    pub seed: u64,
    /// Boundaries at which the first, second, … process dies.
    pub deaths: Vec<Boundary>,
    /// Faults of the vendors, each with the step before which it is injected.
    pub faults: Vec<(usize, Fault)>,
}

/// A history's plan.
#[expect(async_fn_in_trait, reason = "a history is played on one thread")]
pub trait Plan: Clone + Debug + Sync {
    /// What is known of it while it is played.
    type Progress;

    /// The queues of its work.
    const QUEUES: &'static [QueueName];
    /// Steps after which a history that is not at rest has failed: hours of simulated time.
    const LIMIT: usize;
    /// It is over when it was at rest and right for more steps than this in a row.
    const QUIET: usize = 3;

    /// What disturbs it.
    fn trouble(&mut self) -> &mut Trouble;

    /// Its site, before anything disturbs it.
    async fn new_app(&self) -> TestApp;

    /// What there is when the first process begins that may die.
    fn begin(&self, app: &TestApp) -> Self::Progress;

    /// What comes before the work of a step.
    ///
    /// # Errors
    /// What must never be.
    async fn before(&self, _app: &TestApp, _world: &mut Self::Progress, _step: usize) -> Result<(), String> {
        Ok(())
    }

    /// What people do when they see what the step has brought.
    async fn after(&self, _app: &TestApp, _world: &mut Self::Progress, _step: usize) {}

    /// Whether nobody does anything any more; the queues are looked at besides.
    fn is_over(&self, app: &TestApp, progress: &Self::Progress, step: usize) -> bool;

    /// When a vendor does something next by itself, epoch ms.
    fn next_at(&self, app: &TestApp) -> Option<i64> {
        app.sandbox.next_callback_at()
    }

    /// Whether a dead letter is as it should be.
    fn is_expected_letter(&self, _world: &Self::Progress, _letter: &str) -> bool {
        false
    }

    /// Whether everything is there as it should be.
    ///
    /// # Errors
    /// What is not.
    async fn verify(&self, app: &TestApp, progress: &Self::Progress) -> Result<(), String>;

    /// What helps to understand a history that went wrong.
    async fn details(&self, _app: &TestApp) -> String {
        String::new()
    }
}

/// Plays a history to its end. Returns the number of effects the first process had, which is the number of places at
/// which it can die.
///
/// # Errors
/// How it went wrong.
pub async fn play<P: Plan>(plan: &P) -> Result<usize, String> {
    let Trouble { deaths, faults, .. } = plan.clone().trouble().clone();
    let mut app = plan.new_app().await;
    let mut deaths = deaths.into_iter();
    app.restart(deaths.next());
    let mut progress = plan.begin(&app);
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..P::LIMIT {
        for (_, fault) in faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        let crash_injector = app.crash_injector.clone();
        plan.before(&app, &mut progress, step).await.map_err(|why| format!("{why}\nplan: {plan:?}"))?;
        app.step().await;
        if first {
            effects = crash_injector.effects();
        }
        if crash_injector.is_dead() {
            first = false;
            app.restart(deaths.next());
        }
        plan.after(&app, &mut progress, step).await;
        let at_rest = plan.is_over(&app, &progress, step) && next_message_at::<P>(&app).await.is_none();
        outcome = if at_rest { verify(plan, &app, &progress).await } else { Err("not at rest".to_owned()) };
        if app.crash_injector.is_dead() {
            // It died while it was looked at.
            app.restart(deaths.next());
        }
        quiet = if outcome.is_ok() { quiet + 1 } else { 0 };
        if quiet > P::QUIET {
            return Ok(effects);
        }
        app.clock.advance(pause(plan, &app).await);
    }
    Err(format!(
        "{outcome:?} after {} steps; dead letters: {:?}\nplan: {plan:?}\n{}\n{}",
        P::LIMIT,
        app.dead_letters().await,
        calls(&app).join("\n"),
        plan.details(&app).await
    ))
}

async fn verify<P: Plan>(plan: &P, app: &TestApp, progress: &P::Progress) -> Result<(), String> {
    let mut letters = app.dead_letters().await;
    letters.retain(|letter| !plan.is_expected_letter(progress, letter));
    if !letters.is_empty() {
        return Err(format!("dead letters: {letters:?}"));
    }
    plan.verify(app, progress).await
}

/// The latest calls that may have changed something, oldest first.
fn calls(app: &TestApp) -> Vec<String> {
    let log = app.sandbox.snapshot().log;
    let latest = log.iter().rev().filter(|r| r.method != "GET").take(60);
    let mut shown: Vec<String> =
        latest.map(|r| format!("{} {} {} {}", r.at_ms % 100_000_000, r.method, r.path, r.outcome)).collect();
    shown.reverse();
    shown
}

async fn next_message_at<P: Plan>(app: &TestApp) -> Option<i64> {
    let mut next = None;
    for queue in P::QUEUES {
        let at = app.local.queue.next_visible_at(queue).await.unwrap();
        next = [next, at].into_iter().flatten().min();
    }
    next
}

/// Until something is due: the schedules of the next minute, a message, a vendor.
async fn pause<P: Plan>(plan: &P, app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let minute = now - now.rem_euclid(60_000) + 60_000;
    let due = [next_message_at::<P>(app).await, plan.next_at(app)];
    let next = due.into_iter().flatten().fold(minute, i64::min);
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

/// That a history ends well wherever its first process dies: at both sides of the boundaries of every effect in `step`.
///
/// # Panics
/// When it does not, or when the first process has so few effects that it cannot have done the work.
pub fn survives_its_boundaries<P: Plan>(undisturbed: &P, step: usize, least: usize) {
    let effects = run(play(undisturbed)).unwrap();
    assert!(effects > least, "only {effects} effects were counted");
    survives(undisturbed, boundaries(effects, step));
}

/// That a history ends well at whichever of these places its first process dies.
///
/// # Panics
/// When it does not.
pub fn survives<P: Plan>(undisturbed: &P, deaths: impl Iterator<Item = Boundary>) {
    let dying = |death| {
        let mut plan = undisturbed.clone();
        plan.trouble().deaths = vec![death];
        plan
    };
    let plans: Vec<P> = deaths.map(dying).collect();
    play_all(&plans, play);
}

/// That drawn histories end well: so many by default, or as `TENON_HISTORIES` and `TENON_HISTORY_SEED` say.
///
/// # Panics
/// When one does not.
pub fn end_well<P: Plan>(usually: u64, draw: impl Fn(u64) -> P) {
    let plans: Vec<P> = seeds(usually).map(draw).collect();
    play_all(&plans, play);
}
