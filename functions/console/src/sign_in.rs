//! Signing in with a bearer token or a link that is good once, signing out; what the pages are drawn with.

use lambda_http::{Body, Response};
use serde::Deserialize;
use tenon_catalog::areas::console::sign_in as routes;
use tenon_console_kit::{
    ENVELOPE, Fields, SESSION, Visitor, add_cookie, anonymous, complete, is_ours, page, refusal, return_to, see_other,
    takes_gzip,
};
use tenon_pages::console::{asset, login};
use tenon_platform::cookies::{self, SameSite};
use tenon_platform::dispatch::{Anyone, Call, Open, Path, Reply, Service, on};
use tenon_platform::{Rejection, request, telemetry};
use tenon_tenants::access::session::{self, Begun, LASTS_MS};

/// The function.
pub static SERVICE: Service<Open> = Service::new(Open, || {
    vec![
        on(routes::PAGE, show),
        on(routes::SIGN_IN, sign_in),
        on(routes::SIGN_OUT, sign_out),
        on(routes::ASSET, drawn_with),
    ]
})
.answering(ENVELOPE)
.with_body_limit(16 * 1024);

const FOREIGN: &str = "只能从本系统的页面提交";

fn done(call: &Call<Anyone>, reply: Reply) -> Reply {
    let Reply(mut response) = reply;
    complete(&call.request, &mut response);
    Reply(response)
}

/// What was refused, as a page.
fn refused(call: &Call<Anyone>, rejection: &Rejection) -> Reply {
    rejection.log(request::raw_path(&call.request), &call.request_id);
    Reply(refusal(&call.request, &call.request_id, rejection))
}

async fn show(call: Call<Anyone>, (): ()) -> Result<Reply, Rejection> {
    let code = request::query(&call.request, "code").unwrap_or_default();
    let out = request::query(&call.request, "out").is_some();
    let wanted = request::query(&call.request, "return").and_then(return_to).unwrap_or_default().to_owned();
    let behind = match code {
        "" => None,
        code => Some(session::behind_link(&call.ctx, code).await),
    };
    let frame = anonymous(&call.request);
    let (who, refused_link) = match behind {
        Some(Ok(by)) => (Some(tenon_console_kit::who(&by, frame.language)), false),
        Some(Err(Rejection::Unauthenticated { .. })) => (None, true),
        Some(Err(other)) => return Ok(refused(&call, &other)),
        None => (None, false),
    };
    let view = login::View {
        return_to: &wanted,
        link: who.as_deref().map(|who| (code, who)),
        refused: refused_link,
        out: out && code.is_empty(),
    };
    let status = if refused_link { 401 } else { 200 };
    Ok(done(&call, page(status, login::page(&frame, &view))))
}

async fn sign_in(call: Call<Anyone>, fields: Fields) -> Result<Reply, Rejection> {
    if !is_ours(&call.request) {
        return Ok(refused(&call, &Rejection::Forbidden(FOREIGN.to_owned())));
    }
    let ctx = &call.ctx;
    let begun = match fields.one("code") {
        "" => session::begin(ctx, fields.one("token")).await,
        code => session::begin_by_link(ctx, code).await,
    };
    match begun {
        Ok(begun) => {
            telemetry::count(&ctx.clock, "ConsoleSignIns", ("Outcome", "signed-in"), 1);
            Ok(done(&call, entered(&call, &begun, return_to(fields.one("return"))).await))
        }
        Err(rejection @ Rejection::Unauthenticated { .. }) => {
            telemetry::count(&ctx.clock, "ConsoleSignIns", ("Outcome", "refused"), 1);
            rejection.log(request::raw_path(&call.request), &call.request_id);
            let wanted = return_to(fields.one("return")).unwrap_or_default();
            let view = login::View { return_to: wanted, link: None, refused: true, out: false };
            Ok(done(&call, page(401, login::page(&anonymous(&call.request), &view))))
        }
        Err(other) => Ok(refused(&call, &other)),
    }
}

/// A new id with every sign-in; the one the browser had before ends.
async fn entered(call: &Call<Anyone>, begun: &Begun, wanted: Option<&str>) -> Reply {
    if let Some(before) = cookies::read(&call.request, SESSION)
        && let Err(error) = session::end(&call.ctx, before).await
    {
        tracing::warn!(error.code = error.code, error.message = %error, "the session before could not be ended");
    }
    tracing::info!(token = begun.principal.token, request.id = call.request_id, "signed in to the console");
    let Reply(mut response) = see_other(wanted.unwrap_or_else(|| Visitor::home(&begun.principal)));
    add_cookie(&mut response, &cookies::set(SESSION, begun.id.expose(), LASTS_MS / 1000, SameSite::Lax));
    Reply(response)
}

async fn sign_out(call: Call<Anyone>, (): ()) -> Result<Reply, Rejection> {
    if !is_ours(&call.request) {
        return Ok(refused(&call, &Rejection::Forbidden(FOREIGN.to_owned())));
    }
    if let Some(id) = cookies::read(&call.request, SESSION)
        && let Err(error) = session::end(&call.ctx, id).await
    {
        return Ok(refused(&call, &error.into()));
    }
    let Reply(mut response) = see_other("/system/login?out=1");
    add_cookie(&mut response, &cookies::clear(SESSION));
    Ok(done(&call, Reply(response)))
}

#[derive(Deserialize)]
struct Asset {
    hash: String,
    file: String,
}

async fn drawn_with(call: Call<Anyone>, Path(wanted): Path<Asset>) -> Result<Reply, Rejection> {
    let packed = takes_gzip(call.request.headers());
    let found: Option<Response<Body>> = asset::find(&wanted.hash, &wanted.file, packed);
    found.map(Reply).ok_or_else(Rejection::not_found)
}
