//! The tables that are written: made beside the old ones, or those that are there.

use serde_json::Value;
use tenon_databases::{Cell, Column, ColumnKind, Db, FoundColumn, MARKER, NewTable, Table, beside};
use tenon_flows::data_sync::plan::{Kind, Plan, PlannedColumn, PlannedTable};
use tenon_flows::data_sync::record::{Sync, SyncNotes, What};
use tenon_platform::{Error, ErrorKind, Result};

/// Where the rows of a table go.
pub(crate) struct Target {
    /// The table that is written.
    pub name: String,
    /// What is asked for, a field a column.
    pub asked: Vec<String>,
    /// The columns that are written, those of the key first.
    pub columns: Vec<FoundColumn>,
    /// How many of them are the key.
    pub key: usize,
}

impl Target {
    /// The columns of the key.
    pub fn key_columns(&self) -> &[FoundColumn] {
        self.columns.get(..self.key).unwrap_or_default()
    }

    /// Their names.
    pub fn key_names(&self) -> Vec<String> {
        self.key_columns().iter().map(|column| column.name.clone()).collect()
    }

    /// The cells of a row.
    pub fn cells(&self, form: &str, row: &[Value]) -> Result<Vec<Cell>> {
        let cell = |(at, value): (usize, &Value)| {
            let Some(column) = self.columns.get(at) else { return Ok(None) };
            kind(column.kind).cell(value).map_err(|_| self.misfit(form, at, column, row, value))
        };
        row.iter().enumerate().map(cell).collect()
    }

    fn misfit(&self, form: &str, at: usize, column: &FoundColumn, row: &[Value], value: &Value) -> Error {
        let asked = self.asked.get(at).map_or("", String::as_str);
        let key: Vec<String> = row.iter().take(self.key).map(Value::to_string).collect();
        let shown: String = value.to_string().chars().take(80).collect();
        let message = format!(
            "{asked} of {form} {} is {shown}, which the column {} ({}) does not hold; name {asked} in as_text and create the \
             table anew, or change the column's type",
            key.join("/"),
            column.name,
            column.declared
        );
        Error::permanent("data-sync.value", message)
    }
}

fn kind(kind: ColumnKind) -> Kind {
    match kind {
        ColumnKind::Integer => Kind::Integer,
        ColumnKind::Decimal => Kind::Decimal,
        ColumnKind::Time => Kind::Time,
        ColumnKind::Text => Kind::Text,
    }
}

/// The name of the table that is filled beside.
pub(crate) fn new_name(table: &PlannedTable) -> String {
    beside(&table.name, "__new")
}

/// The name of the first of them.
pub(crate) fn new_name_of(plan: &Plan) -> String {
    plan.tables.first().map(new_name).unwrap_or_default()
}

/// What a run that makes tables has to know of those that are there, before anything is done.
///
/// # Errors
/// `database.not-ours` and `database.depended-on`, which a run of hours must not end in.
pub(crate) async fn look_before_create(db: &Db, plan: &Plan, notes: &mut SyncNotes) -> Result<u64> {
    let mut rows = 0;
    for table in &plan.tables {
        let Some(old) = db.describe(&table.name).await? else { continue };
        if !old.is_ours() {
            let message = format!(
                "the table {} was not made by Tenon and is not dropped; rename it, or give the flow another database",
                table.name
            );
            return Err(Error::permanent("database.not-ours", message).with_kind(ErrorKind::Exists));
        }
        let extras = db.extras(&table.name).await?;
        if !extras.dependents.is_empty() {
            let message = format!(
                "{} cannot be without the table {}: drop them and make them again afterwards, or update the table instead",
                extras.dependents.join(", "),
                table.name
            );
            return Err(Error::permanent("database.depended-on", message).with_kind(ErrorKind::Refused));
        }
        let is_planned = |name: &str| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let foreign = old.columns.iter().filter(|column| !is_planned(&column.name));
        notes.foreign_columns.extend(foreign.map(|column| format!("{}.{}", table.name, column.name)));
        notes.grants.extend(extras.grants.iter().map(|grant| format!("{}: {grant}", table.name)));
        notes.indexes.extend(extras.indexes.into_iter().chain(extras.triggers));
        rows += db.count(&table.name).await?;
    }
    Ok(rows)
}

/// What a run that updates tables writes of them.
///
/// # Errors
/// `data-sync.no-table` where there is none, `data-sync.no-key` where rows cannot be told apart.
pub(crate) async fn look_before_update(db: &Db, plan: &Plan, notes: &mut SyncNotes) -> Result<u64> {
    let mut rows = 0;
    for table in &plan.tables {
        let old = existing(db, table).await?;
        let shared = |column: &&PlannedColumn| old.column(&column.name).is_some();
        let missing = table.columns.iter().filter(|column| !shared(column));
        notes.only_in_erp.extend(missing.map(|column| format!("{}.{}", table.name, column.name)));
        let is_planned = |name: &str| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let added = old.columns.iter().filter(|column| !is_planned(&column.name));
        notes.only_in_table.extend(added.map(|column| format!("{}.{}", table.name, column.name)));
        rows += db.count(&table.name).await?;
    }
    Ok(rows)
}

async fn existing(db: &Db, table: &PlannedTable) -> Result<Table> {
    let Some(found) = db.describe(&table.name).await? else {
        let message = format!("there is no table {}; make it first with /dataSync/create", table.name);
        return Err(Error::permanent("data-sync.no-table", message).with_kind(ErrorKind::NotFound));
    };
    let key: Vec<String> = table.columns.iter().take(table.key).map(|column| column.name.clone()).collect();
    if key.iter().any(|name| found.column(name).is_none()) || !found.is_unique(&key) {
        let message = format!(
            "the table {} has no unique index over {}, by which its rows are told apart; make one, or create the table anew",
            table.name,
            key.join(", ")
        );
        return Err(Error::permanent("data-sync.no-key", message));
    }
    Ok(found)
}

/// Makes the tables that are filled, for this run, whatever an earlier one left.
pub(crate) async fn make(db: &Db, plan: &Plan, sync: &Sync) -> Result<()> {
    for table in &plan.tables {
        let name = new_name(table);
        db.drop_ours(&name).await?;
        let columns = table.columns.iter().map(|column| Column {
            name: column.name.clone(),
            kind: match column.kind {
                Kind::Integer => ColumnKind::Integer,
                Kind::Decimal => ColumnKind::Decimal,
                Kind::Time => ColumnKind::Time,
                Kind::Text => ColumnKind::Text,
            },
            comment: comment(column),
        });
        let new = NewTable {
            columns: columns.collect(),
            key: table.columns.iter().take(table.key).map(|column| column.name.clone()).collect(),
            comment: format!("{MARKER}; run {}; {} {}", sync.run, plan.form, table.caption),
            name,
        };
        db.create(&new).await?;
    }
    Ok(())
}

fn comment(column: &PlannedColumn) -> String {
    match &column.code {
        Some(code) => format!("{} ({}, type {code})", column.caption, column.asked),
        None => format!("{} ({})", column.caption, column.asked),
    }
}

/// Whether the tables of a run's plan are those that it made.
pub(crate) async fn is_swapped(db: &Db, plan: &Plan, sync: &Sync) -> Result<bool> {
    let Some(table) = plan.tables.first() else { return Ok(false) };
    let found = db.describe(&table.name).await?;
    Ok(found.is_some_and(|found| found.is_ours() && found.comment.contains(&format!("run {};", sync.run))))
}

/// Where rows go.
pub(crate) async fn targets(db: &Db, plan: &Plan, what: What) -> Result<Vec<Target>> {
    let mut targets = Vec::with_capacity(plan.tables.len());
    for table in &plan.tables {
        let (name, found) = match what {
            What::Create => {
                let name = new_name(table);
                let found = db.describe(&name).await?.ok_or_else(|| {
                    let message = format!("the table {name}, which the run fills, is gone; it begins anew");
                    Error::transient("data-sync.state", message)
                })?;
                (name, found)
            }
            What::Update => (table.name.clone(), existing(db, table).await?),
        };
        let (mut asked, mut columns) = (Vec::new(), Vec::new());
        for column in &table.columns {
            if let Some(found) = found.column(&column.name) {
                asked.push(column.asked.clone());
                columns.push(found.clone());
            }
        }
        targets.push(Target { name, asked, columns, key: table.key });
    }
    Ok(targets)
}
