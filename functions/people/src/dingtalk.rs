//! `GET /dingtalk/department/getTree`, `/dingtalk/user/getByDepartmentId`, `/dingtalk/attendance/getByUserId`:
//! looking at what DingTalk has.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;
use tenon_catalog::areas::people::dingtalk as routes;
use tenon_connectors::dingtalk::Dingtalk;
use tenon_connectors::dingtalk::views::{Fetched, Span, SpanFault, Tree, Trouble};
use tenon_model::config::{Connection, DingtalkConnection};
use tenon_model::json::number;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::dispatch::{Call, Envelope, PlainService, Query, Service, ServiceCaller, on};
use tenon_platform::error::{Error, Retry};
use tenon_platform::{Context, Rejection};

/// The function.
pub static SERVICE: Service<PlainService> = Service::new(PlainService, || {
    vec![on(routes::TREE, tree), on(routes::MEMBERS, members), on(routes::ATTENDANCE, attendance)]
})
.answering(Envelope::Service);

/// A caller behind API Gateway waits for 29 s.
const ANSWERED_WITHIN: Duration = Duration::from_secs(27);
/// Seconds after which a tree that is half read is read on.
const READ_ON_S: i64 = 2;
/// Seconds after which a system that is away is asked again.
const AWAY_S: i64 = 10;

#[derive(Deserialize)]
struct OfDepartment {
    id: Option<String>,
    connection: Option<ConnectionId>,
    fresh: Option<String>,
}

#[derive(Deserialize)]
struct OfUser {
    id: Option<String>,
    #[serde(rename = "startTime")]
    start: Option<String>,
    #[serde(rename = "endTime")]
    end: Option<String>,
    connection: Option<ConnectionId>,
}

async fn tree(call: Call<ServiceCaller>, Query(query): Query<OfDepartment>) -> Result<Tree, Rejection> {
    let id = department_id(query.id.as_deref().unwrap_or("1"))?;
    let fresh = matches!(query.fresh.as_deref().map(str::trim), Some("1" | "true"));
    let app = app(&call, query.connection.as_ref()).await?;
    match app.client(&bounded(&call.ctx)).tree(&id, fresh).await.map_err(|error| rejection_of(error, &id))? {
        Fetched::Whole(tree) => Ok(tree),
        Fetched::Partly(known) => Err(Rejection::Upstream {
            message: format!("部门较多，已读取{known}个，请稍后重试，将从中断处继续"),
            after_s: Some(READ_ON_S),
        }),
    }
}

async fn members(call: Call<ServiceCaller>, Query(query): Query<OfDepartment>) -> Result<Box<RawValue>, Rejection> {
    let id = department_id(&needed(query.id)?)?;
    let app = app(&call, query.connection.as_ref()).await?;
    list(app.client(&bounded(&call.ctx)).members(&id).await.map_err(|error| rejection_of(error, &id))?)
}

async fn attendance(call: Call<ServiceCaller>, Query(query): Query<OfUser>) -> Result<Box<RawValue>, Rejection> {
    let id = needed(query.id)?;
    let span = Span::read(query.start.as_deref(), query.end.as_deref(), call.ctx.now_ms()).map_err(no_span)?;
    let app = app(&call, query.connection.as_ref()).await?;
    list(app.client(&bounded(&call.ctx)).attendance(&id, &span).await.map_err(|error| rejection_of(error, &id))?)
}

fn needed(id: Option<String>) -> Result<String, Rejection> {
    let id = id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
    id.ok_or_else(|| Rejection::field("id", "不能为空"))
}

fn department_id(text: &str) -> Result<String, Rejection> {
    let id = text.trim().parse::<i64>().ok().filter(|id| *id > 0);
    id.map(|id| id.to_string()).ok_or_else(|| Rejection::field("id", "应为部门编号（正整数），公司根部门为1"))
}

fn no_span(fault: SpanFault) -> Rejection {
    let (field, message) = match fault {
        SpanFault::From => ("startTime", "应为yyyy-MM-dd或yyyy-MM-dd HH:mm:ss"),
        SpanFault::To => ("endTime", "应为yyyy-MM-dd或yyyy-MM-dd HH:mm:ss"),
        SpanFault::Backwards => ("endTime", "早于startTime"),
        SpanFault::TooLong => ("startTime", "与endTime相隔超过十年"),
    };
    Rejection::field(field, message)
}

/// What DingTalk told, number for number.
fn list(items: Vec<serde_json::Value>) -> Result<Box<RawValue>, Rejection> {
    let text = number::write(&serde_json::Value::Array(items));
    RawValue::from_string(text)
        .map_err(|why| Error::permanent("dingtalk.answer", format!("a list could not be written: {why}")).into())
}

/// Calls are cut off in time for the answer.
fn bounded(ctx: &Context) -> Context {
    ctx.within_cut(ANSWERED_WITHIN)
}

/// The app of DingTalk that is asked.
struct App {
    connection: DingtalkConnection,
    revision: u64,
}

impl App {
    fn client<'a>(&self, ctx: &'a Context) -> Dingtalk<'a> {
        Dingtalk::new(ctx, &TenantId::operator(), self.connection.clone(), self.revision)
    }
}

/// The connection that the query names, or the only one that the caller may use.
async fn app(call: &Call<ServiceCaller>, named: Option<&ConnectionId>) -> Result<App, Rejection> {
    let loaded = call.ctx.config.load(&TenantId::operator()).await?;
    let usable = |connection: &&std::sync::Arc<Connection>| {
        matches!(connection.as_ref(), Connection::Dingtalk(_)) && call.by.may_use(connection.id())
    };
    let mut usable: Vec<_> = loaded.connections().filter(usable).collect();
    usable.sort_by(|one, other| one.id().cmp(other.id()));
    let chosen = match (named, usable.as_slice()) {
        (Some(named), all) => all.iter().find(|connection| connection.id() == named),
        (None, [only]) => Some(only),
        (None, []) => None,
        (None, several) => {
            let ids: Vec<&str> = several.iter().map(|connection| connection.id().as_str()).collect();
            return Err(Rejection::field("connection", format!("有多个钉钉连接，请指明其一：{}", ids.join("、"))));
        }
    };
    match chosen.map(|connection| connection.as_ref()) {
        Some(Connection::Dingtalk(connection)) => {
            Ok(App { connection: connection.clone(), revision: loaded.revision(&connection.id) })
        }
        _ => Err(Rejection::NotFound("没有可用的钉钉连接".into())),
    }
}

/// What DingTalk's refusal is to the caller.
fn rejection_of(error: Error, id: &str) -> Rejection {
    let trouble = Trouble::of(&error);
    let message = trouble.message(id);
    let seconds = |wait: Duration| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).max(1);
    match trouble {
        Trouble::NoDepartment | Trouble::NoUser => Rejection::NotFound(message.into()),
        Trouble::RateLimited(wait) => Rejection::Upstream { message, after_s: Some(seconds(wait)) },
        Trouble::Away => {
            let after_s = match error.retry {
                Retry::Blocked(wait) => seconds(wait),
                _ => AWAY_S,
            };
            tracing::warn!(error.code = error.code, error.message = %error, "DingTalk does not answer a view");
            Rejection::Upstream { message, after_s: Some(after_s) }
        }
        Trouble::OutOfScope | Trouble::Forbidden(_) | Trouble::LoginRefused | Trouble::Refused(_) => {
            Rejection::Upstream { message, after_s: None }
        }
        Trouble::Other => Rejection::Failed(error),
    }
}
