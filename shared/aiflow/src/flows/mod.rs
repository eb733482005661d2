//! Flows that another system runs: their definitions, by version. A change makes a version; one that has passed the check
//! goes online.

mod check;
mod read;
mod record;

pub use record::{FlowContent, FlowHead, FlowVersion, Rule, Terminal, Urls};

use crate::Done;
use crate::caller::Caller;
use crate::fields::{self, CODE, Fields, Found, LINE};
use serde::Serialize;
use tenon_platform::table::{Expect, Outcome, Stored, Write, in_the_way};
use tenon_platform::{Context, Rejection};

/// Times a change is begun anew when somebody else changed the flow meanwhile.
const TIMES: usize = 5;

/// A version of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    /// The flow.
    pub flow_code: String,
    /// Its version.
    pub flow_version: u32,
    /// What was passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// `POST /aflow/api/flow/create_third_party`: a flow, or a version of it where something is new.
///
/// # Errors
/// [`Rejection::BadFields`] with every field that is wrong, people and departments that are not there included, and
/// groups where the app has a list of them; those of the table.
pub async fn create(ctx: &Context, by: &Caller, body: &[u8]) -> Result<Created, Rejection> {
    let (code, content, mut warnings) = read::definition(body)?;
    warnings.extend(check::check(ctx, by, &content).await?);
    for _ in 0..TIMES {
        let head = ctx.table.get::<FlowHead>(&record::head(&by.tenant, &code)).await?;
        let own = head.as_ref().is_none_or(|head| head.data.enterprise == by.enterprise());
        if !own {
            return Err(Rejection::field("flowCode", "该流程编码已被其他企业使用"));
        }
        if let Some(head) = &head {
            let latest = version(ctx, by, &code, head.data.latest).await?;
            if latest.is_some_and(|latest| latest.data.content == content) {
                return Ok(Created { flow_code: code, flow_version: head.data.latest, warnings });
            }
        }
        let number = head.as_ref().map_or(1, |head| head.data.latest.saturating_add(1));
        let writes = version_writes(ctx, by, &code, (head.as_ref(), number), &content)?;
        if ctx.table.transact(writes).await? == Outcome::Done {
            return Ok(Created { flow_code: code, flow_version: number, warnings });
        }
    }
    Err(in_the_way("others keep changing the same flow").into())
}

async fn version(
    ctx: &Context,
    by: &Caller,
    code: &str,
    number: u32,
) -> tenon_platform::Result<Option<Stored<FlowVersion>>> {
    ctx.table.get::<FlowVersion>(&record::version(&by.tenant, code, number)).await
}

fn version_writes(
    ctx: &Context,
    by: &Caller,
    code: &str,
    (head, number): (Option<&Stored<FlowHead>>, u32),
    content: &FlowContent,
) -> tenon_platform::Result<Vec<Write>> {
    let now = ctx.now_ms();
    let version = FlowVersion {
        number,
        content: content.clone(),
        by: by.name(),
        created_ms: now,
        online_ms: None,
        update_desc: None,
    };
    let online = head.and_then(|head| head.data.online);
    let fresh = || FlowHead {
        code: code.to_owned(),
        enterprise: by.enterprise().to_owned(),
        latest: number,
        online: None,
        title: content.title.clone(),
        initiate: content.initiate.clone(),
        detail: content.detail.clone(),
    };
    let mut new = head.map_or_else(fresh, |head| head.data.clone());
    new.latest = number;
    // What is online is what people see, until another version is.
    if online.is_none() {
        new.show(content);
    }
    let expect = head.map_or(Expect::AbsentAt(now), |head| Expect::Version(head.version));
    Ok(vec![
        Write::put(record::head(&by.tenant, code), &new, expect)?,
        Write::put(record::version(&by.tenant, code, number), &version, Expect::AbsentAt(now))?,
    ])
}

/// `POST /aflow/api/flow/online_third_party`: puts a version online, after it has been checked once more.
///
/// # Errors
/// As [`create`]; [`Rejection::BadRequest`] when there is no such flow or version.
pub async fn online(ctx: &Context, by: &Caller, body: &[u8]) -> Result<Done, Rejection> {
    let body = fields::read(body)?;
    let (mut found, of) = (Found::default(), Fields::new(&body, ""));
    found.known(&of, &["flowCode", "thirdFlowCode", "flowVersion", "updateDesc"]);
    let code = found.required(&of, &["flowCode", "thirdFlowCode"], CODE);
    let wanted = found.whole(&of, &["flowVersion"], 1..=i64::from(u32::MAX)).and_then(|n| u32::try_from(n).ok());
    let desc = found.text(&of, &["updateDesc"], LINE * 4);
    let mut warnings = found.end()?;
    for _ in 0..TIMES {
        let head = ctx.table.get::<FlowHead>(&record::head(&by.tenant, &code)).await?;
        let head = head.filter(|head| head.data.enterprise == by.enterprise());
        let Some(head) = head else { return Err(Rejection::field("flowCode", format!("流程{code}不存在"))) };
        let number = wanted.unwrap_or(head.data.latest);
        let Some(version) = version(ctx, by, &code, number).await? else {
            return Err(Rejection::field("flowVersion", format!("流程{code}没有版本{number}")));
        };
        let unchecked = check::check(ctx, by, &version.data.content).await?;
        if head.data.online == Some(number) {
            warnings.extend(unchecked);
            return Ok(Done::with(warnings));
        }
        let mut shown = head.data.clone();
        shown.online = Some(number);
        shown.show(&version.data.content);
        let now_online =
            FlowVersion { online_ms: Some(ctx.now_ms()), update_desc: desc.clone(), ..version.data.clone() };
        let writes = vec![
            Write::put(record::head(&by.tenant, &code), &shown, Expect::Version(head.version))?,
            Write::put(record::version(&by.tenant, &code, number), &now_online, Expect::Version(version.version))?,
        ];
        if ctx.table.transact(writes).await? == Outcome::Done {
            warnings.extend(unchecked);
            return Ok(Done::with(warnings));
        }
    }
    Err(in_the_way("others keep changing the same flow").into())
}

/// The flows of these codes that there are.
///
/// # Errors
/// Those of the table.
pub async fn heads(
    ctx: &Context,
    tenant: &tenon_model::TenantId,
    codes: &[String],
) -> tenon_platform::Result<std::collections::HashMap<String, FlowHead>> {
    let codes: std::collections::BTreeSet<&String> = codes.iter().filter(|code| !code.is_empty()).collect();
    let keys: Vec<_> = codes.into_iter().map(|code| record::head(tenant, code)).collect();
    let found = ctx.table.get_many::<FlowHead>(&keys).await?;
    Ok(found.into_values().map(|stored| (stored.data.code.clone(), stored.data)).collect())
}
