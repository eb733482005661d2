//! The table, the keys and the logs.

use std::collections::BTreeMap;

use serde_json::json;
use tenon_catalog::FUNCTIONS;

use crate::template::functions::blocks;
use crate::template::source::{areas, arn, cloudformation, resources, templates};

#[test]
fn the_table_expires_restores_and_is_sealed() {
    let template = cloudformation("template.yaml");
    let tables = resources(&template, "AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 1);
    let table = tables["Table"];
    assert_eq!(table["DeletionPolicy"], "Retain");
    assert_eq!(table["UpdateReplacePolicy"], "Retain");
    let properties = &table["Properties"];
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(properties["TimeToLiveSpecification"], json!({ "AttributeName": "expires_at", "Enabled": true }));
    assert_eq!(properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(
        properties["SSESpecification"],
        json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": arn("Key") })
    );
    assert_eq!(properties["KeySchema"], keys("pk", "sk"));
    let index = &properties["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexName"], "gsi1");
    assert_eq!(index["KeySchema"], keys("gsi1pk", "gsi1sk"));
    assert_eq!(index["Projection"]["ProjectionType"], "ALL");
}

fn keys(hash: &str, range: &str) -> serde_json::Value {
    json!([
        { "AttributeName": hash, "KeyType": "HASH" },
        { "AttributeName": range, "KeyType": "RANGE" },
    ])
}

#[test]
fn keys_outlive_the_stack_and_the_data_key_rotates() {
    let template = cloudformation("template.yaml");
    for id in ["Key", "MasterKey"] {
        let resource = &template["Resources"][id];
        assert_eq!(resource["DeletionPolicy"], "Retain", "{id}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
    }
    assert_eq!(template["Resources"]["Key"]["Properties"]["EnableKeyRotation"], true);
    let secret = &template["Resources"]["MasterKey"]["Properties"];
    assert_eq!(secret["KmsKeyId"], arn("Key"));
    let length = secret["GenerateSecretString"]["PasswordLength"].as_u64().expect("a length");
    // Under 32 characters the functions refuse it; 43 or 44 could pass for base64 of a raw key.
    assert!(length >= 48, "{length} characters");
}

#[test]
fn every_function_logs_to_a_group_of_its_own_that_forgets() {
    let templates = templates();
    let groups: BTreeMap<_, _> =
        templates.iter().flat_map(|(_, template)| resources(template, "AWS::Logs::LogGroup")).collect();
    assert_eq!(groups.len(), FUNCTIONS.len() + 1, "a group for each function and one for the API");
    for (id, group) in groups {
        assert_eq!(group["Properties"]["RetentionInDays"]["Ref"], "LogRetentionDays", "{id}");
        // The key's policy admits the log service for these names only.
        let name = group["Properties"]["LogGroupName"]["Fn::Sub"].as_str().expect("a name");
        assert!(name.starts_with("/tenon/${Prefix}/") || name.starts_with("/tenon/${AWS::StackName}/"), "{id}: {name}");
        let key = &group["Properties"]["KmsKeyId"];
        assert!(key["Ref"] == "KeyArn" || *key == arn("Key"), "{id}");
    }
    assert_eq!(cloudformation("template.yaml")["Parameters"]["LogRetentionDays"]["Default"], 30);
    let areas = areas();
    for (function, block) in blocks(&areas) {
        assert_eq!(block["LoggingConfig"]["LogGroup"]["Ref"], format!("{}Logs", function.logical_id()));
    }
}

#[test]
fn the_access_log_holds_no_signature() {
    let template = cloudformation("template.yaml");
    let settings = &template["Resources"]["ApiStage"]["Properties"]["AccessLogSettings"];
    assert_eq!(settings["DestinationArn"], arn("ApiLogs"));
    let format = settings["Format"].as_str().expect("a format");
    serde_json::from_str::<serde_json::Value>(format).expect("one JSON object a line");
    // Callback signatures travel in the query string, and `$context.path` is the raw path.
    for forbidden in ["querystring", "queryString", "$context.path", "authorizer"] {
        assert!(!format.contains(forbidden), "{forbidden}");
    }
}
