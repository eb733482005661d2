//! Deciding an approval request, as measured on a real system.

use super::DecisionRecord;
use super::entities::Row;
use super::errors::{B1Error, Result};
use super::target::KeyPart;
use super::{B1, Call, Cx};
use crate::reply::{self, Reply};
use serde_json::{Value, json};

/// B1 refuses a decision with longer remarks, in characters.
const LONGEST_REMARKS: usize = 200;

impl B1 {
    /// `PATCH ApprovalRequests(code)` with `ApprovalRequestDecisions`.
    pub(super) fn decide(&mut self, cx: &Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let set = self.set("ApprovalRequests")?;
        let key = set.resolve(call.key()?)?;
        let request = set.get(&key)?.row.clone();
        let body = call.object()?;
        let decision = match body.get("ApprovalRequestDecisions").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::Object(decision)]) => decision.clone(),
            _ => return Err(B1Error::bad_patch()),
        };
        let text = |row: &Row, name: &str| row.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let mut record = DecisionRecord {
            at_ms: cx.now_ms,
            request: number(&request, "Code"),
            draft: number(&request, "DraftEntry"),
            user: None,
            status: text(&decision, "Status"),
            remarks: text(&decision, "Remarks"),
            accepted: false,
        };
        let outcome = self.apply(cx, call.user, &key, &request, &decision, &mut record);
        record.accepted = outcome.is_ok();
        self.decisions.push(record);
        outcome.map(|()| reply::no_content())
    }

    fn apply(
        &mut self,
        cx: &Cx<'_>,
        session_user: i64,
        key: &[KeyPart],
        request: &Row,
        decision: &Row,
        record: &mut DecisionRecord,
    ) -> Result<()> {
        let approved = match record.status.as_str() {
            "ardApproved" => true,
            "ardNotApproved" => false,
            _ => return Err(B1Error::bad_patch()),
        };
        let user = self.decider(decision, session_user)?;
        record.user = Some(user);
        if record.remarks.chars().count() > LONGEST_REMARKS {
            return Err(B1Error::validation("Value too long in property 'Remarks' of 'ApprovalRequestDecision'"));
        }
        if request.get("Status") != Some(&json!("arsPending")) {
            return Err(B1Error::business("The approval request was already processed"));
        }
        let stage = number(request, "CurrentStage");
        let mine = |line: &Value| field(line, "StageCode") == stage && field(line, "UserID") == user;
        let mut lines = request.get("ApprovalRequestLines").and_then(Value::as_array).cloned().unwrap_or_default();
        let line = lines
            .iter_mut()
            .find(|l| mine(l) && l.get("Status") == Some(&json!("ardPending")))
            .and_then(Value::as_object_mut)
            .ok_or_else(|| B1Error::business("You are not an approver of the current stage of this request"))?;
        line.insert("Status".into(), json!(record.status));
        line.insert("Remarks".into(), json!(record.remarks));
        line.insert("UpdateDate".into(), json!(super::company::day(cx.now_ms)));
        line.insert("UpdateTime".into(), json!(super::company::time(cx.now_ms)));
        let (status, next) = self.judge(&lines, stage, approved);
        self.set_mut("ApprovalRequests")?.change(key, |row| {
            row.insert("ApprovalRequestLines".into(), Value::Array(lines));
            row.insert("Status".into(), json!(status));
            row.insert("CurrentStage".into(), json!(next));
        })?;
        let authorization = match status {
            "arsApproved" => "dasApproved",
            "arsNotApproved" => "dasRejected",
            _ => return Ok(()),
        };
        self.authorize_draft(request, authorization);
        Ok(())
    }

    /// Who decides: the session's user when no credential is sent, or the named one. A name
    /// without its password is refused.
    fn decider(&self, decision: &Row, session_user: i64) -> Result<i64> {
        let name = decision.get("ApproverUserName");
        let password = decision.get("ApproverPassword");
        let (Some(name), password) = (name, password) else {
            return match password {
                None => Ok(session_user),
                Some(_) => Err(bad_user()),
            };
        };
        let name = name.as_str().ok_or_else(bad_user)?;
        let known = self.passwords.get(name).filter(|p| password.and_then(Value::as_str) == Some(p.as_str()));
        known.and_then(|_| self.user_by_code(name)).ok_or_else(bad_user)
    }

    /// The request's status and stage after a line changed.
    fn judge(&self, lines: &[Value], stage: i64, approved: bool) -> (&'static str, i64) {
        if !approved {
            return ("arsNotApproved", stage);
        }
        let needed = self
            .set("ApprovalStages")
            .ok()
            .and_then(|s| s.by_number(stage))
            .map_or(1, |s| number(s, "NoOfApproversRequired").max(1));
        let given = lines
            .iter()
            .filter(|l| field(l, "StageCode") == stage && l.get("Status") == Some(&json!("ardApproved")))
            .count();
        if i64::try_from(given).unwrap_or(i64::MAX) < needed {
            return ("arsPending", stage);
        }
        let later = lines.iter().skip_while(|l| field(l, "StageCode") != stage).map(|l| field(l, "StageCode"));
        match later.into_iter().find(|s| *s != stage) {
            Some(next) => ("arsPending", next),
            None => ("arsApproved", stage),
        }
    }

    pub(super) fn user_by_code(&self, code: &str) -> Option<i64> {
        let users = self.set("Users").ok()?;
        users.rows.values().find(|u| u.row.get("UserCode") == Some(&json!(code))).map(|u| number(&u.row, "InternalKey"))
    }
}

fn bad_user() -> B1Error {
    B1Error::business("User code or password is incorrect [Message 131-93]")
}

pub(super) fn number(row: &Row, name: &str) -> i64 {
    row.get(name).and_then(Value::as_i64).unwrap_or(0)
}

fn field(line: &Value, name: &str) -> i64 {
    line.get(name).and_then(Value::as_i64).unwrap_or(0)
}
