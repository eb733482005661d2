//! Who submits a document, where the ERP's own user says it, and what the OA's lists show of it.

use crate::source::Document;
use serde_json::Value;
use tenon_connectors::erp::{Erp, Requested};
use tenon_model::config::{ApprovalFlow, OriginatorUser};
use tenon_model::decimal;
use tenon_model::oa::FormDraft;
use tenon_platform::{Error, Result};

/// Adds to a form what stands beside the document's own fields.
///
/// # Errors
/// `flow.originator` when the user has no OA user id.
pub async fn complete(
    erp: &Erp<'_>,
    flow: &ApprovalFlow,
    document: &Document,
    requested: &Requested,
    form: &mut FormDraft,
) -> Result<()> {
    if form.summary.is_empty() {
        form.summary.extend(requested.remarks.clone().filter(|words| !words.trim().is_empty()));
    }
    let Some(which) = flow.form.originator_user else { return Ok(()) };
    let (field, user) = match which {
        OriginatorUser::OriginatorId => ("OriginatorID", requested.by),
        OriginatorUser::UserSign => ("UserSign", number(document.entity.get("UserSign"))),
    };
    let found = match user {
        Some(user) => erp.oa_user(user).await?,
        None => None,
    };
    if let Some(found) = found {
        form.originator = found;
    }
    if form.originator.is_empty() {
        return Err(nobody(erp, field, user));
    }
    Ok(())
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::String(text) => decimal::whole(text),
        value => value.as_i64(),
    }
}

fn nobody(erp: &Erp<'_>, field: &str, user: Option<i64>) -> Error {
    let why = match user {
        Some(user) => {
            format!("the ERP's user {user} of {field} has no OA user id ({})", erp.keeps_oa_user_in())
        }
        None => format!("the document has no {field}, which names the ERP's user who submits"),
    };
    Error::permanent("flow.originator", format!("{why}; fill it in, or set form.default_originator"))
}
