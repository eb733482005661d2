//! Queries and prints: SQL of a stranger, judged, or one of the configured queries by its name. Nothing reaches a
//! database that was not understood, and a list that is too long is told and not cut.

use super::answer::{CallFailure, CallOutcome, Done};
use super::{ANSWERED_WITHIN, CompanyCall, TO_STORE, backflush, run, settings};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::b1::B1;
use tenon_connectors::erp;
use tenon_crypto::digest::sha256_hex;
use tenon_model::RunId;
use tenon_model::json::number;
use tenon_model::run::RunStatus;
use tenon_platform::clock::millis;
use tenon_platform::lease::{self, Lease};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, ErrorKind, Result, breaker};

/// How long a query stands by for a place.
const STANDS_BY: Duration = Duration::from_secs(2);
/// Between two looks for one.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Rows kept in the history of a query.
const ROWS_KEPT: usize = 20;
/// Rows of a stored query read at once.
const PAGE: u32 = 500;

/// Which way SQL goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Through the DI API.
    DiApi,
    /// Through the Service Layer's stored queries.
    ServiceLayer,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::DiApi => "query",
            Self::ServiceLayer => "print",
        }
    }
}

/// Answers a query through the company's DI API.
///
/// # Errors
/// What the caller is told when there is no answer.
pub async fn query(call: &CompanyCall<'_>, body: &[u8]) -> CallOutcome {
    run(call, Way::DiApi, body).await
}

/// Answers a query through the Service Layer's stored queries.
///
/// # Errors
/// As [`query`].
pub async fn print(call: &CompanyCall<'_>, body: &[u8]) -> CallOutcome {
    let outcome = run(call, Way::ServiceLayer, body).await;
    erp::release(call.ctx).await;
    outcome
}

async fn run(call: &CompanyCall<'_>, way: Way, body: &[u8]) -> CallOutcome {
    let started_ms = call.ctx.now_ms();
    let bounded = call.ctx.within_cut(ANSWERED_WITHIN - TO_STORE);
    let run = RunId::new(bounded.entropy.id("r-", started_ms)?);
    let mut steps = Recorder::new(&bounded, run.clone());
    let judged = statement(call, body);
    let hash = judged.as_ref().map_or_else(|_| sha256_hex(body), |sql| sha256_hex(sql.as_bytes()));
    let outcome = match judged {
        Ok(sql) => Statement { call, ctx: &bounded, way }.answer(&sql, &mut steps).await,
        Err(no) => {
            let shown = String::from_utf8_lossy(body);
            steps.note("refused", json!({ "body": shown, "app": call.app, "code": no.code, "why": no.message }));
            Err(no)
        }
    };
    let took_ms = bounded.now_ms() - started_ms;
    let (rows, code) = match &outcome {
        Ok((_, rows)) => (*rows, ""),
        Err(no) => (0, no.code.as_str()),
    };
    // Who asked what of whom; the text itself only in the run.
    tracing::info!(
        barcode.app = call.app,
        barcode.connection = %call.barcode.connection,
        barcode.way = way.word(),
        sql.sha256 = %hash,
        rows,
        took_ms,
        code,
        run = %run,
        request.id = call.request_id,
        "barcode query answered"
    );
    let (status, message) = match &outcome {
        Ok(_) => (RunStatus::Succeeded, format!("{} of app {}: {rows} rows", way.word(), call.app)),
        Err(no) => (RunStatus::Failed, format!("{} of app {}: {}", way.word(), call.app, no.message)),
    };
    let summary = run::RunSummary {
        id: run,
        document: None,
        status,
        started_ms,
        message,
        code: Some(code).filter(|c| !c.is_empty()),
    };
    run::record_run(&bounded, call, &mut steps, summary).await;
    outcome.map(|(done, _)| done)
}

/// The statement that a body asks for: its own, or a configured one.
fn statement(call: &CompanyCall<'_>, body: &[u8]) -> std::result::Result<String, CallFailure> {
    let sent = match tenon_model::json::from_slice(body) {
        Ok(Value::Object(sent)) => sent,
        Ok(_) => return Err(CallFailure::at("", "请求体应为 JSON 对象")),
        Err(error) => return Err(CallFailure::at("", format!("请求体不是 JSON：{error}"))),
    };
    let sql = match (sent.get("sql"), sent.get("name")) {
        (Some(Value::String(sql)), _) => sql.clone(),
        (None | Some(Value::Null), Some(Value::String(name))) => named(call, name, sent.get("parameters"))?,
        (None | Some(Value::Null), None | Some(Value::Null)) => {
            return Err(CallFailure::at("sql", "不能为空：应为查询语句，或以 name 指明已配置的查询"));
        }
        (Some(_), _) => return Err(CallFailure::at("sql", "应为文本")),
        (_, Some(_)) => return Err(CallFailure::at("name", "应为文本")),
    };
    Ok(tenon_sql::judge(&sql, &settings::rules(call))?.text().to_owned())
}

fn named(call: &CompanyCall<'_>, name: &str, parameters: Option<&Value>) -> std::result::Result<String, CallFailure> {
    let query = call.barcode.queries.iter().find(|query| query.name == name);
    let query =
        query.ok_or_else(|| CallFailure::new("barcode.no-query", format!("name: 没有名为 {name} 的已配置查询")))?;
    let none = Map::new();
    let values = match parameters {
        None | Some(Value::Null) => &none,
        Some(Value::Object(values)) => values,
        Some(_) => return Err(CallFailure::at("parameters", "应为对象")),
    };
    settings::statement(query, values).map_err(|why| CallFailure::at("", why))
}

/// One judged statement.
struct Statement<'a> {
    call: &'a CompanyCall<'a>,
    ctx: &'a Context,
    way: Way,
}

impl Statement<'_> {
    async fn answer(&self, sql: &str, steps: &mut Recorder) -> std::result::Result<(Done, usize), CallFailure> {
        let place = match self.place().await? {
            Some(place) => place,
            None => {
                let message = format!("该账套同时进行的查询已达 {} 个，请稍后重试", self.call.barcode.max_queries);
                steps.note("refused", json!({ "sql": sql, "app": self.call.app, "why": message }));
                return Err(CallFailure::new("barcode.busy", message));
            }
        };
        let ran = self.run(sql, steps).await;
        lease::give_back(self.ctx, place).await;
        let (done, rows) = ran.map_err(|error| self.not_done(&error))??;
        let barcode = self.call.barcode;
        if rows > usize::try_from(barcode.max_rows).unwrap_or(usize::MAX) {
            let message = format!("结果共 {rows} 行，超过上限 {} 行；请缩小查询范围", barcode.max_rows);
            return Err(CallFailure::new("barcode.too-many-rows", message));
        }
        if done.data.len() > usize::try_from(barcode.max_bytes).unwrap_or(usize::MAX) {
            let message =
                format!("结果共 {} 字节，超过上限 {} 字节；请缩小查询范围", done.data.len(), barcode.max_bytes);
            return Err(CallFailure::new("barcode.too-large", message));
        }
        Ok((done, rows))
    }

    /// One of the places of the company's queries, when one is free.
    async fn place(&self) -> Result<Option<Lease>> {
        let barcode = self.call.barcode;
        let mut waited = Duration::ZERO;
        loop {
            for number in 0..barcode.max_queries {
                let name = format!("barcode-query/{}/{number}", barcode.connection);
                let time = barcode.query_timeout + Duration::from_secs(10);
                if let Some(place) = lease::acquire(self.ctx, self.call.tenant, &name, time).await? {
                    return Ok(Some(place));
                }
            }
            if waited >= STANDS_BY {
                return Ok(None);
            }
            waited += LOOK_AGAIN;
            self.ctx.clock.sleep(LOOK_AGAIN).await;
        }
    }

    async fn run(&self, sql: &str, steps: &mut Recorder) -> Result<std::result::Result<(Done, usize), CallFailure>> {
        let input = json!({ "sql": sql, "app": self.call.app });
        let within = self.call.barcode.query_timeout;
        match self.way {
            Way::DiApi => {
                let di_api = match backflush::di_api(self.call, self.ctx) {
                    Ok(di_api) => di_api,
                    Err(no) => {
                        steps.note("refused", json!({ "sql": sql, "app": self.call.app, "why": no.message }));
                        return Ok(Err(no));
                    }
                };
                let connection = &di_api.connection().id.clone();
                breaker::admit(self.ctx, self.call.tenant, &[connection]).await?;
                let answer = steps.step("exec-sql", input, async {
                    let answer = self.within(di_api.select(sql, within), within).await?;
                    let shown: Vec<Value> = answer.objects().into_iter().take(ROWS_KEPT).map(Value::Object).collect();
                    let note = json!({ "rows": answer.rows, "first": shown });
                    Ok((answer, note))
                });
                let answer = answer.await?;
                let (code, message, rows) = (answer.code, answer.message, answer.rows);
                Ok(Ok((Done { code, message, ..Done::of(answer.data) }, rows)))
            }
            Way::ServiceLayer => {
                breaker::admit(self.ctx, self.call.tenant, &[&self.call.barcode.connection]).await?;
                let b1 = self.call.b1(self.ctx)?;
                let rows = steps.step("SQLQueries", input, async {
                    let rows = self.within(self.stored(&b1, sql), within).await?;
                    let shown: Vec<Value> = rows.iter().take(ROWS_KEPT).cloned().collect();
                    let note = json!({ "rows": rows.len(), "first": shown });
                    Ok((rows, note))
                });
                let rows = rows.await?;
                let count = rows.len();
                Ok(Ok((Done::of(number::write(&json!({ "value": rows }))), count)))
            }
        }
    }

    /// All rows of a stored query, or one more than may be had.
    async fn stored(&self, b1: &B1<'_>, sql: &str) -> Result<Vec<Value>> {
        let most = usize::try_from(self.call.barcode.max_rows).unwrap_or(usize::MAX);
        let (mut rows, mut cursor, mut again) = (Vec::new(), None, true);
        let mut code = b1.sql_ensure(sql).await?;
        loop {
            let first = cursor.is_none();
            match b1.sql_page(&code, &[], Some(PAGE), cursor.take()).await {
                Ok(page) => {
                    rows.extend(page.values);
                    match page.next {
                        Some(next) if rows.len() <= most => cursor = Some(next),
                        _ => return Ok(rows),
                    }
                }
                // Somebody deleted it in B1.
                Err(error) if first && again && error.kind() == ErrorKind::NotFound => {
                    again = false;
                    code = b1.sql_ensure(sql).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A call that is given up after this time.
    async fn within<T>(&self, call: impl Future<Output = Result<T>>, within: Duration) -> Result<T> {
        let begun_ms = self.ctx.clock.elapsed_ms();
        let late = || Error::transient("barcode.query-time", "the query was not answered in its time");
        let answered = tokio::time::timeout(within, call).await.unwrap_or_else(|_| Err(late()));
        let took_ms = self.ctx.clock.elapsed_ms() - begun_ms;
        let is_late = took_ms.saturating_add(100) >= millis(within);
        answered.map_err(|error| if is_late && error.kind() == ErrorKind::Unreachable { late() } else { error })
    }

    /// What the caller is told of an error. One that the end of the query's time has made is told as that.
    fn not_done(&self, error: &Error) -> CallFailure {
        if error.code == "barcode.query-time" {
            let within = self.call.barcode.query_timeout.as_secs();
            return CallFailure::new("timeout", format!("查询在 {within} 秒内没有结果；请缩小查询范围"));
        }
        let no = CallFailure::from(error);
        let is_late = self.ctx.time_left().is_some_and(|left| left < Duration::from_secs(1));
        if error.kind == ErrorKind::OutOfTime || (is_late && error.vendor_message.is_none()) {
            return CallFailure { code: "timeout".to_owned(), ..no };
        }
        no
    }
}
