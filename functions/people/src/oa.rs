//! `/api/oa_integration/{get_token,get_userinfo,get_permissions,test}`: users of an OA for other systems.

use lambda_http::{Body, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_catalog::areas::people::oa as routes;
use tenon_model::json;
use tenon_model::reply::OaReply;
use tenon_oa_users::{Holder, Info, OaCaller, OaCallers, Rights, info, issue, rights};
use tenon_platform::dispatch::app_calls::About;
use tenon_platform::dispatch::{self, Cors, Envelope, Query, RawBody, Reply, Service, on};
use tenon_platform::{Rejection, reply, request};

/// The function.
pub static SERVICE: Service<OaCallers> = Service::new(OaCallers, || {
    let mut operations = vec![
        on(routes::TOKEN, token),
        on(routes::INFO, user_info),
        on(routes::RIGHTS, permissions),
        on(routes::TEST, test),
    ];
    operations.extend(routes::PREFLIGHTS.iter().map(|route| on(*route, nothing)));
    operations
})
.answering(Envelope::Oa)
.with_body_limit(16 * 1024)
.with_cors(Cors::Anyone { headers: "content-type, token, x-apig-appcode" });

/// Longest id that is looked up.
const MAX_ID_LENGTH: usize = 128;

type Call = dispatch::Call<OaCaller>;

#[derive(Deserialize)]
struct OfUser {
    oa_user_id: Option<String>,
}

#[derive(Serialize)]
struct Works {
    timestamp: i64,
    date: String,
}

async fn token(call: Call, RawBody(body): RawBody) -> Result<Reply, Rejection> {
    let OaCaller::App(app, settings) = &call.by else { return Err(Rejection::not_found()) };
    let assistant = assistant(&call.request, &body)?;
    let issued = issue(&call.ctx, settings, &app.tenant, &assistant).await;
    let about = match &issued {
        Ok(token) => format!("assistant {assistant}, OA user {}", token.oa_user_id),
        Err(rejection) => format!("assistant {assistant}: {}", rejection.message()),
    };
    let mut response = match issued {
        Ok(token) => success(&token),
        // What the business does not allow is in the log with whom it was asked for.
        Err(rejection @ Rejection::BadRequest(_)) => {
            reply::json(200, &OaReply::<()> { code: 1, msg: &rejection.message(), data: None })
        }
        Err(rejection) => return Err(rejection),
    };
    response.extensions_mut().insert(About(about));
    Ok(Reply(response))
}

async fn user_info(call: Call, Query(query): Query<OfUser>) -> Result<Info, Rejection> {
    let (holder, settings) = holder(&call.by)?;
    info(&call.ctx, settings, holder, &user_id(query)?).await
}

async fn permissions(call: Call, Query(query): Query<OfUser>) -> Result<Rights, Rejection> {
    let (holder, settings) = holder(&call.by)?;
    rights(&call.ctx, settings, holder, &user_id(query)?).await
}

async fn test(call: Call, (): ()) -> Result<Reply, Rejection> {
    let now_ms = call.ctx.now_ms();
    let date = tenon_connectors::time::china(now_ms);
    let data = Works { timestamp: now_ms.div_euclid(1000), date };
    Ok(Reply(reply::json(200, &OaReply { code: 0, msg: "OA集成API正常工作", data: Some(data) })))
}

/// A browser that asks beforehand, and says not for what.
async fn nothing(_: Call, (): ()) -> Result<Reply, Rejection> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = lambda_http::http::StatusCode::NO_CONTENT;
    Ok(Reply(response))
}

fn success<T: Serialize>(data: &T) -> Response<Body> {
    reply::json(200, &OaReply { code: 0, msg: "success", data: Some(data) })
}

fn holder(by: &OaCaller) -> Result<(&Holder, &tenon_model::config::OaIntegration), Rejection> {
    match by {
        OaCaller::Holder(holder, settings) => Ok((holder, settings)),
        OaCaller::App(..) | OaCaller::Anyone => Err(Rejection::not_found()),
    }
}

fn user_id(query: OfUser) -> Result<String, Rejection> {
    id("oa_user_id", query.oa_user_id.as_deref().unwrap_or_default())
}

fn id(field: &str, text: &str) -> Result<String, Rejection> {
    match text.trim() {
        "" => Err(Rejection::field(field, "不能为空")),
        text if text.chars().count() > MAX_ID_LENGTH || text.chars().any(char::is_control) => {
            Err(Rejection::field(field, "格式不正确"))
        }
        text => Ok(text.to_owned()),
    }
}

/// The assistant's user: in a JSON body whatever its content type says, or in a form.
fn assistant(request: &Request, body: &[u8]) -> Result<String, Rejection> {
    const FIELD: &str = "assistant_user_id";
    let form = request::header(request, "content-type").is_some_and(|kind| kind.contains("form-urlencoded"));
    let starts_json = body.trim_ascii_start().first().is_some_and(|byte| *byte == b'{');
    if form && !starts_json {
        let found = form_urlencoded::parse(body).find(|(name, _)| name == FIELD);
        return id(FIELD, &found.map(|(_, value)| value.into_owned()).unwrap_or_default());
    }
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    let Ok(Value::Object(fields)) = json::from_slice(body) else {
        return Err(Rejection::field("", "请求体应为JSON对象"));
    };
    // As Java's beans spell it too.
    let value = fields.get(FIELD).or_else(|| fields.get("assistantUserId")).unwrap_or(&Value::Null);
    match value {
        Value::String(text) => id(FIELD, text),
        Value::Null => id(FIELD, ""),
        other => match json::number::text_of(other) {
            Some(number) => id(FIELD, &number),
            None => Err(Rejection::field(FIELD, "应为文本")),
        },
    }
}
