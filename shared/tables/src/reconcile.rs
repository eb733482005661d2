//! Rows that the ERP has no more. It tells of no deletion, so the keys of the table are looked up there; what is not
//! found is noted, looked up once more when all are known, and deleted unless it is too much to be true.

use crate::slice::Syncing;
use crate::state::{Stage, State};
use serde_json::Value;
use std::collections::BTreeSet;
use tenon_connectors::tabular::KeysQuery;
use tenon_databases::{Cell, ColumnKind, Deletion, GONE_TABLE, Outcome, Statement};
use tenon_flows::data_sync::record;
use tenon_platform::{Error, Result};

/// Keys that are looked up at once.
const AT_ONCE: usize = 400;
/// So many may always go.
const ALWAYS: u64 = 20;

impl Syncing<'_> {
    /// Looks the keys of the head's table up. `false` when the time is over.
    pub async fn compare(&mut self) -> Result<bool> {
        let dialect = self.db.dialect();
        if self.state.after.is_none() {
            let sql = format!("DELETE FROM {GONE_TABLE} WHERE name = {}", dialect.mark(1));
            self.db.transact(vec![Statement::plain(sql, vec![Some(self.scope())])]).await?;
        }
        loop {
            if !self.has_time() {
                return Ok(false);
            }
            let Some(target) = self.targets.first() else { return Ok(true) };
            let after: Option<Vec<Cell>> = self
                .state
                .after
                .as_ref()
                .map(|key| key.iter().map(|value| value.as_str().map(str::to_owned)).collect());
            let keys = self.db.keys_after(&target.name, target.key_columns(), after.as_deref(), AT_ONCE).await?;
            let Some(last) = keys.last() else {
                self.keep(State { stage: Stage::Delete, after: None, ..self.state.clone() }).await?;
                return Ok(true);
            };
            let next = State {
                after: Some(last.iter().map(|cell| cell.clone().map_or(Value::Null, Value::from)).collect()),
                ..self.state.clone()
            };
            let gone = self.missing(keys.into_iter().filter_map(|key| key.into_iter().next().flatten())).await?;
            let mut statements = vec![self.fence.keep(dialect, &next.text()?)];
            let (name, key1) = (dialect.mark(1), dialect.mark(2));
            for key in gone {
                let sql = format!("INSERT INTO {GONE_TABLE} (name, key1, key2) VALUES ({name}, {key1}, '')");
                statements.push(Statement::plain(sql, vec![Some(self.scope()), Some(key)]));
            }
            if self.db.transact(statements).await? == Outcome::Lost {
                return Err(record::taken_over());
            }
            self.state = next;
            self.report_progress().await?;
        }
    }

    fn scope(&self) -> String {
        self.plan.tables.first().map(|table| table.name.clone()).unwrap_or_default()
    }

    /// Which of these keys the ERP does not have, whatever their organisation.
    async fn missing(&self, keys: impl Iterator<Item = String>) -> Result<Vec<String>> {
        let mut missing: BTreeSet<String> = keys.collect();
        let Some(target) = self.targets.first() else { return Ok(Vec::new()) };
        let Some(key) = target.asked.first() else { return Ok(Vec::new()) };
        let is_number = target.columns.first().is_some_and(|column| column.kind == ColumnKind::Integer);
        let numbers = self.sync.organisations.iter().map(|number| Some(number.as_str()));
        let organisations: Vec<Option<&str>> =
            if self.sync.organisations.is_empty() { vec![None] } else { numbers.collect() };
        for number in organisations {
            let wanted: Vec<Value> = missing
                .iter()
                .map(|key| match key.parse::<i64>() {
                    Ok(key) if is_number => Value::from(key),
                    _ => Value::from(key.clone()),
                })
                .collect();
            if wanted.is_empty() {
                break;
            }
            let organisation = self.plan.organisation.as_deref().zip(number);
            let query = KeysQuery { form: &self.plan.form, key, keys: &wanted, organisation };
            for found in self.source.present(&query).await? {
                let cell = target.cells(&self.plan.form, &[found])?.into_iter().next().flatten();
                missing.remove(&cell.unwrap_or_default());
            }
        }
        Ok(missing.into_iter().collect())
    }

    /// Deletes what is still not there. `false` when the time is over.
    pub async fn delete(&mut self) -> Result<bool> {
        self.bound().await?;
        let dialect = self.db.dialect();
        loop {
            if !self.has_time() {
                return Ok(false);
            }
            let sql =
                format!("SELECT key1 FROM {GONE_TABLE} WHERE name = {} ORDER BY key1 LIMIT {AT_ONCE}", dialect.mark(1));
            let noted = self.db.rows(sql, vec![Some(self.scope())]).await?;
            let noted: Vec<String> = noted.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
            if noted.is_empty() {
                self.keep(State { stage: Stage::Done, ..self.state.clone() }).await?;
                return Ok(true);
            }
            let gone = self.missing(noted.iter().cloned()).await?;
            let mut next = self.state.clone();
            next.did.deleted += u64::try_from(gone.len()).unwrap_or(0);
            let mut statements = vec![self.fence.keep(dialect, &next.text()?)];
            if !gone.is_empty() {
                for target in &self.targets {
                    let keys = gone.iter().map(|key| vec![Some(key.clone())]).collect();
                    let key = target.key_columns().iter().take(1).cloned().collect();
                    statements.extend(Deletion { table: target.name.clone(), key, keys }.statements(dialect));
                }
            }
            for key in noted {
                let sql =
                    format!("DELETE FROM {GONE_TABLE} WHERE name = {} AND key1 = {}", dialect.mark(1), dialect.mark(2));
                statements.push(Statement::plain(sql, vec![Some(self.scope()), Some(key)]));
            }
            if self.db.transact(statements).await? == Outcome::Lost {
                return Err(record::taken_over());
            }
            self.state = next;
            self.report_progress().await?;
        }
    }

    /// More than a part of the table does not go: rather the user sees less than before, or the filter was changed.
    async fn bound(&mut self) -> Result<()> {
        let dialect = self.db.dialect();
        let sql = format!(
            "SELECT {} FROM {GONE_TABLE} WHERE name = {}",
            if dialect == tenon_databases::Dialect::Postgres { "count(*)::text" } else { "CAST(count(*) AS CHAR)" },
            dialect.mark(1)
        );
        let counted = self.db.rows(sql, vec![Some(self.scope())]).await?;
        let gone: u64 = counted.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(0);
        let rows = self.db.count(&self.scope()).await?;
        let most = (rows.saturating_mul(u64::from(self.flow.most_deleted)) / 100).max(ALWAYS);
        if gone <= most {
            return Ok(());
        }
        let message = format!(
            "{gone} of {rows} rows are not found in the ERP, and at most {most} are deleted by themselves; nothing was \
             deleted. See whether the user still sees everything (权限, 组织), then raise most_deleted for one run or create \
             the table anew"
        );
        Err(Error::permanent("data-sync.too-many-gone", message))
    }
}
