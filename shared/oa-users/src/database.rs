//! The OA's own database as a source of users. Nothing is written there; values are bound, and what was answered counts
//! for a short time.

use crate::records::{Binding, DataRight, OaUser, Role};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_databases::{Cell, Db, Dialect};
use tenon_model::config::{Database, OaIntegration, OaQuery};
use tenon_model::named_values::{Part, parts};
use tenon_platform::clock::{Clock, millis};
use tenon_platform::{Context, Error, ErrorKind, Result};

/// Rows that an answer may have.
const MAX_ROWS: usize = 10_000;
/// How long a question takes at most: whoever waits for a user gives up after ten seconds.
const WAITS: Duration = Duration::from_secs(5);
/// How long nobody is asked anything after a database did not answer, in ms.
const DOWN_MS: i64 = 2_000;
/// Answers that are remembered.
const REMEMBERED: usize = 20_000;

/// Rows by the query and whom it was asked of, with the elapsed ms at which it was.
type Answers = HashMap<(OaQuery, String), (i64, Arc<Vec<Row>>)>;

/// The databases of a process, which stay open, with what they answered.
#[derive(Default)]
struct Open(Mutex<Option<Arc<Opened>>>);

struct Opened {
    database: Arc<Database>,
    settings: OaIntegration,
    db: Db,
    answers: Mutex<Answers>,
    /// When it was last found not to answer, elapsed ms.
    down: Mutex<Option<(i64, Error)>>,
}

/// A row, each value a text.
pub(crate) type Row = Map<String, Value>;

/// An OA's database.
pub(crate) struct OaDatabase<'a> {
    clock: &'a Clock,
    opened: Arc<Opened>,
}

impl<'a> OaDatabase<'a> {
    /// That of the settings.
    pub fn new(ctx: &'a Context, settings: &OaIntegration, database: Arc<Database>) -> Self {
        let open = ctx.extensions.get_or_init::<Open>();
        let mut open = open.0.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = match &*open {
            Some(known) if known.database == database && known.settings == *settings => Arc::clone(known),
            // What was answered to other questions, or elsewhere, does not count here.
            _ => Arc::clone(open.insert(Arc::new(Opened {
                db: Db::of(&database).within(WAITS),
                database,
                settings: settings.clone(),
                answers: Mutex::default(),
                down: Mutex::default(),
            }))),
        };
        Self { clock: &ctx.clock, opened }
    }

    /// Whom an assistant's user is.
    pub async fn binding(&self, assistant: &str) -> Result<Option<Binding>> {
        if self.opened.settings.queries.binding.trim().is_empty() {
            return Ok(None);
        }
        let rows = self.rows(OaQuery::Binding, assistant).await?;
        // Databases find what differs in case or in blanks at the end; here it is another user.
        let is_other = |row: &&Row| row.get("assistant_user_id").is_some_and(|id| id.as_str() != Some(assistant));
        let Some(mut row) = single(OaQuery::Binding, rows.iter().filter(|row| !is_other(row)))? else {
            return Ok(None);
        };
        row.insert("assistant_user_id".to_owned(), assistant.into());
        let binding: Binding = read(OaQuery::Binding, row)?;
        Ok(Some(binding).filter(|binding| !binding.oa_user_id.is_empty()))
    }

    /// A user, with the names of department and position.
    pub async fn user(&self, id: &str) -> Result<Option<OaUser>> {
        let rows = self.rows(OaQuery::User, id).await?;
        // A number that begins a text is found by the text; it is not the user.
        let is_it = |row: &&Row| row.get("id").and_then(Value::as_str) == Some(id);
        single(OaQuery::User, rows.iter().filter(is_it))?.map(|row| read(OaQuery::User, row)).transpose()
    }

    /// The roles of a user.
    pub async fn roles(&self, id: &str) -> Result<Vec<Role>> {
        let rows = self.rows(OaQuery::Roles, id).await?;
        rows.iter().map(|row| read(OaQuery::Roles, row.clone())).collect()
    }

    /// Every data right.
    pub async fn data_rights(&self) -> Result<Vec<DataRight>> {
        let rows = self.rows(OaQuery::DataAuth, "").await?;
        rows.iter().map(|row| read(OaQuery::DataAuth, row.clone())).collect()
    }

    /// What a query answers for somebody: what it answered a moment ago, where it found something then.
    async fn rows(&self, query: OaQuery, of: &str) -> Result<Arc<Vec<Row>>> {
        let Opened { settings, answers, .. } = &*self.opened;
        let (now, kept) = (self.clock.elapsed_ms(), millis(settings.remember));
        let key = (query, of.to_owned());
        if let Some((at, rows)) = answers.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && now - at < kept
        {
            return Ok(Arc::clone(rows));
        }
        let rows = Arc::new(self.query(query, of).await?);
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.is_empty() {
            answers.remove(&key);
            return Ok(rows);
        }
        if answers.len() >= REMEMBERED {
            answers.retain(|_, (at, _)| now - *at < kept);
        }
        if answers.len() < REMEMBERED {
            answers.insert(key, (now, Arc::clone(&rows)));
        }
        Ok(rows)
    }

    async fn query(&self, query: OaQuery, of: &str) -> Result<Vec<Row>> {
        let Opened { db, settings, down, .. } = &*self.opened;
        let now = self.clock.elapsed_ms();
        if let Some((at, error)) = &*down.lock().unwrap_or_else(PoisonError::into_inner)
            && now - at < DOWN_MS
        {
            return Err(error.clone());
        }
        let queried = run(db, query, settings.queries.of(query), of).await;
        let failed = queried.as_ref().err().filter(|error| error.kind() == ErrorKind::Unreachable);
        *down.lock().unwrap_or_else(PoisonError::into_inner) = failed.map(|error| (now, error.clone()));
        let (names, rows) = queried?;
        if let Some(missing) = missing(query, &names).first() {
            let message = format!("the query {} has no column {missing}; name one so, with AS", query.word());
            return Err(Error::permanent("oa-integration.query", message));
        }
        Ok(rows.into_iter().map(|row| names.iter().cloned().zip(row.into_iter().map(Value::from)).collect()).collect())
    }
}

/// Tries a query, without asking for anybody: the columns that are missing, and those that nothing is done with.
///
/// # Errors
/// The database's, in its own words.
pub async fn try_query(db: &Db, settings: &OaIntegration, query: OaQuery) -> Result<Tried> {
    let (names, _) = run(db, query, settings.queries.of(query), "").await?;
    let known = |name: &String| query.columns().iter().chain(query.more()).any(|known| known == name);
    let unused = names.iter().filter(|name| !known(name)).cloned().collect();
    Ok(Tried { missing: missing(query, &names), unused })
}

/// What is to be said of a query's columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Columns that the answer must have, and has not.
    pub missing: Vec<&'static str>,
    /// Columns that nothing is done with.
    pub unused: Vec<String>,
}

fn missing(query: OaQuery, names: &[String]) -> Vec<&'static str> {
    query.columns().iter().filter(|wanted| !names.iter().any(|name| name == **wanted)).copied().collect()
}

async fn run(db: &Db, query: OaQuery, text: &str, of: &str) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
    let (sql, count) = marked(db.dialect(), text)
        .map_err(|why| Error::permanent("oa-integration.query", format!("the query {} {why}", query.word())))?;
    // Whatever its name: the configuration was refused if it names another.
    db.query(&sql, vec![Some(of.to_owned()); count], MAX_ROWS)
        .await
        .map_err(|error| error.during(format!("OA {}", query.word())))
}

/// The statement with the engine's marks, and how many values are bound.
fn marked(dialect: Dialect, text: &str) -> std::result::Result<(String, usize), String> {
    let parts = parts(text).map_err(|why| why.to_string())?;
    let (mut sql, mut count) = (String::with_capacity(text.len()), 0);
    for part in parts {
        match part {
            Part::Text(text) => sql.push_str(text),
            Part::Value(_) => {
                count += 1;
                sql.push_str(&dialect.mark(count));
            }
        }
    }
    Ok((sql, count))
}

/// The one row; several are an error, since nobody knows who is meant.
fn single<'r>(query: OaQuery, mut rows: impl Iterator<Item = &'r Row>) -> Result<Option<Row>> {
    let first = rows.next().cloned();
    if rows.next().is_some() {
        let message = format!("the query {} has several rows for one id; let it find one", query.word());
        return Err(Error::permanent("oa-integration.query", message));
    }
    Ok(first)
}

/// A row as a record. Columns that a record has no place for are left out.
fn read<T: DeserializeOwned>(query: OaQuery, mut row: Row) -> Result<T> {
    row.retain(|name, _| query.columns().iter().chain(query.more()).any(|known| known == name));
    serde_json::from_value(Value::Object(row)).map_err(|why| {
        let message = format!("an answer of the query {} cannot be read: {why}", query.word());
        Error::permanent("oa-integration.query", message)
    })
}
