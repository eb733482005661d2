//! Whether people can sign in as `[sso]` says, as it is told.

use crate::commands::refused;
use crate::output::{Failure, Out};
use std::sync::Arc;
use tenon_operations::At;
use tenon_platform::config_store::Loaded;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tenon_sso::check::{Findings, is_loopback};

/// Calls the login server from here, where it may be on this very machine.
///
/// # Errors
/// Those of the table and of the settings.
pub async fn look(at: &At<'_>, loaded: &Loaded) -> Result<Findings, Failure> {
    let mut allowances = Allowances::from_env()?;
    let is_here = matches!(loaded.sso(), Ok(Some(sso)) if is_loopback(&sso.redirect_uri));
    if is_here {
        let more = Allowances::loopback();
        allowances.http |= more.http;
        allowances.networks.extend(more.networks);
    }
    let guarded = at.ctx.clone().with_outgoing(Arc::new(GuardedClient::new(allowances)));
    let (_, mut found) = tenon_probes::login_server::check(&At { ctx: &guarded, ..*at }).await.map_err(refused)?;
    if is_here {
        let message =
            "the login server is on this machine: `tenon up` calls it with --allow-loopback or --sandbox alone";
        found.warnings.push(message.to_owned());
    }
    Ok(found)
}

/// Told as it is found.
pub fn tell(found: &Findings, out: &Out) {
    if out.is_json() {
        return;
    }
    let word = if found.problems.is_empty() { "ok      " } else { "WRONG   " };
    let tried = if found.tried.is_empty() { "nothing answered".to_owned() } else { found.tried.join("; ") };
    let mut text = format!("{word}single sign-on: {tried}\n");
    for line in &found.problems {
        text.push_str(&format!("        {line}\n"));
    }
    for line in &found.warnings {
        text.push_str(&format!("        note: {line}\n"));
    }
    out.line(text.trim_end());
}
