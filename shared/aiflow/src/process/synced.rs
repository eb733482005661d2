//! `POST /aflow/api/form/sync`: forms that an ERP keeps in step. A flow that names one takes its schema over as it is then.

use crate::Done;
use crate::caller::Caller;
use crate::fields::{self, CODE, Fields, Found, LINE};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_model::TenantId;
use tenon_model::json::number;
use tenon_platform::table::{Expect, Key, Outcome, Stored, Write, in_the_way};
use tenon_platform::{Context, Rejection};
use tenon_process::form::Schema;

/// Times a change is begun anew when somebody else changed the form meanwhile.
const TIMES: usize = 5;

/// A form as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// Its code at the ERP.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The schema as it came, as text: numbers keep every digit.
    pub schema: String,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Which app pushed it last.
    pub by: String,
    /// Epoch ms.
    pub updated_ms: i64,
}

#[derive(Clone, Copy, PartialEq)]
enum Sync {
    Create,
    Update,
    Delete,
}

const SYNCS: &[(&str, Sync)] = &[("CREATE", Sync::Create), ("UPDATE", Sync::Update), ("DELETE", Sync::Delete)];

fn key(tenant: &TenantId, enterprise: &str, code: &str) -> Key {
    Key::new(tenant, "PROCESS-SYNCED-FORM", &[enterprise], code)
}

/// A form as it is pushed.
struct Pushed {
    code: String,
    name: String,
    schema: Option<Value>,
}

/// Takes a form in. The same once more changes nothing.
///
/// # Errors
/// [`Rejection::BadFields`] with everything that is wrong; [`Rejection::BadRequest`] for one that is there already, or is
/// not there; those of the table.
pub async fn sync(ctx: &Context, by: &Caller, body: &[u8]) -> Result<Done, Rejection> {
    let body = fields::read(body)?;
    let (mut found, of) = (Found::default(), Fields::new(&body, ""));
    found.known(&of, &["formCode", "formName", "formSchema", "syncType"]);
    found.missing(&of, &["syncType"]);
    let kind = found.word(&of, &["syncType"], SYNCS);
    let code = found.required(&of, &["formCode"], CODE);
    let deletes = kind == Some(Sync::Delete);
    let name = if deletes {
        found.text(&of, &["formName"], LINE).unwrap_or_default()
    } else {
        found.required(&of, &["formName"], LINE)
    };
    if !deletes {
        found.missing(&of, &["formSchema"]);
    }
    let schema = of.get(&["formSchema"]).map(|(_, schema)| schema.clone());
    if let (Some(schema), false) = (&schema, deletes)
        && let Err(wrong) = Schema::read(schema)
    {
        wrong.into_iter().for_each(|bad| found.wrong(bad.field, bad.message));
    }
    let warnings = found.end()?;
    apply(ctx, by, kind.unwrap_or(Sync::Update), &Pushed { code, name, schema }).await?;
    Ok(Done::with(warnings))
}

async fn apply(ctx: &Context, by: &Caller, kind: Sync, pushed: &Pushed) -> Result<(), Rejection> {
    let key = key(&by.tenant, by.enterprise(), &pushed.code);
    for _ in 0..TIMES {
        let stored = ctx.table.get::<Form>(&key).await?;
        let Some(form) = next(ctx, by, kind, pushed, stored.as_ref())? else { return Ok(()) };
        let expect = stored.map_or(Expect::AbsentAt(ctx.now_ms()), |stored| Expect::Version(stored.version));
        if ctx.table.write(Write::put(key.clone(), &form, expect)?).await? == Outcome::Done {
            return Ok(());
        }
    }
    Err(in_the_way("others keep changing the same form").into())
}

/// The form as it is to be stored; none where nothing is new.
fn next(
    ctx: &Context,
    by: &Caller,
    kind: Sync,
    pushed: &Pushed,
    stored: Option<&Stored<Form>>,
) -> Result<Option<Form>, Rejection> {
    let there = stored.map(|stored| &stored.data).filter(|form| !form.deleted);
    let wrong = |message: String| Err(Rejection::field("formCode", message));
    let code = &pushed.code;
    let form = Form {
        code: code.clone(),
        name: pushed.name.clone(),
        schema: pushed.schema.as_ref().map(number::write).unwrap_or_default(),
        deleted: false,
        by: by.name(),
        updated_ms: ctx.now_ms(),
    };
    let is_same = |known: &Form| known.name == form.name && known.schema == form.schema;
    match (kind, there) {
        (Sync::Create | Sync::Update, Some(known)) if is_same(known) => Ok(None),
        (Sync::Create, Some(_)) => wrong(format!("表单{code}已存在，请使用UPDATE")),
        (Sync::Create, None) | (Sync::Update, Some(_)) => Ok(Some(form)),
        (Sync::Update, None) => wrong(format!("表单{code}不存在，请使用CREATE")),
        (Sync::Delete, Some(known)) => {
            Ok(Some(Form { deleted: true, updated_ms: ctx.now_ms(), by: by.name(), ..known.clone() }))
        }
        (Sync::Delete, None) if stored.is_some() => Ok(None),
        (Sync::Delete, None) => wrong(format!("表单{code}不存在")),
    }
}

/// The schema of a form that is there.
///
/// # Errors
/// Those of the table.
pub async fn schema_of(
    ctx: &Context,
    tenant: &TenantId,
    enterprise: &str,
    code: &str,
) -> Result<Option<Value>, Rejection> {
    let stored = ctx.table.get::<Form>(&key(tenant, enterprise, code)).await?;
    let form = stored.map(|stored| stored.data).filter(|form| !form.deleted);
    Ok(form.and_then(|form| tenon_model::json::from_str(&form.schema).ok()))
}
