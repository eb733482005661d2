//! One slice of a run: from its plan to its end, as far as the time goes.

use crate::state::{Extent, Stage, State};
use crate::target::{self, Target};
use std::time::Duration;
use tenon_connectors::tabular::Source;
use tenon_databases::{Db, Fence, Outcome, Watching};
use tenon_flows::data_sync::plan::Plan;
use tenon_flows::data_sync::record::{self, Sync, What};
use tenon_flows::data_sync::{flow, planned, record_run, source};
use tenon_flows::kinds::Scope;
use tenon_model::config::DataSyncFlow;
use tenon_model::run::RunStatus;
use tenon_platform::clock::millis;
use tenon_platform::{Error, ErrorKind, Result};

/// No page is begun with less time than this: a slow call, and a page that is stored.
const ENOUGH: Duration = Duration::from_secs(30);
/// How often it is told how far a run is, in ms.
const RECORD_EVERY_MS: i64 = 2_000;

/// How a slice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// The run is done.
    Done,
    /// It goes on in another slice.
    OutOfTime,
    /// It had ended before.
    Ended,
}

/// A run in hand.
pub(crate) struct Syncing<'a> {
    pub at: Scope<'a>,
    pub flow: &'a DataSyncFlow,
    pub source: Source<'a>,
    pub db: Db,
    pub sync: &'a mut Sync,
    pub plan: Plan,
    pub targets: Vec<Target>,
    pub fence: Fence,
    pub state: State,
    /// Elapsed ms at which the slice is over.
    until_ms: Option<i64>,
    recorded_ms: i64,
}

impl<'a> Syncing<'a> {
    pub async fn open(at: Scope<'a>, sync: &'a mut Sync, at_most: Option<Duration>) -> Result<Self> {
        let begun_ms = at.ctx.clock.elapsed_ms();
        let flow = flow(at.loaded, &sync.flow)?;
        let source = source(at, flow)?;
        let db = Db::open(&*at.loaded.database(&sync.database)?).await?;
        let db = db.watched(&at.ctx.extensions.get_or_init::<Watching>());
        let plan = plan(at, flow, &source, &db, sync).await?;
        let scope = plan.tables.first().map_or_else(|| sync.form.clone(), |table| table.name.clone());
        let (fence, stored) = db.take(&scope, sync.run.as_str()).await?;
        let mut state = stored.as_deref().map(State::read).transpose()?;
        let of_tables = matches!(state.as_ref().map(|state| state.stage), None | Some(Stage::Copy));
        if sync.what == What::Create && state.as_ref().is_none_or(|state| state.stage == Stage::Copy) {
            let fresh = state.is_none() || db.describe(&target::new_name_of(&plan)).await?.is_none();
            if fresh && target::is_swapped(&db, &plan, sync).await? {
                // It died between the step and the note of it.
                state = Some(State { stage: Stage::Done, ..state.unwrap_or_default() });
            } else if fresh {
                target::make(&db, &plan, sync).await?;
                state = None;
            }
        }
        let state = state.unwrap_or_default();
        let has_targets = of_tables && state.stage == Stage::Copy || sync.what == What::Update;
        let targets = if has_targets { target::targets(&db, &plan, sync.what).await? } else { Vec::new() };
        let until_ms = at_most.map(|time| begun_ms.saturating_add(millis(time)));
        let recorded_ms = at.ctx.now_ms();
        let mut syncing = Self { at, flow, source, db, sync, plan, targets, fence, state, until_ms, recorded_ms };
        syncing.keep(syncing.state.clone()).await?;
        Ok(syncing)
    }

    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Whether another page may be begun.
    pub fn has_time(&self) -> bool {
        let ctx = self.at.ctx;
        self.until_ms.is_none_or(|until| ctx.clock.elapsed_ms() < until)
            && ctx.time_left().is_none_or(|left| left >= ENOUGH.min(left_of(self.until_ms)))
    }

    /// Stores how far it is, beside the tables.
    pub async fn keep(&mut self, state: State) -> Result<()> {
        let statement = self.fence.keep(self.db.dialect(), &state.text()?);
        match self.db.transact(vec![statement]).await? {
            Outcome::Done(_) => {
                self.state = state;
                Ok(())
            }
            Outcome::Lost => Err(record::taken_over()),
        }
    }

    /// Tells how far it is, now and then.
    pub async fn report_progress(&mut self) -> Result<()> {
        let now = self.at.ctx.now_ms();
        if now - self.recorded_ms < RECORD_EVERY_MS {
            return Ok(());
        }
        self.recorded_ms = now;
        self.note().await
    }

    async fn note(&mut self) -> Result<()> {
        let (in_table, slices) = (self.sync.did.in_table, self.sync.did.slices);
        self.sync.did = record::SyncProgress { in_table, slices, ..self.state.did };
        record::store(self.at.ctx, self.at.tenant, self.sync).await?;
        let progress = match self.state.stage {
            Stage::Compare | Stage::Delete => "keys are compared with the ERP's".to_owned(),
            _ => format!("{} rows so far", self.state.did.rows),
        };
        record_run(self.at, self.sync, RunStatus::Running, progress).await
    }

    pub fn extent(&self) -> Extent {
        let passes = if self.plan.date.is_some() { 2 } else { 1 };
        Extent { passes, tables: self.targets.len(), organisations: self.sync.organisations.len() }
    }

    pub async fn slice(&mut self) -> Result<Slice> {
        loop {
            let goes_on = match self.state.stage {
                Stage::Copy => self.copy().await?,
                Stage::Swap => self.swap().await?,
                Stage::Compare => self.compare().await?,
                Stage::Delete => self.delete().await?,
                Stage::Done => {
                    self.end().await?;
                    return Ok(Slice::Done);
                }
            };
            if !goes_on {
                self.note().await?;
                return Ok(Slice::OutOfTime);
            }
        }
    }

    /// The new tables take the place of the old ones.
    async fn swap(&mut self) -> Result<bool> {
        let pairs: Vec<(String, String)> =
            self.plan.tables.iter().map(|table| (target::new_name(table), table.name.clone())).collect();
        if target::is_swapped(&self.db, &self.plan, self.sync).await? {
            self.keep(State { stage: Stage::Done, ..self.state.clone() }).await?;
            return Ok(true);
        }
        let done = State { stage: Stage::Done, ..self.state.clone() };
        // Where the step is no part of a transaction it is looked for when this is gone on with.
        let noted = if self.db.dialect() == tenon_databases::Dialect::Mysql { &self.state } else { &done };
        match self.db.swap(&self.fence, &noted.text()?, &pairs).await? {
            Outcome::Done(_) => self.state = done,
            Outcome::Lost => return Err(record::taken_over()),
        }
        Ok(true)
    }

    async fn end(&mut self) -> Result<()> {
        let Scope { ctx, tenant, .. } = self.at;
        let mut in_table = 0;
        for table in &self.plan.tables {
            in_table += self.db.count(&table.name).await?;
            if self.sync.what == What::Create {
                self.db.drop_aside(&table.name).await?;
            }
        }
        let slices = self.sync.did.slices;
        self.sync.did = record::SyncProgress { in_table, slices, ..self.state.did };
        self.sync.ended_ms = Some(ctx.now_ms());
        let names: Vec<&str> = self.plan.tables.iter().map(|table| table.name.as_str()).collect();
        let progress = match self.sync.what {
            What::Create => format!("made {} with {in_table} rows", names.join(", ")),
            What::Update => format!(
                "updated {}: {} rows written, {} deleted, {in_table} in all",
                names.join(", "),
                self.state.did.rows,
                self.state.did.deleted
            ),
        };
        // The run first: what is told of is done.
        record_run(self.at, self.sync, RunStatus::Succeeded, progress).await?;
        record::end(ctx, tenant, self.sync).await
    }
}

fn left_of(until_ms: Option<i64>) -> Duration {
    // Whoever has set an end of its own has left room behind it.
    if until_ms.is_some() { Duration::from_secs(5) } else { ENOUGH }
}

/// The plan of a run: made once, before anything is written.
async fn plan(at: Scope<'_>, flow: &DataSyncFlow, source: &Source<'_>, db: &Db, sync: &mut Sync) -> Result<Plan> {
    if let Some(plan) = &sync.plan {
        return Ok(plan.clone());
    }
    let (plan, organisations) = planned(source, flow, &sync.form).await?;
    if !plan.form.eq_ignore_ascii_case(&sync.form) {
        let message = format!("the ERP calls the form {} by another name: {}; ask for that", sync.form, plan.form);
        return Err(Error::permanent("data-sync.form", message).with_kind(ErrorKind::NotFound));
    }
    sync.did.in_table = match sync.what {
        What::Create => target::look_before_create(db, &plan, &mut sync.told).await?,
        What::Update => target::look_before_update(db, &plan, &mut sync.told).await?,
    };
    if plan.date.is_none() {
        let why = "the form has no date of the last change, so all of it is read each time";
        sync.told.notes.push(why.to_owned());
    }
    sync.organisations = organisations;
    sync.plan = Some(plan.clone());
    record::store(at.ctx, at.tenant, sync).await?;
    Ok(plan)
}
