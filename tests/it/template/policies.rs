//! One function, one policy, and nothing in it that the catalog does not list.

use std::collections::BTreeSet;

use serde_json::Value;
use tenon_catalog::{FUNCTIONS, Function, records};

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
        assert_eq!(has("Read"), !function.table.is_none(), "{}", function.name);
        assert_eq!(has("Write"), !function.table.writes.is_empty(), "{}", function.name);
        assert_eq!(has("List"), !function.table.lists.is_empty(), "{}", function.name);
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
            ("Client::query(", "Query"),
            ("Client::scan(", "Scan"),
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
    // Whoever rotates keys reads the whole table, with the operator's own permissions.
    assert!(calls.remove("Scan"), "only the command scans");
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
            assert!(
                ["Read", "List", "Write", "Send", "Consume", "Key"].contains(&sid)
                    || (function.sees_dead_letters() && ["DeadLetters", "Look"].contains(&sid)),
                "{}: a statement {sid:?}",
                function.name
            );
            for action in strings(&statement["Action"]) {
                assert!(!action.contains('*'), "{}: {action}", function.name);
                let service = match sid {
                    "Read" | "List" | "Write" => "dynamodb:",
                    "Key" => "kms:",
                    _ => "sqs:",
                };
                assert!(action.starts_with(service), "{}: {action} under {sid}", function.name);
            }
            assert_ne!(statement["Resource"], "*", "{}: {sid}", function.name);
        }
    }
}

/// The patterns of one statement's condition, by DynamoDB's key for the partition. All keys of a batch are held against
/// them, and a request without a key is none.
fn patterns(function: &Function, block: &Value, sid: &str) -> Vec<String> {
    let Some(statement) = statement(function, block, sid) else { return Vec::new() };
    let condition = &statement["Condition"];
    assert_eq!(condition["Null"]["dynamodb:LeadingKeys"], "false", "{}: {sid}", function.name);
    let held = strings(&condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]);
    held.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_statement_on_the_table_is_for_the_records_of_the_entry_alone() {
    let areas = areas();
    for (function, block) in blocks(&areas) {
        let table = &function.table;
        let readable = if table.is_none() { Vec::new() } else { function.readable() };
        assert_eq!(patterns(function, block, "Read"), readable, "{}", function.name);
        assert_eq!(patterns(function, block, "Write"), function.writable(), "{}", function.name);
        assert_eq!(patterns(function, block, "List"), table.listed(), "{}", function.name);
    }
}

/// Functions that may write a partition.
fn writers(partition: &str) -> Vec<&'static str> {
    let writes = |f: &&Function| f.writable().iter().any(|own| records::matches(own, partition));
    FUNCTIONS.iter().filter(writes).map(|f| f.name).collect()
}

#[test]
fn what_decides_who_may_do_what_is_written_by_few() {
    let nobody: [&str; 0] = [];
    assert_eq!(writers("default#CONFIG"), nobody, "connections with their secrets: tenon apply alone");
    assert_eq!(
        writers("default#FLOWS"),
        ["admin-flows", "admin-mapping", "integrations-flows", "integrations-mapping"],
        "what switches and stores flows"
    );
    assert_eq!(writers("default#KEYS"), nobody, "tenon keys alone");
    assert_eq!(writers("default#DATA"), nobody, "the command alone");
    assert_eq!(writers("default#FRONT"), nobody, "the local front alone");
    assert_eq!(writers(&format!("default#TOKEN#{}", "a".repeat(64))), ["tokens"]);
    assert_eq!(writers("default#TOKENS"), ["tokens"]);
    assert_eq!(writers("default#APP-KEY#os_1"), ["app-store", "tenant-app", "console-store", "console-apps"]);
    assert_eq!(writers("t-1#APP"), ["app-store", "tenant-app", "console-store", "console-apps"]);
    assert_eq!(writers("default#STORE-PRODUCT"), ["app-store", "console-store"]);
    // Whatever a tenant is called, and whatever a part of another's key.
    for partition in ["default%23CONFIG#LINK#a", "t#LINK#CONFIG"] {
        let flows = |name: &&str| {
            let area = tenon_catalog::function(name).map(|f| f.area);
            matches!(area, Some("admin" | "approvals" | "integrations" | "manufacturing" | "master-data"))
                || *name == "callback-weaver"
        };
        assert!(writers(partition).iter().all(flows), "{partition}");
    }
}

#[test]
fn what_several_functions_write_is_written_by_those_that_have_a_reason() {
    // Messages that are owed: whoever promises one, and the sweeper.
    let owed = writers("t-1#OUTBOX#o-1");
    for name in
        ["tokens", "app-store", "tenant-app", "openapi-orders", "openapi-payment", "openapi-log", "approvals-submit"]
    {
        assert!(!owed.contains(&name), "{name} promises nothing");
    }
    for name in ["outbox-sweep", "approvals-poll", "approvals-write-back", "callback-dingtalk", "webhook-events"] {
        assert!(owed.contains(&name), "{name} promises messages");
    }
    // A call that may be repeated: the function of its route alone, so that no other's answer can be put in its place.
    let call = |method: &str, path: &str| {
        writers(&format!("default#IDEMPOTENCY#token/tok-1#{method}#{path}#{}", "a".repeat(64)))
    };
    for function in FUNCTIONS {
        for route in function.routes().iter().filter(|route| route.takes_idempotency_key()) {
            assert_eq!(call(route.method, route.path), [function.name], "{} {}", route.method, route.path);
        }
    }
    assert_eq!(call("POST", "/callbacks/dingtalk/{connection}"), [""; 0]);
    // How fast a tenant calls: what tenants call.
    let fast = writers("t-1#CALL-RATE");
    assert!(fast.contains(&"openapi-orders") && fast.contains(&"tenant-app"));
    for name in ["tokens", "outbox-sweep", "approvals-poll", "callback-weaver", "webhook-events", "webhook-deliver"] {
        assert!(!fast.contains(&name), "{name} is not called by tenants");
    }
}

/// The names that the code gives its partitions.
fn named(folder: &std::path::Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            named(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let code = std::fs::read_to_string(&path).expect("code");
            for call in code.split("Key::new(").chain(code.split("Key::partition_of(")).skip(1) {
                let Some((_, rest)) = call.split_once(", \"").filter(|(tenant, _)| !tenant.contains([';', '{'])) else {
                    continue;
                };
                let name = rest.split('"').next().unwrap_or_default();
                if !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-') {
                    found.insert(name.to_owned());
                }
            }
        }
    }
}

#[test]
fn every_kind_of_record_is_declared() {
    let mut found = BTreeSet::new();
    for folder in [
        "shared/platform/src",
        "shared/connectors/src",
        "shared/flows/src",
        "shared/tenants/src",
        "shared/trade/src",
        "shared/delivery/src",
    ] {
        named(&root().join(folder), &mut found);
    }
    // Of a test of keys.
    found.remove("X");
    assert!(found.len() > 40, "{found:?}");
    let declared: BTreeSet<String> = records::ALL
        .iter()
        .flat_map(|group| group.iter())
        .filter_map(|pattern| pattern.split('#').nth(1))
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = found.difference(&declared).collect();
    assert!(missing.is_empty(), "functions/catalog/src/records.rs does not name {missing:?}");
}
