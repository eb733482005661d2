//! Somebody is told when documents stop moving.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tenon_catalog::METRICS;

use crate::template::source::{cloudformation, resources, root, text};

/// Alarms by metric and the value of their first dimension.
fn alarms(template: &Value) -> BTreeMap<(String, String), &Value> {
    resources(template, "AWS::CloudWatch::Alarm")
        .into_values()
        .map(|alarm| {
            let properties = &alarm["Properties"];
            // Of several metrics, the first that is one.
            let stat = properties["Metrics"].as_array().and_then(|all| all.iter().find_map(|m| m.get("MetricStat")));
            let metric = stat.map_or(properties, |stat| &stat["Metric"]);
            let dimension = &metric["Dimensions"][0]["Value"];
            let subject = [dimension, &dimension["Fn::Sub"], &dimension["Ref"]].into_iter().find_map(Value::as_str);
            let subject = subject.expect("a dimension");
            ((metric["MetricName"].as_str().expect("a metric").to_owned(), subject.to_owned()), properties)
        })
        .collect()
}

/// Whether what a pattern matches is somewhere in the code of the folder.
fn counted(folder: &Path, pattern: &str) -> bool {
    std::fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return counted(&path, pattern);
        }
        path.extension().is_some_and(|kind| kind == "rs")
            && std::fs::read_to_string(&path).expect("code").contains(pattern)
    })
}

#[test]
fn what_has_an_alarm_is_counted() {
    for metric in METRICS {
        // CloudWatch holds a metric under all its dimensions together; an alarm on others hears nothing.
        let pattern = format!("\"{}\", (\"{}\", ", metric.name, metric.dimension);
        assert!(counted(&root().join("shared"), &pattern), "nothing counts {} by {}", metric.name, metric.dimension);
        for (value, _) in metric.values {
            let known = match metric.dimension {
                "Percent" => text("shared/delivery/src/health.rs").contains("ALERTS: [u8; 3] = [90, 70, 50]"),
                _ => {
                    ["shared", "functions/callbacks"].iter().any(|f| counted(&root().join(f), &format!("\"{value}\"")))
                }
            };
            assert!(known, "{}: nothing is counted as {value}", metric.name);
        }
    }
}

#[test]
fn every_alarm_reaches_the_topic_and_silence_is_no_alarm() {
    let template = cloudformation("infra/observability.yaml");
    for (id, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["Properties"]["AlarmActions"], json!([{ "Ref": "AlarmTopic" }]), "{id}");
        // But of a schedule, which makes no error when nobody invokes it.
        let silence = if id.ends_with("SilentAlarm") { "breaching" } else { "notBreaching" };
        assert_eq!(alarm["Properties"]["TreatMissingData"], silence, "{id}");
    }
    assert_eq!(template["Resources"]["AlarmTopic"]["Properties"]["KmsMasterKeyId"]["Ref"], "KeyArn");
}

#[test]
fn a_schedule_that_is_not_invoked_and_each_new_dead_letter_are_told() {
    let template = cloudformation("infra/observability.yaml");
    let found = alarms(&template);
    for function in tenon_catalog::FUNCTIONS {
        let tenon_catalog::Trigger::Schedule { parameter, .. } = function.trigger else { continue };
        let alarm = found[&("Invocations".to_owned(), format!("${{Prefix}}-{}", function.name))];
        assert_eq!((&alarm["ComparisonOperator"], &alarm["Threshold"]), (&json!("LessThanThreshold"), &json!(1)));
        match parameter {
            Some(_) => assert!(alarm["Period"]["Ref"].as_str().is_some_and(|name| name.ends_with("Silence"))),
            None => assert_eq!(alarm["Period"], 300, "{}", function.name),
        }
    }
    for queue in tenon_catalog::QUEUES {
        let alarm = found[&("NumberOfMessagesSent".to_owned(), format!("${{Prefix}}-{}", queue.dead_letter()))];
        let new = alarm["Metrics"][0]["Expression"].as_str().unwrap();
        assert!(new.contains("DIFF(") && new.contains("sent"), "{new}: a state is no news");
    }
}

#[test]
fn what_is_usual_is_not_told() {
    let template = cloudformation("infra/observability.yaml");
    let alarm = &resources(&template, "AWS::CloudWatch::Alarm")["DecisionsRecoveredAlarm"]["Properties"];
    assert_eq!(
        (&alarm["Period"], &alarm["Threshold"]),
        (&json!(3600), &json!(tenon_flows::reconcile::recovered::USUAL))
    );
}

#[test]
fn somebody_is_told_before_a_caller_goes_away() {
    let template = cloudformation("infra/observability.yaml");
    let found = alarms(&template);
    let latency = found[&("Latency".to_owned(), "ApiId".to_owned())];
    assert_eq!(latency["ExtendedStatistic"], "p99");
    // DingTalk drops a callback after 1500 ms, so the alarm has to come before that.
    assert_eq!(latency["Threshold"], 1000);
}

#[test]
fn the_dashboard_is_json() {
    let template = cloudformation("infra/observability.yaml");
    let body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert!(body["widgets"].as_array().expect("widgets").len() > 10);
}
