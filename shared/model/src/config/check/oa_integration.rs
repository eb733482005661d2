//! Rules of the OA integration.

use super::{Bounds, Findings, bounds};
use crate::config::{Config, Database, OaIntegration, OaQuery, OaSource, Service};
use crate::named_values::{Part, parts};

const REMEMBER: Bounds = bounds(1, 3_600, "whoever left the OA is let in for as long");

/// What is wrong with `[oa_integration]`.
pub(super) fn check(found: &mut Findings, config: &Config) {
    let Some(oa) = config.oa_integration.as_deref() else { return };
    let at = |key: &str| format!("[oa_integration].{key}");
    for network in &oa.allow_ips {
        found.network(&at("allow_ips"), network);
    }
    if oa.open_rate_per_minute > 1_000_000 {
        found.error(&at("open_rate_per_minute"), "is more than 1000000; 0 means any number");
    }
    let by_directory = [oa.enterprise_code.is_some(), oa.connection.is_some()];
    match (oa.source, by_directory) {
        (OaSource::Directory, [true, false] | [false, true])
        | (OaSource::Stored | OaSource::Database, [false, false]) => {}
        (OaSource::Directory, _) => found.error(
            &at("source"),
            "people of the directory are named by one of enterprise_code (codes of an ERP) and connection (ids of an OA)",
        ),
        (OaSource::Stored | OaSource::Database, _) => {
            found.error(&at("source"), "enterprise_code and connection belong to source = \"directory\"");
        }
    }
    database(found, config, oa);
    if let Some(connection) = &oa.connection
        && !config.connections.iter().any(|known| known.id() == connection)
    {
        found.error(&at("connection"), &format!("there is no connection {connection}"));
    }
    if oa.open {
        let message = "anybody who reaches this address gets a token of anybody; an app code or an address \
                       (apps: services = [\"oa-integration\"]) keeps strangers out";
        found.warn(&at("open"), message);
    } else if !config.apps.iter().any(|app| app.services.contains(&Service::OaIntegration)) {
        found.warn(
            &at("open"),
            "none of [[apps]] may call it (services = [\"oa-integration\"]), so nobody gets a token",
        );
    }
}

/// Rules of users that come from the OA's own database.
fn database(found: &mut Findings, config: &Config, oa: &OaIntegration) {
    let at = |key: &str| format!("[oa_integration].{key}");
    if oa.source != OaSource::Database {
        if oa.database.is_some() || !oa.queries.is_default() {
            found.error(&at("source"), "database and queries belong to source = \"database\"");
        }
        return;
    }
    found.duration(&at("remember"), oa.remember, &REMEMBER);
    let Some(id) = &oa.database else {
        found.error(&at("database"), "is missing: name the OA's own of [[databases]]");
        return;
    };
    let Some(database) = config.databases.iter().find(|database| database.id() == id) else {
        found.error(&at("database"), &format!("there is no database {id} in [[databases]]"));
        return;
    };
    for query in OaQuery::ALL {
        let path = at(&format!("queries.{}", query.word()));
        let text = oa.queries.of(query);
        if query == OaQuery::Binding && text.trim().is_empty() {
            continue;
        }
        if oa.queries.is_of_gougu(query) && matches!(database, Database::Postgres(_)) {
            found.error(&path, "is 勾股OA's by default, which has MySQL; say what is asked of this database");
            continue;
        }
        match parts(text) {
            Err(why) => found.error(&path, &why.to_string()),
            Ok(parts) => values(found, &path, query, &parts),
        }
    }
}

/// Whether a query is asked with the values that there are.
fn values(found: &mut Findings, path: &str, query: OaQuery, parts: &[Part<'_>]) {
    let named = |part: &Part<'_>| matches!(part, Part::Value(name) if Some(*name) == query.parameter());
    if let Some(unknown) = parts.iter().find(|part| matches!(part, Part::Value(_)) && !named(part)) {
        let Part::Value(name) = unknown else { return };
        let known = query.parameter().map_or_else(|| "no value".to_owned(), |name| format!(":{name} alone"));
        found.error(path, &format!("names :{name}; it is asked with {known}"));
    }
    if let Some(name) = query.parameter().filter(|_| !parts.iter().any(named)) {
        found.error(path, &format!("does not name :{name}, so it would answer the same whoever is asked for"));
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
