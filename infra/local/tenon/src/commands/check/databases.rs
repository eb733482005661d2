//! Whether the SQL databases answer.

use crate::output::Out;
use serde::Serialize;
use tenon_databases::Db;
use tenon_model::config::Database;
use tenon_platform::config_store::Loaded;

/// What was found of one.
#[derive(Debug, Serialize)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Absent when what is stored does not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Whether it answers.
    pub ok: bool,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Asks each of them something, told as it is found.
pub async fn look(loaded: &Loaded, out: &Out) -> Vec<Found> {
    let mut all = Vec::new();
    for (id, database) in loaded.databases() {
        let (kind, probed) = match database {
            Ok(database) => (Some(database.kind()), probe(&database).await),
            Err(error) => (None, Err(error)),
        };
        let error = probed.err().map(|error| error.to_string());
        if !out.is_json() {
            let name = kind.map_or_else(|| id.to_string(), |kind| format!("{id} ({kind})"));
            out.line(&match &error {
                None => format!("ok      database {name}"),
                Some(why) => format!("FAILED  database {name}\n        {why}"),
            });
        }
        all.push(Found { id: id.to_string(), kind, ok: error.is_none(), error });
    }
    all
}

async fn probe(database: &Database) -> tenon_platform::Result<()> {
    // A file that nobody has written to yet is made when it is needed.
    if let Database::Sqlite(file) = database
        && !std::path::Path::new(&file.path).exists()
    {
        return Ok(());
    }
    let db = Db::of(database);
    let probed = db.query("SELECT 1 AS one", Vec::new(), 1).await;
    db.close().await;
    probed.map(drop)
}
