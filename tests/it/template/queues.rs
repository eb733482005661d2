//! Queues lose nothing and hand nothing out twice.

use serde_json::{Value, json};
use tenon_catalog::{QUEUES, QueueSpec, consumer};

use crate::template::source::{areas, arn, resources};

/// Every queue of the catalog with its area's template and the properties of its two resources.
fn pairs(areas: &[(String, Value)]) -> Vec<(&'static QueueSpec, &Value, &Value, &Value)> {
    QUEUES
        .iter()
        .map(|spec| {
            let (_, area) = areas
                .iter()
                .find(|(_, area)| area["Resources"].get(spec.logical_id()).is_some())
                .unwrap_or_else(|| panic!("{} is in no stack", spec.name));
            let properties = |id: String| &area["Resources"][id.as_str()]["Properties"];
            (spec, area, properties(spec.logical_id()), properties(spec.dead_letter_logical_id()))
        })
        .collect()
}

#[test]
fn messages_stay_hidden_for_six_timeouts_and_get_five_tries() {
    for (spec, area, queue, _) in pairs(&areas()) {
        let consumer = consumer(spec.name).expect("a consumer");
        let block = &area["Resources"][consumer.logical_id().as_str()]["Properties"];
        let timeout = block["Timeout"].as_u64().expect("a number");
        let visibility = queue["VisibilityTimeout"].as_u64().expect("a number");
        assert!(visibility >= 6 * timeout, "{}: {visibility} s", spec.name);
        let receives = queue["RedrivePolicy"]["maxReceiveCount"].as_u64().expect("a number");
        assert!(receives >= 5, "{}: {receives} receives", spec.name);
    }
}

#[test]
fn dead_letters_are_kept_for_two_weeks_and_come_from_one_queue() {
    for (spec, _, queue, dead) in pairs(&areas()) {
        assert_eq!(queue["RedrivePolicy"]["deadLetterTargetArn"], arn(&spec.dead_letter_logical_id()));
        assert_eq!(dead["MessageRetentionPeriod"], 14 * 24 * 3600, "{}", spec.dead_letter());
        assert_eq!(dead["RedriveAllowPolicy"]["redrivePermission"], "byQueue");
        let sources = dead["RedriveAllowPolicy"]["sourceQueueArns"].as_array().expect("sources");
        assert_eq!(sources.len(), 1, "{}", spec.dead_letter());
        let source = sources[0]["Fn::Sub"].as_str().expect("an ARN");
        assert_eq!(source.rsplit(':').next(), queue["QueueName"]["Fn::Sub"].as_str(), "{}", spec.name);
    }
}

#[test]
fn every_message_of_a_batch_fails_alone() {
    let areas = areas();
    let sources: Vec<_> =
        areas.iter().flat_map(|(_, area)| resources(area, "AWS::Lambda::EventSourceMapping")).collect();
    assert_eq!(sources.len(), QUEUES.len());
    for (id, source) in sources {
        let mapping = &source["Properties"];
        assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{id}");
        let batch = mapping["BatchSize"].as_u64().expect("a number");
        // Lambda refuses a mapping with larger batches and no window to fill them in.
        let window = mapping["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or(0);
        assert!(batch <= 10 || window >= 1, "{id}: a batch of {batch} and a window of {window} s");
    }
}

#[test]
fn queues_are_sealed_at_rest_and_in_transit() {
    for (path, area) in areas() {
        let policies = resources(&area, "AWS::SQS::QueuePolicy");
        for (id, queue) in resources(&area, "AWS::SQS::Queue") {
            assert_eq!(queue["Properties"]["KmsMasterKeyId"]["Ref"], "KeyArn", "{path}: {id}");
            let policy = policies.get(format!("{id}Policy").as_str()).unwrap_or_else(|| panic!("{id} has no policy"));
            assert_eq!(policy["Properties"]["Queues"], json!([{ "Ref": id }]));
            let statement = &policy["Properties"]["PolicyDocument"]["Statement"][0];
            assert_eq!(statement["Effect"], "Deny", "{id}");
            assert_eq!(statement["Resource"], arn(id));
            assert_eq!(statement["Condition"]["Bool"]["aws:SecureTransport"], "false", "{id}");
        }
    }
}
