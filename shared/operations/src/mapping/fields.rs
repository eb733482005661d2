//! Fields that a flow needs in the ERP, made for somebody who was shown which they are.

use super::{Mapping, NeededField, Which, operator_only, read_with};
use crate::{At, hurried, refusal};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::erp::Erp;
use tenon_mapping::Choices;
use tenon_model::schema::{UserField, UserFieldState};
use tenon_model::{ConnectionId, FlowId};
use tenon_platform::config_store::Loaded;
use tenon_platform::error::ErrorKind;
use tenon_platform::{Error, Rejection, Retry};

/// Less time than this is not enough to make a field in.
const ONE_FIELD: Duration = Duration::from_secs(4);

/// What came of a field that was to be made.
#[derive(Clone, Debug)]
pub enum FieldOutcome {
    /// It was made, or was there and is left as it is.
    Is(UserFieldState),
    /// The ERP refused it, or did not say what became of it.
    Failed(Box<Error>),
    /// It was not begun, since one before it stopped the work or the time was over.
    NotBegun,
}

/// A field that was to be made.
#[derive(Clone, Debug)]
pub struct MadeField {
    /// The field.
    pub field: UserField,
    /// What came of it.
    pub outcome: FieldOutcome,
}

/// What came of making fields.
#[derive(Debug)]
pub enum Making {
    /// Each was asked for, with what came of it.
    Done(Made),
    /// These are none that the flow needs now: none was made.
    Differs(Box<Mapping>, Vec<UserField>),
}

/// Fields that were asked for.
#[derive(Clone, Debug)]
pub struct Made {
    /// The flow that needs them.
    pub flow: FlowId,
    /// Where they were made.
    pub erp: ConnectionId,
    /// Each, with what came of it.
    pub fields: Vec<MadeField>,
}

impl FieldOutcome {
    /// Why it failed, in words, and its code.
    pub fn failure(&self) -> Option<(String, &'static str)> {
        match self {
            Self::Failed(error) => Some((refusal::of((**error).clone()).message(), error.code)),
            Self::Is(_) | Self::NotBegun => None,
        }
    }
}

impl Made {
    /// As the operators' API tells it.
    pub fn view(&self) -> Value {
        let one = |own: &MadeField| {
            let is = match (&own.outcome, own.outcome.failure()) {
                (FieldOutcome::Is(state), _) => json!(state),
                (_, Some((message, code))) => json!({ "state": "failed", "code": code, "message": message }),
                (_, None) => json!({ "state": "not-begun" }),
            };
            json!({ "table": own.field.table, "name": own.field.name, "caption": own.field.caption, "is": is })
        };
        json!({ "flow": self.flow, "erp": self.erp, "fields": self.fields.iter().map(one).collect::<Vec<_>>() })
    }
}

impl Mapping {
    /// The fields among these that the flow does not need, or not so.
    pub fn not_needed(&self, shown: &[UserField]) -> Vec<UserField> {
        let is_needed = |own: &&UserField| self.fields.iter().any(|needed| needed.field == **own);
        shown.iter().filter(|own| !is_needed(own)).cloned().collect()
    }
}

/// Makes fields that were shown as the flow needs them, if it still does: else none. One that is there is left as it is,
/// so doing it again makes nothing twice, and goes on where it stopped.
///
/// # Errors
/// As [`read`](super::read).
pub async fn create_fields(
    at: &At<'_>,
    (which, choices): (&Which, Option<Choices>),
    shown: &[UserField],
) -> Result<Making, Rejection> {
    operator_only(at.tenant, which)?;
    let hurried = hurried(at.ctx);
    let made = Box::pin(create_with(&At { ctx: &hurried, ..*at }, (which, choices), shown)).await;
    tenon_connectors::erp::release(at.ctx).await;
    made
}

async fn create_with(
    at: &At<'_>,
    (which, choices): (&Which, Option<Choices>),
    shown: &[UserField],
) -> Result<Making, Rejection> {
    let mapping = read_with(at.ctx, at.tenant, which, choices).await?;
    let others = mapping.not_needed(shown);
    if !others.is_empty() {
        return Ok(Making::Differs(Box::new(mapping), others));
    }
    let wanted = &mapping.sides.wanted;
    let (flow, erp) = (wanted.id.clone(), wanted.erp.clone());
    let loaded = at.ctx.config.load(at.tenant).await?;
    let asked = mapping.fields.into_iter().filter(|needed| shown.contains(&needed.field));
    let fields = make_fields(at, &loaded, (&flow, &erp), asked.collect()).await?;
    Ok(Making::Done(Made { flow, erp, fields }))
}

/// As [`create_fields`], for who is told in words why it is not done.
///
/// # Errors
/// As [`create_fields`]; 400 when the flow does not need one of them so (`flow.fields-changed`).
pub async fn create_fields_or_refuse(at: &At<'_>, which: &Which, shown: &[UserField]) -> Result<Made, Rejection> {
    match create_fields(at, (which, None), shown).await? {
        Making::Done(made) => Ok(made),
        Making::Differs(mapping, others) => {
            let names: Vec<String> = others.iter().map(|own| format!("{} of {}", own.name, own.table)).collect();
            let (id, names) = (&mapping.sides.wanted.id, names.join(", "));
            let message = format!("{names}: not needed so by flow {id}; no field was made, have it proposed again");
            Err(refusal::of(Error::permanent("flow.fields-changed", message)))
        }
    }
}

/// Makes fields one after the other, since the ERP changes its tables for one caller at a time. What the ERP refuses of one
/// does not keep the others from being made; an ERP that does not answer does. Each is noted before it is made.
///
/// # Errors
/// Those of the table, and of a connection that cannot be used.
pub async fn make_fields(
    at: &At<'_>,
    loaded: &Loaded,
    (flow, connection): (&FlowId, &ConnectionId),
    wanted: Vec<NeededField>,
) -> Result<Vec<MadeField>, Rejection> {
    let erp = Erp::open(at.ctx, at.tenant, loaded, connection).map_err(refusal::of)?;
    let (mut all, mut is_over) = (Vec::new(), false);
    for NeededField { field, is } in wanted {
        let outcome = match is {
            Some(found @ UserFieldState::Found { .. }) => FieldOutcome::Is(found),
            _ if is_over || at.ctx.time_for(ONE_FIELD).is_err() => FieldOutcome::NotBegun,
            _ => {
                let of = format!("{}.{}", field.table, field.name);
                let detail = json!({ "flow": flow, "erp": connection, "type": field.kind, "size": field.size,
                    "description": field.caption });
                at.note("create-erp-field", &of, detail).await?;
                match erp.create_user_field(&field).await {
                    Ok(state) => FieldOutcome::Is(state),
                    Err(error) if error.kind() == ErrorKind::OutOfTime => FieldOutcome::NotBegun,
                    Err(error) => {
                        is_over = error.retry != Retry::Permanent;
                        FieldOutcome::Failed(Box::new(error))
                    }
                }
            }
        };
        is_over |= matches!(outcome, FieldOutcome::NotBegun);
        all.push(MadeField { field, outcome });
    }
    Ok(all)
}
