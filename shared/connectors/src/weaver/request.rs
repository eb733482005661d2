//! Requests: making them, and where they stand.

use super::table::{fields, records};
use super::{Request, Weaver, error, form};
use crate::base::Effect;
use http::Method;
use serde_json::{Value, json};
use tenon_model::InstanceId;
use tenon_model::oa::{FieldKind, FormDraft, Instance, InstanceField, Outcome, ReadValue, VendorTime};
use tenon_platform::error::{ErrorKind, Result};

const CREATE: &str = "/api/workflow/paService/doCreateRequest";
const STATUS: &str = "/api/workflow/paService/getRequestStatus";
const FORM: &str = "/api/workflow/paService/getWorkflowRequest";

/// Kinds of nodes, as `currentNodeType`.
const AT_ITS_CREATOR: &str = "0";
const ARCHIVED: &str = "3";

impl Weaver<'_> {
    /// What a create sends.
    pub(super) async fn form(&self, draft: &FormDraft) -> Result<Vec<(&'static str, String)>> {
        let only = if form::has_unnamed_table(draft) { Some(self.only_table(&draft.template).await?) } else { None };
        let mut fields = vec![
            ("workflowId", draft.template.clone()),
            ("requestName", draft.title.clone().unwrap_or_default()),
            ("mainData", form::main_data(draft).to_string()),
        ];
        let tables = form::detail_data(draft, only.as_deref());
        if !tables.is_empty() {
            fields.push(("detailData", Value::Array(tables).to_string()));
        }
        Ok(fields)
    }

    pub(super) async fn create_request(&self, draft: &FormDraft) -> Result<InstanceId> {
        let fields = self.form(draft).await?;
        let request =
            Request { effect: Effect::Create, method: Method::POST, path: CREATE, user: &draft.originator, fields };
        let answer = self.send(&request).await?;
        let data = answer.get("data").unwrap_or(&Value::Null);
        let id = ["requestid", "requestId"].into_iter().find_map(|name| data.get(name)).and_then(error::text);
        match id.filter(|id| !id.is_empty() && id != "0" && !id.starts_with('-')) {
            Some(id) => Ok(InstanceId::new(id)),
            None => Err(self.remote.vendor.unknown("Weaver took the request and named no requestid")),
        }
    }

    /// A request as it stands. Its node tells that it is back at its creator, and never whether it was agreed to:
    /// an archived one may have been refused.
    pub(super) async fn request(&self, id: &InstanceId) -> Result<Option<Instance>> {
        let answer = match self.read_of(STATUS, id).await {
            Ok(answer) => answer,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let data = answer.get("data").filter(|data| data.is_object()).unwrap_or(&answer);
        let text = |name: &str| data.get(name).and_then(error::text).unwrap_or_default();
        let node = [text("currentNodeType"), text("currentnodetype"), text("nodetype")];
        let Some(node) = node.into_iter().find(|node| !node.is_empty()) else {
            return Err(self
                .remote
                .vendor
                .unintelligible("the answer does not say at what kind of node the request is"));
        };
        let title = text("requestName");
        let at = |name: &str| crate::time::weaver(&text(name), None, &self.connection.time_zone);
        Ok(Some(Instance {
            outcome: (node == AT_ITS_CREATOR).then_some(Outcome::Withdrawn),
            archived: node == ARCHIVED,
            originator: text("creatorId"),
            title,
            created: at("createTime")?.map(VendorTime::certain),
            ended: None,
            fields: self.fields_of(id).await?,
            operations: Vec::new(),
            revokes: None,
        }))
    }

    /// What its form says; nothing where the site does not show it.
    async fn fields_of(&self, id: &InstanceId) -> Result<Vec<InstanceField>> {
        let answer = match self.read_of(FORM, id).await {
            Ok(answer) => answer,
            Err(error) if error.retry == tenon_platform::Retry::Permanent => return Ok(Vec::new()),
            Err(error) if error.kind() == ErrorKind::Unintelligible => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let data = answer.get("data").unwrap_or(&answer);
        let main = data.get("workflowMainTableInfo").map(records).unwrap_or_default();
        let mut all: Vec<InstanceField> = main.iter().flat_map(fields).filter_map(field).collect();
        let tables = data.get("workflowDetailTableInfos").and_then(Value::as_array);
        for table in tables.into_iter().flatten() {
            let rows = records(table).iter().map(|row| fields(row).iter().filter_map(field).collect());
            all.push(InstanceField {
                name: table.get("tableDBName").and_then(error::text).unwrap_or_default(),
                kind: FieldKind::Table,
                value: ReadValue::Table(rows.collect()),
            });
        }
        Ok(all)
    }

    async fn read_of(&self, path: &str, id: &InstanceId) -> Result<Value> {
        let fields = vec![("requestId", id.as_str().to_owned())];
        let user = &self.connection.read_as;
        self.send(&Request { effect: Effect::Read, method: Method::GET, path, user, fields }).await
    }

    pub(super) async fn previewed(&self, draft: &FormDraft) -> Result<Value> {
        let fields = self.form(draft).await?;
        let form: serde_json::Map<String, Value> = fields
            .into_iter()
            .map(|(name, text)| {
                let value = if name.ends_with("Data") {
                    serde_json::from_str(&text).unwrap_or(Value::Null)
                } else {
                    json!(text)
                };
                (name.to_owned(), value)
            })
            .collect();
        Ok(json!({ "path": CREATE, "userid": draft.originator, "form": form }))
    }
}

fn field(field: &Value) -> Option<InstanceField> {
    let name = field.get("fieldName").and_then(error::text).filter(|name| !name.is_empty())?;
    let value = field.get("fieldValue").and_then(error::text).unwrap_or_default();
    Some(InstanceField { name, kind: FieldKind::Unknown, value: ReadValue::Text(value) })
}
