//! Tenants' systems, which sign their calls.

use super::bearer::other_callers;
use super::record;
use crate::gateway::{self, Presented};
use crate::quota::Usage;
use async_trait::async_trait;
use http::HeaderMap;
use std::sync::Arc;
use tenon_catalog::{Auth, Route};
use tenon_model::Module;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::dispatch::{Authenticator, Ended};
use tenon_platform::idempotency::Scope;
use tenon_platform::request::{self, Request};
use tenon_platform::{Context, Rejection, reply};

/// Lets signed calls of tenants' apps in, and keeps each call in its tenant's log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signed;

/// What was seen of a call.
pub struct Seen {
    /// Epoch ms of its beginning.
    pub(super) begun_ms: i64,
    /// The app, when its key was known: whose log it goes to.
    pub(super) app: Option<Arc<TenantApp>>,
    /// Why the gateway did not let it in.
    pub(super) refused: Option<&'static str>,
    usage: Option<Usage>,
}

#[async_trait]
impl Authenticator for Signed {
    type Caller = Arc<TenantApp>;
    type Note = Seen;
    const READS_BODY: bool = true;

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::OpenApi { module, .. } if Module::from_code(module).is_some())
    }

    fn begin(&self, ctx: &Context) -> Seen {
        Seen { begun_ms: ctx.now_ms(), app: None, refused: None, usage: None }
    }

    /// `req_` and the gateway's id of the request.
    fn request_id(&self, ctx: &Context, request: &Request) -> String {
        let id = reply::request_id(request);
        if id.is_empty() { ctx.entropy.id("req_", ctx.now_ms()).unwrap_or_default() } else { format!("req_{id}") }
    }

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        seen: &mut Seen,
    ) -> Result<Arc<TenantApp>, Rejection> {
        let Auth::OpenApi { module, write } = route.auth else { return Err(other_callers(route)) };
        let module = Module::from_code(module).ok_or_else(|| other_callers(route))?;
        match gateway::admit(ctx, &presented(request), module, write).await {
            Ok(admitted) => {
                let app = Arc::new(admitted.app);
                (seen.app, seen.usage) = (Some(Arc::clone(&app)), admitted.usage);
                Ok(app)
            }
            Err(refused) => {
                (seen.app, seen.usage) = (refused.app.map(Arc::new), refused.usage);
                seen.refused = Some(refused.reason);
                Err(with_hint(refused.rejection, request))
            }
        }
    }

    fn scope(&self, app: &Arc<TenantApp>) -> Option<Scope> {
        Some(Scope { tenant: app.tenant.clone(), caller: format!("key/{}", app.id) })
    }

    async fn answered(&self, ctx: &Context, ended: Ended<'_, Seen>) {
        if let Some(usage) = &ended.note.usage {
            set_quota_headers(usage, ended.response.headers_mut());
        }
        record::keep(ctx, ended).await;
    }
}

/// The credentials and what they cover.
pub fn presented(request: &Request) -> Presented<'_> {
    Presented {
        app_key: one(request, "x-app-key"),
        timestamp: one(request, "x-timestamp"),
        signature: one(request, "x-signature"),
        version: one(request, "x-signature-version"),
        nonce: one(request, "x-nonce"),
        method: request.method().as_str(),
        path: request::path_as_given(request),
        path_decoded: request::path_is_decoded(request),
        query: request.uri().query().unwrap_or_default(),
        body: request::bytes(request),
        ip: request::source_ip(request),
    }
}

/// A header as sent. One that is repeated or not text is given as empty, which the gateway takes for
/// malformed: which of two values a proxy has looked at cannot be known.
fn one<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().contains_key(name).then(|| request::header(request, name).unwrap_or_default())
}

/// What may help a caller that is not authenticated. It follows from what was sent alone, so that it is the
/// same for every reason.
fn with_hint(rejection: Rejection, request: &Request) -> Rejection {
    let empty = matches!(request::bytes(request).trim_ascii(), b"{}" | b"[]" | b"null");
    match rejection {
        Rejection::Unauthenticated { message, reason, .. } if empty => Rejection::Unauthenticated {
            message,
            reason,
            hint: Some(
                "正文是空的JSON：文档的Python示例发送{}、JavaScript示例发送null，签名时却都用了空字符串。\
                 请对实际发送的正文签名，或不发送正文。详见/openapi/v1/docs/errors/401",
            ),
        },
        other => other,
    }
}

/// Tells how much of the day's quota is left; says nothing where there is no limit.
fn set_quota_headers(usage: &Usage, headers: &mut HeaderMap) {
    let Some(remaining) = usage.remaining() else { return };
    headers.insert("ratelimit-limit", usage.limit.into());
    headers.insert("ratelimit-remaining", remaining.into());
    headers.insert("ratelimit-reset", usage.reset_s.into());
}
