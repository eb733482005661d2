//! Whether a SQL database answers.

use crate::{Outcome, keep, time};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tenon_databases::Db;
use tenon_model::DatabaseId;
use tenon_model::config::Database;
use tenon_operations::At;
use tenon_operations::beside::Beside;
use tenon_operations::connections::Check;
use tenon_platform::Rejection;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Its id.
    pub id: DatabaseId,
    /// Absent when what is stored does not open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it answers.
    pub ok: bool,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Asks a database something, and keeps what came of it.
///
/// # Errors
/// 404 where there is none; those of the table. That it does not answer is a result and no error.
pub async fn check(at: &At<'_>, id: &DatabaseId) -> Result<(Check, Found), Rejection> {
    let of = Beside::Database(id.clone());
    let loaded = of.of(at.ctx, at.tenant).await?;
    at.note("check-database", id.as_str(), json!({})).await?;
    let began_ms = at.ctx.now_ms();
    let (kind, asked) = match loaded.database(id) {
        Ok(database) => (Some(database.kind().to_owned()), ask(&database, time(at)).await),
        Err(error) => (None, Err(error)),
    };
    let error = asked.as_ref().err().map(ToString::to_string);
    let outcome: Outcome = match asked {
        Ok(()) => Ok(kind.clone().unwrap_or_default()),
        Err(error) => Err((error.to_string(), Some(error.code.to_owned()))),
    };
    let check = keep(at, &of, began_ms, outcome).await?;
    Ok((check, Found { id: id.clone(), kind, ok: error.is_none(), error }))
}

async fn ask(database: &Database, time: Option<Duration>) -> tenon_platform::Result<()> {
    // A file that nobody has written to yet is made when it is needed.
    if let Database::Sqlite(file) = database
        && !std::path::Path::new(&file.path).exists()
    {
        return Ok(());
    }
    let db = match time {
        Some(time) => Db::of(database).within(time),
        None => Db::of(database),
    };
    let asked = db.query("SELECT 1 AS one", Vec::new(), 1).await;
    db.close().await;
    asked.map(drop)
}
