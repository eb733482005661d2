//! A form's template: its controls, their kinds and options. Kept for a while, since every form needs it and it
//! seldom changes; a form that WeCom refuses for a control makes it be read anew.

use super::Wecom;
use super::error::text;
use crate::base::Effect;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::oa::FieldKind;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::error::{Error, Result};

/// How long a template is used without being read anew.
const KEPT: Duration = Duration::from_secs(600);

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub name: String,
    pub controls: Vec<TemplateControl>,
}

/// One control of a template, as WeCom describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TemplateControl {
    pub id: String,
    pub title: String,
    /// `Text`, `Number`, `Table`, …
    pub control: String,
    pub required: bool,
    /// `day` or `hour` of a date, `single` or `multi` of a selector or contact.
    pub style: String,
    /// Whether a contact control holds departments.
    pub departments: bool,
    /// Keys and texts.
    pub options: Vec<(String, String)>,
    /// The controls of a table's row.
    pub children: Vec<TemplateControl>,
}

impl TemplateControl {
    pub fn kind(&self) -> FieldKind {
        kind_of(&self.control, self.style == "multi", self.departments)
    }

    /// Whether a form may carry it: the others are words on the form, or computed by WeCom.
    pub fn is_filled_in(&self) -> bool {
        !matches!(self.control.as_str(), "Tips" | "Formula" | "Attendance" | "Vacation" | "PunchCorrection")
    }
}

/// WeCom's names of kinds.
pub(super) fn kind_of(control: &str, multi: bool, departments: bool) -> FieldKind {
    match control {
        "Text" | "Textarea" => FieldKind::Text,
        "Number" => FieldKind::Number,
        "Money" => FieldKind::Money,
        "Date" => FieldKind::Date,
        "DateRange" => FieldKind::DateRange,
        "Selector" if multi => FieldKind::Choices,
        "Selector" => FieldKind::Choice,
        "Contact" if departments => FieldKind::Departments,
        "Contact" => FieldKind::People,
        "File" => FieldKind::Files,
        "RelatedApproval" => FieldKind::Instances,
        "Table" => FieldKind::Table,
        _ => FieldKind::Other,
    }
}

/// The control that a mapping names: by its id, else by its title, which must be one control's alone.
pub(super) fn named<'c>(
    controls: &'c [TemplateControl],
    name: &str,
) -> std::result::Result<&'c TemplateControl, Error> {
    if let Some(found) = controls.iter().find(|c| c.id == name) {
        return Ok(found);
    }
    let titled: Vec<&TemplateControl> = controls.iter().filter(|c| c.title == name.trim()).collect();
    match titled.as_slice() {
        [one] => Ok(one),
        [] => {
            let has: Vec<String> = controls.iter().map(|c| format!("{} ({})", c.title, c.id)).collect();
            let message = format!(
                "the form has no control {name}, by id or title; it has {}. Correct the mapping, or the form in \
                 WeCom's console",
                has.join(", ")
            );
            Err(Error::permanent("wecom.form", message))
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|c| c.id.as_str()).collect();
            let message = format!("several controls are titled {name}: map one by its id, {}", ids.join(" or "));
            Err(Error::permanent("wecom.form", message))
        }
    }
}

type Place = (TenantId, ConnectionId, String);

#[derive(Default)]
struct Templates(Mutex<HashMap<Place, Kept>>);

struct Kept {
    template: Arc<Template>,
    revision: u64,
    until_ms: i64,
}

impl Wecom<'_> {
    /// The template, as it was read within the last minutes.
    pub(super) async fn template(&self, id: &str) -> Result<Arc<Template>> {
        let now = self.remote.ctx.now_ms();
        let known = self.remote.ctx.extensions.get_or_init::<Templates>();
        let place = self.place(id);
        let kept = {
            let map = known.0.lock().unwrap_or_else(PoisonError::into_inner);
            map.get(&place)
                .filter(|kept| kept.revision == self.remote.revision && now < kept.until_ms)
                .map(|kept| Arc::clone(&kept.template))
        };
        match kept {
            Some(template) => Ok(template),
            None => self.template_anew(id).await,
        }
    }

    /// The template as it is now.
    pub(super) async fn template_anew(&self, id: &str) -> Result<Arc<Template>> {
        let answer = self.send(Effect::Read, "/oa/gettemplatedetail", &json!({"template_id": id})).await?;
        let template = Arc::new(read(&answer));
        let known = self.remote.ctx.extensions.get_or_init::<Templates>();
        let until_ms = self.remote.ctx.now_ms().saturating_add(millis(KEPT));
        let kept = Kept { template: Arc::clone(&template), revision: self.remote.revision, until_ms };
        known.0.lock().unwrap_or_else(PoisonError::into_inner).insert(self.place(id), kept);
        Ok(template)
    }

    fn place(&self, id: &str) -> Place {
        (self.remote.tenant.clone(), self.remote.connection.clone(), id.to_owned())
    }
}

fn read(answer: &Value) -> Template {
    Template {
        name: shown(answer.get("template_names")),
        controls: controls(answer.pointer("/template_content/controls")),
    }
}

fn controls(list: Option<&Value>) -> Vec<TemplateControl> {
    each(list).map(control).filter(|control| !control.id.is_empty()).collect()
}

fn control(value: &Value) -> TemplateControl {
    let property = value.get("property").unwrap_or(&Value::Null);
    let own = |name: &str| property.get(name).and_then(text).unwrap_or_default();
    let config = |path: &str| value.get("config").and_then(|config| config.pointer(path));
    let word = |path: &str| config(path).and_then(text);
    TemplateControl {
        id: own("id"),
        title: shown(property.get("title")).trim().to_owned(),
        control: own("control"),
        required: own("require") == "1",
        style: word("/date/type")
            .or_else(|| word("/date_range/type"))
            .or_else(|| word("/selector/type"))
            .or_else(|| word("/contact/type"))
            .unwrap_or_default(),
        departments: word("/contact/mode").is_some_and(|mode| mode == "department"),
        options: each(config("/selector/options"))
            .map(|option| (option.get("key").and_then(text).unwrap_or_default(), shown(option.get("value"))))
            .collect(),
        children: controls(config("/table/children")),
    }
}

/// The elements of a list; one that stands alone is a list of one.
pub(super) fn each(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    match list {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
    .iter()
}

/// A text in Chinese, else in the first language there is.
pub(super) fn shown(texts: Option<&Value>) -> String {
    let chinese = |t: &&Value| t.get("lang").and_then(Value::as_str).is_some_and(|l| l.eq_ignore_ascii_case("zh_CN"));
    let found = each(texts).find(chinese).or_else(|| each(texts).next());
    found.and_then(|t| t.get("text")).and_then(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    // R-C27
    #[test]
    fn a_control_is_named_by_its_id_or_by_a_title_that_is_its_alone() {
        let of = |id: &str, title: &str| TemplateControl { id: id.into(), title: title.into(), ..Default::default() };
        let controls = [of("Text-1", "单据编号"), of("Text-2", "备注"), of("item-3", "备注")];
        assert_eq!(named(&controls, "Text-1").unwrap().id, "Text-1");
        assert_eq!(named(&controls, "单据编号").unwrap().id, "Text-1");
        assert_eq!(named(&controls, "item-3").unwrap().id, "item-3");
        let twice = named(&controls, "备注").unwrap_err().message;
        assert!(twice.contains("Text-2") && twice.contains("item-3"), "{twice}");
        let gone = named(&controls, "数量").unwrap_err().message;
        assert!(gone.contains("数量") && gone.contains("单据编号 (Text-1)"), "{gone}");
    }
}
