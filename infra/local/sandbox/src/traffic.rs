//! Counts of what arrived, whether or not it was answered.

use crate::snapshot::RequestRecord;
use std::collections::{BTreeMap, VecDeque};

/// Requests kept in the log; older ones are only in the counters.
const LOG_LENGTH: usize = 2000;

#[derive(Default)]
pub(crate) struct Traffic {
    /// By method and entity set or API path: `PATCH Drafts`.
    pub by_entity: BTreeMap<String, u64>,
    /// By method, entity set and key: `PATCH Drafts(16)`.
    pub by_key: BTreeMap<String, u64>,
    pub log: VecDeque<RequestRecord>,
}

impl Traffic {
    pub(crate) fn count(&mut self, method: &str, entity: &str, key: Option<&str>) {
        *self.by_entity.entry(format!("{method} {entity}")).or_default() += 1;
        if let Some(key) = key {
            *self.by_key.entry(format!("{method} {entity}({key})")).or_default() += 1;
        }
    }

    pub(crate) fn record(&mut self, at_ms: i64, method: &str, path: &str, outcome: &str) {
        if self.log.len() == LOG_LENGTH {
            self.log.pop_front();
        }
        let (method, path, outcome) = (method.to_owned(), path.to_owned(), outcome.to_owned());
        self.log.push_back(RequestRecord { at_ms, method, path, outcome });
    }
}
