//! Whether people can sign in as `[sso]` says.

use crate::{Outcome, keep, problems, time, unusable};
use serde_json::json;
use tenon_operations::At;
use tenon_operations::beside::Beside;
use tenon_operations::connections::Check;
use tenon_platform::Rejection;
use tenon_sso::check::{ADDRESSES, Findings, look};

/// Calls the login server, and keeps what came of it.
///
/// # Errors
/// 404 where there is none; those of the table. That it does not work is a result and no error.
pub async fn check(at: &At<'_>) -> Result<(Check, Findings), Rejection> {
    let loaded = Beside::LoginServer.of(at.ctx, at.tenant).await?;
    at.note("check-login-server", "sso", json!({})).await?;
    let began_ms = at.ctx.now_ms();
    let (found, outcome) = match unusable(loaded.sso()) {
        Ok(Some(mut sso)) => {
            if let Some(time) = time(at) {
                let own = std::sync::Arc::make_mut(&mut sso);
                own.timeout = own.timeout.min(time / ADDRESSES);
            }
            let found = look(at.ctx, &sso).await;
            let outcome = outcome(&found);
            (found, outcome)
        }
        Ok(None) => return Err(Beside::LoginServer.missing()),
        Err((error, code)) => {
            let found = Findings { problems: vec![error.clone()], ..Findings::default() };
            (found, Err((error, Some(code))))
        }
    };
    let check = keep(at, &Beside::LoginServer, began_ms, outcome).await?;
    Ok((check, found))
}

fn outcome(found: &Findings) -> Outcome {
    match problems(&found.problems, "sso.check") {
        Some(wrong) => Err(wrong),
        None => Ok(found.tried.join("; ")),
    }
}
