//! Reading approvals: one by its number, and numbers by template, originator and time.

use super::instances::{Act, Instance};
use super::options::{Records, WecomControl, WecomOptions};
use super::{WeCom, error, fine};
use crate::reply::Reply;
use serde_json::{Map, Value, json};

const LONGEST_WINDOW_S: i64 = 31 * 86_400;
const LARGEST_PAGE: usize = 100;

impl WeCom {
    pub(super) fn detail(&self, body: &Value) -> Reply {
        let number = body.get("sp_no").and_then(Value::as_str).unwrap_or_default();
        match self.instances.get(number) {
            Some(instance) => fine(json!({ "info": shown(&self.options, instance) })),
            None => error(301_025, "get approval param error: invalid sp_no"),
        }
    }

    pub(super) fn list(&self, body: &Value) -> Reply {
        let number = |name: &str| {
            let value = body.get(name)?;
            value.as_i64().or_else(|| value.as_str()?.parse().ok())
        };
        let (Some(start), Some(end), Some(size)) = (number("starttime"), number("endtime"), number("size")) else {
            return error(301_025, "get approval param error");
        };
        let size = usize::try_from(size).unwrap_or(0);
        if end < start || end - start > LONGEST_WINDOW_S || size == 0 || size > LARGEST_PAGE {
            return error(301_025, "get approval param error: time range or size");
        }
        let filters: Vec<(&str, &str)> = body
            .get("filters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|f| Some((f.get("key")?.as_str()?, f.get("value")?.as_str()?)))
            .collect();
        let fits = |instance: &&Instance| {
            let at = instance.created_ms.div_euclid(1000);
            (start..=end).contains(&at)
                && filters.iter().all(|(key, value)| match *key {
                    "template_id" => instance.template == *value,
                    "creator" => instance.creator == *value,
                    _ => true,
                })
        };
        let from: usize = body.get("new_cursor").and_then(Value::as_str).and_then(|c| c.parse().ok()).unwrap_or(0);
        let mut rest = self.instances.list().filter(fits).skip(from);
        let page: Vec<&str> = rest.by_ref().take(size).map(|i| i.number.as_str()).collect();
        let mut answer = json!({ "sp_no_list": page });
        if rest.next().is_some()
            && let Some(fields) = answer.as_object_mut()
        {
            fields.insert("new_next_cursor".into(), json!((from + size).to_string()));
        }
        fine(answer)
    }
}

/// A control as `gettemplatedetail` describes it.
pub(super) fn described(control: &WecomControl) -> Value {
    let titled = |text: &str| json!([{"text": text, "lang": "zh_CN"}, {"text": "", "lang": "en"}]);
    let options: Vec<Value> =
        control.options.iter().map(|(key, text)| json!({"key": key, "value": titled(text)})).collect();
    let style = control.style.as_str();
    let or = |default: &'static str| if style.is_empty() { default } else { style };
    let config = match control.control.as_str() {
        "Date" => json!({"date": {"type": or("day")}}),
        "DateRange" => json!({"date_range": {"type": or("halfday")}}),
        "Selector" => json!({"selector": {"type": or("single"), "exp_type": 0, "options": options}}),
        "Contact" => json!({"contact": {"type": or("single"), "mode": "user"}}),
        "Table" => json!({"table": {"children": control.children.iter().map(described).collect::<Vec<_>>()}}),
        _ => json!({}),
    };
    json!({"property": {"control": control.control, "id": control.id, "title": titled(&control.title),
        "placeholder": titled(""), "require": u8::from(control.required), "un_print": 0}, "config": config})
}

/// An approval as `getapprovaldetail` shows it.
pub(super) fn shown(options: &WecomOptions, instance: &Instance) -> Value {
    let controls = options.templates.get(&instance.template).map(|t| t.controls.as_slice()).unwrap_or_default();
    let seconds = |ms: i64| ms.div_euclid(1000);
    let mut info = json!({"sp_no": instance.number, "sp_name": instance.name, "sp_status": instance.status,
        "template_id": instance.template, "apply_time": seconds(instance.created_ms),
        "applyer": {"userid": instance.creator, "partyid": "2"}, "notifyer": [],
        "apply_data": {"contents": instance.contents.iter().map(|c| content(controls, c)).collect::<Vec<_>>()},
        "comments": instance.comments.iter().map(|(text, at)| json!({"commentUserInfo": {"userid": "a"},
            "commenttime": seconds(*at), "commentcontent": text})).collect::<Vec<_>>()});
    let steps = 0..instance.steps.len();
    let of = |step: usize| instance.acts.iter().filter(move |act| act.step == step);
    let time = |act: &Act| act.at_ms.map_or(0, seconds);
    if let Some(fields) = info.as_object_mut() {
        if options.records != Records::ProcessList {
            let detail = |act: &Act| {
                json!({"approver": {"userid": act.user}, "speech": act.speech, "sp_status": act.state,
                    "sptime": time(act), "media_id": []})
            };
            let record = |step| json!({"sp_status": instance.status, "approverattr": 1, "details": of(step).map(detail).collect::<Vec<_>>()});
            fields.insert("sp_record".into(), steps.clone().map(record).collect());
        }
        if options.records != Records::SpRecord {
            let one = |act: &Act| json!({"userid": act.user, "speech": act.speech, "sp_yj": act.state, "sptime": time(act), "media_ids": []});
            let node = |step| {
                json!({"node_type": 1, "sp_status": instance.status, "apv_rel": 2,
                    "sub_node_list": of(step).map(one).collect::<Vec<_>>()})
            };
            fields.insert("process_list".into(), json!({"node_list": steps.map(node).collect::<Vec<_>>()}));
        }
    }
    info
}

/// A control as it is read: with its title, with the texts of options, and with every key that it does not use.
fn content(controls: &[WecomControl], content: &Value) -> Value {
    let id = content.get("id").and_then(Value::as_str).unwrap_or_default();
    let control = controls.iter().find(|c| c.id == id);
    let mut value: Map<String, Value> =
        ["tips", "members", "departments", "files", "children", "stat_field", "related_approval"]
            .into_iter()
            .map(|name| (name.to_owned(), json!([])))
            .collect();
    for (name, part) in content.get("value").and_then(Value::as_object).into_iter().flatten() {
        value.insert(name.clone(), part.clone());
    }
    if let (Some(control), Some(rows)) = (control, value.get_mut("children").and_then(Value::as_array_mut)) {
        for row in rows {
            let cells = row.get("list").and_then(Value::as_array).cloned().unwrap_or_default();
            *row = json!({"list": cells.iter().map(|cell| self::content(&control.children, cell)).collect::<Vec<_>>()});
        }
    }
    if let (Some(control), Some(options)) = (control, value.get_mut("selector").and_then(|s| s.get_mut("options"))) {
        for option in options.as_array_mut().into_iter().flatten() {
            let key = option.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
            let text = control.options.iter().find(|(k, _)| *k == key).map_or("", |(_, text)| text);
            *option = json!({"key": key, "value": [{"text": text, "lang": "zh_CN"}]});
        }
    }
    let title = control.map_or("", |c| c.title.as_str());
    json!({"control": content.get("control"), "id": id, "title": [{"text": title, "lang": "zh_CN"}], "value": value,
        "hidden": 0})
}
