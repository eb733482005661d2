//! Deliveries: a list, one with its attempts and their answers, sending one again.

use super::{About, LimitedAction};
use crate::again::{self, Again};
use crate::deliveries::{self, Wanted};
use crate::record::{Attempt, Delivery, State};
use tenon_model::call::CallRecord;
use tenon_platform::Rejection;
use tenon_tenants::call_log;

/// Pages looked at for one answer; a rare state makes a short answer with a cursor.
const MAX_PAGES: u32 = 10;
/// Attempts whose answers are looked up.
const MAX_ANSWERS: usize = 20;

/// The words of states.
pub const STATES: [&str; 6] = ["pending", "in-flight", "delivered", "failed", "canceled", "skipped"];

/// Which deliveries are wanted, by the times of their events.
#[derive(Clone, Debug, Default)]
pub struct ListWanted {
    /// Events from this epoch ms on.
    pub from_ms: Option<i64>,
    /// Events up to this epoch ms.
    pub to_ms: Option<i64>,
    /// One of [`STATES`].
    pub state: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Most of them.
    pub size: u32,
}

/// A page of deliveries.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Newest first.
    pub deliveries: Vec<Delivery>,
    /// Where the next page begins. A page may be short and still have a next one.
    pub next: Option<String>,
}

/// Where a delivery stands, in a word.
pub fn word(delivery: &Delivery) -> &'static str {
    if delivery.state == State::Pending && delivery.lease.is_some() { "in-flight" } else { delivery.state.word() }
}

/// A page of an app's deliveries.
///
/// # Errors
/// 400 that names `state` or `cursor`; those of the table.
pub async fn list(about: &About<'_>, wanted: ListWanted) -> Result<Listed, Rejection> {
    if let Some(state) = wanted.state.as_deref().filter(|state| !STATES.contains(state)) {
        return Err(Rejection::field("state", format!("{state}不是有效状态，可选: {}", STATES.join("、"))));
    }
    if wanted.cursor.as_ref().is_some_and(|c| c.len() > 64 || !c.starts_with("msg_")) {
        return Err(Rejection::field("cursor", "不是本列表返回的游标"));
    }
    let mut range = Wanted {
        from_ms: wanted.from_ms.unwrap_or(0),
        to_ms: wanted.to_ms.unwrap_or(about.ctx.now_ms()),
        beyond: wanted.cursor,
        newest_first: true,
        limit: wanted.size,
    };
    let mut found = Vec::new();
    let full = usize::try_from(wanted.size).unwrap_or(20);
    for _ in 0..MAX_PAGES {
        let page = deliveries::page(about.ctx, &about.tenant, &about.app.id, &range).await?;
        let ended = page.next.is_none();
        for stored in page.items {
            range.beyond = Some(stored.data.id.clone());
            if wanted.state.as_deref().is_none_or(|state| state == word(&stored.data)) {
                found.push(stored.data);
            }
            if found.len() == full {
                break;
            }
        }
        if ended && found.len() < full {
            range.beyond = None;
        }
        if ended || found.len() == full {
            break;
        }
    }
    Ok(Listed { deliveries: found, next: range.beyond })
}

/// A delivery, and each of its attempts with its record in the log, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The delivery.
    pub delivery: Delivery,
    /// Its attempts; those long past have no record any more.
    pub attempts: Vec<(Attempt, Option<CallRecord>)>,
}

/// One delivery.
///
/// # Errors
/// 404; those of the table.
pub async fn one(about: &About<'_>, id: &str) -> Result<Answered, Rejection> {
    let found = deliveries::get(about.ctx, &about.tenant, &about.app.id, id).await?;
    let delivery = found.ok_or_else(Rejection::not_found)?.data;
    let newest = delivery.attempts.iter().rev().take(MAX_ANSWERS).map(|a| (a.at_ms, a.log.as_str()));
    let mut calls = call_log::pushes(about.ctx, &about.tenant, &about.app.id, newest).await?;
    let mut attempts = Vec::new();
    for attempt in delivery.attempts.iter().rev() {
        let call = calls.iter().position(|call| call.id == attempt.log).map(|at| calls.swap_remove(at));
        attempts.push((attempt.clone(), call));
    }
    Ok(Answered { delivery, attempts })
}

/// Has one delivery sent again.
///
/// # Errors
/// 404; 400 for an app that cannot be pushed to and for an attempt under way; 429.
pub async fn resend(about: &About<'_>, id: &str) -> Result<(), Rejection> {
    about.ready().await?;
    about.admit(LimitedAction::Resend).await?;
    match again::resend(about.ctx, &about.tenant, &about.app.id, id).await? {
        Again::Queued => Ok(()),
        Again::UnderWay => Err(Rejection::field("deliveryId", "该推送正在进行，请稍后再试")),
        Again::Missing => Err(Rejection::not_found()),
    }
}
