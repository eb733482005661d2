//! Systems that base data goes to, as a seam: records become rows, several in one call, and each is answered for by
//! itself. Only what flows need of any such system is here. The set is closed, so it is an enum: the compiler leads to
//! every place that a further one has to answer for.

use crate::SETTLES;
use crate::weaver::Weaver;
use serde_json::Value;
use std::time::Duration;
use tenon_model::config::Connection;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result};

/// A client of a system that takes base data.
pub enum Target<'a> {
    /// The cube of an E-cology.
    Cube(Box<Weaver<'a>>),
}

/// Which table of the system, and as whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface<'i> {
    /// Its name at the system.
    pub name: &'i str,
    /// The user it is called as; the connection's without one.
    pub operator: Option<&'i str>,
}

/// A row as it is to be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The system's own id of the row, when it is there already.
    pub id: Option<String>,
    /// Columns and their texts, in the mapping's order.
    pub columns: Vec<(String, String)>,
    /// Its detail tables by their names.
    pub details: Vec<(String, Vec<Detail>)>,
}

/// A row of a detail table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// The system's own id of it, when it is there already.
    pub id: Option<String>,
    /// Whether it is to go.
    pub is_removed: bool,
    /// Columns and their texts.
    pub columns: Vec<(String, String)>,
}

/// What the system said of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is saved, as the row of this id where that is told.
    As(Option<String>),
    /// It is not, and why.
    Refused(String),
    /// Neither can be read from the answer.
    Unreported(String),
}

/// A row that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The system's own id of it.
    pub id: String,
    /// Ids of the rows of each detail table, in their order.
    pub details: Vec<(String, Vec<String>)>,
}

/// The same call to whichever system it is.
macro_rules! of_each {
    ($target:expr, $client:ident => $call:expr) => {
        match $target {
            Target::Cube($client) => $call,
        }
    };
}

impl<'a> Target<'a> {
    /// The system of a stored connection.
    ///
    /// # Errors
    /// `config.connection` when there is none, when it does not open, or when it takes no base data.
    pub fn open(ctx: &'a Context, tenant: &TenantId, loaded: &Loaded, id: &ConnectionId) -> Result<Self> {
        let connection = loaded.connection(id)?;
        match connection.as_ref() {
            Connection::Weaver(weaver) => {
                Ok(Self::Cube(Box::new(Weaver::new(ctx, tenant, weaver.as_ref().clone(), loaded.revision(id)))))
            }
            other => Err(Error::permanent(
                "config.connection",
                format!("connection {id} is of kind {}, and one that takes base data is needed", other.kind()),
            )),
        }
    }

    /// Saves rows in one call and says what became of each, in their order.
    ///
    /// # Errors
    /// When nothing was said of any: of class `UnknownOutcome` when they may have been saved.
    pub async fn save(&self, at: Interface<'_>, rows: &[Row]) -> Result<Vec<Saved>> {
        of_each!(self, client => Box::pin(client.save_rows(at, rows)).await)
    }

    /// The rows whose column has exactly this text.
    ///
    /// # Errors
    /// Of kind `Refused` or `Unintelligible` when they cannot be looked for.
    pub async fn find(&self, at: Interface<'_>, column: &str, text: &str) -> Result<Vec<Found>> {
        of_each!(self, client => Box::pin(client.find_rows(at, column, text)).await)
    }

    /// What would be sent, without its proof.
    ///
    /// # Errors
    /// When the connection lacks something.
    pub fn preview(&self, at: Interface<'_>, rows: &[Row]) -> Result<Value> {
        of_each!(self, client => client.preview_rows(at, rows))
    }

    /// That the system does not take a row, in its words.
    pub fn refused(&self, words: &str) -> Error {
        of_each!(self, client => client.refused_row(words))
    }

    /// That the system does not say what became of a row.
    pub fn unreported(&self, words: &str) -> Error {
        of_each!(self, client => client.unknown_row(words))
    }

    /// Whether a refusal speaks of what the call proves itself with. Only people who look for what is wrong are told:
    /// nothing goes on by it.
    pub fn is_about_credentials(&self, error: &Error) -> bool {
        of_each!(self, client => client.is_about_credentials(error))
    }

    /// The longest one call takes, and the longest after it that it may still be carried out.
    pub fn settles_within(&self) -> Duration {
        of_each!(self, client => client.call_timeout() + SETTLES)
    }
}
