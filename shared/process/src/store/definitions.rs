//! Definitions: a head with which versions there are, each version with its texts in parts. What was published is never
//! changed again; an instance stays on its version.

use super::failure::Failure;
use super::keys;
use crate::check::{self, Finding, Options, Severity};
use crate::definition::Definition;
use crate::form::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tenon_crypto::digest::sha256_hex;
use tenon_model::TenantId;
use tenon_platform::table::{Expect, Outcome, Range, Stored, Write, in_the_way};
use tenon_platform::{Context, Error, Result};

/// Bytes of one part: a record holds 400 KB.
const PART: usize = 300 * 1024;
/// Times a change is begun anew when somebody else changed the flow meanwhile.
const TIMES: usize = 5;
/// Longest code of a flow, in characters.
const CODE: usize = 64;
/// Definitions that a process keeps.
const KEPT: usize = 200;

/// A flow: which versions there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// Its code.
    pub code: String,
    /// Its name, that of the version that is published, else of the latest.
    pub name: String,
    /// Whose codes of people it uses.
    #[serde(default)]
    pub enterprise: String,
    /// The latest version.
    pub latest: u32,
    /// The version that new instances run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<u32>,
}

/// A version of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// From 1 on.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// SHA-256 of its texts.
    pub sha: String,
    /// How many bytes of the texts are the file; the others are the form's schema.
    pub bpmn: usize,
    /// Records with its texts.
    pub parts: usize,
    /// Who made it.
    pub by: String,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms at which it was published first; it is not changed after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_ms: Option<i64>,
    /// What was said then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A part of a version's texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    pub text: String,
}

/// A definition as it comes.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The flow's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whose codes of people it uses.
    pub enterprise: String,
    /// The form's schema.
    pub schema: Value,
    /// The file.
    pub bpmn: String,
    /// Who made it.
    pub by: String,
}

/// What was made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The flow's code.
    pub code: String,
    /// The version.
    pub version: u32,
    /// What may not have been meant.
    pub warnings: Vec<Finding>,
}

/// What a process keeps of definitions: published ones, which do not change.
#[derive(Default)]
struct Cache(Mutex<HashMap<(TenantId, String, u32), Arc<Definition>>>);

/// Stores a new flow. The same once more is the same.
///
/// # Errors
/// [`Failure::Unsound`] with every finding; `process.flow-exists`, `process.flow-code`; those of the table.
pub async fn create(
    ctx: &Context,
    tenant: &TenantId,
    draft: &Draft,
    may_call: &(dyn Fn(&str) -> bool + Sync),
) -> std::result::Result<Made, Failure> {
    store(ctx, tenant, draft, may_call, true).await
}

/// Changes a flow: a draft is replaced, what was published has a successor. What is as it was stays as it is.
///
/// # Errors
/// As [`create`], and `process.unknown-flow`.
pub async fn update(
    ctx: &Context,
    tenant: &TenantId,
    draft: &Draft,
    may_call: &(dyn Fn(&str) -> bool + Sync),
) -> std::result::Result<Made, Failure> {
    store(ctx, tenant, draft, may_call, false).await
}

async fn store(
    ctx: &Context,
    tenant: &TenantId,
    draft: &Draft,
    may_call: &(dyn Fn(&str) -> bool + Sync),
    is_new: bool,
) -> std::result::Result<Made, Failure> {
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if draft.code.is_empty() || draft.code.chars().count() > CODE || !draft.code.chars().all(sound) {
        let (zh, en) = (
            format!("flowCode应为1到{CODE}个字母、数字、横线、下划线或点"),
            format!("a flow's code has 1 to {CODE} letters, digits, dashes, underscores or points"),
        );
        return Err(Failure::refused("process.flow-code", zh, en));
    }
    let warnings = checked(draft, may_call)?;
    for _ in 0..TIMES {
        let head = ctx.table.get::<Head>(&keys::head(tenant, &draft.code)).await?;
        let latest = match &head {
            Some(head) => version(ctx, tenant, &draft.code, head.data.latest).await?,
            None => None,
        };
        let made = |version| Ok(Made { code: draft.code.clone(), version, warnings: warnings.clone() });
        match &head {
            Some(head) if head.data.enterprise != draft.enterprise => {
                return Err(exists(&draft.code));
            }
            Some(head) if latest.as_ref().is_some_and(|latest| latest.data.sha == sha(draft)) => {
                return made(head.data.latest);
            }
            Some(_) if is_new => return Err(exists(&draft.code)),
            None if !is_new => return Err(unknown(&draft.code)),
            _ => {}
        }
        let number = match (&head, &latest) {
            (Some(head), Some(latest)) if latest.data.published_ms.is_none() => head.data.latest,
            (Some(head), _) => head.data.latest.saturating_add(1),
            (None, _) => 1,
        };
        let writes = writes(ctx, tenant, draft, (head.as_ref(), latest.as_ref(), number))?;
        if ctx.table.transact(writes).await? == Outcome::Done {
            return made(number);
        }
    }
    Err(in_the_way("others keep changing the same flow").into())
}

fn exists(code: &str) -> Failure {
    Failure::refused("process.flow-exists", format!("流程{code}已存在"), format!("there is a flow {code} already"))
}

fn unknown(code: &str) -> Failure {
    Failure::refused("process.unknown-flow", format!("流程{code}不存在"), format!("there is no flow {code}"))
}

/// Checks a draft; its warnings.
fn checked(draft: &Draft, may_call: &(dyn Fn(&str) -> bool + Sync)) -> std::result::Result<Vec<Finding>, Failure> {
    let fields = fields(&draft.schema);
    let checked = check::check(&draft.bpmn, &Options { fields: &fields, may_call: &may_call });
    match checked.is_sound() {
        true => Ok(checked.findings.into_iter().filter(|f| f.severity == Severity::Warning).collect()),
        false => Err(Failure::Unsound(checked.findings)),
    }
}

/// Names of a schema's fields. One that cannot be read was refused before it came here.
pub(super) fn fields(schema: &Value) -> BTreeSet<String> {
    let read = Schema::read(schema).unwrap_or_default();
    read.fields.into_iter().map(|field| field.name).collect()
}

fn sha(draft: &Draft) -> String {
    sha256_hex(format!("{}\n{}\n{}", draft.name, draft.bpmn, draft.schema).as_bytes())
}

fn writes(
    ctx: &Context,
    tenant: &TenantId,
    draft: &Draft,
    (head, latest, number): (Option<&Stored<Head>>, Option<&Stored<Version>>, u32),
) -> Result<Vec<Write>> {
    let now = ctx.now_ms();
    let schema = draft.schema.to_string();
    let texts = split(&format!("{}{schema}", draft.bpmn));
    let version = Version {
        number,
        name: draft.name.clone(),
        sha: sha(draft),
        bpmn: draft.bpmn.len(),
        parts: texts.len(),
        by: draft.by.clone(),
        created_ms: now,
        published_ms: None,
        description: None,
    };
    let fresh = || Head {
        code: draft.code.clone(),
        name: draft.name.clone(),
        enterprise: draft.enterprise.clone(),
        latest: number,
        published: None,
    };
    let mut new = head.map_or_else(fresh, |head| head.data.clone());
    new.latest = number;
    if new.published.is_none() {
        new.name.clone_from(&draft.name);
    }
    let expect = head.map_or(Expect::AbsentAt(now), |head| Expect::Version(head.version));
    let replaced = latest.filter(|latest| latest.data.number == number);
    let expect_version = replaced.map_or(Expect::AbsentAt(now), |latest| Expect::Version(latest.version));
    let mut writes = vec![
        Write::put(keys::head(tenant, &draft.code), &new, expect)?,
        Write::put(keys::version(tenant, &draft.code, number), &version, expect_version)?,
    ];
    for (at, text) in texts.into_iter().enumerate() {
        writes.push(Write::put(keys::part(tenant, &draft.code, number, at), &Part { text }, Expect::Anything)?);
    }
    Ok(writes)
}

/// A text in parts that a record holds, cut between characters.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let mut at = rest.len().min(PART);
        while !rest.is_char_boundary(at) {
            at -= 1;
        }
        let (part, after) = rest.split_at(at);
        parts.push(part.to_owned());
        rest = after;
    }
    parts
}

/// Publishes a version, after it has been checked once more: new instances run on it.
///
/// # Errors
/// As [`update`], and `process.unknown-version`.
pub async fn publish(
    ctx: &Context,
    tenant: &TenantId,
    (code, enterprise, wanted): (&str, &str, Option<u32>),
    description: Option<&str>,
    may_call: &(dyn Fn(&str) -> bool + Sync),
) -> std::result::Result<Made, Failure> {
    for _ in 0..TIMES {
        let head = ctx.table.get::<Head>(&keys::head(tenant, code)).await?;
        let Some(head) = head.filter(|head| head.data.enterprise == enterprise) else { return Err(unknown(code)) };
        let number = wanted.unwrap_or(head.data.latest);
        let Some(version) = version(ctx, tenant, code, number).await? else {
            let (zh, en) = (format!("流程{code}没有版本{number}"), format!("the flow {code} has no version {number}"));
            return Err(Failure::refused("process.unknown-version", zh, en));
        };
        let draft = texts(ctx, tenant, code, &version.data).await?;
        let warnings = checked(&draft, may_call)?;
        let made = Made { code: code.to_owned(), version: number, warnings };
        if head.data.published == Some(number) {
            return Ok(made);
        }
        let mut shown = head.data.clone();
        shown.published = Some(number);
        shown.name.clone_from(&version.data.name);
        let mut public = version.data.clone();
        public.published_ms.get_or_insert(ctx.now_ms());
        public.description = description.map(str::to_owned).or(public.description);
        let writes = vec![
            Write::put(keys::head(tenant, code), &shown, Expect::Version(head.version))?,
            Write::put(keys::version(tenant, code, number), &public, Expect::Version(version.version))?,
        ];
        if ctx.table.transact(writes).await? == Outcome::Done {
            return Ok(made);
        }
    }
    Err(in_the_way("others keep changing the same flow").into())
}

/// A flow's head.
///
/// # Errors
/// Those of the table.
pub async fn head(ctx: &Context, tenant: &TenantId, code: &str) -> Result<Option<Head>> {
    Ok(ctx.table.get::<Head>(&keys::head(tenant, code)).await?.map(|stored| stored.data))
}

/// A version of a flow, without its texts.
///
/// # Errors
/// Those of the table.
pub async fn version(ctx: &Context, tenant: &TenantId, code: &str, number: u32) -> Result<Option<Stored<Version>>> {
    ctx.table.get::<Version>(&keys::version(tenant, code, number)).await
}

/// A version as it came, the latest without a number; `None` when there is none.
///
/// # Errors
/// Those of the table.
pub async fn draft(ctx: &Context, tenant: &TenantId, code: &str, number: Option<u32>) -> Result<Option<Draft>> {
    let Some(head) = head(ctx, tenant, code).await? else { return Ok(None) };
    let Some(version) = version(ctx, tenant, code, number.unwrap_or(head.latest)).await? else { return Ok(None) };
    let draft = texts(ctx, tenant, code, &version.data).await?;
    Ok(Some(Draft { enterprise: head.enterprise, ..draft }))
}

/// The texts of a version, as a draft.
async fn texts(ctx: &Context, tenant: &TenantId, code: &str, version: &Version) -> Result<Draft> {
    let parts = ctx.table.query_all::<Part>(&keys::parts(tenant, code, version.number), Range::default()).await?;
    let text: String = parts.into_iter().take(version.parts).map(|part| part.data.text).collect();
    let torn = || {
        Error::transient(
            "platform.table",
            format!("the texts of {code}, version {}, are being replaced", version.number),
        )
    };
    let (Some(bpmn), Some(schema)) = (text.get(..version.bpmn), text.get(version.bpmn..)) else { return Err(torn()) };
    let draft = Draft {
        code: code.to_owned(),
        name: version.name.clone(),
        enterprise: String::new(),
        schema: serde_json::from_str(schema).map_err(|_| torn())?,
        bpmn: bpmn.to_owned(),
        by: version.by.clone(),
    };
    if sha(&draft) == version.sha { Ok(draft) } else { Err(torn()) }
}

/// A version that can be run. Published ones are kept by the process, since they do not change.
///
/// # Errors
/// `process.definition` when it is not there, or when this version of the program does not run it; those of the table.
pub async fn load(ctx: &Context, tenant: &TenantId, code: &str, number: u32) -> Result<Arc<Definition>> {
    let cache = ctx.extensions.get_or_init::<Cache>();
    let name = (tenant.clone(), code.to_owned(), number);
    let lock = || cache.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = lock().get(&name) {
        return Ok(Arc::clone(kept));
    }
    let missing = |why: String| Error::permanent("process.definition", why);
    let Some(version) = version(ctx, tenant, code, number).await? else {
        return Err(missing(format!("the flow {code} has no version {number}")));
    };
    let draft = texts(ctx, tenant, code, &version.data).await?;
    let fields = fields(&draft.schema);
    // Where a service may be called is asked when it is.
    let checked = check::check(&draft.bpmn, &Options { fields: &fields, may_call: &|_| true });
    let why = checked.blocking().next().map_or_else(String::new, |finding| finding.en.clone());
    let Some(mut definition) = checked.definition else {
        return Err(missing(format!("the version {number} of the flow {code} is not run any more: {why}")));
    };
    (definition.code, definition.name, definition.version) = (code.to_owned(), draft.name, number);
    definition.schema = draft.schema;
    let definition = Arc::new(definition);
    if version.data.published_ms.is_some() {
        let mut kept = lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(name, Arc::clone(&definition));
    }
    Ok(definition)
}
