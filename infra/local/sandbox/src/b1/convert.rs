//! From draft to document, and documents that an approval procedure takes on the way in.

use super::approvals::number;
use super::entities::Row;
use super::errors::{B1Error, Result};
use super::schema;
use super::target::KeyPart;
use super::{B1, Call, Cx};
use crate::reply::{self, Reply};
use serde_json::{Value, json};

impl B1 {
    /// `POST DraftsService_SaveDraftToDocument`. Success closes the draft, deletes its approval
    /// request and answers 204 without naming the new document.
    pub(super) fn save_draft_to_document(&mut self, cx: &mut Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let body = call.object()?;
        let document =
            body.get("Document").and_then(Value::as_object).ok_or_else(|| B1Error::malformed("Document is missing"))?;
        let entry = match document.get("DocEntry") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_i64(),
            None => None,
        };
        let entry = entry.ok_or_else(|| B1Error::validation("[DocEntry] is missing or not a number"))?;
        let draft = self.set("Drafts")?.by_number(entry).cloned().ok_or_else(B1Error::not_found)?;
        if draft.get("DocumentStatus") != Some(&json!("bost_Open")) {
            return Err(B1Error::business("The draft is closed"));
        }
        let code = draft.get("DocObjectCode").and_then(Value::as_str).unwrap_or("").to_owned();
        match draft.get("AuthorizationStatus").and_then(Value::as_str).unwrap_or("dasWithout") {
            "dasRejected" => return Err(B1Error::business("The draft was rejected by its approvers")),
            // A conversion of a pending draft raises a second request.
            "dasPending" => {
                self.open_request(cx.now_ms, "Drafts", entry, &[vec![1]], 2)?;
                return Ok(reply::no_content());
            }
            "dasWithout" if cx.options.approval_in_di && self.has_active_template() => {
                self.open_request(cx.now_ms, "Drafts", entry, &[vec![1]], 2)?;
                return Ok(reply::no_content());
            }
            _ => {}
        }
        if let Some(why) = self.without_batches(cx, entry)? {
            return Err(why);
        }
        let posted = self.post_draft(cx, entry, &code, draft, document)?;
        if cx.options.conversion_names_document {
            Ok(reply::json(201, &json!({"DocEntry": posted, "DocObjectCode": code})))
        } else {
            Ok(reply::no_content())
        }
    }

    /// An item that is kept by batches needs them; at one site the conversion itself took them from the draft.
    fn without_batches(&mut self, cx: &Cx<'_>, entry: i64) -> Result<Option<B1Error>> {
        let batched: Vec<String> = self
            .rows("Items")
            .filter(|item| item.get("ManageBatchNumbers") == Some(&json!("tYES")))
            .filter_map(|item| item.get("ItemCode").and_then(Value::as_str).map(str::to_owned))
            .collect();
        let loses = cx.options.conversion_loses_batches;
        let mut lacking = false;
        self.set_mut("Drafts")?.change(&[KeyPart::Int(entry)], |row| {
            let lines = row.get_mut("DocumentLines").and_then(Value::as_array_mut);
            for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
                let code = line.get("ItemCode").and_then(Value::as_str).unwrap_or_default();
                if !batched.iter().any(|item| item == code) {
                    continue;
                }
                if loses {
                    line.remove("BatchNumbers");
                }
                lacking = lacking || line.get("BatchNumbers").and_then(Value::as_array).is_none_or(Vec::is_empty);
            }
        })?;
        let why = "Cannot add row without complete selection of batch/serial numbers";
        Ok(lacking.then(|| B1Error::business(why)))
    }

    fn post_draft(&mut self, cx: &Cx<'_>, entry: i64, code: &str, draft: Row, changes: &Row) -> Result<i64> {
        let now_ms = cx.now_ms;
        let target = schema::object_set(code).ok_or_else(|| B1Error::business("The draft has no document type"))?;
        let mut document = draft;
        for name in ["DocEntry", "DocNum", "AuthorizationStatus"] {
            document.remove(name);
        }
        document.extend(changes.iter().filter(|(n, _)| *n != "DocEntry").map(|(n, v)| (n.clone(), v.clone())));
        self.complete_document(now_ms, target, &mut document);
        let key = self.set_mut(target)?.insert(document)?;
        let requests = self.set_mut("ApprovalRequests")?;
        // A payment draft may have the same number.
        let own = |row: &Row| number(row, "DraftEntry") == entry && row.get("DraftType") == Some(&json!("112"));
        if cx.options.conversion_keeps_request {
            for stored in requests.rows.values_mut().filter(|r| own(&r.row)) {
                stored.row.insert("Status".into(), json!("arsGenerated"));
            }
        } else {
            requests.rows.retain(|_, r| !own(&r.row));
        }
        self.set_mut("Drafts")?.change(&[KeyPart::Int(entry)], |row| {
            row.insert("DocumentStatus".into(), json!("bost_Close"));
            row.insert("AuthorizationStatus".into(), json!("dasWithout"));
        })?;
        match key.as_slice() {
            [KeyPart::Int(number)] => Ok(*number),
            _ => Ok(0),
        }
    }

    fn has_active_template(&self) -> bool {
        self.set("ApprovalTemplates")
            .is_ok_and(|s| s.rows.values().any(|t| t.row.get("IsActive") == Some(&json!("tYES"))))
    }

    /// A POST that an approval procedure takes: the draft and its request are stored, and the answer
    /// says otherwise.
    pub(super) fn taken_by_approval(&mut self, cx: &Cx<'_>, call: &Call<'_>, mut row: Row) -> Result<Reply> {
        let code = schema::set_object(&call.target.name).ok_or_else(B1Error::not_supported)?;
        row.insert("DocObjectCode".into(), json!(schema::object_word(code)));
        self.complete_document(cx.now_ms, "Drafts", &mut row);
        let key = self.set_mut("Drafts")?.insert(row)?;
        if let [KeyPart::Int(entry)] = key.as_slice() {
            self.open_request(cx.now_ms, "Drafts", *entry, &[vec![1]], call.user)?;
        }
        if cx.options.approval_on_post_fails {
            Err(B1Error::not_found().with_status(400))
        } else {
            self.created(call, "Drafts", &key)
        }
    }

    /// `POST Drafts(1)/Close` and the like.
    pub(super) fn document_action(&mut self, call: &Call<'_>, action: &str) -> Result<Reply> {
        let set = self.set_mut(&call.target.name)?;
        let key = set.resolve(call.key()?)?;
        let (name, value) = match action {
            "Close" => ("DocumentStatus", "bost_Close"),
            "Reopen" => ("DocumentStatus", "bost_Open"),
            "Cancel" => ("Cancelled", "tYES"),
            _ => return Err(B1Error::not_supported()),
        };
        set.change(&key, |row| {
            row.insert(name.into(), json!(value));
        })?;
        Ok(reply::no_content())
    }
}
