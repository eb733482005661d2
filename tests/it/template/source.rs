//! Reading the repository's files, and CloudFormation YAML as plain JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// A file of the checkout as text.
pub fn text(path: &str) -> String {
    let full = root().join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}

/// A CloudFormation template, its short tags written out: `!Ref X` becomes `{"Ref": "X"}`, `!Sub X`
/// becomes `{"Fn::Sub": "X"}`.
pub fn cloudformation(path: &str) -> Value {
    plain(serde_yaml_ng::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// The stack of every area, by its path.
pub fn areas() -> Vec<(String, Value)> {
    let path = |area: &tenon_catalog::Area| format!("infra/stacks/{}.yaml", area.name);
    tenon_catalog::AREAS.iter().map(path).map(|path| (path.clone(), cloudformation(&path))).collect()
}

/// Every template there is, by its path.
pub fn templates() -> Vec<(String, Value)> {
    let shared = ["template.yaml", "infra/network.yaml", "infra/observability.yaml"];
    let mut all: Vec<_> = shared.iter().map(|path| ((*path).to_owned(), cloudformation(path))).collect();
    all.extend(areas());
    all
}

/// The resources of one type, by logical id.
pub fn resources<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    template["Resources"]
        .as_object()
        .expect("resources")
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), resource))
        .collect()
}

/// `!GetAtt ID.Arn`.
pub fn arn(id: &str) -> Value {
    json!({ "Fn::GetAtt": format!("{id}.Arn") })
}

/// The strings of a value that may be one string or a list, as IAM allows.
pub fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().map(|item| item.as_str().expect("a string")).collect(),
        other => panic!("neither a string nor a list: {other}"),
    }
}

fn plain(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => value.into(),
        Yaml::Number(value) => match (value.as_i64(), value.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(real)) => real.into(),
            (None, None) => panic!("{value} is too large"),
        },
        Yaml::String(value) => value.into(),
        Yaml::Sequence(items) => items.into_iter().map(plain).collect(),
        Yaml::Mapping(entries) => entries
            .into_iter()
            .map(|(key, value)| (key.as_str().expect("a text key").to_owned(), plain(value)))
            .collect::<Map<_, _>>()
            .into(),
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                "Ref" => "Ref".to_owned(),
                "Condition" => "Condition".to_owned(),
                function => format!("Fn::{function}"),
            };
            json!({ name: plain(tagged.value) })
        }
    }
}
