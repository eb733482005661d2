//! Rows of the ERP into tables: a page is read while the one before it is stored.

use crate::slice::Syncing;
use crate::state::{Stage, State};
use crate::target::Target;
use serde_json::Value;
use std::collections::HashSet;
use tenon_databases::{Cell, Deletion, Outcome, Statement, Upsert};
use tenon_flows::data_sync::record::{self, What};
use tenon_platform::{Error, Result};

impl Syncing<'_> {
    /// Goes through the pages of every table. `false` when the time is over.
    pub async fn copy(&mut self) -> Result<bool> {
        let mut ahead: Option<Vec<Vec<Value>>> = None;
        // However little time there is: a slice that does nothing would be followed by the same.
        let mut begun = false;
        loop {
            let rows = match ahead.take() {
                Some(rows) => rows,
                None if begun && !self.has_time() => {
                    // What is behind an empty page is not looked at again.
                    self.keep(self.state.clone()).await?;
                    return Ok(false);
                }
                None => self.fetch(&self.state).await?,
            };
            begun = true;
            if rows.is_empty() {
                self.clear_rest().await?;
                match self.state.next(self.extent()) {
                    Some(next) => self.state = next,
                    None => {
                        self.keep(self.after_copy()).await?;
                        return Ok(true);
                    }
                }
                continue;
            }
            let (next, statements) = self.page(rows).await?;
            let goes_on = self.has_time();
            let write = self.db.transact(statements);
            let (written, read) = match goes_on {
                true => {
                    let (written, read) = futures::join!(write, self.fetch(&next));
                    (written, Some(read))
                }
                false => (write.await, None),
            };
            if written? == Outcome::Lost {
                return Err(record::taken_over());
            }
            self.state = next;
            self.report_progress().await?;
            match read {
                Some(read) => ahead = Some(read?),
                None => return Ok(false),
            }
        }
    }

    fn after_copy(&self) -> State {
        let stage = match (self.sync.what, self.sync.reconciles) {
            (What::Create, _) => Stage::Swap,
            (What::Update, true) => Stage::Compare,
            (What::Update, false) => Stage::Done,
        };
        State { stage, after: None, table: 0, organisation: 0, ..self.state.clone() }
    }

    /// What stores a page, and how far the run is then.
    async fn page(&self, rows: Vec<Vec<Value>>) -> Result<(State, Vec<Statement>)> {
        let state = &self.state;
        let Some(target) = self.targets.get(state.table) else { return Ok((state.clone(), Vec::new())) };
        let last = rows.last().and_then(|row| row.get(..target.key)).map(<[Value]>::to_vec);
        if last.is_none() || last == state.after {
            let message = "the ERP answers the same page again: its rows are in no order of their keys";
            return Err(Error::transient("data-sync.order", message));
        }
        let mut heads = Vec::new();
        let mut cells = Vec::with_capacity(rows.len());
        for row in rows {
            let row = target.cells(&self.plan.form, &row)?;
            if target.key > 1 {
                heads.extend(row.first().cloned());
                // The head of a form without entries comes as a row of its own.
                if !self.source.is_key_of_entry(row.get(1).and_then(|key| key.as_deref())) {
                    continue;
                }
            }
            cells.push(row);
        }
        let mut next = State { after: last, ..state.clone() };
        next.did.rows += u64::try_from(cells.len()).unwrap_or(0);
        next.did.pages += 1;
        let gone = match self.sync.what {
            What::Update if target.key > 1 => self.stale(target, heads, &cells, &next).await?,
            _ => Vec::new(),
        };
        next.did.deleted += u64::try_from(gone.len()).unwrap_or(0);
        let dialect = self.db.dialect();
        let mut statements = vec![self.fence.keep(dialect, &next.text()?)];
        if !gone.is_empty() {
            statements.extend(self.deletion(target, gone).statements(dialect));
        }
        if !cells.is_empty() {
            statements.push(Statement::Upsert(Upsert {
                table: target.name.clone(),
                columns: target.columns.clone(),
                key: target.key_names(),
                rows: cells,
            }));
        }
        Ok((next, statements))
    }

    fn deletion(&self, target: &Target, keys: Vec<Vec<Cell>>) -> Deletion {
        Deletion { table: target.name.clone(), key: target.key_columns().to_vec(), keys }
    }

    /// Rows of entries that a page should have shown, and did not: somebody took them out of their document.
    async fn stale(
        &self,
        target: &Target,
        mut heads: Vec<Cell>,
        rows: &[Vec<Cell>],
        next: &State,
    ) -> Result<Vec<Vec<Cell>>> {
        let is_whole = self.source.shows_whole_entries();
        if !is_whole {
            // The document that the page before ended in may have lost what stood behind its last entry there.
            heads.extend(
                self.state.after.as_deref().and_then(numbers).and_then(|key| key.first().map(i64::to_string)).map(Some),
            );
        }
        heads.sort();
        heads.dedup();
        let there = self.db.keys_within(&target.name, target.key_columns(), &heads).await?;
        let shown: HashSet<&[Cell]> = rows.iter().filter_map(|row| row.get(..target.key)).collect();
        if is_whole {
            return Ok(there.into_iter().filter(|key| !shown.contains(key.as_slice())).collect());
        }
        let before = self.state.after.as_deref().and_then(numbers);
        let Some(last) = next.after.as_deref().and_then(numbers) else { return Ok(Vec::new()) };
        let within = |key: &[Cell]| {
            let Some(key) = cell_numbers(key) else { return false };
            before.as_ref().is_none_or(|before| key > *before) && key <= last
        };
        Ok(there.into_iter().filter(|key| !shown.contains(key.as_slice()) && within(key)).collect())
    }

    /// Behind the last page no entries of its last document are left.
    async fn clear_rest(&mut self) -> Result<()> {
        let Some(target) = self.targets.get(self.state.table).filter(|target| target.key > 1) else { return Ok(()) };
        let Some(last) = self.state.after.as_deref().and_then(numbers) else { return Ok(()) };
        if self.sync.what != What::Update || self.source.shows_whole_entries() {
            return Ok(());
        }
        let head = vec![last.first().map(i64::to_string)];
        let there = self.db.keys_within(&target.name, target.key_columns(), &head).await?;
        let gone: Vec<Vec<Cell>> =
            there.into_iter().filter(|key| cell_numbers(key).is_some_and(|key| key > last)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let dialect = self.db.dialect();
        let mut next = self.state.clone();
        next.did.deleted += u64::try_from(gone.len()).unwrap_or(0);
        let mut statements = vec![self.fence.keep(dialect, &next.text()?)];
        statements.extend(self.deletion(target, gone).statements(dialect));
        if self.db.transact(statements).await? == Outcome::Lost {
            return Err(record::taken_over());
        }
        self.state = next;
        Ok(())
    }
}

/// A key of numbers.
fn numbers(key: &[Value]) -> Option<Vec<i64>> {
    key.iter().map(Value::as_i64).collect()
}

fn cell_numbers(key: &[Cell]) -> Option<Vec<i64>> {
    key.iter().map(|cell| cell.as_deref()?.parse().ok()).collect()
}
