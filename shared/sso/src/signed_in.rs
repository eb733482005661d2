//! People who are signed in.

use crate::cookies::{self, SESSION};
use crate::session::{self, Session};
use crate::{Fault, LOGIN, Stop, family, origin, return_to, settings, start};
use async_trait::async_trait;
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use lambda_http::{Body, Response};
use serde::Serialize;
use std::sync::Arc;
use tenon_catalog::{Auth, Route};
use tenon_directory::{Directory, Person};
use tenon_model::config::Sso;
use tenon_platform::dispatch::{Authenticator, Ended};
use tenon_platform::request::{self, Request};
use tenon_platform::{Context, Rejection, Result, reply};

/// Lets people in who are signed in. Who is not is led to the login page, where a person looks at what comes, and
/// otherwise told where it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignedIn;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The session.
    pub session: Session,
    /// The person.
    pub person: Person,
    /// How people sign in.
    pub sso: Arc<Sso>,
}

#[async_trait]
impl Authenticator for SignedIn {
    type Caller = Visitor;
    type Note = ();

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::Session)
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        (): &mut (),
    ) -> std::result::Result<Visitor, Rejection> {
        let sso = settings(ctx).await?;
        let given = given(request).filter(|_| sso.enabled).ok_or(Rejection::unauthenticated("no session"))?;
        if route.method != "GET" && given.by_cookie && !origin::is_ours(request, &sso.public_url) {
            return Err(Rejection::unauthenticated("a call of another site's page"));
        }
        let session = session::read(ctx, given.token).await?;
        let session = session.ok_or(Rejection::unauthenticated("no session of ours, or it is over"))?;
        if session.tenant != crate::tenant(&sso) {
            return Err(Rejection::unauthenticated("of another tenant"));
        }
        let family = family::counts(ctx, &session.tenant, &session.family).await?;
        if family.is_none_or(|family| family.person != session.person) {
            return Err(Rejection::unauthenticated("signed out"));
        }
        let person = Directory::new(ctx, &session.tenant).person(&session.person).await?;
        let person = person.map(|stored| stored.data).filter(|person| person.active);
        let person = person.ok_or(Rejection::unauthenticated("the person is not there any more"))?;
        Ok(Visitor { session, person, sso })
    }

    async fn answered(&self, ctx: &Context, ended: Ended<'_, ()>) {
        if !matches!(ended.rejection, Some(Rejection::Unauthenticated { .. })) {
            return;
        }
        match led(ctx, ended.request).await {
            Ok(response) => *ended.response = response,
            Err(error) => {
                tracing::error!(error.code = error.code, error.message = %error, "a sign-in could not be begun");
            }
        }
    }
}

/// A session's token as it was given.
struct Given<'r> {
    token: &'r str,
    by_cookie: bool,
}

fn given(request: &Request) -> Option<Given<'_>> {
    let bearer = request::header(request, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    match bearer {
        Some(token) => Some(Given { token: token.trim(), by_cookie: false }),
        None => cookies::read(request, SESSION).map(|token| Given { token, by_cookie: true }),
    }
}

/// Who is signed in by this request's cookie or bearer token, wherever it is asked.
///
/// # Errors
/// Those of the table.
pub async fn session_of(ctx: &Context, request: &Request) -> Result<Option<Session>> {
    match given(request) {
        Some(given) => session::read(ctx, given.token).await,
        None => Ok(None),
    }
}

#[derive(Serialize)]
struct NotSignedIn {
    status: i32,
    msg: &'static str,
    data: LoginUrl,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoginUrl {
    login_url: String,
}

/// Leads somebody who is not signed in to where one signs in.
async fn led(ctx: &Context, request: &Request) -> Result<Response<Body>> {
    let sso = settings(ctx).await?;
    let person_looks = origin::is_navigation(request);
    let wanted = match person_looks {
        true => return_to::of(request),
        false => return_to::of_page(request, &sso.public_url),
    };
    let started = match start::begin(ctx, &sso, request, wanted).await {
        Ok(started) => started,
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Fault(fault)) => return Ok(not_begun(&fault, person_looks, wanted)),
    };
    let mut response = if person_looks {
        redirect(&started.address)
    } else {
        let data = LoginUrl { login_url: started.address };
        let body = NotSignedIn { status: -4002, msg: "未登录或登录已失效", data };
        let mut response = reply::json(401, &body);
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"aflow\""));
        response
    };
    if let Some(cookie) = started.cookie {
        add_cookie(&mut response, &cookie);
    }
    Ok(response)
}

/// No sign-in is begun: a person is led to the page that says so, a script is told.
fn not_begun(fault: &Fault, person_looks: bool, wanted: &str) -> Response<Body> {
    if person_looks {
        return redirect(&login_address(wanted));
    }
    let (zh, _) = fault.messages();
    let data = serde_json::json!({ "errorCode": fault.code(), "loginUrl": LOGIN });
    let mut response = reply::json(fault.status(), &serde_json::json!({ "status": -1024, "msg": zh, "data": data }));
    if let Some(after_s) = fault.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after_s));
    }
    response
}

/// Where one signs in again, to come back here.
pub fn login_address(return_to: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("return", return_to).finish();
    format!("{LOGIN}?{query}")
}

/// 302, kept by nobody.
pub fn redirect(address: &str) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = http::StatusCode::FOUND;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(http::header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(address) = HeaderValue::from_str(address) {
        headers.insert(LOCATION, address);
    }
    response
}

/// Adds a line that sets a cookie.
pub fn add_cookie(response: &mut Response<Body>, line: &str) {
    if let Ok(line) = HeaderValue::from_str(line) {
        response.headers_mut().append(SET_COOKIE, line);
    }
}
