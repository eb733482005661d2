//! Rules of the OA integration.

use super::rules::{CommonRule, ServiceRule, Why};
use super::{Bounds, Findings, bounds};
use crate::config::{Config, Database, OaIntegration, OaQuery, OaSource, Service};
use crate::named_values::{Part, parts};

const REMEMBER: Bounds = bounds(1, 3_600, Why::Remember);

/// What is wrong with `[oa_integration]`.
pub(super) fn check(found: &mut Findings, config: &Config) {
    let Some(oa) = config.oa_integration.as_deref() else { return };
    let at = |key: &str| format!("[oa_integration].{key}");
    for network in &oa.allow_ips {
        found.network(&at("allow_ips"), network);
    }
    if oa.open_rate_per_minute > 1_000_000 {
        found.error(&at("open_rate_per_minute"), CommonRule::RateTooHigh);
    }
    let by_directory = [oa.enterprise_code.is_some(), oa.connection.is_some()];
    match (oa.source, by_directory) {
        (OaSource::Directory, [true, false] | [false, true])
        | (OaSource::Stored | OaSource::Database, [false, false]) => {}
        (OaSource::Directory, _) => found.error(&at("source"), ServiceRule::DirectoryPeople),
        (OaSource::Stored | OaSource::Database, _) => {
            found.error(&at("source"), ServiceRule::OfDirectory);
        }
    }
    database(found, config, oa);
    if let Some(connection) = &oa.connection
        && !config.connections.iter().any(|known| known.id() == connection)
    {
        found.error(&at("connection"), CommonRule::NoConnection { id: connection.to_string() });
    }
    if oa.open {
        found.warn(&at("open"), ServiceRule::OpenToAll);
    } else if !config.apps.iter().any(|app| app.services.contains(&Service::OaIntegration)) {
        found.warn(&at("open"), ServiceRule::NobodyAsks);
    }
}

/// Rules of users that come from the OA's own database.
fn database(found: &mut Findings, config: &Config, oa: &OaIntegration) {
    let at = |key: &str| format!("[oa_integration].{key}");
    if oa.source != OaSource::Database {
        if oa.database.is_some() || !oa.queries.is_default() {
            found.error(&at("source"), ServiceRule::OfDatabase);
        }
        return;
    }
    found.duration(&at("remember"), oa.remember, &REMEMBER);
    let Some(id) = &oa.database else {
        found.error(&at("database"), ServiceRule::NoOaDatabase);
        return;
    };
    let Some(database) = config.databases.iter().find(|database| database.id() == id) else {
        found.error(&at("database"), ServiceRule::NotInDatabases { id: id.to_string() });
        return;
    };
    for query in OaQuery::ALL {
        let path = at(&format!("queries.{}", query.word()));
        let text = oa.queries.of(query);
        if query == OaQuery::Binding && text.trim().is_empty() {
            continue;
        }
        if oa.queries.is_of_gougu(query) && matches!(database, Database::Postgres(_)) {
            found.error(&path, ServiceRule::OfGougu);
            continue;
        }
        match parts(text) {
            Err(why) => found.error(&path, ServiceRule::Query { why }),
            Ok(parts) => values(found, &path, query, &parts),
        }
    }
}

/// Whether a query is asked with the values that there are.
fn values(found: &mut Findings, path: &str, query: OaQuery, parts: &[Part<'_>]) {
    let named = |part: &Part<'_>| matches!(part, Part::Value(name) if Some(*name) == query.parameter());
    if let Some(unknown) = parts.iter().find(|part| matches!(part, Part::Value(_)) && !named(part)) {
        let Part::Value(name) = unknown else { return };
        let name = (*name).to_owned();
        let rule = match query.parameter() {
            Some(known) => ServiceRule::AskedWith { name, known: known.to_owned() },
            None => ServiceRule::AskedWithNone { name },
        };
        found.error(path, rule);
    }
    if let Some(name) = query.parameter().filter(|_| !parts.iter().any(named)) {
        found.error(path, ServiceRule::NotNamed { name: name.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::super::check as check_all;
    use crate::config::Config;
    use serde_json::{Value, json};

    fn found(oa: Value) -> Vec<String> {
        let app = json!({ "id": "assistant", "app_code": "a-code-of-some-length", "services": ["oa-integration"] });
        let databases = json!([{ "kind": "sqlite", "id": "oa", "path": "/oa.db" },
            { "kind": "postgres", "id": "pg", "host": "localhost", "database": "d", "username": "u", "password": "p" }]);
        let config = json!({ "apps": [app], "databases": databases, "oa_integration": oa });
        let config: Config = serde_json::from_value(config).unwrap();
        check_all(&config).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wrong_with_the_oa_integration_is_said_when_it_is_applied() {
        assert_eq!(found(json!({})), Vec::<String>::new());
        assert_eq!(found(json!({ "source": "directory", "enterprise_code": "C1" })), Vec::<String>::new());
        assert_eq!(found(json!({ "source": "database", "database": "oa" })), Vec::<String>::new());
        assert_eq!(found(json!({ "source": "database", "database": "pg" })).len(), 4);
        let with_query =
            |name: &str, sql: &str| json!({ "source": "database", "database": "oa", "queries": { name: sql } });
        for (oa, wanted) in [
            (json!({ "source": "directory" }), "source: people of the directory"),
            (json!({ "enterprise_code": "C1" }), "source: enterprise_code and connection belong"),
            (json!({ "source": "directory", "connection": "ding" }), "connection: there is no connection ding"),
            (json!({ "source": "database" }), "database: is missing"),
            (json!({ "source": "database", "database": "x" }), "database: there is no database x"),
            (json!({ "database": "oa" }), "source: database and queries belong"),
            (json!({ "source": "database", "database": "oa", "remember": "2h" }), "remember: "),
            (with_query("user", "UPDATE oa_admin SET id = :oa_user_id"), "queries.user: is no question"),
            (with_query("user", "SELECT * FROM oa_admin"), "queries.user: does not name :oa_user_id"),
            (with_query("data_auth", "SELECT :uid"), "queries.data_auth: names :uid"),
            (json!({ "allow_ips": ["here"] }), "allow_ips: "),
            (json!({ "open": true }), "open: anybody"),
        ] {
            let messages = found(oa.clone());
            assert!(
                messages.len() == 1 && messages[0].contains(&format!("[oa_integration].{wanted}")),
                "{oa}: {messages:?}"
            );
        }
    }
}
