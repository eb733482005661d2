//! The work of the queue `process-work`: sending what processes have for their ERPs and for other addresses.

use super::host::TenantHost;
use super::out::{JOB, Lane, Sending, What};
use super::{errors, flows_of};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::config::AiflowApp;
use tenon_model::message::Envelope;
use tenon_platform::error::ErrorKind;
use tenon_platform::job::BoxFuture;
use tenon_platform::job::Job;
use tenon_platform::outbox;
use tenon_platform::outgoing::{OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_platform::queue::PROCESS_WORK;
use tenon_platform::table::{Expect, Outcome, Range, Stored, Write};
use tenon_platform::{Context, Error, Result, Retry, lease};
use tenon_process::run::Event;
use tenon_process::{Words, store};

/// Longer than the function may live, so that no other process sends beside one that still does.
pub const LEASE: Duration = Duration::from_secs(150);
/// When another process sends of the same lane.
const BUSY: Duration = Duration::from_secs(3);
/// A call, and storing what came of it.
const NEEDS: Duration = Duration::from_secs(25);
/// Longest answer that is read.
const ANSWER: usize = 64 * 1024;
/// The longest pause between two tries, in seconds.
const LONGEST_PAUSE_S: u64 = 6 * 3600;

/// Sends what processes have for others.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessSender;

impl Job for ProcessSender {
    type Message = Lane;
    const NAME: &'static str = JOB;

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Lane>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let name = format!("process-out/{}/{}", message.body.order, message.body.lane);
            let Some(held) = lease::acquire(ctx, &message.tenant, &name, LEASE).await? else {
                let message = "another process sends of the same lane";
                return Err(Error::new("process.busy", Retry::PutOff(BUSY), message).with_kind(ErrorKind::Busy));
            };
            let sent = Box::pin(Sender::new(ctx, &message.tenant, &message.body).all()).await;
            lease::give_back(ctx, held).await;
            sent
        })
    }

    /// A step or decision that cannot be sent is taken out, so that what stands behind it has its turn; the dead letter
    /// names it.
    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<Lane>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let sender = Sender::new(ctx, &message.tenant, &message.body);
            let Some(first) = sender.first().await? else { return Ok(()) };
            if matches!(first.data.what, What::Service { .. }) {
                // A token waits for it: it is called again when somebody has seen to the cause.
                return Ok(());
            }
            tracing::error!(process = %message.body.number, key = %first.data.key, error.code = error.code, error.message = %error, "something of a process was not sent");
            let promised = outbox::Entry::of(ctx, &PROCESS_WORK, &message.body.message(&message.tenant))?;
            let writes = vec![sender.removal(&first), promised.write()?];
            if ctx.table.transact(writes).await? == Outcome::Conflict {
                return Ok(());
            }
            promised.send(ctx).await
        })
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

struct Sender<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    lane: &'a Lane,
}

/// What came of a call.
enum Came {
    /// It was taken: what was answered.
    Taken(Value),
    /// It was not; whether trying again may help.
    Not { code: String, message: String, again: bool },
}

impl<'a> Sender<'a> {
    fn new(ctx: &'a Context, tenant: &'a TenantId, lane: &'a Lane) -> Self {
        Self { ctx, tenant, lane }
    }

    async fn first(&self) -> Result<Option<Stored<Sending>>> {
        let range = Range { limit: Some(1), ..Range::default() };
        let page = self.ctx.table.query::<Sending>(&self.lane.partition(self.tenant), range).await?;
        Ok(page.items.into_iter().next())
    }

    fn removal(&self, stored: &Stored<Sending>) -> Write {
        Write::delete(self.lane.key(self.tenant, &stored.sort), Expect::Version(stored.version))
    }

    /// Sends one after the other, as long as there is time.
    async fn all(&self) -> Result<()> {
        while let Some(next) = self.first().await? {
            let now = self.ctx.now_ms();
            if let Some(wait) = u64::try_from(next.data.due_ms.saturating_sub(now)).ok().filter(|wait| *wait > 0) {
                return Err(put_off(Duration::from_millis(wait), "it is not its time yet"));
            }
            if self.ctx.time_left().is_some_and(|left| left < NEEDS) {
                return Err(put_off(Duration::from_secs(1), "there is no time left; the rest follows"));
            }
            self.one(&next).await?;
        }
        Ok(())
    }

    async fn one(&self, next: &Stored<Sending>) -> Result<()> {
        let host = TenantHost::new(self.ctx, self.tenant).await?;
        let app = host.app(&next.data.enterprise).cloned();
        match &next.data.what {
            What::Step(body) => self.push(next, app.as_ref(), "/odoo/api/workflow/receive", body).await,
            What::Log(body) => self.push(next, app.as_ref(), "/odoo/api/workflow/approval/log", body).await,
            What::Service { token, node, visit, body } => {
                let call = Called { token: *token, node, visit: *visit, body };
                self.service(next, &host, app.as_ref(), &call).await
            }
        }
    }

    /// Tells the ERP. Where the ERP is not told any more, the rest is dropped.
    async fn push(&self, next: &Stored<Sending>, app: Option<&AiflowApp>, path: &str, body: &str) -> Result<()> {
        let Some((app, url)) = app.and_then(|app| Some((app, app.process.address(path)?))) else {
            return self.ctx.table.write(self.removal(next)).await.map(drop);
        };
        match self.send(Some(app), "POST", &url, &next.data.key, body).await {
            Came::Taken(_) => self.ctx.table.write(self.removal(next)).await.map(drop),
            Came::Not { code, message, again } => {
                let retry = if again { Retry::Transient } else { Retry::Permanent };
                Err(Error::new(
                    "process.push",
                    retry,
                    format!("{path} of process {}: {code}: {message}", self.lane.number),
                ))
            }
        }
    }

    async fn service(
        &self,
        next: &Stored<Sending>,
        host: &TenantHost,
        app: Option<&AiflowApp>,
        call: &Called<'_>,
    ) -> Result<()> {
        let processes = flows_of(self.ctx, self.tenant, host);
        let Some(instance) = processes.instance(&self.lane.number).await? else {
            return self.ctx.table.write(self.removal(next)).await.map(drop);
        };
        let definition = store::load(self.ctx, self.tenant, &instance.flow, instance.version).await?;
        let waits = instance.tokens.iter().any(|token| {
            token.id == call.token && token.visit == call.visit && token.node == call.node && token.incident.is_none()
        });
        let service = definition.service(call.node).filter(|_| waits);
        let Some(service) = service else {
            // It was discarded, or goes on already.
            return self.ctx.table.write(self.removal(next)).await.map(drop);
        };
        let came = match app.and_then(|app| app.process.address(&service.url)).or_else(|| absolute(&service.url)) {
            Some(url) if app.is_none_or(|app| app.process.may_call(&url)) => {
                self.send(app, &service.method, &url, &next.data.key, call.body).await
            }
            Some(url) => refused(format!("{url} is not among service_urls")),
            None => refused("no odoo_url is configured for a service task that names a path".to_owned()),
        };
        let event = match came {
            Came::Taken(answer) => Event::ServiceDone { token: call.token, visit: call.visit, result: answer },
            Came::Not { code, message, again } => {
                if again && next.data.attempts < service.retry.times {
                    return self.later(next, service.retry.seconds, &format!("{code}: {message}")).await;
                }
                let words = Words::new(
                    format!("服务任务调用失败：{code} {message}"),
                    format!("the service task failed: {code} {message}"),
                );
                Event::ServiceFailed { token: call.token, visit: call.visit, words }
            }
        };
        processes.act(&self.lane.number, &event).await.map_err(errors::as_error)?;
        self.ctx.table.write(self.removal(next)).await.map(drop)
    }

    /// Notes a try that came to nothing, and comes again after its pause.
    async fn later(&self, next: &Stored<Sending>, seconds: u32, why: &str) -> Result<()> {
        let pause_s = u64::from(seconds.max(1)).saturating_mul(1 << next.data.attempts.min(20)).min(LONGEST_PAUSE_S);
        let pause = Duration::from_secs(pause_s);
        let due_ms = self.ctx.now_ms().saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        let noted = Sending { attempts: next.data.attempts + 1, due_ms, ..next.data.clone() };
        let key = self.lane.key(self.tenant, &next.sort);
        self.ctx.table.write(Write::put(key, &noted, Expect::Version(next.version))?).await?;
        tracing::warn!(process = %self.lane.number, key = %next.data.key, attempt = noted.attempts, reason = why, "a service task is tried again");
        Err(put_off(pause, "a service task is tried again after its pause"))
    }

    async fn send(&self, app: Option<&AiflowApp>, method: &str, url: &str, key: &str, body: &str) -> Came {
        let mut call = OutgoingCall::new(url, Bytes::from(body.to_owned()));
        call.method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST);
        if call.method == Method::GET {
            call.body = Bytes::new();
        }
        call.max_answer = ANSWER;
        call.headers = headers(self.ctx, app, key, &call.body);
        match self.ctx.outgoing.call(call).await {
            Ok(answer) => read(&answer),
            Err(OutgoingFailure::Refused(why)) => refused(why.to_string()),
            Err(failure) => {
                Came::Not { code: failure.class().to_uppercase(), message: failure.message().to_owned(), again: true }
            }
        }
    }
}

/// A call of a service task.
struct Called<'a> {
    token: u32,
    node: &'a str,
    visit: u32,
    body: &'a str,
}

fn absolute(url: &str) -> Option<String> {
    (!url.starts_with('/')).then(|| url.to_owned())
}

fn put_off(pause: Duration, why: &str) -> Error {
    Error::new("process.later", Retry::PutOff(pause), why)
}

fn refused(message: String) -> Came {
    Came::Not { code: "REFUSED".to_owned(), message, again: false }
}

fn headers(ctx: &Context, app: Option<&AiflowApp>, key: &str, body: &Bytes) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    if let Ok(key) = HeaderValue::from_str(key) {
        headers.insert(HeaderName::from_static("idempotency-key"), key);
    }
    if let Some(app) = app {
        let secret = app.app_secret.expose();
        let signature = tenon_crypto::aiflow::sign(&app.enterprise_code, &app.app_id, secret, ctx.now_ms(), body);
        let name = HeaderName::from_bytes(app.header.as_bytes()).unwrap_or(HeaderName::from_static("a-signature"));
        if let Ok(signature) = HeaderValue::from_str(&signature) {
            headers.insert(name, signature);
        }
    }
    headers
}

/// What an answer says: its HTTP status, and where it has aiflow's envelope, the status in that.
fn read(answer: &OutgoingAnswer) -> Came {
    let body = tenon_model::json::from_slice(&answer.body).unwrap_or(Value::Null);
    let again = matches!(answer.status, 401 | 403 | 408 | 409 | 425 | 429 | 500..);
    if !(200..300).contains(&answer.status) {
        let message = body.get("msg").or_else(|| body.get("message")).and_then(Value::as_str).unwrap_or("no message");
        return Came::Not { code: format!("HTTP_{}", answer.status), message: short(message), again };
    }
    let status = body.get("status").and_then(Value::as_i64);
    let data = body.get("data");
    let denied = data.and_then(|data| data.get("success")).and_then(Value::as_bool) == Some(false);
    match status {
        Some(status) if status != 0 && body.get("msg").is_some() => {
            let message = body.get("msg").and_then(Value::as_str).unwrap_or("no message");
            // What is wrong with the request stays so.
            Came::Not { code: status.to_string(), message: short(message), again: !matches!(status, -4002 | -4001) }
        }
        Some(0) if denied => {
            Came::Not { code: "NOT_SUCCESS".to_owned(), message: "data.success is false".to_owned(), again: true }
        }
        Some(0) => Came::Taken(data.cloned().unwrap_or(Value::Null)),
        _ => Came::Taken(body),
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(status: u16, body: &str) -> String {
        let answer =
            OutgoingAnswer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()), cut: false };
        match read(&answer) {
            Came::Taken(answer) => format!("taken {answer}"),
            Came::Not { code, again, .. } => format!("{code} {again}"),
        }
    }

    #[test]
    fn an_answer_is_read_by_its_status_and_by_the_status_within() {
        for (status, body, read) in [
            (200, r#"{"status":0,"msg":"success","data":{"success":true,"id":7}}"#, r#"taken {"id":7,"success":true}"#),
            (200, r#"{"status":0,"msg":"success","data":{"success":false}}"#, "NOT_SUCCESS true"),
            (200, r#"{"status":-4002,"msg":"参数错误"}"#, "-4002 false"),
            (200, r#"{"status":-1024,"msg":"繁忙"}"#, "-1024 true"),
            (200, r#"{"status":"open"}"#, r#"taken {"status":"open"}"#),
            (204, "", "taken null"),
            (302, "", "HTTP_302 false"),
            (400, "{}", "HTTP_400 false"),
            (403, r#"{"status":-4002,"msg":"签名验证失败"}"#, "HTTP_403 true"),
            (503, "<html>", "HTTP_503 true"),
        ] {
            assert_eq!(came(status, body), read, "{status} {body}");
        }
    }
}
