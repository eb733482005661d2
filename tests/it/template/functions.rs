//! One block, one function.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenon_catalog::{FUNCTIONS, Function, QUEUES, Trigger};

use super::source::{arn, cloudformation, resources, root, text};

/// Every function of the catalog with its block; fails when either side has one the other lacks.
pub fn blocks(template: &Value) -> Vec<(&'static Function, &Value)> {
    let blocks = resources(template, "AWS::Serverless::Function");
    let listed: BTreeSet<_> = FUNCTIONS.iter().map(|function| function.logical_id()).collect();
    assert_eq!(
        blocks.keys().map(ToString::to_string).collect::<BTreeSet<_>>(),
        listed,
        "template.yaml and the catalog"
    );
    FUNCTIONS.iter().map(|function| (function, &blocks[function.logical_id().as_str()]["Properties"])).collect()
}

#[test]
fn blocks_say_what_the_catalog_says() {
    let template = cloudformation("template.yaml");
    for (function, block) in blocks(&template) {
        let metadata = &template["Resources"][function.logical_id().as_str()]["Metadata"];
        assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{}", function.name);
        assert_eq!(metadata["BuildProperties"]["Binary"], function.name);
        assert_eq!(block["FunctionName"]["Fn::Sub"], format!("${{AWS::StackName}}-{}", function.name));
        assert_eq!(block["Timeout"], function.timeout_seconds, "{}", function.name);
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
    let shared = template["Globals"]["Function"]["Environment"]["Variables"].as_object().expect("variables");
    let fixed = [
        ("TENON_TABLE", json!({ "Ref": "Table" })),
        ("TENON_OUTGOING_ALLOW_HTTP", json!({ "Ref": "OutgoingAllowHttp" })),
        ("TENON_OUTGOING_ALLOW_NETWORKS", json!({ "Ref": "OutgoingAllowNetworks" })),
        ("TENON_MASTER_KEY", json!({ "Fn::Sub": "{{resolve:secretsmanager:${MasterKey}:SecretString}}" })),
    ];
    for (function, block) in blocks(&template) {
        let own = block["Environment"]["Variables"].as_object();
        let names: BTreeSet<_> = shared.keys().chain(own.into_iter().flat_map(|own| own.keys())).cloned().collect();
        assert_eq!(names, function.env().iter().map(ToString::to_string).collect(), "{}", function.name);
        for (variable, value) in &fixed {
            if let Some(found) = own.and_then(|own| own.get(*variable)) {
                assert_eq!(found, value, "{} {variable}", function.name);
            }
        }
        for spec in QUEUES {
            for (variable, id) in
                [(spec.url_env(), spec.logical_id()), (spec.dead_letter_url_env(), spec.dead_letter_logical_id())]
            {
                if let Some(value) = own.and_then(|own| own.get(variable.as_str())) {
                    assert_eq!(value, &json!({ "Ref": id }), "{} {variable}", function.name);
                }
            }
        }
    }
}

#[test]
fn tenants_addresses_are_public_and_encrypted_unless_the_operator_says_otherwise() {
    let template = cloudformation("template.yaml");
    for parameter in ["OutgoingAllowHttp", "OutgoingAllowNetworks"] {
        assert_eq!(template["Parameters"][parameter]["Default"], "", "{parameter}");
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
            Trigger::Schedule { rate, parameter: None } => assert_eq!(schedules, [&json!(rate)], "{}", function.name),
            Trigger::Schedule { rate, parameter: Some(parameter) } => {
                assert_eq!(schedules, [&json!({ "Ref": parameter })], "{}", function.name);
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
        let manifest: toml::Table = text(&format!("functions/{area}/Cargo.toml")).parse().expect("a manifest");
        let package = manifest["package"]["name"].as_str().expect("a name").to_owned();
        let directory = root().join("functions").join(area).join("src/bin");
        for entry in std::fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            found.insert((package.clone(), path.file_stem().expect("a name").to_string_lossy().into_owned()));
        }
    }
    let listed = FUNCTIONS.iter().map(|function| (function.package().to_owned(), function.name.to_owned())).collect();
    assert_eq!(found, listed, "files in functions/*/src/bin and the catalog");
}

#[test]
fn the_build_script_builds_every_package_of_functions() {
    let script = text("scripts/build-lambda.sh");
    let words: Vec<&str> = script.split_whitespace().collect();
    let built: BTreeSet<_> =
        words.windows(2).filter(|pair| pair[0] == "--package").map(|pair| pair[1].to_owned()).collect();
    assert_eq!(built, FUNCTIONS.iter().map(|function| function.package()).collect());
}

#[test]
fn functions_under_cargo_lambda_watch_find_every_queue() {
    let script = text("scripts/watch.sh");
    for spec in QUEUES {
        let dead = spec.dead_letter();
        for (variable, name) in [(spec.url_env(), spec.name), (spec.dead_letter_url_env(), dead.as_str())] {
            assert!(script.contains(&format!("export {variable}=\"$queues/{name}\"\n")), "{variable}");
        }
    }
}
