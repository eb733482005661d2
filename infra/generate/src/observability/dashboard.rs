//! The dashboard: rows of two widgets.

use super::alarm_after_ms;
use crate::Catalog;
use tenon_catalog::Function;

/// Series a widget shows at most and can still be read.
const MAX_SERIES: usize = 30;

struct Widget {
    title: String,
    metrics: Vec<String>,
    statistic: &'static str,
    line: Option<u32>,
}

/// The dashboard's resource.
pub fn block(catalog: &Catalog<'_>) -> String {
    let mut widgets = http(catalog);
    widgets.extend(queues(catalog));
    widgets.extend(functions(catalog));
    widgets.extend(table());
    widgets.extend(counted(catalog));
    let rows: Vec<String> = widgets.iter().enumerate().map(|(place, widget)| widget.json(place)).collect();
    format!(
        "  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: !Ref Prefix
      DashboardBody: !Sub |-
        {{\"widgets\":[
        {}
        ]}}
",
        rows.join(",\n        ")
    )
}

impl Widget {
    fn new(title: &str, statistic: &'static str, metrics: Vec<String>) -> Self {
        Self { title: title.to_owned(), metrics, statistic, line: None }
    }

    fn json(&self, place: usize) -> String {
        let (x, y) = (place % 2 * 12, place / 2 * 6);
        let line = self.line.map_or_else(String::new, |ms| {
            format!(",\"annotations\":{{\"horizontal\":[{{\"label\":\"alarm\",\"value\":{ms}}}]}}")
        });
        format!(
            "{{\"type\":\"metric\",\"x\":{x},\"y\":{y},\"width\":12,\"height\":6,\"properties\":{{\"title\":\"{}\",\
             \"region\":\"${{AWS::Region}}\",\"metrics\":[{}],\"stat\":\"{}\",\"period\":300,\
             \"view\":\"timeSeries\"{line}}}}}",
            self.title,
            self.metrics.join(","),
            self.statistic
        )
    }
}

fn http(catalog: &Catalog<'_>) -> Vec<Widget> {
    let mut widgets = Vec::new();
    for function in catalog.functions() {
        let Some(waits) = function.caller_waits_ms else { continue };
        let series = function.routes().iter().flat_map(|route| {
            ["p50", "p99", "Maximum"].map(|statistic| {
                format!(
                    "[\"AWS/ApiGateway\",\"Latency\",\"ApiId\",\"${{ApiId}}\",\"Stage\",\"$default\",\"Method\",\"{}\",\
                     \"Resource\",\"{}\",{{\"stat\":\"{statistic}\",\"label\":\"{statistic}\"}}]",
                    route.method, route.path
                )
            })
        });
        let title = format!("{}: latency, ms; its caller waits {waits}", function.name);
        widgets.push(Widget { line: Some(alarm_after_ms(waits)), ..Widget::new(&title, "Sum", series.collect()) });
    }
    let counts =
        ["Count", "4xx", "5xx"].map(|metric| format!("[\"AWS/ApiGateway\",\"{metric}\",\"ApiId\",\"${{ApiId}}\"]"));
    widgets.push(Widget::new("HTTP API: requests and errors", "Sum", counts.to_vec()));
    widgets
}

/// One series of a function or queue.
fn series(namespace: &str, metric: &str, dimension: &str, name: &str) -> String {
    format!("[\"{namespace}\",\"{metric}\",\"{dimension}\",\"${{Prefix}}-{name}\",{{\"label\":\"{name}\"}}]")
}

/// As many widgets as it takes for every series to be told from the others.
fn split(title: &str, statistic: &'static str, all: &[String]) -> Vec<Widget> {
    let parts = all.chunks(MAX_SERIES).count();
    let numbered = |(number, part): (usize, &[String])| {
        let title = if parts > 1 { format!("{title} ({} of {parts})", number + 1) } else { title.to_owned() };
        Widget::new(&title, statistic, part.to_vec())
    };
    all.chunks(MAX_SERIES).enumerate().map(numbered).collect()
}

fn queues(catalog: &Catalog<'_>) -> Vec<Widget> {
    let (visible, age) = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage");
    let of = |metric: &str, names: Vec<String>| -> Vec<String> {
        names.iter().map(|name| series("AWS/SQS", metric, "QueueName", name)).collect()
    };
    let own: Vec<String> = catalog.queues().map(|spec| spec.name.to_owned()).collect();
    let dead: Vec<String> = catalog.queues().map(|spec| spec.dead_letter()).collect();
    let mut widgets = split("Waiting messages", "Maximum", &of(visible, own.clone()));
    widgets.extend(split("Dead letters", "Maximum", &of(visible, dead)));
    widgets.extend(split("Oldest message, s", "Maximum", &of(age, own)));
    widgets
}

fn functions(catalog: &Catalog<'_>) -> Vec<Widget> {
    let of = |metric: &'static str| -> Vec<String> {
        let one = |function: &Function| series("AWS/Lambda", metric, "FunctionName", function.name);
        catalog.functions().map(one).collect()
    };
    let mut widgets = split("Function errors", "Sum", &of("Errors"));
    widgets.extend(split("Function throttles", "Sum", &of("Throttles")));
    widgets.extend(split("Function duration p99, ms", "p99", &of("Duration")));
    widgets
}

fn table() -> Vec<Widget> {
    let of = |metrics: [&str; 2]| {
        metrics.map(|metric| format!("[\"AWS/DynamoDB\",\"{metric}\",\"TableName\",\"${{TableName}}\"]")).to_vec()
    };
    vec![
        Widget::new("Table: consumed units", "Sum", of(["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"])),
        Widget::new("Table: throttled requests", "Sum", of(["ReadThrottleEvents", "WriteThrottleEvents"])),
    ]
}

/// One widget for each title that the metrics name.
fn counted(catalog: &Catalog<'_>) -> Vec<Widget> {
    let mut widgets: Vec<Widget> = Vec::new();
    for metric in catalog.metrics {
        let series = metric.values.iter().map(|(value, _)| {
            format!(
                "[\"Tenon\",\"{0}\",\"{1}\",\"{value}\",{{\"label\":\"{0} {value}\"}}]",
                metric.name, metric.dimension
            )
        });
        match widgets.iter_mut().find(|widget| widget.title == metric.widget) {
            Some(widget) => widget.metrics.extend(series),
            None => widgets.push(Widget::new(metric.widget, "Sum", series.collect())),
        }
    }
    widgets
}
