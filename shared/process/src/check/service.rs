//! Service tasks: where they are sent, what, and how often they are tried.

use super::finding::Findings;
use super::nodes::{Checking, names};
use crate::bpmn::{Element, Kind, Settings};
use crate::definition::{RetryConfig, Service, Source};
use crate::expression::Expression;
use serde_json::{Map, Value};
use tenon_model::json;

/// Times a service is tried again, at most.
const TIMES: i64 = 100;
/// Seconds before it is tried again, at most.
const SECONDS: i64 = 86_400;
/// Longest address, in bytes.
const URL: usize = 2_048;

/// Whether a node sends copies to people and calls nobody.
pub(super) fn is_copy(element: &Element) -> bool {
    let word = element.settings.first(&["type", "taskType", "nodeType"]).unwrap_or_default();
    element.kind == Kind::ServiceTask && matches!(word, "cc" | "copy" | "notify" | "抄送" | "知悉")
}

/// The variable that takes what a service answers.
pub(super) fn result(settings: &Settings) -> Option<String> {
    settings.first(&["resultVariable", "resultVariableName"]).map(str::to_owned)
}

/// Reads a service task.
pub(super) fn read(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Option<Service> {
    let settings = &element.settings;
    let place = checking.graph.at(at);
    let Some(url) = settings.first(&["serviceUrl", "url", "requestUrl"]) else {
        found.blocking(
            "service-no-implementation",
            place,
            format!("服务任务{}没有serviceUrl", element.id),
            format!("the service task {} has no serviceUrl; scripts, classes and delegates are not run", element.id),
        );
        return None;
    };
    if !is_allowed(url, checking.options.may_call) {
        found.blocking(
            "service-url",
            place,
            format!("服务地址{url}不是https地址，或不在允许范围内"),
            format!("the address {url} is not of https, or not one that may be called"),
        );
    }
    let method = settings.first(&["httpMethod", "method", "requestMethod"]).unwrap_or("POST").to_ascii_uppercase();
    if !matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "GET") {
        let (zh, en) = (
            format!("不支持的httpMethod：{method}"),
            format!("the method {method} is not one of POST, PUT, PATCH, GET"),
        );
        found.blocking("service-method", place, zh, en);
    }
    if checking.graph.attached(at).count() > 1 {
        let (zh, en) = ("一个服务任务只支持一个边界事件", "a service task has one boundary event at most");
        found.blocking("boundary-unsupported", place, zh, en);
    }
    Some(Service {
        url: url.to_owned(),
        method,
        mapping: mapping(checking, element, at, found),
        retry: retry(checking, element, at, found),
        result: result(settings),
        failed: checking.graph.attached(at).next(),
    })
}

fn is_allowed(url: &str, may_call: &dyn Fn(&str) -> bool) -> bool {
    if url.len() > URL || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return false;
    }
    // `//host` would be another host's.
    (url.starts_with('/') && !url.starts_with("//") && !url.contains('\\')) || may_call(url)
}

fn object(text: &str) -> Option<Map<String, Value>> {
    match json::from_str(text) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

fn mapping(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Vec<(String, Source)> {
    let Some(text) = element.settings.get("requestMapping") else { return Vec::new() };
    let Some(members) = object(text) else {
        let (zh, en) = ("requestMapping应为JSON对象", "requestMapping is an object of JSON");
        found.blocking("service-mapping", checking.graph.at(at), zh, en);
        return Vec::new();
    };
    let mut all = Vec::new();
    for (name, value) in members {
        let source = match value {
            Value::String(text) => match Expression::parse(&text) {
                Ok(expression) => {
                    names(checking, at, &expression, found);
                    Source::Computed(expression)
                }
                Err(wrong) => {
                    found.blocking(
                        "service-mapping",
                        checking.graph.at(at),
                        format!("requestMapping的{name}有误：{}", wrong.zh),
                        format!("{name} of requestMapping: {}", wrong.en),
                    );
                    continue;
                }
            },
            other => Source::Constant(other),
        };
        all.push((name, source));
    }
    all
}

fn retry(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> RetryConfig {
    let usual = RetryConfig::default();
    let Some(text) = element.settings.get("retryConfig") else { return usual };
    let Some(members) = object(text) else {
        let (zh, en) = ("retryConfig应为JSON对象", "retryConfig is an object of JSON");
        found.blocking("service-retry", checking.graph.at(at), zh, en);
        return usual;
    };
    let mut number = |names: &[&str], most: i64, usual: u32| {
        let Some((name, value)) = names.iter().find_map(|name| Some((name, members.get(*name)?))) else { return usual };
        let read = match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        match read.filter(|number| (0..=most).contains(number)).and_then(|number| u32::try_from(number).ok()) {
            Some(number) => number,
            None => {
                found.blocking(
                    "service-retry",
                    checking.graph.at(at),
                    format!("retryConfig的{name}应为0到{most}的整数"),
                    format!("{name} of retryConfig is a whole number from 0 to {most}"),
                );
                usual
            }
        }
    };
    let times = number(&["maxRetries", "retryTimes", "times", "maxAttempts"], TIMES, usual.times);
    let seconds = number(&["intervalSeconds", "retryInterval", "interval", "delaySeconds"], SECONDS, usual.seconds);
    RetryConfig { times, seconds }
}
