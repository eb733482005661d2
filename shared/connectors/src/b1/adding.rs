//! Adding an approved draft: `SaveDraftToDocument`, which answers nothing that proves it and posts a draft without
//! any approval where the company is set up so. The draft itself is the proof, before and after.

use super::{B1, Request, WriteOptions, json_of};
use crate::base::Effect;
use crate::erp::Adding;
use http::Method;
use serde_json::{Map, Value, json};
use tenon_platform::Result;

/// Adds a draft.
const SAVE: &str = "DraftsService_SaveDraftToDocument";
/// The company's settings.
const ADMIN: &str = "CompanyService_GetAdminInfo";
/// Whether approval procedures hold for what comes through the Service Layer.
const SWITCH: &str = "EnableApprovalProcedureInDI";

/// Where a draft stands on its way to its document. Of one that may be added the company's switch is read.
pub(crate) async fn adding(b1: &B1<'_>, draft: &Map<String, Value>, with_batches: bool) -> Result<Adding> {
    let by_draft = of_draft(draft);
    if by_draft != Adding::Due {
        return Ok(by_draft);
    }
    if !with_batches && let Some(line) = line_with_batches(draft) {
        return Ok(Adding::Refused(format!(
            "line {line} has batch or serial numbers, which B1 has been seen to lose when a draft is added this way; add \
             it in B1, or set add_batches = true when you have tried it"
        )));
    }
    Ok(match b1.procedures_hold().await?.as_deref() {
        Some("tYES") => Adding::Due,
        Some(_) => Adding::Refused(format!(
            "the company's {SWITCH} is off, so that B1 would post drafts without their approval procedure; switch it on \
             (General Settings → approval procedures in DI), or add the draft in B1"
        )),
        None => Adding::Refused(format!("B1 does not tell the company's {SWITCH}, without which no draft is added")),
    })
}

fn of_draft(draft: &Map<String, Value>) -> Adding {
    let word = |name: &str| draft.get(name).and_then(Value::as_str).unwrap_or_default();
    match (word("DocumentStatus"), word("AuthorizationStatus")) {
        (_, "dasGenerated" | "dasGeneratedbyAuthorizer") | ("bost_Close", "dasWithout") => Adding::Done,
        ("bost_Close", status) => Adding::Refused(format!("the draft was closed in B1 and not added ({status})")),
        ("bost_Open", "dasApproved") => Adding::Due,
        ("bost_Open", "dasPending") => Adding::Refused(
            "its approval goes on in B1 (dasPending); somebody adds it there when it is approved".into(),
        ),
        ("bost_Open", "dasWithout") => {
            Adding::Refused("the draft is under no approval procedure of B1, which would check it (dasWithout)".into())
        }
        (status, authorization) => Adding::Refused(format!("B1 shows the draft as {status:?}, {authorization:?}")),
    }
}

/// The number of the first line with batch or serial numbers.
fn line_with_batches(draft: &Map<String, Value>) -> Option<usize> {
    let filled = |line: &Value, name: &str| line.get(name).and_then(Value::as_array).is_some_and(|l| !l.is_empty());
    let lines = ["DocumentLines", "StockTransferLines"].into_iter().filter_map(|name| draft.get(name)?.as_array());
    let has = |line: &Value| filled(line, "BatchNumbers") || filled(line, "SerialNumbers");
    lines.flat_map(|lines| lines.iter().enumerate()).find(|(_, line)| has(line)).map(|(number, _)| number + 1)
}

/// Adds the draft, once. Returns the document's number where B1 names it.
///
/// # Errors
/// Of class `UnknownOutcome` when it may have been added; the draft tells.
pub(crate) async fn add(b1: &B1<'_>, draft: i64) -> Result<Option<String>> {
    // The reference writes the number as a text.
    let body = json!({ "Document": { "DocEntry": draft.to_string() } });
    let answer = b1.create(SAVE, &body, WriteOptions::default()).await?;
    let named = answer.get("DocEntry").filter(|entry| !entry.is_null());
    Ok(named.and_then(|entry| match entry {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }))
}

impl B1<'_> {
    /// The company's name as it calls itself; `None` when it does not tell.
    pub async fn company_name(&self) -> Result<Option<String>> {
        let info = self.admin_info().await?;
        let name = info.get("CompanyName").or_else(|| info.get("AdminInfo")?.get("CompanyName"));
        Ok(name.and_then(Value::as_str).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned))
    }

    /// The company's switch, as B1 writes it; `None` when it does not tell.
    pub(crate) async fn procedures_hold(&self) -> Result<Option<String>> {
        let info = self.admin_info().await?;
        let switch = info.get(SWITCH).or_else(|| info.get("AdminInfo")?.get(SWITCH));
        Ok(switch.and_then(Value::as_str).map(str::to_owned))
    }

    async fn admin_info(&self) -> Result<Value> {
        let timeout = self.read_timeout(ADMIN);
        let request = Request::new(Method::POST, Effect::Read, ADMIN, ADMIN, timeout).json(&json!({}));
        let answer = self.send(&request).await?;
        json_of(&answer, Effect::Read).map_err(|e| e.during(format!("b1 POST {ADMIN}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(status: &str, authorization: &str) -> Map<String, Value> {
        let value = json!({ "DocumentStatus": status, "AuthorizationStatus": authorization });
        value.as_object().unwrap().clone()
    }

    #[test]
    fn only_an_open_draft_that_b1_approved_is_due() {
        assert_eq!(of_draft(&draft("bost_Open", "dasApproved")), Adding::Due);
        for done in ["dasWithout", "dasGenerated", "dasGeneratedbyAuthorizer"] {
            assert_eq!(of_draft(&draft("bost_Close", done)), Adding::Done, "{done}");
        }
        for (status, authorization) in [
            ("bost_Open", "dasPending"),
            ("bost_Open", "dasWithout"),
            ("bost_Open", "dasRejected"),
            ("bost_Open", "dasCancelled"),
            ("bost_Open", ""),
            ("bost_Close", "dasApproved"),
            ("", ""),
        ] {
            let found = of_draft(&draft(status, authorization));
            assert!(matches!(found, Adding::Refused(_)), "{status} {authorization}: {found:?}");
        }
    }

    #[test]
    fn a_line_with_batches_is_found_wherever_it_stands() {
        let of = |value: Value| line_with_batches(value.as_object().unwrap());
        assert_eq!(of(json!({ "DocumentLines": [{ "BatchNumbers": [] }, { "ItemCode": "A" }] })), None);
        assert_eq!(of(json!({ "DocumentLines": [{}, { "BatchNumbers": [{ "BatchNumber": "1" }] }] })), Some(2));
        assert_eq!(of(json!({ "StockTransferLines": [{ "SerialNumbers": [{}] }] })), Some(1));
    }
}
