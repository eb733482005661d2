//! How far a run is, as it is kept beside its tables.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_flows::data_sync::record::SyncProgress;
use tenon_platform::{Error, Result};

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub stage: Stage,
    /// 0: the window. 1: what changed while that was read.
    pub pass: u8,
    pub table: usize,
    pub organisation: usize,
    /// The key behind which the next page begins.
    pub after: Option<Vec<Value>>,
    pub did: SyncProgress,
}

/// What is done at present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// Rows are read and stored.
    #[default]
    Copy,
    /// The new table takes the place of the old one.
    Swap,
    /// Keys are looked for that the ERP has no more.
    Compare,
    /// Rows are deleted that it has no more.
    Delete,
    /// Nothing is left to do.
    Done,
}

/// How many there are of what a run goes through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub passes: u8,
    pub tables: usize,
    pub organisations: usize,
}

impl State {
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| {
            let message = format!("how far the run is cannot be read: {error}; begin another");
            Error::permanent("data-sync.state", message)
        })
    }

    pub fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::permanent("data-sync.state", error.to_string()))
    }

    /// What comes after the last page of a table and an organisation; `None` when everything has been read.
    pub fn next(&self, extent: Extent) -> Option<Self> {
        let mut next = Self { after: None, ..self.clone() };
        next.organisation += 1;
        if next.organisation < extent.organisations.max(1) {
            return Some(next);
        }
        next.organisation = 0;
        next.table += 1;
        if next.table < extent.tables {
            return Some(next);
        }
        next.table = 0;
        next.pass += 1;
        (next.pass < extent.passes).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_gone_through_once() {
        let extent = Extent { passes: 2, tables: 2, organisations: 2 };
        let mut seen = Vec::new();
        let mut state = Some(State::default());
        while let Some(at) = state {
            seen.push((at.pass, at.table, at.organisation));
            state = at.next(extent);
        }
        let all: Vec<_> =
            (0..2).flat_map(|pass| (0..2).flat_map(move |table| (0..2).map(move |org| (pass, table, org)))).collect();
        assert_eq!(seen, all);
        assert_eq!(State::default().next(Extent { passes: 1, tables: 1, organisations: 0 }), None);
    }
}
