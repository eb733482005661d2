//! One function, one policy, and nothing in it that the catalog does not list.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenon_catalog::{FUNCTIONS, Function, QUEUES, Trigger};

use super::functions::blocks;
use super::source::{arn, cloudformation, root, strings};

/// The statements of a function's one inline policy.
fn statements<'a>(function: &Function, block: &'a Value) -> &'a Vec<Value> {
    let policies = block["Policies"].as_array().unwrap_or_else(|| panic!("{} has no policy of its own", function.name));
    assert_eq!(policies.len(), 1, "{}", function.name);
    policies[0]["Statement"].as_array().expect("statements")
}

fn statement<'a>(function: &Function, block: &'a Value, sid: &str) -> Option<&'a Value> {
    statements(function, block).iter().find(|statement| statement["Sid"] == sid)
}

/// Logical id of a queue or dead-letter queue.
fn queue_id(name: &str) -> String {
    QUEUES
        .iter()
        .find_map(|spec| match name {
            own if own == spec.name => Some(spec.logical_id()),
            own if own == spec.dead_letter() => Some(spec.dead_letter_logical_id()),
            _ => None,
        })
        .unwrap_or_else(|| panic!("no queue {name}"))
}

#[test]
fn policies_allow_what_the_catalog_lists_and_nothing_else() {
    let template = cloudformation("template.yaml");
    for (function, block) in blocks(&template) {
        let name = function.name;
        assert!(block.get("Role").is_none(), "{name} shares a role");

        let allowed: BTreeSet<_> = statement(function, block, "Table")
            .map(|table| strings(&table["Action"]))
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let listed = function.table.reads.iter().chain(function.table.writes);
        assert_eq!(allowed, listed.map(|action| format!("dynamodb:{action}")).collect(), "{name} on the table");

        let targets = statement(function, block, "Send").map(|send| {
            assert_eq!(strings(&send["Action"]), ["sqs:SendMessage"], "{name}");
            send["Resource"].clone()
        });
        let wanted: Vec<_> = function.sends_to().iter().map(|queue| arn(&queue_id(queue))).collect();
        assert_eq!(targets.unwrap_or_else(|| json!([])), json!(wanted), "{name} sends");

        let source = statement(function, block, "Consume").map(|consume| consume["Resource"].clone());
        match function.trigger {
            Trigger::Queue(_) => assert_eq!(source, Some(json!([arn(&queue_id(name))])), "{name} consumes"),
            _ => assert_eq!(source, None, "{name} consumes nothing"),
        }
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
    let template = cloudformation("template.yaml");
    for (function, block) in blocks(&template) {
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
