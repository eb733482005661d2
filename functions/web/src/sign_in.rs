//! Signing in at the customer's own server: where it begins, where the browser comes back to, how a session is
//! renewed and ended; and what pages are drawn with.

use crate::page::{self, Seen};
use lambda_http::{Body, Response};
use serde::{Deserialize, Serialize};
use tenon_catalog::areas::web::sign_in as routes;
use tenon_model::config::Sso;
use tenon_pages::{asset, html, json_for_pages, notice};
use tenon_platform::dispatch::{Anyone, Call, Envelope, Open, Path, RawBody, Reply, Service, on};
use tenon_platform::{Context, Rejection, body, reply, request, telemetry};
use tenon_sso::cookies::{self, REFRESH, SESSION, SameSite};
use tenon_sso::family::{self, Tokens};
use tenon_sso::{
    Fault, LOGIN, Stop, add_cookie, callback, login_address, origin, redirect, return_to, session, settings, start,
};

/// The function.
pub static SERVICE: Service<Open> = Service::new(Open, || {
    vec![
        on(routes::LOGIN, login),
        on(routes::CALLBACK, come_back),
        on(routes::REFRESH, refresh),
        on(routes::LOGOUT, log_out),
        on(routes::ASSET, drawn_with),
    ]
})
.answering(Envelope::Aiflow);

/// Leads to the login page.
async fn login(call: Call<Anyone>, (): ()) -> Result<Reply, Rejection> {
    let ctx = &call.ctx;
    let wanted = ["return", "redirect"].iter().find_map(|name| request::query(&call.request, name));
    let wanted = return_to::or_home(wanted);
    let started = async {
        let sso = settings(ctx).await?;
        start::begin(ctx, &sso, &call.request, wanted).await
    };
    Ok(Reply(match started.await {
        Ok(started) => {
            let mut response = redirect(&started.address);
            if let Some(cookie) = started.cookie {
                add_cookie(&mut response, &cookie);
            }
            response
        }
        Err(Stop::Failed(error)) => page::broken(&call, error),
        Err(Stop::Fault(fault)) => not_signed_in(&call, &fault, wanted),
    }))
}

/// The page that says why nobody is signed in.
fn not_signed_in(call: &Call<Anyone>, fault: &Fault, return_to: &str) -> Response<Body> {
    tracing::warn!(
        error.code = fault.code(),
        reason = fault.detail(),
        request.id = call.request_id,
        "a sign-in failed"
    );
    let language = Seen::of(&call.request).language;
    let (zh, en) = fault.messages();
    let failed = notice::Failed {
        code: fault.code(),
        message: language.of(zh, en),
        request_id: &call.request_id,
        again: &login_address(return_to),
    };
    let mut response = html(fault.status(), notice::failed(language, &failed));
    if let Some(after_s) = fault.retry_after_s() {
        response.headers_mut().insert(lambda_http::http::header::RETRY_AFTER, after_s.into());
    }
    response
}

/// The browser is back from the login server.
async fn come_back(call: Call<Anyone>, (): ()) -> Result<Reply, Rejection> {
    let ctx = &call.ctx;
    let sso = match settings(ctx).await {
        Ok(sso) => sso,
        Err(error) => return Ok(Reply(page::broken(&call, error))),
    };
    Ok(Reply(match Box::pin(callback::finish(ctx, &sso, &call.request)).await {
        Ok(done) => {
            count(ctx, "signed-in");
            let mut response = redirect(&done.return_to);
            keep(&mut response, &sso, &done.tokens);
            response
        }
        Err(callback::SignInFailure { stop: Stop::Failed(error), .. }) => {
            count(ctx, error.code);
            page::broken(&call, error)
        }
        Err(callback::SignInFailure { stop: Stop::Fault(fault), return_to }) => {
            count(ctx, fault.code());
            not_signed_in(&call, &fault, &return_to)
        }
    }))
}

fn count(ctx: &Context, outcome: &str) {
    telemetry::count(&ctx.clock, "SignIns", ("Outcome", outcome), 1);
}

/// Gives the browser its session, and what it is renewed with.
fn keep(response: &mut Response<Body>, sso: &Sso, tokens: &Tokens) {
    let stay_s = i64::try_from(sso.stay.as_secs()).unwrap_or(session::LASTS_S);
    add_cookie(response, &cookies::set(SESSION, &tokens.access, session::LASTS_S, SameSite::Lax));
    add_cookie(response, &cookies::set(REFRESH, &tokens.refresh, stay_s, SameSite::Strict));
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Refreshing {
    refresh_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refreshed {
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    expires_in: i64,
}

#[derive(Serialize)]
struct Answer<T> {
    status: i32,
    msg: &'static str,
    data: T,
}

/// New tokens for the refresh token in the body; or for a page of ours, in its cookies, where its scripts do not see
/// them.
async fn refresh(call: Call<Anyone>, RawBody(bytes): RawBody) -> Result<Reply, Rejection> {
    let ctx = &call.ctx;
    let sent: Refreshing = if bytes.trim_ascii().is_empty() { Refreshing::default() } else { body::read(&bytes)? };
    let sso = settings(ctx).await?;
    let cookie = cookies::read(&call.request, REFRESH);
    let in_body = sent.refresh_token.as_deref().filter(|token| !token.is_empty());
    let token = match (in_body, cookie) {
        (Some(token), _) => token,
        (None, Some(token)) if origin::is_ours(&call.request, &sso.public_url) => token,
        _ => return Ok(Reply(signed_off("没有刷新令牌"))),
    };
    let tokens = match Box::pin(family::refresh(ctx, &sso, token)).await {
        Ok(tokens) => tokens,
        Err(rejection @ Rejection::Unauthenticated { .. }) => {
            rejection.log(request::raw_path(&call.request), &call.request_id);
            let mut response = signed_off("登录已失效，请重新登录");
            if in_body.is_none() {
                forget(&mut response);
            }
            return Ok(Reply(response));
        }
        Err(other) => return Err(other),
    };
    let in_answer = in_body.is_some();
    let data = Refreshed {
        access_token: in_answer.then(|| tokens.access.clone()),
        refresh_token: in_answer.then(|| tokens.refresh.clone()),
        expires_in: session::LASTS_S,
    };
    let mut response = json_for_pages(reply::json(200, &Answer { status: 0, msg: "success", data }));
    // A browser whose cookie holds a token of the same family would present a former one from now on.
    let same_family = |held: &str| family::named(held).map(|(id, _)| id) == family::named(token).map(|(id, _)| id);
    if cookie.is_some_and(same_family) {
        keep(&mut response, &sso, &tokens);
    }
    Ok(Reply(response))
}

/// One answer for every refresh token that does not count.
fn signed_off(msg: &'static str) -> Response<Body> {
    let body =
        Answer { status: -4002, msg, data: serde_json::json!({ "errorCode": "sso.session", "loginUrl": LOGIN }) };
    json_for_pages(reply::json(401, &body))
}

fn forget(response: &mut Response<Body>) {
    for name in [SESSION, REFRESH] {
        add_cookie(response, &cookies::clear(name));
    }
}

/// Ends the session, everywhere.
async fn log_out(call: Call<Anyone>, (): ()) -> Result<Reply, Rejection> {
    let ctx = &call.ctx;
    let sso = settings(ctx).await?;
    if !origin::is_ours(&call.request, &sso.public_url) {
        return Err(Rejection::Forbidden("只能从本系统的页面退出登录".to_owned()));
    }
    let tenant = tenon_sso::tenant(&sso);
    if let Some(token) = cookies::read(&call.request, REFRESH) {
        family::sign_out(ctx, &tenant, token).await?;
    }
    if let Some(session) = tenon_sso::session_of(ctx, &call.request).await? {
        family::end(ctx, &session.tenant, &session.family).await?;
    }
    let mut response = html(200, notice::signed_out(Seen::of(&call.request).language, LOGIN));
    forget(&mut response);
    Ok(Reply(response))
}

#[derive(Deserialize)]
struct Asset {
    hash: String,
    file: String,
}

/// The style sheet.
async fn drawn_with(_: Call<Anyone>, Path(wanted): Path<Asset>) -> Result<Reply, Rejection> {
    asset::find(&wanted.hash, &wanted.file).map(Reply).ok_or_else(Rejection::not_found)
}
