//! Whether people can sign in as `[sso]` says.

use crate::output::Out;
use std::sync::Arc;
use tenon_platform::Context;
use tenon_platform::config_store::Loaded;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tenon_sso::check::{Findings, is_loopback, look as look_at};

/// What was found, told as it is found; none where nothing is said of signing in.
pub async fn look(ctx: &Context, loaded: &Loaded, out: &Out) -> Option<Findings> {
    let found = match loaded.sso() {
        Ok(None) => return None,
        Ok(Some(sso)) => match Allowances::from_env() {
            Ok(mut allowances) => {
                let is_here = is_loopback(&sso.redirect_uri);
                if is_here {
                    let more = Allowances::loopback();
                    allowances.http |= more.http;
                    allowances.networks.extend(more.networks);
                }
                let guarded = ctx.clone().with_outgoing(Arc::new(GuardedClient::new(allowances)));
                let mut found = look_at(&guarded, &sso).await;
                if is_here {
                    let message = "the login server is on this machine: `tenon up` calls it with --allow-loopback or --sandbox alone";
                    found.warnings.push(message.to_owned());
                }
                found
            }
            Err(error) => Findings { problems: vec![error.to_string()], ..Findings::default() },
        },
        Err(error) => Findings { problems: vec![error.to_string()], ..Findings::default() },
    };
    if !out.is_json() {
        out.line(render(&found).trim_end());
    }
    Some(found)
}

fn render(found: &Findings) -> String {
    let word = if found.problems.is_empty() { "ok      " } else { "WRONG   " };
    let tried = if found.tried.is_empty() { "nothing answered".to_owned() } else { found.tried.join("; ") };
    let mut text = format!("{word}single sign-on: {tried}\n");
    for line in &found.problems {
        text.push_str(&format!("        {line}\n"));
    }
    for line in &found.warnings {
        text.push_str(&format!("        note: {line}\n"));
    }
    text
}
