//! `doCreateRequest`: one wrong field refuses all of it.

use super::Weaver;
use super::files::{self, WeaverFile};
use super::options::WeaverWorkflow;
use super::requests::{Made, Node};
use crate::reply::Reply;
use crate::url;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const RESERVED: [&str; 3] = ["requestname", "requestlevel", "messagetype"];
type Fields = Vec<(String, String)>;
type Tables = BTreeMap<String, Vec<Fields>>;

impl Weaver {
    pub(super) fn create(&mut self, now_ms: i64, user: &str, form: &[(String, String)]) -> Reply {
        if self.options.forbidden_users.contains(user) {
            return self.wrong("NO_PERMISSION", "workflowId", "没有创建权限");
        }
        let text = |name: &str| url::find(form, name).unwrap_or("").to_owned();
        let (workflow, title) = (text("workflowId"), text("requestName"));
        if workflow.is_empty() || !workflow.bytes().all(|b| b.is_ascii_digit()) {
            return self.wrong("PARAM_ERROR", "workflowId", "0");
        }
        if title.is_empty() {
            return self.wrong("PARAM_ERROR", "requestName", "流程标题不允许为空");
        }
        let (main, files) = match fields(&text("mainData")) {
            Some(Ok((main, files))) if !main.is_empty() => (main, files),
            Some(Err(message)) => return self.wrong("PARAM_ERROR", "mainData", &message),
            _ => return self.wrong("PARAM_ERROR", "mainData", "新建流程主表数据不允许为空"),
        };
        let tables = match text("detailData").as_str() {
            "" => Some(Tables::new()),
            written => tables(written),
        };
        let Some(tables) = tables else {
            return self.wrong("PARAM_ERROR", "detailData", "明细数据格式错误");
        };
        let fits = self.fits(&workflow, (&main, &files), &tables).and_then(|()| self.take(&workflow, &files));
        if let Err((place, message)) = fits {
            return self.wrong("PARAM_ERROR", place, &message);
        }
        let id = self.requests.next_id();
        self.requests.0.push(Made {
            id,
            workflow,
            title: format!("{title}{}", self.options.title_suffix),
            creator: user.to_owned(),
            main,
            files,
            tables,
            node: Node::Approve,
            status: "提交".to_owned(),
            created_ms: now_ms,
            deleted: false,
        });
        self.fine(&json!({ "requestid": id }))
    }

    fn fits(
        &self,
        workflow: &str,
        (main, files): (&Fields, &[WeaverFile]),
        tables: &Tables,
    ) -> Result<(), (&'static str, String)> {
        if let Some((name, _)) = main.iter().find(|(name, _)| RESERVED.contains(&name.to_lowercase().as_str())) {
            return Err(("mainData", format!("{name}为系统保留字段")));
        }
        if self.options.workflows.is_empty() {
            return Ok(());
        }
        let Some(form) = self.options.workflows.get(workflow) else {
            return Err(("workflowId", "流程不存在".to_owned()));
        };
        header_fits(form, main, files)?;
        for (name, rows) in tables {
            let Some(columns) = form.tables.get(name) else {
                return Err(("detailData", format!("{name}明细表不存在")));
            };
            if let Some((field, _)) = rows.iter().flatten().find(|(field, _)| !columns.contains(field)) {
                return Err(("detailData", format!("{field}字段不存在")));
            }
        }
        Ok(())
    }
}

impl Weaver {
    fn take(&self, workflow: &str, files: &[WeaverFile]) -> Result<(), (&'static str, String)> {
        let Some(form) = self.options.workflows.get(workflow) else { return Ok(()) };
        let unfit = files.iter().find_map(|file| files::unfit(form.files.get(&file.field), file));
        unfit.map_or(Ok(()), |message| Err(("mainData", message)))
    }
}

fn header_fits(form: &WeaverWorkflow, main: &Fields, files: &[WeaverFile]) -> Result<(), (&'static str, String)> {
    if let Some((name, _)) = main.iter().find(|(name, _)| !form.fields.contains_key(name)) {
        return Err(("mainData", format!("{name}字段不存在")));
    }
    let filled = |name: &str| main.iter().any(|(given, value)| given == name && !value.is_empty());
    if let Some((name, _)) = main.iter().find(|(name, value)| {
        form.files.contains_key(name) && !value.is_empty() && !files.iter().any(|file| &file.field == name)
    }) {
        return Err(("mainData", format!("{name}附件格式错误")));
    }
    match form.fields.iter().find(|(name, required)| **required && !filled(name)) {
        Some((name, _)) => Err(("mainData", format!("{name}字段必填"))),
        None => Ok(()),
    }
}

/// The main table's fields, and the files among them; of these the names stand among the fields.
fn fields(text: &str) -> Option<Result<(Fields, Vec<WeaverFile>), String>> {
    let list: Value = serde_json::from_str(text).ok()?;
    let (mut texts, mut all) = (Vec::new(), Vec::new());
    for field in list.as_array()? {
        let name = field.get("fieldName").and_then(Value::as_str)?;
        match files::read(name, field.get("fieldValue")?) {
            None => texts.push((name.to_owned(), field.get("fieldValue")?.as_str()?.to_owned())),
            Some(Ok(files)) => {
                let names = files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(",");
                texts.push((name.to_owned(), names));
                all.extend(files);
            }
            Some(Err(message)) => return Some(Err(message)),
        }
    }
    Some(Ok((texts, all)))
}

fn pairs(list: &Value) -> Option<Fields> {
    let pair = |field: &Value| {
        let text = |name: &str| field.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((text("fieldName")?, text("fieldValue")?))
    };
    list.as_array()?.iter().map(pair).collect()
}

fn tables(text: &str) -> Option<Tables> {
    let list: Value = serde_json::from_str(text).ok()?;
    let table = |table: &Value| {
        let name = table.get("tableDBName").and_then(Value::as_str).filter(|name| !name.is_empty())?;
        let rows = table.get("workflowRequestTableRecords")?.as_array()?.iter();
        let rows: Option<Vec<Fields>> = rows.map(|row| pairs(row.get("workflowRequestTableFields")?)).collect();
        Some((name.to_owned(), rows?))
    };
    list.as_array()?.iter().map(table).collect()
}
