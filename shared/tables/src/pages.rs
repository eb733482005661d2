//! The next page of a run, by where it stands.

use crate::slice::Syncing;
use crate::state::State;
use serde_json::Value;
use tenon_connectors::tabular::{PageQuery, Window};
use tenon_connectors::time::local_text;
use tenon_flows::data_sync::record::What;
use tenon_platform::Result;
use tenon_platform::clock::millis;

impl Syncing<'_> {
    /// Reads the page behind this state.
    pub async fn fetch(&self, state: &State) -> Result<Vec<Vec<Value>>> {
        let Some(target) = self.targets.get(state.table) else { return Ok(Vec::new()) };
        let (from, until) = self.window(state.pass)?;
        let window = self.plan.date.as_deref().map(|field| Window { field, from: &from, until: until.as_deref() });
        let number = self.sync.organisations.get(state.organisation);
        let query = PageQuery {
            form: &self.plan.form,
            fields: &target.asked,
            key: target.key,
            after: state.after.as_deref(),
            window,
            organisation: self.plan.organisation.as_deref().zip(number.map(String::as_str)),
            filter: self.flow.filter.as_deref(),
            limit: self.source.page_size(),
        };
        self.source.page(&query).await
    }

    /// The first pass reads what was changed before the run began. What is changed while it reads leaves that window, so
    /// the second has no end: it begins a little before the run, and nothing leaves it.
    fn window(&self, pass: u8) -> Result<(String, Option<String>)> {
        let zone = self.source.time_zone();
        let began = self.sync.started_ms;
        let back = match self.sync.what {
            What::Create => self.flow.create_window,
            What::Update => self.flow.update_window,
        };
        let text = |ms: i64| local_text(ms, zone);
        Ok(match pass {
            0 => (text(began - millis(back))?, Some(text(began)?)),
            _ => (text(began - millis(self.flow.overlap))?, None),
        })
    }
}
