//! Somebody is told when documents stop moving.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tenon_catalog::{FUNCTIONS, QUEUES};

use super::source::{cloudformation, resources, text};

/// What the functions count themselves and somebody has to be told of: the metric, its dimension with
/// every value, and the code that counts it.
const COUNTED: [(&str, &str, &[&str], &str); 8] = [
    ("CallLogLost", "Direction", &["inbound", "outbound"], "shared/tenants/src/call_log/enter.rs"),
    ("CallbacksNotUnderstood", "From", &["failed-list"], "shared/flows/src/approvals/reconcile/failed_list.rs"),
    ("ReconcileFailures", "Unit", &["connection", "flow", "instance", "list"], "shared/flows/src/trouble.rs"),
    ("ConnectionOut", "State", &["open"], "shared/platform/src/breaker.rs"),
    ("QuotaUnavailable", "Plan", &["paid", "trial"], "shared/tenants/src/gateway/counting.rs"),
    ("SecretsUnopened", "Kind", &["app", "connection"], "shared/platform/src/data_key.rs"),
    ("WebhookEndpointAlerts", "Percent", &["50", "70", "90"], "shared/delivery/src/deliver.rs"),
    ("WebhookEndpointsDisabled", "Reason", &["failing-for", "failures", "gone"], "shared/delivery/src/deliver.rs"),
];

/// Alarms by metric and the value of their first dimension.
fn alarms(template: &Value) -> BTreeMap<(String, String), &Value> {
    resources(template, "AWS::CloudWatch::Alarm")
        .into_values()
        .map(|alarm| {
            let properties = &alarm["Properties"];
            let dimension = &properties["Dimensions"][0]["Value"];
            let subject = [dimension, &dimension["Fn::Sub"], &dimension["Ref"]].into_iter().find_map(Value::as_str);
            let subject = subject.expect("a dimension");
            ((properties["MetricName"].as_str().expect("a metric").to_owned(), subject.to_owned()), properties)
        })
        .collect()
}

fn named(name: &str) -> String {
    format!("${{Prefix}}-{name}")
}

#[test]
fn every_function_and_queue_is_watched_and_nothing_else() {
    let template = cloudformation("infra/observability.yaml");
    let mut found = alarms(&template);
    for function in FUNCTIONS {
        for metric in ["Errors", "Throttles"] {
            let alarm = found.remove(&(metric.to_owned(), named(function.name)));
            let alarm = alarm.unwrap_or_else(|| panic!("no alarm on {metric} of {}", function.name));
            assert_eq!(alarm["Threshold"], 0, "{metric} of {}", function.name);
        }
    }
    for spec in QUEUES {
        let depth = found.remove(&("ApproximateNumberOfMessagesVisible".to_owned(), named(&spec.dead_letter())));
        let depth = depth.unwrap_or_else(|| panic!("no alarm on {}", spec.dead_letter()));
        assert_eq!(depth["Threshold"], 0);
        assert_eq!(depth["ComparisonOperator"], "GreaterThanThreshold");
        let age = found.remove(&("ApproximateAgeOfOldestMessage".to_owned(), named(spec.name)));
        assert!(age.is_some(), "no alarm on the age of {}", spec.name);
    }
    assert!(found.remove(&("5xx".to_owned(), "ApiId".to_owned())).is_some());
    let latency = found.remove(&("Latency".to_owned(), "ApiId".to_owned())).expect("the callback's latency");
    assert_eq!(latency["ExtendedStatistic"], "p99");
    // DingTalk drops a callback after 1500 ms, so the alarm has to come before that.
    assert_eq!(latency["Threshold"], 1000);
    for (metric, _, values, _) in COUNTED {
        for value in values {
            assert!(found.remove(&(metric.to_owned(), (*value).to_owned())).is_some(), "no alarm on {metric} {value}");
        }
    }
    assert!(found.is_empty(), "alarms on what the catalog does not know: {:?}", found.keys());
}

#[test]
fn alarms_on_counted_metrics_ask_for_what_the_code_counts() {
    let template = cloudformation("infra/observability.yaml");
    let found = alarms(&template);
    let health = text("shared/delivery/src/health.rs");
    for (metric, dimension, values, file) in COUNTED {
        let code = text(file);
        // CloudWatch holds a metric under all its dimensions together; an alarm on others hears nothing.
        assert!(
            code.contains(&format!("\"{metric}\", (\"{dimension}\", ")),
            "{file} counts no {metric} by {dimension}"
        );
        for value in values {
            let alarm = found[&(metric.to_owned(), (*value).to_owned())];
            assert_eq!(alarm["Namespace"], "Tenon", "{metric}");
            assert_eq!(alarm["Dimensions"], json!([{ "Name": dimension, "Value": value }]), "{metric}");
            assert_eq!((&alarm["Statistic"], &alarm["Threshold"]), (&json!("Sum"), &json!(0)), "{metric} {value}");
            let known = match dimension {
                "Percent" => health.contains("ALERTS: [u8; 3] = [90, 70, 50]"),
                _ => [&code, &health].iter().any(|code| code.contains(&format!("\"{value}\""))),
            };
            assert!(known, "{metric}: nothing is counted as {value}");
        }
    }
}

#[test]
fn every_alarm_reaches_the_topic_and_silence_is_no_alarm() {
    let template = cloudformation("infra/observability.yaml");
    for (id, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["Properties"]["AlarmActions"], json!([{ "Ref": "AlarmTopic" }]), "{id}");
        assert_eq!(alarm["Properties"]["TreatMissingData"], "notBreaching", "{id}");
    }
    assert_eq!(template["Resources"]["AlarmTopic"]["Properties"]["KmsMasterKeyId"]["Ref"], "KeyArn");
}

#[test]
fn the_latency_alarm_watches_a_route_that_exists() {
    let template = cloudformation("infra/observability.yaml");
    let found = alarms(&template);
    let latency = found[&("Latency".to_owned(), "ApiId".to_owned())];
    let dimension = |name: &str| {
        let dimensions = latency["Dimensions"].as_array().expect("dimensions");
        let found = dimensions.iter().find(|dimension| dimension["Name"] == name);
        found.and_then(|dimension| dimension["Value"].as_str()).unwrap_or_default().to_owned()
    };
    let routes: Vec<_> = super::routes::catalog().into_iter().map(|(path, method, _)| (method, path)).collect();
    assert!(routes.contains(&(dimension("Method"), dimension("Resource"))), "{routes:?}");
    assert_eq!(dimension("Stage"), "$default");
}

#[test]
fn the_dashboard_is_json_and_shows_every_function_and_queue() {
    let template = cloudformation("infra/observability.yaml");
    let body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().expect("a body");
    serde_json::from_str::<Value>(body).expect("JSON");
    for function in FUNCTIONS {
        assert!(body.contains(&format!("\"{}\"", named(function.name))), "{}", function.name);
    }
    for spec in QUEUES {
        for queue in [spec.name, &spec.dead_letter()] {
            assert!(body.contains(&format!("\"{}\"", named(queue))), "{queue}");
        }
    }
}

#[test]
fn the_main_stack_passes_every_parameter() {
    let main = cloudformation("template.yaml");
    let nested = cloudformation("infra/observability.yaml");
    let stack = &main["Resources"]["Observability"]["Properties"];
    assert_eq!(stack["TemplateURL"], "infra/observability.yaml");
    let keys = |value: &Value| value.as_object().expect("parameters").keys().cloned().collect::<Vec<_>>();
    let (mut given, mut taken) = (keys(&stack["Parameters"]), keys(&nested["Parameters"]));
    given.sort();
    taken.sort();
    assert_eq!(given, taken);
}
