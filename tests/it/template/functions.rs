//! One block, one function.

use serde_json::json;
use std::collections::BTreeSet;
use tenon_catalog::{Calls, FUNCTIONS, Function};

use crate::template::source::{areas, cloudformation, resources, root, text};

/// Every function with the properties of its block.
pub fn blocks(areas: &[(String, serde_json::Value)]) -> Vec<(&'static Function, &serde_json::Value)> {
    let all: Vec<_> = areas.iter().flat_map(|(_, area)| resources(area, "AWS::Serverless::Function")).collect();
    assert_eq!(all.len(), FUNCTIONS.len());
    FUNCTIONS
        .iter()
        .map(|function| {
            let block = all.iter().find(|(id, _)| *id == function.logical_id());
            (function, &block.unwrap_or_else(|| panic!("{} has no block", function.name)).1["Properties"])
        })
        .collect()
}

#[test]
fn every_function_runs_alike_and_its_environment_is_sealed() {
    for (path, area) in areas() {
        let globals = &area["Globals"]["Function"];
        assert_eq!(globals["Runtime"], "provided.al2023", "{path}");
        assert_eq!(globals["Architectures"], json!(["arm64"]), "{path}");
        assert_eq!(globals["KmsKeyArn"]["Ref"], "KeyArn", "{path}");
    }
}

#[test]
fn the_master_key_stays_a_reference() {
    let areas = areas();
    for (function, block) in blocks(&areas) {
        if let Some(value) = block["Environment"]["Variables"].get("TENON_MASTER_KEY") {
            assert_eq!(
                value["Fn::Sub"], "{{resolve:secretsmanager:${MasterKeyArn}:SecretString}}",
                "{}",
                function.name
            );
        }
    }
}

#[test]
fn versions_are_changed_step_by_step_and_callbacks_keep_room_only_where_an_operator_asks_for_it() {
    let template = cloudformation("template.yaml");
    assert_eq!(template["Parameters"]["GradualDeployment"]["Default"], "false");
    assert_eq!(template["Parameters"]["CallbackConcurrency"]["Default"], 0);
    let areas = areas();
    for (function, block) in blocks(&areas) {
        assert_eq!(block["AutoPublishAlias"], "live", "{}", function.name);
        let steps = &block["DeploymentPreference"];
        assert_eq!(steps["Enabled"]["Ref"], "GradualDeployment", "{}", function.name);
        assert_eq!(steps["Alarms"]["Fn::If"][1][0]["Ref"], format!("{}VersionAlarm", function.logical_id()));
        let kept = block.get("ReservedConcurrentExecutions").is_some();
        let answers_vendors = function.routes().iter().any(|route| route.path.starts_with("/callbacks/"));
        assert_eq!(kept, answers_vendors, "{}", function.name);
    }
}

#[test]
fn functions_that_call_out_and_no_others_can_be_given_a_network() {
    let areas = areas();
    for (function, block) in blocks(&areas) {
        let given = block.get("VpcConfig").is_some();
        assert_eq!(given, function.calls != Calls::Nobody, "{}", function.name);
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
fn a_rate_that_an_operator_may_change_starts_as_the_catalogs() {
    let template = cloudformation("template.yaml");
    for function in FUNCTIONS {
        if let tenon_catalog::Trigger::Schedule { rate, parameter: Some(parameter) } = function.trigger {
            assert_eq!(template["Parameters"][parameter]["Default"], rate, "{}", function.name);
        }
    }
}

#[test]
fn every_stack_gets_every_parameter_it_takes() {
    let main = cloudformation("template.yaml");
    let keys = |value: &serde_json::Value| {
        value.as_object().map(|keys| keys.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let stacks = resources(&main, "AWS::CloudFormation::Stack");
    assert_eq!(stacks.len(), tenon_catalog::AREAS.len() + 2);
    for (id, stack) in stacks {
        let properties = &stack["Properties"];
        let nested = cloudformation(properties["TemplateURL"].as_str().expect("a path"));
        let without_default = nested["Parameters"].as_object().expect("parameters").iter();
        let needed = without_default.filter(|(_, parameter)| parameter.get("Default").is_none());
        let given = keys(&properties["Parameters"]);
        for (name, _) in needed {
            assert!(given.contains(name), "{id} is not given {name}");
        }
        for name in &given {
            assert!(nested["Parameters"].get(name).is_some(), "{id} does not take {name}");
            let value = &properties["Parameters"][name];
            if let Some(own) =
                value["Ref"].as_str().filter(|own| own != &"Api" && own != &"Table" && own != &"MasterKey")
            {
                let known = own.starts_with("AWS::") || main["Parameters"].get(own).is_some();
                assert!(known, "{id} is given {own}, which template.yaml does not declare");
            }
        }
    }
}

/// The binaries of the packages that cargo takes when it is told none, as `sam build` does.
fn default_binaries() -> BTreeSet<String> {
    let workspace: toml::Table = text("Cargo.toml").parse().unwrap();
    let members = workspace["workspace"]["default-members"].as_array().unwrap();
    let mut found = BTreeSet::new();
    for member in members.iter().filter_map(toml::Value::as_str) {
        let manifest: toml::Table = text(&format!("{member}/Cargo.toml")).parse().unwrap();
        let named = manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
        found.extend(named.filter_map(|bin| bin["name"].as_str()).map(str::to_owned));
        let folder = std::fs::read_dir(root().join(member).join("src/bin")).into_iter().flatten();
        let files = folder.map(|file| file.unwrap().path());
        found.extend(files.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())));
    }
    found
}

#[test]
fn what_is_deployed_is_built_by_its_name_alone() {
    let binaries = default_binaries();
    let mut deployed = BTreeSet::new();
    for (path, area) in areas() {
        for (id, function) in resources(&area, "AWS::Serverless::Function") {
            let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
            assert!(binaries.contains(binary), "{path}: {id} is {binary}, which no default member of Cargo.toml has");
            deployed.insert(binary.to_owned());
        }
    }
    // What the guide has built first is what SAM finds built.
    let script = text("scripts/build-lambda.sh");
    let built = script.lines().filter_map(|line| line.trim().strip_prefix("--bin ")).map(str::to_owned);
    assert_eq!(built.collect::<BTreeSet<_>>(), deployed);
}
