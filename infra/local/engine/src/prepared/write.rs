//! Changes: first it is looked whether all of them can be made, and then they are.

use super::terms::{Condition, updated};
use super::{Done, HandOn, PARTITION_LIMIT, Prepared, Transaction, sql, text, wire};
use dynoxide::storage::compute_hash_prefix;
use rusqlite::Connection;
use std::collections::HashSet;
use tenon_platform::table::engine::{Change, Changed, Item};

/// Changes of one transaction, and their bytes, at most; DynamoDB takes 4 MB of one caller, and here several may share one.
const MAX_WRITES: usize = 100;
const MAX_BYTES: usize = 3 << 20;

/// What is to be done to one row.
struct Planned<'c> {
    pk: &'c str,
    sk: &'c str,
    /// The row, where there is one.
    row: Option<i64>,
    /// Whether the record stands in the index.
    entered: bool,
    /// What the record is then; nothing for one that is taken away.
    then: Option<Then>,
}

struct Then {
    json: String,
    size: i64,
    /// Its place in the index.
    entry: Option<(String, String)>,
}

impl Prepared {
    /// Makes all changes, which are of different records, or none; what each update changed, as it is now.
    pub(crate) fn write(&self, table: &str, changes: &[&Changed]) -> Done<Vec<Item>> {
        let keys = changes.iter().map(|changed| self.target(table, &changed.change)).collect::<Done<Vec<_>>>()?;
        let distinct = keys.iter().collect::<HashSet<_>>().len() == keys.len();
        if keys.is_empty() || keys.len() > MAX_WRITES || !distinct {
            return Err(HandOn);
        }
        let connection = self.to_write();
        let writing = Transaction::begin(&connection, sql::WRITING)?;
        let (mut planned, mut answers, mut bytes) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()), 0);
        for (key, changed) in keys.into_iter().zip(changes) {
            let (plan, answer) = self.plan(&connection, key, changed)?;
            bytes += plan.then.as_ref().map_or(0, |then| then.json.len());
            planned.push(plan);
            answers.push(answer);
        }
        if bytes > MAX_BYTES {
            return Err(HandOn);
        }
        for plan in &planned {
            self.make(&connection, plan)?;
        }
        writing.commit()?;
        Ok(answers)
    }

    /// The key of what is changed.
    fn target<'c>(&self, table: &str, change: &'c Change) -> Done<(&'c str, &'c str)> {
        match change {
            Change::Put(item) => self.key_of(table, item),
            Change::Delete(key) | Change::Update { key, .. } => self.key(table, key),
            // Rare: the engine checks it.
            Change::Check(_) => Err(HandOn),
        }
    }

    /// What is to be done, when the condition holds.
    fn plan<'c>(
        &self,
        connection: &Connection,
        (pk, sk): (&'c str, &'c str),
        changed: &Changed,
    ) -> Done<(Planned<'c>, Item)> {
        let condition = Condition::of(changed)?;
        let (row, before) = self.before(connection, (pk, sk), changed, &condition)?;
        if !condition.holds(&before)? {
            return Err(HandOn);
        }
        let entered = before.contains_key("gsi1pk");
        let (then, answer) = match &changed.change {
            Change::Put(item) => (Some(then(item)?), Item::new()),
            Change::Delete(_) => (None, Item::new()),
            Change::Check(_) => return Err(HandOn),
            Change::Update { key, expression } => {
                let before = if row.is_some() { before } else { key.clone() };
                let (after, new) = updated(before, expression, changed)?;
                (Some(then(&after)?), new)
            }
        };
        Ok((Planned { pk, sk, row, entered, then }, answer))
    }

    /// The row that is there, and of its record what has to be known: an update changes all of it.
    fn before(
        &self,
        connection: &Connection,
        key: (&str, &str),
        changed: &Changed,
        condition: &Condition<'_>,
    ) -> Done<(Option<i64>, Item)> {
        let mut statement = connection.prepare_cached(&self.sql.get)?;
        let mut rows = statement.query(key)?;
        let Some(row) = rows.next()? else { return Ok((None, Item::new())) };
        let json = row.get_ref(1)?.as_str()?;
        let item = match changed.change {
            Change::Update { .. } => wire::read(json)?,
            Change::Put(_) | Change::Delete(_) | Change::Check(_) => {
                let names: Vec<&str> = condition.names().chain(["gsi1pk"]).collect();
                wire::read_some(json, &names)?
            }
        };
        Ok((Some(row.get(0)?), item))
    }

    fn make(&self, connection: &Connection, planned: &Planned<'_>) -> Done<()> {
        let Planned { pk, sk, row, entered, then } = planned;
        let of_row = match (row, then) {
            (Some(row), Some(then)) => {
                connection.prepare_cached(&self.sql.update)?.execute((&then.json, then.size, row))?
            }
            (None, Some(then)) => {
                let hash = compute_hash_prefix(&dynoxide::AttributeValue::S((*pk).to_owned()));
                connection.prepare_cached(&self.sql.insert)?.execute((pk, sk, &then.json, then.size, hash))?
            }
            (Some(row), None) => connection.prepare_cached(&self.sql.delete)?.execute([row])?,
            (None, None) => return Ok(()),
        };
        let entry = then.as_ref().and_then(|then| Some((then, then.entry.as_ref()?)));
        let of_entry = match (entered, entry) {
            (false, None) => 1,
            (true, None) => connection.prepare_cached(&self.sql.leave)?.execute((pk, sk))?,
            (false, Some((then, (at, place)))) => {
                connection.prepare_cached(&self.sql.enter)?.execute((at, place, pk, sk, &then.json))?
            }
            (true, Some((then, (at, place)))) => {
                connection.prepare_cached(&self.sql.move_entry)?.execute((at, place, pk, sk, &then.json))?
            }
        };
        // Anything but one row each is not as the engine leaves it.
        if of_row == 1 && of_entry == 1 { Ok(()) } else { Err(HandOn) }
    }
}

/// A record as it is kept.
fn then(item: &Item) -> Done<Then> {
    let entry = match (text(item, "gsi1pk", PARTITION_LIMIT)?, text(item, "gsi1sk", super::SORT_LIMIT)?) {
        (Some(at), Some(place)) => Some((at.to_owned(), place.to_owned())),
        (None, None) => None,
        // The engine leaves it out of the index, and has its own mind about whether it may be so.
        _ => return Err(HandOn),
    };
    let (json, size) = wire::written(item)?;
    Ok(Then { json, size, entry })
}
