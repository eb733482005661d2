//! `POST /cgi-bin/oa/applyevent`: makes an approval each time it is called.

use super::WeCom;
use super::instances::{Instance, Step};
use super::options::WecomControl;
use serde_json::{Value, json};

/// A refusal: code and message.
type Rejection = (i64, String);

fn wrong(message: impl Into<String>) -> Rejection {
    (301_025, message.into())
}

impl WeCom {
    pub(super) fn apply(&mut self, now_ms: i64, body: &Value) -> Result<String, Rejection> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
        let creator = text("creator_userid").ok_or_else(|| wrong("creator_userid missing"))?;
        if self.options.hidden_users.contains(creator) {
            return Err((301_055, "no approval auth".into()));
        }
        let template_id = text("template_id").ok_or_else(|| wrong("template_id missing"))?;
        let template = self.options.templates.get(template_id).ok_or_else(|| wrong("invalid template_id"))?;
        let contents = body.pointer("/apply_data/contents").and_then(Value::as_array);
        let contents = contents.filter(|list| !list.is_empty()).ok_or_else(|| wrong("apply_data contents empty"))?;
        for content in contents {
            check(&template.controls, content)?;
            self.files(now_ms, content)?;
        }
        for control in template.controls.iter().filter(|c| c.required) {
            let filled = contents.iter().find(|c| c.get("id").and_then(Value::as_str) == Some(&control.id));
            if filled.is_none_or(|content| is_blank(content.get("value").unwrap_or(&Value::Null))) {
                return Err(wrong(format!("control {} is required", control.id)));
            }
        }
        summary(body)?;
        let steps = self.steps(body, template.chooses_approvers)?;
        let name = template.name.clone();
        Ok(self.start(now_ms, Instance::new(creator, template_id, &name, contents.clone(), steps)))
    }

    pub(super) fn hand_in(&mut self, now_ms: i64, template: &str, creator: &str, texts: &[(&str, &str)]) -> String {
        let name = self.options.templates.get(template).map_or_else(String::new, |t| t.name.clone());
        let content = |(id, text): &(&str, &str)| json!({"control": "Text", "id": id, "value": {"text": text}});
        let steps = vec![Step { users: self.options.default_approvers.clone(), all: false }];
        let contents = texts.iter().map(content).collect();
        self.start(now_ms, Instance::new(creator, template, &name, contents, steps))
    }

    /// A form names files that were uploaded, six at most.
    fn files(&self, now_ms: i64, content: &Value) -> Result<(), Rejection> {
        let files = content.pointer("/value/files").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let known =
            |file: &Value| file.get("file_id").and_then(Value::as_str).is_some_and(|id| self.knows_media(now_ms, id));
        if files.len() > 6 || !files.iter().all(known) {
            return Err(wrong("invalid file_id"));
        }
        Ok(())
    }

    fn steps(&self, body: &Value, chooses: bool) -> Result<Vec<Step>, Rejection> {
        let copies = body.get("notifyer").is_some() || body.get("notify_type").is_some();
        match body.get("use_template_approver").and_then(Value::as_i64) {
            Some(1) if chooses => Err(wrong("template approver is chosen by the applicant")),
            Some(1) => Ok(vec![Step { users: self.options.default_approvers.clone(), all: false }]),
            Some(0) if body.get("process").is_some() && copies => {
                Err((40058, "notifyer cannot be used with process".into()))
            }
            Some(0) => {
                let nodes = body.pointer("/process/node_list").and_then(Value::as_array);
                let approves = |node: &&Value| node.get("type").and_then(Value::as_i64) == Some(1);
                let step = |node: &Value| Step {
                    users: node
                        .get("userid")
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect(),
                    all: node.get("apv_rel").and_then(Value::as_i64) == Some(1),
                };
                let steps: Vec<Step> = nodes.into_iter().flatten().filter(approves).map(step).collect();
                if steps.is_empty() || steps.iter().any(|s| s.users.is_empty()) {
                    return Err(wrong("approver missing"));
                }
                Ok(steps)
            }
            _ => Err(wrong("use_template_approver must be 0 or 1")),
        }
    }
}

fn summary(body: &Value) -> Result<(), Rejection> {
    let list = body.get("summary_list").and_then(Value::as_array).ok_or_else(|| wrong("summary_list missing"))?;
    let line = |line: &Value| line.pointer("/summary_info/0/text").and_then(Value::as_str).map(str::to_owned);
    let good = |text: Option<String>| text.is_some_and(|t| !t.is_empty() && t.chars().count() <= 20);
    if list.is_empty() || list.len() > 3 || !list.iter().all(|l| good(line(l))) {
        return Err(wrong("summary_list must have 1 to 3 lines of at most 20 characters"));
    }
    Ok(())
}

fn check(controls: &[WecomControl], content: &Value) -> Result<(), Rejection> {
    let own = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
    let (id, kind) = (own("id"), own("control"));
    let control = controls.iter().find(|c| c.id == id).ok_or_else(|| wrong(format!("invalid control id: {id}")))?;
    if control.control != kind {
        return Err(wrong(format!("control {id} is {}, not {kind}", control.control)));
    }
    let value = content.get("value").unwrap_or(&Value::Null);
    let text = |path: &str| value.pointer(path).and_then(Value::as_str);
    let list = |path: &str| value.pointer(path).and_then(Value::as_array);
    let number = |text: &str| text.is_empty() || text.parse::<f64>().is_ok();
    let good = match kind {
        "Text" => text("/text").is_some_and(|t| !t.contains(['\n', '\r'])),
        "Textarea" => text("/text").is_some(),
        "Number" => text("/new_number").is_some_and(number),
        "Money" => text("/new_money").is_some_and(number),
        "Date" => text("/date/s_timestamp").is_some_and(number) && text("/date/type").is_some(),
        "DateRange" => value.pointer("/date_range/new_begin").is_some_and(Value::is_number),
        "Selector" => list("/selector/options").is_some_and(|options| {
            let known = |key: &str| control.options.iter().any(|(k, _)| k == key);
            options.iter().all(|o| o.get("key").and_then(Value::as_str).is_some_and(known))
        }),
        "Contact" => list("/members").or(list("/departments")).is_some(),
        "RelatedApproval" => list("/related_approval").is_some(),
        "File" => list("/files").is_some(),
        "Table" => return table(control, value),
        _ => false,
    };
    if good { Ok(()) } else { Err(wrong(format!("invalid value of control {id}"))) }
}

fn table(control: &WecomControl, value: &Value) -> Result<(), Rejection> {
    let rows = value.get("children").and_then(Value::as_array).filter(|rows| !rows.is_empty());
    let rows = rows.ok_or_else(|| wrong(format!("table {} has no children", control.id)))?;
    for row in rows {
        let cells: Vec<&Value> = row.get("list").and_then(Value::as_array).into_iter().flatten().collect();
        for cell in &cells {
            check(&control.children, cell)?;
        }
        let has = |id: &str| cells.iter().any(|cell| cell.get("id").and_then(Value::as_str) == Some(id));
        if let Some(missing) = control.children.iter().find(|child| child.control != "Tips" && !has(&child.id)) {
            return Err(wrong(format!("a row of {} lacks control {}", control.id, missing.id)));
        }
    }
    Ok(())
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.iter().filter(|(name, _)| *name != "type").all(|(_, v)| is_blank(v)),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
