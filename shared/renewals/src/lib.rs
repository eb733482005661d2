//! Telling a tenant, and the operator, that a trial or a subscription ends, or that a day's quota does: as the events
//! `APP_EXPIRING` and `QUOTA_REACHED` to the apps that ask for them, and as notices to the people whom `[notices.renewals]`
//! names.
//!
//! What is due is read off the records as they stand, so a run that dies or never comes is made good by the next one. What
//! is told is claimed in the transaction that stores the event and promises every message, so each is told once.

mod due;
mod ends;
mod notified;
mod quota;
mod words;

use std::collections::BTreeSet;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::config::notices::Renewals;
use tenon_platform::table::RecordKind;
use tenon_platform::{Context, Error, Result, lease};
use tenon_tenants::store;

/// How often it is looked, less what a schedule may be early.
const EVERY: Duration = Duration::from_secs(14 * 60);
/// What reading one tenant and telling of it takes at most.
const ONE: Duration = Duration::from_secs(8);

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    vec![notified::KIND]
}

/// Tells what is due, a quarter of an hour after the last time at the earliest; says how much was told.
///
/// # Errors
/// The last one met. What can be told all the same is told.
pub async fn notify_due(ctx: &Context) -> Result<usize> {
    if !lease::claim_slot(ctx, &TenantId::operator(), &["renewals"], EVERY).await? {
        return Ok(0);
    }
    let loaded = ctx.config.load(&TenantId::operator()).await?;
    let settings = loaded.notices()?.map(|notices| notices.renewals.clone()).unwrap_or_default();
    let mut run = Run { ctx, settings: &settings, told: 0, failed: None };
    let from_ms = ctx.now_ms() - due::LATE_MS;
    let subscriptions = store::ending_from(ctx, from_ms).await?;
    let mut tenants = BTreeSet::new();
    for subscription in &subscriptions {
        tenants.insert(&subscription.tenant);
        let told = ends::notify(&run, subscription).await;
        run.note("subscription", told);
    }
    // They are told of from the next run on, when the index has them.
    match store::index_earlier(ctx, &subscriptions, from_ms).await {
        Ok(0) => {}
        Ok(entered) => tracing::info!(entered, "subscriptions stored before the index of their ends are in it now"),
        Err(error) => run.note("index", Err(error)),
    }
    for tenant in in_turn(&tenants, ctx.now_ms()) {
        // A tenant that this run has no time for is the first of one of the next.
        if ctx.time_for(ONE).is_err() {
            tracing::warn!("quotas are looked at by the next run; there was no time for all");
            break;
        }
        let told = quota::notify(&run, tenant).await;
        run.note("quota", told);
    }
    if run.told > 0 {
        tracing::info!(told = run.told, "tenants were told that something of theirs ends");
    }
    run.failed.map_or(Ok(run.told), Err)
}

/// One look.
pub(crate) struct Run<'a> {
    pub ctx: &'a Context,
    pub settings: &'a Renewals,
    told: usize,
    failed: Option<Error>,
}

impl Run<'_> {
    /// What one tenant's records make impossible keeps nothing from the others.
    fn note(&mut self, what: &'static str, outcome: Result<usize>) {
        match outcome {
            Ok(told) => self.told += told,
            Err(error) => {
                tracing::error!(what, error.code = error.code, error.message = %error, "a tenant could not be told; the next run tries again");
                self.failed = Some(error);
            }
        }
    }
}

/// Beginning with another one each time, so that nobody is always the last.
fn in_turn<'t>(tenants: &BTreeSet<&'t TenantId>, now_ms: i64) -> Vec<&'t TenantId> {
    let mut all: Vec<&TenantId> = tenants.iter().copied().collect();
    if let Ok(many) = i64::try_from(all.len())
        && many > 0
    {
        let runs = now_ms / tenon_platform::clock::millis(EVERY);
        all.rotate_left(usize::try_from(runs.rem_euclid(many)).unwrap_or(0));
    }
    all
}
