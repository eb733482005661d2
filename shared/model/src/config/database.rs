//! SQL databases: where tables are written for boards and reports, or read.

use super::{Secret, Tagged};
use crate::ids::DatabaseId;
use crate::{code, duration};
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;

/// One database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Database {
    /// A file on this machine.
    Sqlite(SqliteDatabase),
    /// PostgreSQL.
    Postgres(DatabaseServer),
    /// MySQL or MariaDB.
    Mysql(DatabaseServer),
}

/// A SQLite file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqliteDatabase {
    /// Letters, digits and dashes.
    pub id: DatabaseId,
    /// The file, which is made where there is none. A relative path is relative to the configuration file.
    pub path: String,
}

/// A database that a server has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseServer {
    /// Letters, digits and dashes.
    pub id: DatabaseId,
    /// Name or address of the server.
    #[serde(deserialize_with = "code::trimmed")]
    pub host: String,
    /// Its port: 5432 for PostgreSQL and 3306 for MySQL where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The database.
    #[serde(deserialize_with = "code::trimmed")]
    pub database: String,
    /// The user.
    #[serde(deserialize_with = "code::trimmed")]
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// Whether the way to the server is encrypted.
    #[serde(default)]
    pub tls: DatabaseTls,
    /// A PEM file with the authority that signed the server's certificate. Read when the configuration is applied;
    /// its text goes to `ca_pem`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// The PEM text itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// Time-out of connecting, and of one statement that reads.
    #[serde(default = "timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

/// Whether the way to a database server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseTls {
    /// Encrypted, and the server's certificate is verified.
    #[default]
    Verify,
    /// Encrypted, whoever answers.
    Encrypt,
    /// Not encrypted: on one machine, or a network that nobody else is on.
    Off,
}

impl Database {
    /// The database's id.
    pub fn id(&self) -> &DatabaseId {
        match self {
            Self::Sqlite(file) => &file.id,
            Self::Postgres(server) | Self::Mysql(server) => &server.id,
        }
    }

    /// The word used in the configuration file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Mysql(_) => "mysql",
        }
    }

    /// The server, where it is no file.
    pub fn server(&self) -> Option<&DatabaseServer> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(server) | Self::Mysql(server) => Some(server),
        }
    }

    /// As [`server`](Self::server), to be changed.
    pub fn server_mut(&mut self) -> Option<&mut DatabaseServer> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(server) | Self::Mysql(server) => Some(server),
        }
    }

    /// Where the password may be sent, and for whom: what is sealed for one place opens at no other.
    pub fn bound_to(&self) -> String {
        let Some(server) = self.server() else {
            return serde_json::Value::from_iter([self.kind(), self.id().as_str()]).to_string();
        };
        let DatabaseServer { id, host, port, database, username, tls, ca_pem, password: _, ca_file: _, timeout: _ } =
            server;
        let port = port.map(|port| port.to_string()).unwrap_or_default();
        let verified = if *tls == DatabaseTls::Verify { "verified" } else { "" };
        let parts = [self.kind(), id.as_str(), host, &port, database, username, verified];
        serde_json::Value::from_iter(parts.into_iter().chain(ca_pem.as_deref())).to_string()
    }
}

impl Tagged for Database {
    const KINDS: &'static [&'static str] = &["sqlite", "postgres", "mysql"];

    fn read<'de, D: Deserializer<'de>>(kind: &str, keys: D) -> Option<Result<Self, D::Error>> {
        Some(match kind {
            "sqlite" => SqliteDatabase::deserialize(keys).map(Self::Sqlite),
            "postgres" => DatabaseServer::deserialize(keys).map(Self::Postgres),
            "mysql" => DatabaseServer::deserialize(keys).map(Self::Mysql),
            _ => return None,
        })
    }
}

fn timeout_default() -> Duration {
    Duration::from_secs(20)
}
