//! Work orders: made by an import, edited, closed, and looked up by their codes.

use super::Blacklake;
use crate::base::Effect;
use serde_json::{Map, Value, json};
use tenon_model::blacklake::{Operations, code_at, id, id_at, list_at, text_at};
use tenon_platform::error::{Error, ErrorKind, Result};

/// A work order of the MES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// Its id.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Its status; `None` when the MES does not say.
    pub status: Option<i64>,
}

/// What closing a work order came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is closed.
    Closed,
    /// It is not, and why.
    Failed(String),
}

impl Blacklake<'_> {
    /// The id of the work order of this code; `None` when the MES says that there is none.
    ///
    /// # Errors
    /// For every other answer: a work order that is not found for another reason may be there.
    pub async fn work_order_id(&self, code: &str) -> Result<Option<i64>> {
        let body = json!({ "code": code, "objectCode": self.connection.values.work_order_object });
        match self.send(Effect::Read, &self.connection.paths.code_to_id, &body).await {
            Ok(data) => match data.get("id").unwrap_or(&data) {
                Value::Null => Ok(None),
                found => id(found).map(Some).ok_or_else(|| {
                    self.remote.vendor.unintelligible(format!("the id of work order {code} is {found}, which is none"))
                }),
            },
            Err(error) if self.is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_absent(&self, error: &Error) -> bool {
        let sub_code = error.vendor_code.as_deref().and_then(|code| code.split_once(' ')).map(|(_, sub)| sub);
        error.kind() == ErrorKind::Refused
            && sub_code.is_some_and(|sub| self.connection.absent_sub_codes.iter().any(|known| known == sub))
    }

    /// A work order by its id (工单详情).
    ///
    /// # Errors
    /// Of kind `Refused` when the MES knows none; when it answers for another.
    pub async fn work_order(&self, id: i64) -> Result<Existing> {
        let body = json!({ "workOrderId": id });
        let data = self.send(Effect::Read, &self.connection.paths.work_order_detail, &body).await?;
        let found_id = id_at(&data, "id").unwrap_or(id);
        if found_id != id || !data.is_object() {
            let message = format!("work order {id} was asked for, and {found_id} is answered");
            return Err(self.remote.vendor.unintelligible(message));
        }
        Ok(Existing { id, code: text_at(&data, "code"), status: code_at(&data, "status") })
    }

    /// Whether a work order is closed.
    pub fn is_closed(&self, order: &Existing) -> bool {
        order.status == Some(self.connection.values.closed_status)
    }

    /// Makes a work order.
    ///
    /// # Errors
    /// Of kind `Refused`, in the MES's words; of class `UnknownOutcome` when it may have been made.
    pub async fn import_work_order(&self, body: &Map<String, Value>) -> Result<()> {
        let path = &self.connection.paths.work_order_import;
        self.send(Effect::Create, path, &Value::Object(body.clone())).await.map(drop)
    }

    /// Edits a work order.
    ///
    /// # Errors
    /// As [`import_work_order`](Self::import_work_order).
    pub async fn update_work_order(&self, body: &Map<String, Value>) -> Result<()> {
        let path = &self.connection.paths.work_order_update;
        self.send(Effect::Change, path, &Value::Object(body.clone())).await.map(drop)
    }

    /// Closes a work order. Done is only what the answer does not list as failed.
    ///
    /// # Errors
    /// As [`import_work_order`](Self::import_work_order).
    pub async fn close_work_order(&self, id: i64, reason: &str, kind: i64) -> Result<Closing> {
        let body = json!({ "workOrderIdList": [id], "workOrderCloseType": kind, "operateReason": reason });
        let data = self.send(Effect::Change, &self.connection.paths.work_order_close, &body).await?;
        let failed = list_at(&data, "failResults").iter().find(|row| {
            let named = id_at(row, "workOrderId");
            named == Some(id) || named.is_none()
        });
        if let Some(failed) = failed {
            let why = text_at(failed, "failedReason");
            let why = if why.is_empty() { "the MES gives no reason".to_owned() } else { why };
            return Ok(Closing::Failed(why));
        }
        match code_at(&data, "failAmount") {
            Some(0) | None => Ok(Closing::Closed),
            Some(count) => Ok(Closing::Failed(format!("the MES says that {count} failed and names none"))),
        }
    }

    /// That a work order was not closed, in the MES's words.
    pub fn not_closed(&self, why: &str) -> Error {
        self.remote.vendor.refused(why).with_vendor_message(why)
    }

    /// The operations of a work order (工单工序计划详情).
    ///
    /// # Errors
    /// When it shows none.
    pub async fn operations(&self, id: i64) -> Result<Operations> {
        let body = json!({ "workOrderId": id });
        let data = self.send(Effect::Read, &self.connection.paths.process_plan, &body).await?;
        Operations::of(&data).ok_or_else(|| {
            self.remote.vendor.unintelligible(format!("the plan of work order {id} shows no list of operations"))
        })
    }
}
