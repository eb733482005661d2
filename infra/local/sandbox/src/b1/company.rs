//! The company's data: what a fresh one holds, and how drafts, documents and requests are stored.

use super::entities::{EntitySet, Row};
use super::errors::Result;
use super::target::KeyPart;
use super::{B1, B1Options, NewDraft, schema};
use crate::action::ActionError;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

/// `2025-05-27T00:00:00Z`, as the Service Layer writes dates.
pub(super) fn day(now_ms: i64) -> String {
    written(now_ms, "%Y-%m-%dT00:00:00Z")
}

/// `10:05:00`.
pub(super) fn time(now_ms: i64) -> String {
    written(now_ms, "%H:%M:%S")
}

/// The demo company keeps China Standard Time.
fn written(now_ms: i64, format: &str) -> String {
    const EIGHT_HOURS_MS: i64 = 8 * 3_600_000;
    let at = Timestamp::from_millisecond(now_ms.saturating_add(EIGHT_HOURS_MS)).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// Master data that shows when it was made and last changed, to the second.
const STAMPED: [&str; 2] = ["Items", "BusinessPartners"];

/// Notes the time of a change.
pub(super) fn stamp(set: &str, now_ms: i64, row: &mut Row) {
    if STAMPED.contains(&set) {
        row.insert("UpdateDate".into(), json!(day(now_ms)));
        row.insert("UpdateTime".into(), json!(time(now_ms)));
    }
}

impl B1 {
    /// The session's user is 1, the demo buyer 2, two approvers 3 and 4.
    pub(super) fn seed_demo(&mut self, options: &B1Options) {
        self.add_user(&options.username, "系统管理员", &options.password);
        self.add_user("buyer", "采购员 张三", "buyer-password");
        self.add_user("chief", "采购主管", "chief-password");
        self.add_user("director", "总监", "director-password");
    }

    pub(crate) fn add_user(&mut self, code: &str, name: &str, password: &str) -> i64 {
        self.passwords.insert(code.to_owned(), password.to_owned());
        if let Some(key) = self.user_by_code(code) {
            return key;
        }
        let user = json!({"UserCode": code, "UserName": name, "eMail": null, "MobilePhoneNumber": null,
            "FaxNumber": null, "Department": -2, "Branch": -2, "Superuser": "tNO", "Locked": "tNO"});
        let key = object(user).and_then(|row| self.set_mut("Users").and_then(|s| s.insert(row)).ok());
        match key.as_deref() {
            Some([KeyPart::Int(key)]) => *key,
            _ => 0,
        }
    }

    pub(crate) fn register_set(&mut self, name: &str, key: &str, numeric: bool) {
        self.sets.entry(name.to_owned()).or_insert_with(|| EntitySet::new(name, &[key], numeric, false, true));
    }

    pub(crate) fn remove_field(&mut self, set: &str, field: &str) {
        if let Some(set) = self.sets.get_mut(set) {
            set.removed.insert(field.to_owned());
        }
    }

    pub(crate) fn add_draft(&mut self, now_ms: i64, new: NewDraft) -> Act<(i64, Option<i64>)> {
        let users = &self.set("Users").map_err(|e| ActionError::NotFound(e.message))?;
        if let Some(user) = new.stages.iter().flatten().find(|u| users.by_number(**u).is_none()) {
            return Err(ActionError::NotFound(format!("B1 user {user}")));
        }
        let mut row = new.fields;
        let set = schema::draft_set(&new.object_code);
        row.insert("DocObjectCode".into(), json!(schema::object_word(&new.object_code)));
        if !new.lines.is_empty() {
            row.insert("DocumentLines".into(), Value::Array(new.lines));
        }
        row.entry("U_ISSYN").or_insert(json!("N"));
        self.complete_document(now_ms, set, &mut row);
        let key = self.set_mut(set).and_then(|s| s.insert(row)).map_err(|e| ActionError::NotNow(e.message))?;
        let [KeyPart::Int(entry)] = key.as_slice() else {
            return Err(ActionError::Invalid("a draft's DocEntry is a number".into()));
        };
        if new.stages.is_empty() {
            return Ok((*entry, None));
        }
        let code = self
            .open_request(now_ms, set, *entry, &new.stages, new.originator)
            .map_err(|e| ActionError::Invalid(e.message))?;
        Ok((*entry, Some(code)))
    }

    pub(crate) fn add_document(&mut self, now_ms: i64, name: &str, fields: Value) -> Act<Value> {
        if !self.sets.contains_key(name) {
            return Err(ActionError::NotFound(format!("entity set {name}; register it first")));
        }
        let mut row = object(fields).ok_or_else(|| ActionError::Invalid("a document is a JSON object".into()))?;
        if name == "SpecialPrices" {
            super::prices::complete(&mut row).map_err(|e| ActionError::Invalid(e.message))?;
        } else {
            self.complete_document(now_ms, name, &mut row);
        }
        let set = self.set_mut(name).map_err(|e| ActionError::NotFound(e.message))?;
        let key = set.insert(row).map_err(|e| match e.code {
            -2035 => ActionError::NotNow(e.message),
            _ => ActionError::Invalid(e.message),
        })?;
        let stored = set.get(&key).map_err(|e| ActionError::NotFound(e.message))?;
        Ok(Value::Object(stored.row.clone()))
    }

    /// A B1 user changes fields of a document or draft; a list of lines replaces the former one.
    pub(crate) fn change_document(
        &mut self,
        options: &B1Options,
        now_ms: i64,
        set: &str,
        key: i64,
        fields: Value,
    ) -> Act<()> {
        self.change_row(options, now_ms, set, KeyPart::Int(key), fields)
    }

    pub(crate) fn change_row(
        &mut self,
        options: &B1Options,
        now_ms: i64,
        set: &str,
        key: KeyPart,
        fields: Value,
    ) -> Act<()> {
        let shown = key.to_string();
        let fields = object(fields).ok_or_else(|| ActionError::Invalid("the change is a JSON object".into()))?;
        let no_set = |_| ActionError::NotFound(format!("entity set {set}"));
        let known = self.set_mut(set).map_err(no_set)?;
        let key = [key];
        let changed = known.change(&key, |row| {
            row.extend(fields);
            // A production order has no such property.
            if set != "ProductionOrders" {
                row.insert("UpdateDate".into(), json!(day(now_ms)));
            }
            stamp(set, now_ms, row);
        });
        changed.map_err(|_| ActionError::NotFound(format!("{set} {shown}")))?;
        if set == "ProductionOrders" {
            self.order_changed(options, now_ms, &key).map_err(|e| ActionError::Invalid(e.message))?;
        }
        Ok(())
    }

    /// A record goes without a word.
    pub(super) fn remove_row(&mut self, set: &str, key: i64) {
        if let Ok(known) = self.set_mut(set) {
            let _ = known.remove(&[KeyPart::Int(key)]);
        }
    }

    /// A B1 user refuses a request, or its originator cancels it. The request stays.
    pub(crate) fn end_request(&mut self, code: i64, status: &str) -> Act<()> {
        let authorization = match status {
            "arsNotApproved" => "dasRejected",
            "arsCancelled" => "dasCancelled",
            _ => return Err(ActionError::Invalid("a request ends as arsNotApproved or arsCancelled".into())),
        };
        let gone = |_| ActionError::NotFound(format!("approval request {code}"));
        let key = [KeyPart::Int(code)];
        let requests = self.set_mut("ApprovalRequests").map_err(gone)?;
        let request = requests.get(&key).map_err(gone)?.row.clone();
        if request.get("Status") != Some(&json!("arsPending")) {
            return Err(ActionError::NotNow(format!("approval request {code} has ended")));
        }
        requests
            .change(&key, |row| {
                row.insert("Status".into(), json!(status));
            })
            .map_err(gone)?;
        self.authorize_draft(&request, authorization);
        Ok(())
    }

    /// Sets what a request's draft shows of it. The draft may be gone.
    pub(super) fn authorize_draft(&mut self, request: &Row, authorization: &str) {
        let kind = request.get("DraftType").and_then(Value::as_str).unwrap_or_default();
        let draft = request.get("DraftEntry").and_then(Value::as_i64).unwrap_or_default();
        if let Some(drafts) = schema::set_of_draft_type(kind).and_then(|set| self.set_mut(set).ok()) {
            let _ = drafts.change(&[KeyPart::Int(draft)], |row| {
                row.insert("AuthorizationStatus".into(), json!(authorization));
            });
        }
    }

    /// The draft is handed in again, usually after a change: a request with a code of its own.
    pub(crate) fn hand_in_again(&mut self, now_ms: i64, set: &str, draft: i64, stages: &[Vec<i64>]) -> Act<i64> {
        if schema::draft_type(set).is_none() {
            return Err(ActionError::Invalid(format!("{set} holds no drafts")));
        }
        self.open_request(now_ms, set, draft, stages, 2).map_err(|e| ActionError::NotFound(e.message))
    }

    /// Fills in what B1 fills in for a draft or marketing document. Other objects stay as they are.
    pub(super) fn complete_document(&mut self, now_ms: i64, name: &str, row: &mut Row) {
        if name == "PaymentDrafts" {
            row.entry("DocNum").or_insert(json!(self.set(name).map_or(0, |s| s.rows.len()) + 1));
            row.entry("DocDate").or_insert(json!(day(now_ms)));
            return;
        }
        if name == "ProductionOrders" {
            self.complete_order(now_ms, row);
        }
        if STAMPED.contains(&name) {
            row.entry("CreateDate").or_insert(json!(day(now_ms)));
            row.entry("CreateTime").or_insert(json!(time(now_ms)));
            row.entry("UpdateDate").or_insert(json!(day(now_ms)));
            row.entry("UpdateTime").or_insert(json!(time(now_ms)));
        }
        if name != "Drafts" && schema::set_object(name).is_none() {
            return;
        }
        // Drafts and documents number from different series.
        let offset = if name == "Drafts" { 5000 } else { 100_000 };
        let count = self.set(name).map_or(0, |s| s.rows.len());
        let code = schema::set_object(name).map(schema::object_word);
        for (field, value) in [
            ("DocNum", json!(offset + count + 1)),
            ("DocDate", json!(day(now_ms))),
            ("DocDueDate", json!(day(now_ms))),
            ("TaxDate", json!(day(now_ms))),
            ("CreationDate", json!(day(now_ms))),
            ("DocObjectCode", json!(code)),
            ("DocumentStatus", json!("bost_Open")),
            ("Cancelled", json!("tNO")),
            ("AuthorizationStatus", json!("dasWithout")),
            ("DocumentLines", json!([])),
        ] {
            row.entry(field).or_insert(value);
        }
        if name != "Drafts" {
            row.insert("DocumentStatus".into(), json!("bost_Open"));
            row.insert("AuthorizationStatus".into(), json!("dasWithout"));
        }
        let lines = row.get_mut("DocumentLines").and_then(Value::as_array_mut);
        for (number, line) in lines.into_iter().flatten().enumerate() {
            if let Some(line) = line.as_object_mut() {
                line.entry("LineNum").or_insert(json!(number));
            }
        }
    }

    /// Opens an approval request with a stage of its own for each list of approvers.
    pub(super) fn open_request(
        &mut self,
        now_ms: i64,
        set: &str,
        draft: i64,
        stages: &[Vec<i64>],
        originator: i64,
    ) -> Result<i64> {
        let mut lines = Vec::new();
        let mut first = None;
        for approvers in stages {
            let code = self.stage_for(approvers)?;
            first.get_or_insert(code);
            lines.extend(approvers.iter().map(|user| {
                json!({"StageCode": code, "UserID": user, "Status": "ardPending", "Remarks": null,
                    "UpdateDate": null, "UpdateTime": null, "CreationDate": day(now_ms), "CreationTime": time(now_ms)})
            }));
        }
        let object = self.set(set)?.by_number(draft).and_then(|d| d.get("DocObjectCode")).cloned();
        let object = object.as_ref().and_then(Value::as_str).map(schema::object_number).unwrap_or("").to_owned();
        let request = json!({"ApprovalTemplatesID": 1, "ObjectType": object, "IsDraft": "Y", "ObjectEntry": null,
            "Status": "arsPending", "Remarks": null, "CurrentStage": first, "OriginatorID": originator,
            "CreationDate": day(now_ms), "CreationTime": time(now_ms), "DraftEntry": draft, "DraftType": schema::draft_type(set),
            "ApprovalRequestLines": lines, "ApprovalRequestDecisions": []});
        let key = self.set_mut("ApprovalRequests")?.insert(object_or_empty(request))?;
        self.set_mut(set)?.change(&[KeyPart::Int(draft)], |row| {
            row.insert("AuthorizationStatus".into(), json!("dasPending"));
        })?;
        match key.as_slice() {
            [KeyPart::Int(code)] => Ok(*code),
            _ => Ok(0),
        }
    }

    /// A new stage for a list of approvers: requests share no stage, so that one list of approvers
    /// can stand twice in one request.
    fn stage_for(&mut self, approvers: &[i64]) -> Result<i64> {
        let listed: Vec<Value> = approvers.iter().map(|user| json!({"UserID": user})).collect();
        let set = self.set_mut("ApprovalStages")?;
        let name = format!("Stage {}", set.rows.len() + 1);
        let stage =
            json!({"Name": name, "NoOfApproversRequired": 1, "Remarks": null, "ApprovalStageApprovers": listed});
        match set.insert(object_or_empty(stage))?.as_slice() {
            [KeyPart::Int(code)] => Ok(*code),
            _ => Ok(0),
        }
    }
}

type Act<T> = std::result::Result<T, ActionError>;

fn object(value: Value) -> Option<Row> {
    match value {
        Value::Object(row) => Some(row),
        _ => None,
    }
}

fn object_or_empty(value: Value) -> Row {
    object(value).unwrap_or_default()
}
