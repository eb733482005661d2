//! What is deployed holds in AWS's China regions too: no ARN and no host of one partition only.

use crate::template::source::{templates, text};

/// Principals that have this one name in every partition. The log service is not among them: its own ends in the
/// partition's suffix.
const EVERYWHERE: [&str; 2] = ["apigateway.amazonaws.com", "cloudwatch.amazonaws.com"];

#[test]
fn no_arn_or_host_holds_in_one_partition_only() {
    for (path, _) in templates() {
        for (number, line) in text(&path).lines().enumerate() {
            assert!(!line.contains("arn:aws"), "{path}:{}: {line}", number + 1);
            let rest = EVERYWHERE.iter().fold(line.to_owned(), |line, principal| line.replace(principal, ""));
            assert!(!rest.contains("amazonaws.com"), "{path}:{}: {line}", number + 1);
        }
    }
}

#[test]
fn the_log_service_is_admitted_by_its_name_in_the_partition() {
    let key = &crate::template::source::cloudformation("template.yaml")["Resources"]["Key"]["Properties"]["KeyPolicy"];
    let logs = key["Statement"].as_array().expect("statements").iter().find(|s| s["Sid"] == "Logs").expect("logs");
    assert_eq!(logs["Principal"]["Service"]["Fn::Sub"], "logs.${AWS::Region}.${AWS::URLSuffix}");
}
