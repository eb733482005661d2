//! One block, one function, one policy.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenon_catalog::{FUNCTIONS, Function, QUEUES, Trigger};

use crate::source::{arn, cloudformation, resources, root, strings, text};

/// Every function of the catalog with its block; fails when either side has one the other lacks.
fn blocks(template: &Value) -> Vec<(&'static Function, &Value)> {
    let blocks = resources(template, "AWS::Serverless::Function");
    let listed: BTreeSet<_> = FUNCTIONS
        .iter()
        .map(|function| function.logical_id)
        .collect();
    assert_eq!(
        blocks.keys().copied().collect::<BTreeSet<_>>(),
        listed,
        "template.yaml and the catalog"
    );
    FUNCTIONS
        .iter()
        .map(|function| (function, &blocks[function.logical_id]["Properties"]))
        .collect()
}

/// The statements of a function's one inline policy.
fn statements<'a>(function: &Function, block: &'a Value) -> &'a Vec<Value> {
    let policies = block["Policies"]
        .as_array()
        .unwrap_or_else(|| panic!("{} has no policy of its own", function.name));
    assert_eq!(policies.len(), 1, "{}", function.name);
    policies[0]["Statement"].as_array().expect("statements")
}

fn statement<'a>(function: &Function, block: &'a Value, sid: &str) -> Option<&'a Value> {
    statements(function, block)
        .iter()
        .find(|statement| statement["Sid"] == sid)
}

/// Logical id of a queue or dead-letter queue.
fn queue_id(name: &str) -> &'static str {
    QUEUES
        .iter()
        .find_map(|spec| match name {
            own if own == spec.name => Some(spec.logical_id),
            own if own == spec.dead_letter => Some(spec.dead_letter_logical_id),
            _ => None,
        })
        .unwrap_or_else(|| panic!("no queue {name}"))
}

#[test]
fn blocks_say_what_the_catalog_says() {
    let template = cloudformation("template.yaml");
    for (function, block) in blocks(&template) {
        let metadata = &template["Resources"][function.logical_id]["Metadata"];
        assert_eq!(
            metadata["BuildMethod"], "rust-cargolambda",
            "{}",
            function.name
        );
        assert_eq!(metadata["BuildProperties"]["Binary"], function.name);
        assert_eq!(
            block["FunctionName"]["Fn::Sub"],
            format!("${{AWS::StackName}}-{}", function.name)
        );
        assert_eq!(
            block["Timeout"], function.timeout_seconds,
            "{}",
            function.name
        );
        assert_eq!(block["MemorySize"], function.memory_mb, "{}", function.name);
    }
    let globals = &template["Globals"]["Function"];
    assert_eq!(globals["Runtime"], "provided.al2023");
    assert_eq!(globals["Architectures"], json!(["arm64"]));
    assert_eq!(globals["KmsKeyArn"], arn("Key"));
}

#[test]
fn environments_are_the_catalogs() {
    let template = cloudformation("template.yaml");
    let shared = template["Globals"]["Function"]["Environment"]["Variables"]
        .as_object()
        .expect("variables");
    assert_eq!(shared["TENON_TABLE"], json!({ "Ref": "Table" }));
    assert_eq!(
        shared["TENON_MASTER_KEY"],
        json!({ "Fn::Sub": "{{resolve:secretsmanager:${MasterKey}:SecretString}}" })
    );
    for (function, block) in blocks(&template) {
        let own = block["Environment"]["Variables"].as_object();
        let names: BTreeSet<_> = shared
            .keys()
            .chain(own.into_iter().flat_map(|own| own.keys()))
            .cloned()
            .collect();
        assert_eq!(
            names,
            function.env.iter().map(ToString::to_string).collect(),
            "{}",
            function.name
        );
        for spec in QUEUES {
            for (variable, id) in [
                (spec.url_env, spec.logical_id),
                (spec.dead_letter_url_env, spec.dead_letter_logical_id),
            ] {
                if let Some(value) = own.and_then(|own| own.get(variable)) {
                    assert_eq!(value, &json!({ "Ref": id }), "{} {variable}", function.name);
                }
            }
        }
    }
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
        assert_eq!(
            allowed,
            listed.map(|action| format!("dynamodb:{action}")).collect(),
            "{name} on the table"
        );

        let targets = statement(function, block, "Send").map(|send| {
            assert_eq!(strings(&send["Action"]), ["sqs:SendMessage"], "{name}");
            send["Resource"].clone()
        });
        let wanted: Vec<_> = function
            .sends
            .iter()
            .map(|queue| arn(queue_id(queue)))
            .collect();
        assert_eq!(
            targets.unwrap_or_else(|| json!([])),
            json!(wanted),
            "{name} sends"
        );

        let source =
            statement(function, block, "Consume").map(|consume| consume["Resource"].clone());
        match function.trigger {
            Trigger::Queue { queue } => assert_eq!(
                source,
                Some(json!([arn(queue_id(queue))])),
                "{name} consumes"
            ),
            _ => assert_eq!(source, None, "{name} consumes nothing"),
        }
    }
}

#[test]
fn some_function_may_make_each_call_the_table_code_makes() {
    let mut calls = BTreeSet::new();
    for entry in
        std::fs::read_dir(root().join("shared/platform/src/table")).expect("the table code")
    {
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
    assert_eq!(
        calls, granted,
        "calls in shared/platform/src/table and actions in the catalog"
    );
}

#[test]
fn no_statement_is_wide() {
    let template = cloudformation("template.yaml");
    for (function, block) in blocks(&template) {
        for statement in statements(function, block) {
            assert_eq!(statement["Effect"], "Allow");
            let sid = statement["Sid"].as_str().unwrap_or_default();
            assert!(
                ["Table", "Send", "Consume", "Key"].contains(&sid),
                "{}: a statement {sid:?}",
                function.name
            );
            for action in strings(&statement["Action"]) {
                assert!(!action.contains('*'), "{}: {action}", function.name);
                let service = match sid {
                    "Table" => "dynamodb:",
                    "Key" => "kms:",
                    _ => "sqs:",
                };
                assert!(
                    action.starts_with(service),
                    "{}: {action} under {sid}",
                    function.name
                );
            }
            assert_ne!(statement["Resource"], "*", "{}: {sid}", function.name);
        }
    }
}

#[test]
fn schedules_are_the_catalogs() {
    let template = cloudformation("template.yaml");
    for (function, block) in blocks(&template) {
        let schedules: Vec<_> = block["Events"]
            .as_object()
            .into_iter()
            .flat_map(|events| events.values())
            .filter(|event| event["Type"] == "ScheduleV2")
            .map(|event| &event["Properties"]["ScheduleExpression"])
            .collect();
        match function.trigger {
            Trigger::Schedule {
                rate,
                parameter: None,
            } => assert_eq!(schedules, [&json!(rate)], "{}", function.name),
            Trigger::Schedule {
                rate,
                parameter: Some(parameter),
            } => {
                assert_eq!(
                    schedules,
                    [&json!({ "Ref": parameter })],
                    "{}",
                    function.name
                );
                assert_eq!(template["Parameters"][parameter]["Default"], rate);
            }
            _ => assert!(schedules.is_empty(), "{} is not scheduled", function.name),
        }
    }
}

#[test]
fn every_function_has_its_binary_and_every_binary_its_function() {
    let areas: BTreeSet<_> = FUNCTIONS.iter().map(|function| function.area).collect();
    let mut found = BTreeSet::new();
    for area in areas {
        let manifest: toml::Table = text(&format!("functions/{area}/Cargo.toml"))
            .parse()
            .expect("a manifest");
        let package = manifest["package"]["name"]
            .as_str()
            .expect("a name")
            .to_owned();
        let directory = root().join("functions").join(area).join("src/bin");
        for entry in std::fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            found.insert((
                package.clone(),
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
            ));
        }
    }
    let listed = FUNCTIONS
        .iter()
        .map(|function| (function.package.to_owned(), function.name.to_owned()))
        .collect();
    assert_eq!(
        found, listed,
        "files in functions/*/src/bin and the catalog"
    );
}
