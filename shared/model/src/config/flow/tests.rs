use super::*;
use serde_json::{Value, json};

/// The smallest flow of each kind.
fn smallest(kind: &str) -> Value {
    let mut flow = json!({"id": "f", "kind": kind, "erp": "b1", "oa": "ding", "form": {"template": "P"}});
    if kind.starts_with("mes-") || kind.starts_with("production-") {
        return json!({"id": "f", "kind": kind, "erp": "b1", "mes": "mes"});
    }
    if kind == "directory-pull" {
        return json!({"id": "f", "kind": kind, "oa": "ding"});
    }
    if kind == "data-sync" {
        return json!({"id": "f", "kind": kind, "erp": "kingdee", "database": "boards"});
    }
    if kind == "directory-push" {
        return json!({"id": "f", "kind": kind, "erp": "odoo", "aiflow": "af"});
    }
    if kind == "approval" {
        flow["source"] = json!({});
    }
    if kind == "document" {
        flow["object"] = json!("Orders");
    }
    if kind == "base-data" {
        flow["form"]["fields"] = json!([]);
    }
    if kind == "plm" {
        flow = json!({"id": "f", "kind": kind, "erp": "b1", "receives": "items"});
    }
    flow
}

#[test]
fn every_kind_is_read_alike_with_its_tag_and_by_its_word() {
    for kind in Flow::KINDS {
        let with_tag = smallest(kind);
        let mut keys = with_tag.clone();
        keys.as_object_mut().unwrap().remove("kind");
        let flow: Flow = serde_json::from_value(with_tag).unwrap();
        assert_eq!(Flow::read(kind, keys).unwrap().unwrap(), flow);
        assert_eq!(flow.kind(), *kind);
        // What a missed callback left behind is looked for every ten minutes, people every day and hour, tables
        // every hour, all else every minute.
        let every = Duration::from_secs(match *kind {
            "production-issues" => 600,
            "directory-pull" => 86_400,
            "directory-push" | "data-sync" => 3_600,
            _ => 60,
        });
        let header = Header { id: &FlowId::new("f"), name: None, enabled: true, every };
        assert_eq!(flow.header(), header);
    }
    assert!(Flow::read("wages", json!({})).is_none());
}

#[test]
fn the_kinds_listed_are_the_kinds_there_are() {
    let error = serde_json::from_value::<Flow>(json!({"kind": "?"})).unwrap_err().to_string();
    let known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert_eq!(known, Flow::KINDS);
}

#[test]
fn a_flow_that_is_stored_is_read_back_as_it_was() {
    for kind in Flow::KINDS {
        let mut value = smallest(kind);
        value["name"] = json!("采购申请");
        value["every"] = json!("90s");
        let flow: Flow = serde_json::from_value(value).unwrap();
        assert_eq!(flow.header().name, Some("采购申请"));
        assert_eq!(serde_json::from_value::<Flow>(serde_json::to_value(&flow).unwrap()).unwrap(), flow);
    }
}

#[test]
fn each_kind_has_its_own_keys_and_names_them() {
    let unknown = |kind: &str, key: &str| {
        let mut value = smallest(kind);
        value[key] = json!({});
        serde_json::from_value::<Flow>(value).unwrap_err().to_string()
    };
    let message = unknown("price", "source");
    assert!(
        message.contains("unknown field `source`") && message.contains("`every`") && !message.contains("`watch`"),
        "{message}"
    );
    let message = unknown("approval", "soruce");
    assert!(message.contains("unknown field `soruce`") && message.contains("`source`"), "{message}");
    let without = serde_json::from_value::<Flow>(json!({"id": "f", "kind": "approval", "erp": "b1", "oa": "ding",
        "form": {"template": "P"}}));
    assert!(without.unwrap_err().to_string().contains("missing field `source`"));
}

#[test]
fn numbers_keep_all_their_digits() {
    let mut value = smallest("approval");
    value["form"]["default_department"] = json!(9_007_199_254_740_993_i64);
    value["source"]["sql"] = json!({"main": "select", "first": 9_007_199_254_740_993_i64});
    let flow: Flow = serde_json::from_value(value).unwrap();
    let flow = flow.as_approval().unwrap();
    assert_eq!(flow.form.default_department.as_deref(), Some("9007199254740993"));
    let first = flow.source.sql.as_ref().unwrap().before_all();
    assert_eq!(first.to_string(), "9007199254740993");
}
