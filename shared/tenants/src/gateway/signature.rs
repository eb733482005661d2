//! The signature, under every secret of the app that still counts.

use super::headers::{Scheme, SignedHeaders};
use super::{Checked, Refused};
use crate::apps;
use tenon_crypto::openapi::{RequestV2, verify_v1, verify_v2};
use tenon_model::tenant_app::TenantApp;
use tenon_platform::Context;

/// Refuses a call whose signature is not the app's, or of a scheme the app does not take.
pub async fn check(ctx: &Context, app: &TenantApp, headers: &SignedHeaders<'_>) -> Checked<()> {
    if app.scheme_2_only && matches!(headers.scheme, Scheme::One { .. }) {
        return Err(Refused::unauthentic("scheme"));
    }
    let secrets = apps::open(ctx, app, apps::APP_SECRET, &app.secrets).await.map_err(Refused::failed)?;
    if secrets.iter().any(|secret| verifies(secret.expose(), headers)) {
        Ok(())
    } else {
        Err(Refused::unauthentic("signature"))
    }
}

/// The work of a check that fails, for a key that nobody has.
pub fn pretend(headers: &SignedHeaders<'_>) {
    std::hint::black_box(verifies("0123456789abcdefghijklmnopqrstuv", headers));
}

fn verifies(secret: &str, headers: &SignedHeaders<'_>) -> bool {
    match &headers.scheme {
        Scheme::One { body } => verify_v1(secret, headers.app_key, headers.timestamp, body, headers.signature),
        // Every form is tried, whichever fits, so that time does not tell.
        Scheme::Two(request, forms) => forms.iter().fold(false, |verified, path| {
            let sent = RequestV2 { path: path.as_str(), ..*request };
            verify_v2(secret, &sent, headers.signature) | verified
        }),
    }
}
