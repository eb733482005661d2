//! Whether other systems can have tokens of the OA integration, where somebody is meant to.

use crate::{Outcome, keep, problems, time};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tenon_databases::Db;
use tenon_model::config::{OaIntegration, OaQuery, OaSource, Service};
use tenon_oa_users::try_query;
use tenon_operations::At;
use tenon_operations::beside::Beside;
use tenon_operations::connections::Check;
use tenon_platform::Rejection;
use tenon_platform::config_store::Loaded;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Where users come from.
    pub users: String,
    /// Apps that may ask for tokens.
    pub apps: Vec<String>,
    /// What does not work.
    pub problems: Vec<String>,
    /// What may not be meant.
    pub warnings: Vec<String>,
}

/// Tries the queries of the OA's own database, and keeps what came of it.
///
/// # Errors
/// 404 where nobody is meant to have tokens; those of the table. That it does not work is a result and no error.
pub async fn check(at: &At<'_>) -> Result<(Check, Findings), Rejection> {
    let loaded = Beside::OaIntegration.of(at.ctx, at.tenant).await?;
    at.note("check-oa-integration", "oa_integration", json!({})).await?;
    let began_ms = at.ctx.now_ms();
    let found = look(&loaded, time(at)).await;
    let outcome: Outcome = match problems(&found.problems, "oa-integration.check") {
        Some(wrong) => Err(wrong),
        None => Ok(format!("users {}", found.users)),
    };
    let check = keep(at, &Beside::OaIntegration, began_ms, outcome).await?;
    Ok((check, found))
}

async fn look(loaded: &Loaded, time: Option<Duration>) -> Findings {
    let apps: Vec<String> = loaded.service_callers(Service::OaIntegration).map(|app| app.id.clone()).collect();
    let settings = loaded.oa_integration();
    let open = settings.as_ref().is_ok_and(|settings| settings.open);
    let mut found = Findings { apps, ..Findings::default() };
    match settings {
        Ok(settings) => {
            let users = match settings.source {
                OaSource::Stored => "handed in",
                OaSource::Directory => "from the directory",
                OaSource::Database => "from the OA's own database",
            };
            users.clone_into(&mut found.users);
            if settings.source == OaSource::Database {
                try_queries(loaded, &settings, time, &mut found).await;
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
    found
}

/// Asks the OA's own database each query, without asking for anybody.
async fn try_queries(loaded: &Loaded, settings: &OaIntegration, time: Option<Duration>, found: &mut Findings) {
    let Some(id) = &settings.database else { return };
    let db = match loaded.database(id) {
        Ok(database) => Db::of(&database),
        Err(error) => return found.problems.push(error.to_string()),
    };
    let asked: Vec<OaQuery> =
        OaQuery::ALL.into_iter().filter(|query| !settings.queries.of(*query).trim().is_empty()).collect();
    let db = match (time, u32::try_from(asked.len())) {
        (Some(time), Ok(queries)) if queries > 0 => db.within(time / queries),
        _ => db,
    };
    for query in asked {
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
