//! Whether other systems can have tokens of the OA integration, where somebody is meant to.

use crate::output::Out;
use serde::Serialize;
use tenon_databases::Db;
use tenon_model::config::{OaIntegration, OaQuery, OaSource, Service};
use tenon_oa_users::try_query;
use tenon_platform::config_store::Loaded;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Findings {
    /// Where users come from.
    pub users: &'static str,
    /// Apps that may ask for tokens.
    pub apps: Vec<String>,
    /// What does not work.
    pub problems: Vec<String>,
    /// What may not be meant.
    pub warnings: Vec<String>,
}

/// What was found, told as it is found; none where nobody is meant to have tokens.
pub async fn look(loaded: &Loaded, out: &Out) -> Option<Findings> {
    let apps: Vec<String> = loaded.service_callers(Service::OaIntegration).map(|app| app.id.clone()).collect();
    let settings = loaded.oa_integration();
    let open = settings.as_ref().is_ok_and(|settings| settings.open);
    if apps.is_empty()
        && settings.as_ref().is_ok_and(|settings| **settings == tenon_model::config::OaIntegration::default())
    {
        return None;
    }
    let mut found = Findings { apps, ..Findings::default() };
    match settings {
        Ok(settings) => {
            found.users = match settings.source {
                OaSource::Stored => "handed in",
                OaSource::Directory => "from the directory",
                OaSource::Database => "from the OA's own database",
            };
            if settings.source == OaSource::Database {
                probe_queries(loaded, &settings, &mut found).await;
            }
        }
        Err(error) => found.problems.push(error.to_string()),
    }
    if open {
        found.warnings.push("get_token answers anybody (open = true): whoever reaches it may be any user".to_owned());
    } else if found.apps.is_empty() {
        let message = "none of [[apps]] may call it (services = [\"oa-integration\"]), so nobody gets a token";
        found.warnings.push(message.to_owned());
    }
    if !out.is_json() {
        out.line(render(&found).trim_end());
    }
    Some(found)
}

/// Asks the OA's own database each query, without asking for anybody.
async fn probe_queries(loaded: &Loaded, settings: &OaIntegration, found: &mut Findings) {
    let Some(id) = &settings.database else { return };
    let db = match loaded.database(id) {
        Ok(database) => Db::of(&database),
        Err(error) => return found.problems.push(error.to_string()),
    };
    for query in OaQuery::ALL {
        if settings.queries.of(query).trim().is_empty() {
            continue;
        }
        let name = query.word();
        match try_query(&db, settings, query).await {
            Err(error) => found.problems.push(format!("database {id}, query {name}: {error}")),
            Ok(tried) if !tried.missing.is_empty() => {
                let missing = tried.missing.join(", ");
                found
                    .problems
                    .push(format!("database {id}, query {name}: there is no column {missing}; name it with AS"));
            }
            Ok(tried) if !tried.unused.is_empty() => {
                found.warnings.push(format!("query {name}: nothing is done with {}", tried.unused.join(", ")));
            }
            Ok(_) => {}
        }
    }
    db.close().await;
}

fn render(found: &Findings) -> String {
    let word = if found.problems.is_empty() { "ok      " } else { "WRONG   " };
    let apps = if found.apps.is_empty() { "no app".to_owned() } else { found.apps.join(", ") };
    let mut text = format!("{word}OA integration: users {}; tokens for {apps}\n", found.users);
    for line in &found.problems {
        text.push_str(&format!("        {line}\n"));
    }
    for line in &found.warnings {
        text.push_str(&format!("        note: {line}\n"));
    }
    text
}
