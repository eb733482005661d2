//! The alarms and the dashboard.

mod dashboard;

use crate::{Catalog, File, mark};
use std::fmt::Write;
use tenon_catalog::{Trigger, camel};

/// Parameters, topic and mail: what does not depend on the catalog.
const HEAD: &str = include_str!("head.yaml");

/// The observability stack.
pub fn file(catalog: &Catalog<'_>) -> File {
    let mut text = format!("# {}\nAWSTemplateFormatVersion: \"2010-09-09\"\n{HEAD}", mark("functions/catalog"));
    for (title, alarms) in [
        ("schedules: that they run", silent(catalog)),
        ("queues: work that waits", waiting(catalog)),
        ("functions", functions(catalog)),
        ("HTTP", http(catalog)),
        ("what the functions count themselves", counted(catalog)),
    ] {
        let blocks: Vec<String> = alarms.iter().map(Alarm::block).collect();
        let _ = write!(text, "\n{}{}", section(title), blocks.join("\n"));
    }
    let letters: Vec<String> = catalog.queues().map(|spec| new_dead_letter(&spec)).collect();
    let _ = write!(text, "\n{}{}", section("dead letters: each new one"), letters.join("\n"));
    let _ = write!(text, "\n{}{}", section("dashboard"), dashboard::block(catalog));
    text.push_str(
        "\nOutputs:\n  AlarmTopicArn:\n    Description: Topic the alarms go to.\n    Value: !Ref AlarmTopic\n",
    );
    File::new("infra/observability.yaml", text)
}

fn section(title: &str) -> String {
    format!("  # ---------------------------------------------------------------- {title}\n\n")
}

struct Alarm {
    id: String,
    description: String,
    namespace: &'static str,
    metric: String,
    /// Names and values, as YAML.
    dimensions: Vec<(&'static str, String)>,
    statistic: &'static str,
    /// Seconds, or a parameter that says them.
    period: String,
    threshold: u32,
    /// Whether too little is what is wrong, nothing at all included.
    too_little: bool,
}

impl Alarm {
    fn block(&self) -> String {
        let dimensions: String = self
            .dimensions
            .iter()
            .map(|(name, value)| format!("        - {{ Name: {name}, Value: {value} }}\n"))
            .collect();
        let statistic = if self.statistic.starts_with('p') { "ExtendedStatistic" } else { "Statistic" };
        let (comparison, missing) = match self.too_little {
            true => ("LessThanThreshold", "breaching"),
            false => ("GreaterThanThreshold", "notBreaching"),
        };
        format!(
            "  {}Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: {}
      Namespace: {}
      MetricName: {}
      Dimensions:
{dimensions}      {statistic}: {}
      Period: {}
      EvaluationPeriods: 1
      ComparisonOperator: {comparison}
      Threshold: {}
      TreatMissingData: {missing}
      AlarmActions: [!Ref AlarmTopic]
",
            self.id, self.description, self.namespace, self.metric, self.statistic, self.period, self.threshold
        )
    }
}

fn named(name: &str) -> String {
    format!("!Sub \"${{Prefix}}-{name}\"")
}

/// A schedule that is not invoked raises nothing by itself: it makes no error. Told after three of its periods, where
/// the catalog fixes the rate at five minutes or less after five, and where an operator may change it after what the
/// operator says.
fn silent(catalog: &Catalog<'_>) -> Vec<Alarm> {
    let schedules = catalog.functions().filter_map(|function| match function.trigger {
        Trigger::Schedule { parameter, .. } => Some((function, parameter)),
        Trigger::Http { .. } | Trigger::Queue(_) => None,
    });
    schedules
        .map(|(function, parameter)| Alarm {
            id: format!("{}Silent", function.logical_id()),
            description: format!(
                "{} was not invoked; its schedule is switched off, or may not invoke it.",
                function.name
            ),
            namespace: "AWS/Lambda",
            metric: "Invocations".to_owned(),
            dimensions: vec![("FunctionName", named(function.name))],
            statistic: "Sum",
            period: parameter.map_or_else(|| "300".to_owned(), |rate| format!("!Ref {}", silence_parameter(rate))),
            threshold: 1,
            too_little: true,
        })
        .collect()
}

/// The parameter that says after how many seconds a schedule is missed, where an operator may change its rate.
pub(crate) fn silence_parameter(rate: &str) -> String {
    format!("{}Silence", rate.trim_end_matches("Rate"))
}

/// Each new letter is told, and not for 14 days that there are some. What consumers set aside is counted as sent; what
/// SQS moves by itself shows in the depth alone.
fn new_dead_letter(spec: &tenon_catalog::QueueSpec) -> String {
    let stat = |id: &str, metric: &str, statistic: &str| {
        format!(
            "        - Id: {id}
          ReturnData: false
          MetricStat:
            Metric:
              Namespace: AWS/SQS
              MetricName: {metric}
              Dimensions:
                - {{ Name: QueueName, Value: {} }}
            Period: 60
            Stat: {statistic}\n",
            named(&spec.dead_letter())
        )
    };
    format!(
        "  {}NewAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: {}
      Metrics:
        - Id: new
          Label: {}
          Expression: MAX([FILL(sent, 0), DIFF(FILL(depth, REPEAT))])
          ReturnData: true
{}{}      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanThreshold
      Threshold: 0
      TreatMissingData: notBreaching
      AlarmActions: [!Ref AlarmTopic]\n",
        spec.dead_letter_logical_id(),
        spec.remedy,
        spec.dead_letter(),
        stat("sent", "NumberOfMessagesSent", "Sum"),
        stat("depth", "ApproximateNumberOfMessagesVisible", "Maximum")
    )
}

fn waiting(catalog: &Catalog<'_>) -> Vec<Alarm> {
    let alarm = |spec: tenon_catalog::QueueSpec| Alarm {
        id: format!("{}Age", spec.logical_id()),
        description: format!(
            "The oldest message of {} has waited for over {} minutes.",
            spec.name,
            spec.oldest_seconds / 60
        ),
        namespace: "AWS/SQS",
        metric: "ApproximateAgeOfOldestMessage".to_owned(),
        dimensions: vec![("QueueName", named(spec.name))],
        statistic: "Maximum",
        period: "300".to_owned(),
        threshold: spec.oldest_seconds,
        too_little: false,
    };
    catalog.queues().map(alarm).collect()
}

fn functions(catalog: &Catalog<'_>) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    for function in catalog.functions() {
        for (metric, description) in
            [("Errors", "failed."), ("Throttles", "was throttled; the account's concurrency is used up.")]
        {
            alarms.push(Alarm {
                id: format!("{}{metric}", function.logical_id()),
                description: format!("{} {description}", function.name),
                namespace: "AWS/Lambda",
                metric: metric.to_owned(),
                dimensions: vec![("FunctionName", named(function.name))],
                statistic: "Sum",
                period: "300".to_owned(),
                threshold: 0,
                too_little: false,
            });
        }
    }
    alarms
}

/// The milliseconds at which somebody is told, of those a caller waits: before it goes away.
pub(crate) const fn alarm_after_ms(caller_waits_ms: u32) -> u32 {
    caller_waits_ms / 3 * 2
}

fn http(catalog: &Catalog<'_>) -> Vec<Alarm> {
    let api = || ("ApiId", "!Ref ApiId".to_owned());
    let mut alarms = vec![Alarm {
        id: "ApiServerErrors".to_owned(),
        description: "The HTTP API answered 5xx.".to_owned(),
        namespace: "AWS/ApiGateway",
        metric: "5xx".to_owned(),
        dimensions: vec![api()],
        statistic: "Sum",
        period: "300".to_owned(),
        threshold: 0,
        too_little: false,
    }];
    for function in catalog.functions() {
        let Some(waits) = function.caller_waits_ms else { continue };
        for (number, route) in function.routes().iter().enumerate() {
            let number = if number == 0 { String::new() } else { (number + 1).to_string() };
            alarms.push(Alarm {
                id: format!("{}Latency{number}", function.logical_id()),
                description: format!(
                    "The caller of {} goes away after {waits} ms; p99 is above {} ms.",
                    function.name,
                    alarm_after_ms(waits)
                ),
                namespace: "AWS/ApiGateway",
                metric: "Latency".to_owned(),
                dimensions: vec![
                    api(),
                    ("Stage", "$default".to_owned()),
                    ("Method", route.method.to_owned()),
                    ("Resource", format!("\"{}\"", route.path)),
                ],
                statistic: "p99",
                period: "300".to_owned(),
                threshold: alarm_after_ms(waits),
                too_little: false,
            });
        }
    }
    alarms
}

fn counted(catalog: &Catalog<'_>) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    for metric in catalog.metrics {
        for (value, description) in metric.values {
            // A metric with one value is named by itself.
            let of_value = if metric.values.len() == 1 { String::new() } else { camel(value) };
            alarms.push(Alarm {
                id: format!("{}{of_value}", metric.name),
                description: (*description).to_owned(),
                namespace: "Tenon",
                metric: metric.name.to_owned(),
                dimensions: vec![(metric.dimension, format!("\"{value}\""))],
                statistic: "Sum",
                period: metric.over_seconds().to_string(),
                threshold: metric.usual(),
                too_little: false,
            });
        }
    }
    alarms
}
