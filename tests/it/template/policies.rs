//! One function, one policy, and nothing in it that the catalog does not list.

use std::collections::BTreeSet;

use serde_json::Value;
use tenon_catalog::{FUNCTIONS, Function};

use super::functions::blocks;
use crate::template::source::{areas, root, strings};

/// The statements of a function's one inline policy.
fn statements<'a>(function: &Function, block: &'a Value) -> &'a Vec<Value> {
    let policies = block["Policies"].as_array().unwrap_or_else(|| panic!("{} has no policy of its own", function.name));
    assert_eq!(policies.len(), 1, "{}", function.name);
    policies[0]["Statement"].as_array().expect("statements")
}

fn statement<'a>(function: &Function, block: &'a Value, sid: &str) -> Option<&'a Value> {
    statements(function, block).iter().find(|statement| statement["Sid"] == sid)
}

/// The only thing the catalog and SAM do not say: a policy of its own, with an own part for each kind of access.
#[test]
fn every_function_has_one_policy_of_its_own() {
    let areas = areas();
    for (function, block) in blocks(&areas) {
        assert!(block.get("Role").is_none(), "{} shares a role", function.name);
        let has = |sid: &str| statement(function, block, sid).is_some();
        assert_eq!(has("Table"), !function.table.is_none(), "{}", function.name);
        assert_eq!(has("Consume"), function.queue().is_some(), "{}", function.name);
        assert_eq!(has("Send"), !function.sends_to().is_empty(), "{}", function.name);
    }
}

#[test]
fn some_function_may_make_each_call_the_table_code_makes() {
    let mut calls = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("shared/platform/src/table")).expect("the table code") {
        let code = std::fs::read_to_string(entry.expect("an entry").path()).expect("code");
        for (call, action) in [
            (".batch_get_item()", "BatchGetItem"),
            (".batch_write_item()", "BatchWriteItem"),
            (".delete_item()", "DeleteItem"),
            (".get_item()", "GetItem"),
            (".put_item()", "PutItem"),
            (".query()", "Query"),
            (".scan()", "Scan"),
            (".update_item()", "UpdateItem"),
            (".transact_get_items()", "GetItem"),
            (".condition_check(", "ConditionCheckItem"),
        ] {
            if code.contains(call) {
                calls.insert(action);
            }
        }
    }
    let granted = FUNCTIONS
        .iter()
        .flat_map(|function| function.table.reads.iter().chain(function.table.writes))
        .copied()
        .collect();
    // The emulators check no permissions, so only this tells a forgotten action before AWS does.
    assert_eq!(calls, granted, "calls in shared/platform/src/table and actions in the catalog");
}

#[test]
fn no_statement_is_wide() {
    let areas = areas();
    for (function, block) in blocks(&areas) {
        for statement in statements(function, block) {
            assert_eq!(statement["Effect"], "Allow");
            let sid = statement["Sid"].as_str().unwrap_or_default();
            assert!(["Table", "Send", "Consume", "Key"].contains(&sid), "{}: a statement {sid:?}", function.name);
            for action in strings(&statement["Action"]) {
                assert!(!action.contains('*'), "{}: {action}", function.name);
                let service = match sid {
                    "Table" => "dynamodb:",
                    "Key" => "kms:",
                    _ => "sqs:",
                };
                assert!(action.starts_with(service), "{}: {action} under {sid}", function.name);
            }
            assert_ne!(statement["Resource"], "*", "{}: {sid}", function.name);
        }
    }
}
