//! A new table of many rows from a Kingdee that answers at once, into SQLite or a database server.

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::report::Row;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_flows::data_sync::record::What;
use tenon_flows::data_sync::{begin, flow_of};
use tenon_flows::kinds::Scope;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_model::run::Trigger;
use tenon_platform::context::Parts;
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_platform::{Clock, Context, Entropy};
use tenon_tables::Slice;
use tenon_testkit::databases::{self, DatabaseFixture};

const FORM: &str = "SAL_SaleOrder";
/// Fields beside the key.
const FIELDS: usize = 20;
/// Rows a second that a table has to take.
const LEAST: f64 = 10_000.0;
/// What the process may hold, in MB.
const MAX_MEGABYTES: f64 = 80.0;

/// Measures new tables.
#[derive(clap::Args, Debug)]
pub struct DataSyncArgs {
    /// Rows of the form.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// Where the table is: a SQLite file, or a server of its own, started on loopback with data of its own.
    #[arg(long, value_enum, default_value_t = EngineKind::Sqlite)]
    engine: EngineKind,
    /// A database that is there instead, as the configuration has it, as JSON.
    #[arg(long, conflicts_with = "engine")]
    database: Option<String>,
}

/// Whose SQL it is.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum EngineKind {
    Sqlite,
    Postgres,
    Mysql,
}

/// A server that is started for this, and ends with it.
fn server(kind: EngineKind) -> Result<Option<DatabaseFixture>> {
    let missing = || "the database server is not installed; scripts/setup-databases.sh installs it";
    Ok(match kind {
        EngineKind::Sqlite => None,
        EngineKind::Postgres => Some(databases::postgres().ok_or_else(missing)?),
        EngineKind::Mysql => Some(databases::mariadb().ok_or_else(missing)?),
    })
}

/// A Kingdee whose rows are made up as they are asked for.
struct StandIn {
    rows: u64,
    /// What follows the key in each row.
    rest: String,
}

impl StandIn {
    fn new(rows: u64) -> Self {
        let mut rest = String::new();
        for at in 0..FIELDS {
            let _ = match at % 4 {
                0 => write!(rest, ",\"XSDD{at:06}\""),
                1 => write!(rest, ",\"2026-11-02T08:30:{at:02}\""),
                2 => write!(rest, ",{at}12.5"),
                _ => write!(rest, ",\"深圳市示例客户{at}\""),
            };
        }
        rest.push(']');
        Self { rows, rest }
    }

    fn page(&self, question: &Value) -> String {
        let text = |name: &str| question.get(name).and_then(Value::as_str).unwrap_or_default();
        let filter = text("FilterString");
        // The second pass finds nothing new.
        if filter.contains("FModifyDate >=") && !filter.contains("FModifyDate <") {
            return "[]".to_owned();
        }
        let after = filter.rsplit_once("FID > ").and_then(|(_, id)| id.trim().parse().ok()).unwrap_or(0_u64);
        let limit = question.get("Limit").and_then(Value::as_u64).unwrap_or(0);
        let last = self.rows.min(after + limit);
        let mut page = String::with_capacity(usize::try_from(limit).unwrap_or(0) * (self.rest.len() + 10));
        page.push('[');
        for id in after + 1..=last {
            let _ = write!(page, "{}[{id}{}", if id == after + 1 { "" } else { "," }, self.rest);
        }
        page.push(']');
        page
    }
}

fn form() -> Value {
    let fields: Vec<Value> = (0..FIELDS)
        .map(|at| {
            let code = [231, 61, 106, 231].get(at % 4).copied().unwrap_or(231);
            let key = if at == 1 { "FModifyDate".to_owned() } else { format!("F_T_{at}") };
            json!({ "Key": key, "Name": [{ "Key": 2052, "Value": format!("字段{at}") }], "FieldType": code })
        })
        .collect();
    json!({ "Result": { "ResponseStatus": { "IsSuccess": true }, "NeedReturnData": { "Id": FORM, "Name": [],
        "Entrys": [{ "Key": "FBillHead", "EntryPkFieldName": "FID", "Fields": fields }] } } })
}

#[async_trait]
impl Http for StandIn {
    async fn call(&self, call: Call) -> std::result::Result<Answer, Failure> {
        let query: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let mut headers = HeaderMap::new();
        let body = if call.url.contains("AuthService") {
            headers.insert("set-cookie", HeaderValue::from_static("kdservice-sessionid=s; path=/"));
            json!({ "LoginResultType": 1, "KDSVCSessionId": "s" }).to_string()
        } else if call.url.contains("QueryBusinessInfo") {
            form().to_string()
        } else {
            self.page(query.get("data").unwrap_or(&Value::Null))
        };
        Ok(Answer { status: 200, headers, body: body.into() })
    }
}

/// Measures it.
///
/// # Errors
/// What the database refuses.
pub async fn run(args: DataSyncArgs) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let local = Local::open(&directory.path().join("tenon.db"), Clock::system()).await?;
    let ctx = Context::new(Parts {
        table: local.table.clone(),
        queue: Arc::new(local.queue.clone()),
        http: Arc::new(StandIn::new(args.rows)),
        clock: Clock::system(),
        entropy: Entropy::system(),
        master_key: MasterKey::from_bytes([7; 32]),
    })?;
    let path = directory.path().join("boards.db").display().to_string();
    let site = server(args.engine)?;
    let mut database = match (&args.database, &site) {
        (Some(text), _) => serde_json::from_str(text)?,
        (None, Some(site)) => serde_json::to_value(&site.database)?,
        (None, None) => json!({ "kind": "sqlite", "path": path }),
    };
    let kind = database.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(database) = database.as_object_mut() {
        database.insert("id".to_owned(), json!("boards"));
    }
    let config: Config = serde_json::from_value(json!({
        "connections": [{ "kind": "kingdee", "id": "kingdee-main", "base_url": "http://127.0.0.1/k3cloud", "account": "a",
            "username": "u", "password": "p", "calls_per_second": 100 }],
        "databases": [database],
        "flows": [{ "id": "orders", "kind": "data-sync", "erp": "kingdee-main", "database": "boards", "form": FORM }],
    }))?;
    let tenant = TenantId::operator();
    ctx.config.replace_all(&tenant, config, &ctx.entropy).await?;
    let loaded = ctx.config.load(&tenant).await?;
    let at = Scope { ctx: &ctx, tenant: &tenant, loaded: &loaded };
    let begun = Instant::now();
    let flow = flow_of(&loaded, FORM)?;
    let sync = begin::begin(at, flow, FORM, What::Create, Trigger::Operator, Duration::from_secs(3_600)).await?;
    loop {
        let slice = tenon_tables::work(&ctx, &tenant, &sync.run, Some(Duration::from_secs(90))).await?;
        if slice != Slice::OutOfTime {
            break;
        }
    }
    let speed = count(args.rows) / begun.elapsed().as_secs_f64();
    let what = format!("a new table of {} rows and {} columns into {kind}", args.rows, FIELDS + 1);
    Ok(vec![
        Row::judged(what.clone(), format!("{speed:.0} rows a second"), format!("at least {LEAST:.0}"), speed >= LEAST),
        memory(&what)?,
    ])
}

fn memory(what: &str) -> Result<Row> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u32>().ok());
    let peak = f64::from(peak.unwrap_or(0)) / 1024.0;
    Ok(Row::judged(
        format!("{what}: memory"),
        format!("{peak:.0} MB"),
        format!("at most {MAX_MEGABYTES:.0} MB"),
        peak <= MAX_MEGABYTES,
    ))
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
