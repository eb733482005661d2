//! Flows that a person maps on a page or over the operators' API: what fills which control, what would be written of a
//! real document, storing it once what was shown still holds, and making the fields that it needs in the ERP.

mod fields;
mod view;

pub use fields::{FieldOutcome, Made, MadeField, Making, create_fields, create_fields_or_refuse, make_fields};

use crate::{At, hurried, refusal};
use serde_json::Value;
use std::borrow::Cow;
use tenon_flows::kinds::Scope;
pub use tenon_flows::new_flow::{NeededField, Revision, Sides, Wanted, is_id, made_id};
pub use tenon_mapping::Choices;
use tenon_mapping::{Chosen, Misfit, Plan};
use tenon_model::config::{ApprovalFlow, Config, Flow, Problem, check};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Rejection};
pub use view::plan_view;

/// Which flow is mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// One that is to be.
    New(Wanted),
    /// One that a page stored.
    Stored(FlowId),
}

/// A flow as it would be mapped.
#[derive(Debug)]
pub struct Mapping {
    /// Both sides.
    pub sides: Sides,
    /// What is proposed.
    pub plan: Plan,
    /// What is chosen.
    pub choices: Choices,
    /// The mapping that comes of it, or what cannot be chosen.
    pub chosen: Result<(ApprovalFlow, Chosen), Vec<Misfit>>,
    /// Names what was read.
    pub revision: Revision,
    /// Fields that the flow needs in the ERP.
    pub fields: Vec<NeededField>,
    /// What could not be read.
    pub notes: Vec<String>,
    /// What the configuration's rules say of the flow.
    pub problems: Vec<Problem>,
    /// The version of what is stored.
    version: Option<u64>,
}

/// What was read that is another by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differs {
    /// The form.
    pub form: bool,
    /// The fields of the ERP's object.
    pub object: bool,
    /// The flow that is stored.
    pub flow: bool,
}

/// What came of storing.
#[derive(Debug)]
pub enum Stored {
    /// It is stored, or was already just so.
    Done(FlowId),
    /// Something is another than what was shown: nothing is stored.
    Differs(Box<Mapping>, Differs),
    /// Something cannot be chosen, or breaks a rule: nothing is stored.
    Wrong(Box<Mapping>),
    /// There is another flow of this id.
    Taken(Box<Mapping>),
}

fn operator_only(tenant: &TenantId, which: &Which) -> Result<(), Rejection> {
    if *tenant == TenantId::operator() {
        return Ok(());
    }
    let id = match which {
        Which::New(wanted) => &wanted.id,
        Which::Stored(id) => id,
    };
    Err(missing(id))
}

fn missing(id: &FlowId) -> Rejection {
    Rejection::NotFound(Cow::Owned(format!("没有由页面保存的流程{id}")))
}

/// Reads both sides and maps them, by the choices where there are some. Writes nothing.
///
/// # Errors
/// 404 when there is no such flow that a page stored; what an outside system said; those of the table.
pub async fn read(
    ctx: &Context,
    tenant: &TenantId,
    which: &Which,
    choices: Option<Choices>,
) -> Result<Mapping, Rejection> {
    operator_only(tenant, which)?;
    let hurried = hurried(ctx);
    let read = Box::pin(read_with(&hurried, tenant, which, choices)).await;
    tenon_connectors::erp::release(ctx).await;
    read
}

async fn read_with(
    ctx: &Context,
    tenant: &TenantId,
    which: &Which,
    choices: Option<Choices>,
) -> Result<Mapping, Rejection> {
    let loaded = ctx.config.load(tenant).await?;
    let at = Scope { ctx, tenant, loaded: &loaded };
    let mut version = None;
    let sides = match which {
        Which::New(wanted) => Sides::of_new(at, wanted.clone()).await,
        Which::Stored(id) => match ctx.config.paged_flow(tenant, id).await? {
            Some((Flow::Approval(flow), known)) => {
                version = Some(known);
                Sides::of_stored(at, settled(&loaded, flow)).await
            }
            Some((other, _)) => {
                let message = format!("flow {id} is of kind {}, which is mapped in its file", other.kind());
                Err(Error::permanent("flow.kind", message))
            }
            None => return Err(missing(id)),
        },
    };
    let sides = sides.map_err(refusal::of)?;
    let choices = choices.unwrap_or_else(|| sides.begun(at));
    let plan = sides.plan(at, &choices);
    let chosen = sides.mapped(&choices);
    let (fields, notes) = sides.needed(at).await.map_err(refusal::of)?;
    let revision = sides.revision().map_err(refusal::of)?;
    let problems = chosen.as_ref().map(|(flow, _)| problems(&loaded, flow)).unwrap_or_default();
    Ok(Mapping { sides, plan, choices, chosen, revision, fields, notes, problems, version })
}

/// A stored flow with the fields that it leaves to what is usual with its OA.
fn settled(loaded: &Loaded, flow: ApprovalFlow) -> ApprovalFlow {
    match loaded.flow(&flow.id) {
        Ok(Flow::Approval(known)) => {
            let marks = known.marks.clone();
            ApprovalFlow { marks, ..flow }
        }
        _ => flow,
    }
}

/// What the rules of a configuration say of a flow among the others.
fn problems(loaded: &Loaded, flow: &ApprovalFlow) -> Vec<Problem> {
    let others = loaded.flows().iter().filter(|other| *other.id() != flow.id).cloned();
    let config = Config {
        connections: loaded.connections().map(|connection| connection.as_ref().clone()).collect(),
        flows: others.chain([Flow::Approval(flow.clone())]).collect(),
        ..Config::default()
    };
    let own = format!("flows[{}]", flow.id);
    check(&config).into_iter().filter(|problem| problem.path.starts_with(&own)).collect()
}

/// What the flow would write of a document, or of the newest of its kind. Writes nothing. `None` where something cannot
/// be chosen.
///
/// # Errors
/// As [`read`].
pub async fn preview(
    ctx: &Context,
    tenant: &TenantId,
    (which, choices): (&Which, Option<Choices>),
    key: Option<DocumentKey>,
) -> Result<(Mapping, Option<tenon_platform::Result<Value>>), Rejection> {
    operator_only(tenant, which)?;
    let hurried = hurried(ctx);
    let mapping = Box::pin(read_with(&hurried, tenant, which, choices)).await;
    let found = match &mapping {
        Ok(Mapping { sides, chosen: Ok((flow, _)), .. }) => {
            let loaded = hurried.config.load(tenant).await?;
            let at = Scope { ctx: &hurried, tenant, loaded: &loaded };
            Some(Box::pin(sides.preview(at, flow.clone(), key)).await)
        }
        _ => None,
    };
    tenon_connectors::erp::release(ctx).await;
    Ok((mapping?, found))
}

/// Stores a flow as it was shown: a new one switched off, or another mapping of one that a page stored. Doing it again
/// changes nothing.
///
/// # Errors
/// As [`read`]; 409 when somebody else changes it at the same moment.
pub async fn store(at: &At<'_>, which: &Which, choices: Choices, shown: &Revision) -> Result<Stored, Rejection> {
    let mapping = read(at.ctx, at.tenant, which, Some(choices)).await?;
    let Ok((flow, _)) = &mapping.chosen else { return Ok(Stored::Wrong(Box::new(mapping))) };
    if mapping.problems.iter().any(|problem| !problem.warning) {
        return Ok(Stored::Wrong(Box::new(mapping)));
    }
    let (id, wanted) = (flow.id.clone(), Flow::Approval(flow.clone()));
    // Pressed again, it is as it was stored the first time.
    let is_stored = match which {
        Which::Stored(_) => is_the_same(&mapping.sides.flow, flow),
        Which::New(_) => match at.ctx.config.paged_flow(at.tenant, &id).await? {
            Some((Flow::Approval(stored), _)) => is_the_same(&stored, flow),
            _ => false,
        },
    };
    if is_stored {
        return Ok(Stored::Done(id));
    }
    let is = &mapping.revision;
    let differs =
        Differs { form: is.form != shown.form, object: is.object != shown.object, flow: is.flow != shown.flow };
    if differs.form || differs.object || differs.flow {
        return Ok(Stored::Differs(Box::new(mapping), differs));
    }
    let done = match (which, mapping.version) {
        (Which::New(_), _) => at.ctx.config.store_flow(at.ctx, at.tenant, &wanted, at.by).await?,
        (Which::Stored(_), Some(version)) => {
            at.ctx.config.change_flow(at.ctx, at.tenant, (&wanted, version), at.by).await?
        }
        (Which::Stored(_), None) => return Err(missing(&id)),
    };
    Ok(match (done, which) {
        (true, _) => Stored::Done(id),
        (false, Which::New(_)) => Stored::Taken(Box::new(mapping)),
        (false, Which::Stored(_)) => {
            Stored::Differs(Box::new(mapping), Differs { form: false, object: false, flow: true })
        }
    })
}

/// As [`store`], for who is told in words why it is not done.
///
/// # Errors
/// As [`store`]; 400 when something is another than what was shown (`flow.mapping-changed`), cannot be chosen
/// (`flow.mapping-unfit`), or when there is another flow of this id (`flow.taken`).
pub async fn store_or_refuse(
    at: &At<'_>,
    which: &Which,
    choices: Choices,
    shown: &Revision,
) -> Result<FlowId, Rejection> {
    let (code, message) = match store(at, which, choices, shown).await? {
        Stored::Done(id) => return Ok(id),
        Stored::Differs(mapping, differs) => {
            let all = [(differs.form, "the form"), (differs.object, "the ERP's object"), (differs.flow, "the mapping")];
            let what: Vec<&str> = all.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
            let (id, what) = (&mapping.sides.wanted.id, what.join(" and "));
            let message = format!("{what} of flow {id} is not what was shown; nothing was stored, look at it again");
            ("flow.mapping-changed", message)
        }
        Stored::Wrong(mapping) => {
            ("flow.mapping-unfit", format!("flow {} is not stored: {}", mapping.sides.wanted.id, mapping.unfit()))
        }
        Stored::Taken(mapping) => {
            let id = &mapping.sides.wanted.id;
            ("flow.taken", format!("there is another flow {id}; nothing was stored, name this one otherwise"))
        }
    };
    Err(refusal::of(Error::permanent(code, message)))
}

/// Whether two flows are the same but for what is settled when they are loaded.
fn is_the_same(stored: &ApprovalFlow, wanted: &ApprovalFlow) -> bool {
    ApprovalFlow { marks: wanted.marks.clone(), ..stored.clone() } == *wanted
}
