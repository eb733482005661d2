//! Rules of SQL databases.

use super::rules::{CommonRule, ConnectionRule, Why};
use super::{Bounds, Findings, bounds};
use crate::config::{Config, Database, DatabaseTls};
use std::collections::BTreeSet;

const TIMEOUT: Bounds = bounds(1_000, 60, Why::Database);

/// Checks every database.
pub(super) fn check_all(found: &mut Findings, config: &Config) {
    let mut ids = BTreeSet::new();
    for database in &config.databases {
        let id = database.id().as_str();
        let path = format!("databases[{id}]");
        found.id(&path, id);
        if !ids.insert(id) {
            found.error(&path, CommonRule::SameDatabase);
        }
        match database {
            Database::Sqlite(file) => found.filled(&format!("{path}.path"), &file.path),
            Database::Postgres(server) | Database::Mysql(server) => {
                for (key, value) in
                    [("host", &server.host), ("database", &server.database), ("username", &server.username)]
                {
                    found.filled(&format!("{path}.{key}"), value);
                }
                found.duration(&format!("{path}.timeout"), server.timeout, &TIMEOUT);
                if server.tls == DatabaseTls::Off && !is_here(&server.host) {
                    found.warn(&format!("{path}.tls"), ConnectionRule::TlsOff);
                }
            }
        }
    }
}

fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1") || host.starts_with('/')
}
