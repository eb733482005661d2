//! Queues lose nothing and hand nothing out twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenon_catalog::{QUEUES, QueueSpec, consumer};

use super::source::{arn, cloudformation, resources};

/// Every queue of the catalog with the properties of its two resources; fails when either side has
/// one the other lacks.
fn pairs(template: &Value) -> Vec<(&'static QueueSpec, &Value, &Value)> {
    let found = resources(template, "AWS::SQS::Queue");
    let listed: BTreeSet<_> =
        QUEUES.iter().flat_map(|spec| [spec.logical_id(), spec.dead_letter_logical_id()]).collect();
    assert_eq!(found.keys().map(ToString::to_string).collect::<BTreeSet<_>>(), listed, "template.yaml and the catalog");
    QUEUES
        .iter()
        .map(|spec| {
            (
                spec,
                &found[spec.logical_id().as_str()]["Properties"],
                &found[spec.dead_letter_logical_id().as_str()]["Properties"],
            )
        })
        .collect()
}

#[test]
fn messages_stay_hidden_for_six_timeouts_and_get_five_tries() {
    let template = cloudformation("template.yaml");
    for (spec, queue, _) in pairs(&template) {
        let timeout = consumer(spec.name).expect("a consumer").timeout_seconds;
        let visibility = queue["VisibilityTimeout"].as_u64().expect("a number");
        assert_eq!(visibility, u64::from(spec.visibility_seconds), "{}", spec.name);
        assert!(visibility >= 6 * u64::from(timeout), "{}: {visibility} s", spec.name);
        let receives = queue["RedrivePolicy"]["maxReceiveCount"].as_u64().expect("a number");
        assert_eq!(receives, u64::from(spec.max_receive_count), "{}", spec.name);
        assert!(receives >= 5, "{}: {receives} receives", spec.name);
    }
}

#[test]
fn dead_letters_are_kept_for_two_weeks_and_come_from_one_queue() {
    let template = cloudformation("template.yaml");
    for (spec, queue, dead) in pairs(&template) {
        assert_eq!(queue["QueueName"]["Fn::Sub"], format!("${{AWS::StackName}}-{}", spec.name));
        assert_eq!(dead["QueueName"]["Fn::Sub"], format!("${{AWS::StackName}}-{}", spec.dead_letter()));
        assert_eq!(queue["RedrivePolicy"]["deadLetterTargetArn"], arn(&spec.dead_letter_logical_id()));
        assert_eq!(dead["MessageRetentionPeriod"], 14 * 24 * 3600, "{}", spec.dead_letter());
        assert_eq!(dead["RedriveAllowPolicy"]["redrivePermission"], "byQueue");
        let sources = dead["RedriveAllowPolicy"]["sourceQueueArns"].as_array().expect("sources");
        assert_eq!(sources.len(), 1, "{}", spec.dead_letter());
        let source = sources[0]["Fn::Sub"].as_str().expect("an ARN");
        assert!(source.ends_with(&format!(":${{AWS::StackName}}-{}", spec.name)), "{source}");
    }
}

#[test]
fn every_message_of_a_batch_fails_alone() {
    let template = cloudformation("template.yaml");
    let mut sources = resources(&template, "AWS::Lambda::EventSourceMapping");
    for spec in QUEUES {
        let function = consumer(spec.name).expect("a consumer");
        let id = format!("{}Source", function.logical_id());
        let mapping = &sources.remove(id.as_str()).unwrap_or_else(|| panic!("{id} is missing"))["Properties"];
        assert_eq!(mapping["FunctionName"]["Ref"], function.logical_id());
        assert_eq!(mapping["EventSourceArn"], arn(&spec.logical_id()));
        assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{id}");
        assert_eq!(mapping["BatchSize"], spec.batch_size, "{id}");
        assert_eq!(mapping["ScalingConfig"]["MaximumConcurrency"], spec.max_concurrency, "{id}");
        // Lambda refuses a mapping with larger batches and no window to fill them in.
        let window = mapping["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or(0);
        assert!(
            spec.batch_size <= 10 || window >= 1,
            "{id}: a batch of {} and a window of {window} s",
            spec.batch_size
        );
    }
    assert!(sources.is_empty(), "mappings without a queue in the catalog: {:?}", sources.keys());
}

#[test]
fn queues_are_sealed_at_rest_and_in_transit() {
    let template = cloudformation("template.yaml");
    let policies = resources(&template, "AWS::SQS::QueuePolicy");
    for (id, queue) in resources(&template, "AWS::SQS::Queue") {
        assert_eq!(queue["Properties"]["KmsMasterKeyId"], arn("Key"), "{id}");
        let policy = policies.get(format!("{id}Policy").as_str()).unwrap_or_else(|| panic!("{id} has no policy"));
        assert_eq!(policy["Properties"]["Queues"], json!([{ "Ref": id }]));
        let statement = &policy["Properties"]["PolicyDocument"]["Statement"][0];
        assert_eq!(statement["Effect"], "Deny", "{id}");
        assert_eq!(statement["Resource"], arn(id));
        assert_eq!(statement["Condition"]["Bool"]["aws:SecureTransport"], "false", "{id}");
    }
}
