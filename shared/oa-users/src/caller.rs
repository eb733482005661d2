//! Who may call: for a token an app of `[[apps]]`, or anybody where the configuration says so; with a token its holder.

use crate::answers::EXPIRED;
pub use crate::token::Holder;
use crate::token::{self, Refused};
use async_trait::async_trait;
use lambda_http::Request;
use std::sync::Arc;
use tenon_catalog::{Auth, Route};
use tenon_model::config::{AppCaller, OaIntegration, Service};
use tenon_model::{TenantId, network};
use tenon_platform::dispatch::app_calls::{self, Noted};
use tenon_platform::dispatch::{Authenticator, Ended, PlainService, ServiceCaller};
use tenon_platform::{Context, Rejection, request};

/// Lets callers of the OA integration in.
#[derive(Clone, Copy, Debug, Default)]
pub struct OaCallers;

/// Who was let in.
#[derive(Clone, Debug)]
pub enum OaCaller {
    /// Who may have tokens, with the settings.
    App(ServiceCaller, Arc<OaIntegration>),
    /// Who has one.
    Holder(Holder, Arc<OaIntegration>),
    /// Nobody was asked.
    Anyone,
}

/// What is noted of a call.
#[derive(Debug)]
pub struct Note {
    calls: Noted,
    /// Whether the call is one for a token, which is in the log.
    for_token: bool,
    always_200: bool,
}

#[async_trait]
impl Authenticator for OaCallers {
    type Caller = OaCaller;
    type Note = Note;

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::Open | Auth::OaToken) || is_for_token(auth)
    }

    fn begin(&self, ctx: &Context) -> Note {
        Note { calls: Noted::begin(ctx), for_token: false, always_200: false }
    }

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        note: &mut Note,
    ) -> Result<OaCaller, Rejection> {
        if route.auth == Auth::Open {
            return Ok(OaCaller::Anyone);
        }
        let settings = ctx.config.load(&TenantId::operator()).await?.oa_integration()?;
        note.always_200 = settings.always_200;
        note.for_token = is_for_token(&route.auth);
        let ip = request::source_ip(request);
        if !network::allowed(&settings.allow_ips, ip) {
            return Err(Rejection::NotFound("非法请求".into()));
        }
        if note.for_token {
            let app = match PlainService.authenticate(ctx, route, request, &mut note.calls).await {
                Err(Rejection::Unauthenticated { .. }) if settings.open => {
                    let anybody = anybody(&settings, ip);
                    PlainService::admit(ctx, &anybody, &mut note.calls).await?
                }
                outcome => outcome?,
            };
            return Ok(OaCaller::App(app, settings));
        }
        let token = request::header(request, "token").map(str::trim).filter(|token| !token.is_empty());
        let token = token.ok_or(Rejection::NotFound("Token不能为空".into()))?;
        match token::read(ctx, &settings, token).await? {
            Ok(holder) => Ok(OaCaller::Holder(holder, settings)),
            Err(Refused::Malformed) => Err(Rejection::NotFound("非法请求".into())),
            Err(Refused::Signature) => Err(Rejection::Forbidden("Token签名错误".to_owned())),
            Err(Refused::Expired) => {
                Err(Rejection::Unauthenticated { message: EXPIRED, reason: "expired", hint: None })
            }
        }
    }

    async fn answered(&self, ctx: &Context, ended: Ended<'_, Note>) {
        let Ended { request, request_id, rejection, note, response } = ended;
        if note.for_token {
            let ended = Ended { request, request_id, rejection, note: note.calls, response: &mut *response };
            app_calls::keep(ctx, ended).await;
        }
        if note.always_200 && matches!(response.status().as_u16(), 401 | 403 | 404) {
            *response.status_mut() = lambda_http::http::StatusCode::OK;
        }
    }
}

fn is_for_token(auth: &Auth) -> bool {
    matches!(auth, Auth::Service { name } if *name == Service::OaIntegration.name())
}

/// Whoever calls from this address, where anybody may.
fn anybody(settings: &OaIntegration, ip: &str) -> AppCaller {
    AppCaller {
        id: format!("open-{ip}"),
        code_sha256: String::new(),
        allow_ips: Vec::new(),
        connections: Vec::new(),
        tenant: None,
        services: vec![Service::OaIntegration],
        code_in_query: false,
        rate_per_minute: settings.open_rate_per_minute,
    }
}
