//! Entering records. A call waits for a message to be sent, never for the table.

use super::{CallLogger, key, unsigned};
use crate::contention;
use std::collections::{BTreeMap, BTreeSet};
use tenon_model::TenantId;
use tenon_model::call::{BODY_LIMIT, CallRecord, CallResult, Direction, ERROR_LIMIT, cut};
use tenon_model::message::Envelope;
use tenon_platform::job::Job;
use tenon_platform::queue::{OPENAPI_LOG, send_envelope};
use tenon_platform::table::{Expect, Transacted, Write};
use tenon_platform::{Context, Result, telemetry};

/// Writes of one transaction, at most; DynamoDB takes 100.
const MAX_WRITES: usize = 96;
/// Days the copy of a call that did not succeed is kept among the latest errors.
const ERRORS_KEPT_DAYS: i64 = 8;

/// Sends a record on its way to the log. Never fails: a call must not fail because of its log. When the
/// queue does not take it, it is entered here and now; when the table does not either, it is lost, with
/// an error in our own log and a metric.
pub async fn queue(ctx: &Context, tenant: &TenantId, record: CallRecord) {
    let envelope = Envelope::new(CallLogger::NAME, record.id.as_str(), tenant, tidy(record.clone()));
    let Err(error) = send_envelope(ctx.queue.as_ref(), &OPENAPI_LOG, &envelope, ctx.now_ms()).await else { return };
    tracing::warn!(call = %record.id, error.code = error.code, error.message = %error, "call log cannot be queued; it is written directly");
    if let Err(error) = enter(ctx, tenant, vec![record.clone()]).await {
        telemetry::count(&ctx.clock, "CallLogLost", ("Direction", direction(&record)), 1);
        tracing::error!(tenant = %tenant, app = %record.app_id, call = %record.id, error.code = error.code, error.message = %error, "call log lost");
    }
}

/// Stores records that are not there yet and counts them; the others are neither changed nor counted
/// again. Each transaction takes up to ninety. Records of calls that were not signed are counted apart,
/// and only some of them kept. After an error some may be stored: enter all of them again.
///
/// # Errors
/// Those of the table.
pub async fn enter(ctx: &Context, tenant: &TenantId, records: Vec<CallRecord>) -> Result<()> {
    let mut seen = BTreeSet::new();
    let (apart, mut left): (Vec<_>, Vec<_>) =
        records.into_iter().map(tidy).partition(|record| record.unsigned.is_some());
    unsigned::enter_apart(ctx, tenant, apart).await?;
    // DynamoDB refuses a transaction that touches one record twice.
    left.retain(|r| seen.insert((r.app_id.clone(), direction(r), key::sort(r))));
    while !left.is_empty() {
        let rest = left.split_off(fitting(&left));
        enter_some(ctx, tenant, left).await?;
        left = rest;
    }
    Ok(())
}

/// How many of the first records fit one transaction together with their counters.
fn fitting(records: &[CallRecord]) -> usize {
    let (mut counters, mut writes) = (BTreeSet::new(), 0);
    let over = records.iter().position(|record| {
        counters.insert(group(record));
        writes += if went_wrong(record) { 2 } else { 1 };
        writes + counters.len() > MAX_WRITES
    });
    over.unwrap_or(records.len())
}

async fn enter_some(ctx: &Context, tenant: &TenantId, mut records: Vec<CallRecord>) -> Result<()> {
    while !records.is_empty() {
        // The records come first, so that one that is there already is known by its place.
        let mut all = records.iter().map(|r| put(tenant, r)).collect::<Result<Vec<_>>>()?;
        for record in records.iter().filter(|record| went_wrong(record)) {
            all.push(error(tenant, record)?);
        }
        all.extend(counts(tenant, &records));
        match contention::transact(ctx, all).await? {
            Transacted::Done => return Ok(()),
            // Only records have a condition. Those that are there already were counted with it.
            Transacted::Conflict(there) => {
                let mut index = 0..;
                records.retain(|_| index.next().is_some_and(|i| !there.contains(&i)));
            }
        }
    }
    Ok(())
}

/// The writes that enter one record and count it, to go into a transaction of the caller's own. The
/// first one's condition does not hold when the record is there already.
///
/// # Errors
/// `platform.table` when the record cannot be written.
pub fn writes(tenant: &TenantId, record: &CallRecord) -> Result<Vec<Write>> {
    writes_of_all(&[(tenant, record)])
}

/// As [`writes`], for records of several tenants' apps, each once: those of an app are counted together. At most a
/// write and a copy for each, and a counter for each app, day and direction.
///
/// # Errors
/// As [`writes`].
pub fn writes_of_all(records: &[(&TenantId, &CallRecord)]) -> Result<Vec<Write>> {
    let mut by_tenant: BTreeMap<&TenantId, Vec<CallRecord>> = BTreeMap::new();
    for (tenant, record) in records {
        by_tenant.entry(tenant).or_default().push(tidy((*record).clone()));
    }
    let mut writes = Vec::with_capacity(records.len() * 2);
    for (tenant, records) in by_tenant {
        for record in &records {
            writes.push(put(tenant, record)?);
            if went_wrong(record) {
                writes.push(error(tenant, record)?);
            }
        }
        writes.extend(counts(tenant, &records));
    }
    Ok(writes)
}

fn went_wrong(record: &CallRecord) -> bool {
    record.result != CallResult::Success
}

/// The copy by which the latest errors of a module are found without reading past all its successes.
fn error(tenant: &TenantId, record: &CallRecord) -> Result<Write> {
    let copy = CallRecord {
        request_body: cut(&record.request_body, ERROR_LIMIT),
        response_body: cut(&record.response_body, ERROR_LIMIT),
        ..record.clone()
    };
    let dies_s = record.at_ms / 1000 + ERRORS_KEPT_DAYS * 86_400;
    Ok(Write::put(key::error(tenant, record), &copy, Expect::Anything)?.expiring(Some(dies_s)))
}

/// An expired record counts as there: a message lives shorter than a record.
pub(super) fn put(tenant: &TenantId, record: &CallRecord) -> Result<Write> {
    let dies_s = record.at_ms / 1000 + key::KEPT_DAYS * 86_400;
    let put = Write::put(key::record(tenant, record), record, Expect::AbsentAt(record.at_ms))?;
    Ok(put.indexed(key::of_tenant(tenant), key::sort(record)).expiring(Some(dies_s)))
}

type Group = (tenon_model::AppId, i64, &'static str);

fn group(record: &CallRecord) -> Group {
    (record.app_id.clone(), key::day_of(record.at_ms), direction(record))
}

fn counts(tenant: &TenantId, records: &[CallRecord]) -> Vec<Write> {
    let mut groups: BTreeMap<Group, (Direction, Vec<CallResult>, i64)> = BTreeMap::new();
    for record in records {
        let group = groups.entry(group(record)).or_insert_with(|| (record.direction, Vec::new(), 0));
        group.1.push(record.result);
        group.2 = group.2.max(record.at_ms);
    }
    let count = |((app, day, _), (direction, results, last_ms)): (Group, (Direction, Vec<CallResult>, i64))| {
        Write::count(key::count(key::counter(tenant, &app, day, direction), day, &results, last_ms))
    };
    groups.into_iter().map(count).collect()
}

/// Holds texts to their limits. What a push was answered may be longer: it is cut where it is read.
fn tidy(mut record: CallRecord) -> CallRecord {
    record.request_body = cut(&record.request_body, BODY_LIMIT);
    if record.direction == Direction::Inbound {
        record.response_body = cut(&record.response_body, BODY_LIMIT);
    }
    record.error = record.error.map(|e| cut(&e, ERROR_LIMIT));
    record
}

fn direction(record: &CallRecord) -> &'static str {
    match record.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}
