//! Several events at once, each for itself.

use super::{Applied, apply};
use crate::error::TradeError;
use serde_json::Value;
use tenon_model::openapi::{BulkFailure, BulkSuccess, BulkTaken};
use tenon_model::{EventKind, TenantId};
use tenon_platform::{Context, rejection};

/// Events in one body, at most.
pub const BULK_LIMIT: usize = 200;

/// Whose event it is, or why nobody's may be taken: HTTP status and words.
pub type Addressee = Result<TenantId, (u16, String)>;

/// Takes events of one kind in, in their order; `whose` finds the tenant of each. One that fails does
/// not keep the others out.
pub async fn apply_each(
    ctx: &Context,
    kind: EventKind,
    events: &[Value],
    whose: impl Fn(&Value) -> Addressee,
) -> BulkTaken {
    let mut taken = BulkTaken { total: events.len(), ..BulkTaken::default() };
    for (index, event) in (1..).zip(events) {
        let done = match whose(event) {
            Ok(tenant) => apply(ctx, &tenant, kind, event).await.map_err(|e| told(e, index)),
            Err(refusal) => Err(refusal),
        };
        match done {
            Ok(Applied { event_id, repeated, skipped }) => {
                let skipped_apps = skipped.iter().map(ToString::to_string).collect();
                taken.success_records.push(BulkSuccess { index, event_id, repeated, skipped_apps });
            }
            Err((code, error)) => {
                let event_id = event.get("eventId").and_then(Value::as_str).map(|id| id.chars().take(100).collect());
                taken.failed_records.push(BulkFailure { index, event_id, code, error });
            }
        }
    }
    taken.success_count = taken.success_records.len();
    taken.failed_count = taken.failed_records.len();
    taken.message = format!("成功{}条，失败{}条", taken.success_count, taken.failed_count);
    taken
}

/// What the caller is told: its own mistakes in full, ours not at all.
fn told(error: TradeError, index: usize) -> (u16, String) {
    match error {
        TradeError::Bad(bad) => (400, bad.to_string()),
        TradeError::NotFound(message) => (404, message),
        TradeError::Failed(error) if error.is_contention() => (409, rejection::BUSY.to_owned()),
        TradeError::Failed(error) => {
            tracing::error!(error.code = error.code, error.message = %error, event.index = index, "an event was not taken in");
            (500, "服务器内部错误，请重新提交该事件".to_owned())
        }
    }
}
