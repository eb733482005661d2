//! The domain: approval flows, price flows, base data flows and what a PLM pushes, as state machines over the platform and the
//! connectors. Knows neither Lambda nor HTTP servers.

mod admission;
mod agreed;
pub mod approvals;
pub mod barcode;
pub mod base_data;
pub mod certificates;
pub mod compare;
pub mod data_sync;
pub mod decisions;
pub mod directory_pull;
pub mod directory_push;
pub mod documents;
mod failures;
pub mod issues;
pub mod jobs;
pub mod kinds;
pub mod leased;
pub mod manufacturing;
pub mod map;
pub mod marks;
pub mod messages;
mod missed;
pub mod new_flow;
pub mod operator;
pub mod plm;
pub mod poll;
pub mod prices;
pub mod reconcile;
mod resume_point;
mod retrying;
pub mod schedule;
pub mod silent;
pub mod source;
pub mod suppressed;
pub mod unit_failures;
pub mod written;
mod zone;

use tenon_model::barcode::SaveRecord;
use tenon_model::base_data::Record;
use tenon_model::document::{CreatedFor, DocumentRecord};
use tenon_model::plm::PlmRecord;
use tenon_platform::table::RecordKind;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    let mut kinds = vec![
        RecordKind::of::<SaveRecord>("BARCODE"),
        RecordKind::of::<Record>("BASE-DATA"),
        RecordKind::of::<CreatedFor>("CREATED"),
        RecordKind::of::<DocumentRecord>("DOCUMENT"),
        RecordKind::of::<PlmRecord>("PLM"),
        RecordKind::of::<poll::LastPoll>("POLL"),
        RecordKind::of::<unit_failures::UnitFailure>("TROUBLE"),
        prices::KIND,
        suppressed::KIND,
    ];
    kinds.extend(approvals::record_kinds());
    kinds.extend(data_sync::KINDS);
    kinds.extend(directory_pull::KINDS);
    kinds.push(directory_push::KIND);
    kinds.extend(issues::KINDS);
    kinds.extend(manufacturing::KINDS);
    kinds
}
