//! What a file says beside BPMN of who does a task and what a service calls, gathered into names and texts. The forms
//! in which tools write it are known here and nowhere else:
//!
//! - attributes in the namespace of Tenon, Flowable, Camunda, Activiti or aiflow: `flowable:assignee="zhangsan"`
//! - `<camunda:properties><camunda:property name="serviceUrl" value="…"/></camunda:properties>`
//! - `<flowable:field name="serviceUrl"><flowable:string>…</flowable:string></flowable:field>`, `stringValue="…"`
//! - an element of such a namespace whose text is a JSON object: `<aiflow:config>{"serviceUrl": "…"}</aiflow:config>`
//! - `<flowable:formProperty id="amount" writable="true" required="true"/>`, `<camunda:formData><camunda:formField id="amount"/>`
//! - any other element of such a namespace with a text, or with a `value`: `<tenon:assignee>role:finance</tenon:assignee>`
//!
//! Designers of one's own write them without a prefix; what BPMN has no attribute for is read so too.

use super::tree::{Attribute, Node, Space};
use serde_json::Value;
use std::collections::BTreeMap;

/// BPMN's own attributes, which are no settings.
const OWN: [&str; 16] = [
    "id",
    "name",
    "default",
    "isExecutable",
    "isClosed",
    "processType",
    "attachedToRef",
    "cancelActivity",
    "isForCompensation",
    "startQuantity",
    "completionQuantity",
    "implementation",
    "operationRef",
    "isInterrupting",
    "parallelMultiple",
    "isSequential",
];

/// The setting that names the fields of the form which may be changed.
pub(crate) const EDITABLE: &str = "editableFields";
/// As [`EDITABLE`], for those that must be filled in.
pub(crate) const REQUIRED: &str = "requiredFields";
/// The setting that names fields which are to be hidden.
pub(crate) const HIDDEN: &str = "hiddenFields";

/// Names and texts; of two that are alike the last holds, and the extension elements go before the attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// What an element says.
    pub(super) fn of(node: &Node) -> Self {
        let mut found = Self::default();
        for space in [Space::None, Space::Known] {
            let own = |attribute: &&Attribute| attribute.space == space && !OWN.contains(&attribute.name.as_str());
            node.attributes.iter().filter(own).for_each(|attribute| found.set(&attribute.name, &attribute.value));
        }
        for extension in node.children("extensionElements") {
            extension.children.iter().for_each(|child| found.add(child));
        }
        found
    }

    /// The text of a name; `None` where there is none, or an empty one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The text of the first of these names that has one.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Every name with its text.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    fn set(&mut self, name: &str, text: &str) {
        self.0.insert(name.to_owned(), text.to_owned());
    }

    fn add(&mut self, node: &Node) {
        if !matches!(node.space, Space::Known | Space::Model | Space::None) {
            return;
        }
        let attribute = |name: &str| attribute(&node.attributes, name);
        match node.name.as_str() {
            "properties" | "connector" | "inputOutput" => node.children.iter().for_each(|child| self.add(child)),
            "formData" => node.children.iter().for_each(|child| self.add(child)),
            "formProperty" | "formField" => self.form_field(node),
            "property" | "field" | "inputParameter" => {
                let Some(name) = attribute("name") else { return };
                let inner = node.children.first().map(|child| child.text.as_str());
                let own = attribute("value").or_else(|| attribute("stringValue")).or_else(|| attribute("expression"));
                if let Some(text) = own.or(inner).or(Some(node.text.as_str())) {
                    self.set(name, text);
                }
            }
            name => match serde_json::from_str(node.text.trim()) {
                Ok(Value::Object(members)) if !is_value(name) => {
                    for (name, value) in members {
                        self.set(&name, &text_of(value));
                    }
                }
                _ => {
                    let text = attribute("value").unwrap_or(&node.text);
                    self.set(name, text);
                }
            },
        }
    }
}

impl Settings {
    /// A field of the form as Flowable, Activiti (`formProperty`) and Camunda (`formField`) write it: it may be changed where
    /// nothing else is said.
    fn form_field(&mut self, node: &Node) {
        let Some(id) = attribute(&node.attributes, "id").filter(|id| !id.trim().is_empty()) else { return };
        let is_set = |name: &str, word: &str| {
            attribute(&node.attributes, name).is_some_and(|value| value.trim().eq_ignore_ascii_case(word))
        };
        let constraint = |name: &str| {
            let all = node.children.iter().filter(|child| child.name == "validation").flat_map(|all| &all.children);
            all.filter(|child| attribute(&child.attributes, "name") == Some(name))
                .any(|child| attribute(&child.attributes, "config") != Some("false"))
        };
        if is_set("readable", "false") {
            self.also(HIDDEN, id);
        } else if !is_set("writable", "false") && !constraint("readonly") {
            let required = is_set("required", "true") || constraint("required");
            self.also(if required { REQUIRED } else { EDITABLE }, id);
        }
    }

    /// A name more in a list of them.
    fn also(&mut self, list: &str, name: &str) {
        let known = self.0.entry(list.to_owned()).or_default();
        if !known.is_empty() {
            known.push(',');
        }
        known.push_str(name.trim());
    }
}

/// Whether an object is what the name itself is set to, and no list of settings.
fn is_value(name: &str) -> bool {
    matches!(name, "requestMapping" | "retryConfig" | "headers")
        || name.starts_with("fieldPermission")
        || name.starts_with("formPermission")
}

fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// An attribute of whatever namespace.
fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
}
