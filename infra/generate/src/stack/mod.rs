//! The templates: one stack an area, and what the main stack says about them.

mod function;
mod http;
mod main_stack;
mod policy;
mod queue;

pub(crate) use main_stack::parts;

use crate::{Catalog, File, mark};
use tenon_catalog::{Area, Calls, Function, Trigger};

/// Where an area's template is.
pub fn path(area: &str) -> String {
    format!("infra/stacks/{area}.yaml")
}

/// The template of every area.
pub fn areas(catalog: &Catalog<'_>) -> Vec<File> {
    catalog.areas.iter().map(|area| File::new(path(area.name), template(area))).collect()
}

fn template(area: &Area) -> String {
    let source = format!("functions/catalog/src/areas/{}.rs", area.name.replace('-', "_"));
    let mut text = format!("# {}\nAWSTemplateFormatVersion: \"2010-09-09\"\n", mark(&source));
    text.push_str("Transform: AWS::Serverless-2016-10-31\n");
    text.push_str(&format!("Description: \"Tenon, area {} - {}.\"\n\nParameters:\n", area.name, area.does));
    for parameter in parameters(area) {
        text.push_str(&declaration(&parameter, area));
    }
    text.push_str("\nConditions:\n  Gradual: !Equals [!Ref GradualDeployment, \"true\"]\n");
    if area.functions.iter().any(Function::is_callback) {
        text.push_str("  KeepForCallbacks: !Not [!Equals [!Ref CallbackConcurrency, 0]]\n");
    }
    if area.functions.iter().any(|function| function.calls != Calls::Nobody) {
        text.push_str("  InVpc: !Not [!Equals [!Join [\"\", !Ref SubnetIds], \"\"]]\n");
    }
    text.push_str(GLOBALS);
    text.push_str("\nResources:\n");
    let blocks: Vec<String> = area.functions.iter().map(|function| blocks(function, area)).collect();
    text.push_str(&blocks.join("\n"));
    if area.functions.iter().any(|function| function.queue().is_some()) {
        text.push_str("\nOutputs:\n");
        for spec in area.functions.iter().filter_map(Function::queue) {
            text.push_str(&queue::outputs(&spec));
        }
    }
    text
}

/// Everything one function is made of.
fn blocks(function: &Function, area: &Area) -> String {
    let mut blocks =
        vec![function::block(function, area), function::version_alarm(function), function::log_group(function)];
    match function.trigger {
        Trigger::Http { .. } => blocks.extend(http::blocks(function)),
        Trigger::Queue(_) => blocks.extend(queue::blocks(function)),
        Trigger::Schedule { .. } => {}
    }
    format!(
        "  # ---------------------------------------------------------------- {}\n\n{}",
        function.name,
        blocks.join("\n")
    )
}

const GLOBALS: &str = r#"
Globals:
  Function:
    CodeUri: ../..
    Runtime: provided.al2023
    Handler: bootstrap
    Architectures: [arm64]
    Tracing: !Ref Tracing
    # Environment variables hold the master key, so they are sealed under the stack's own key.
    KmsKeyArn: !Ref KeyArn
    Environment:
      Variables:
        RUST_LOG: !Ref LogFilter
"#;

/// The parameters an area's stack takes, in the order they are declared.
pub fn parameters(area: &Area) -> Vec<String> {
    let any = |wanted: fn(&Function) -> bool| area.functions.iter().any(wanted);
    let mut names =
        vec!["Prefix", "KeyArn", "LogRetentionDays", "LogFilter", "Tracing", "GradualDeployment", "DeploymentSteps"];
    if any(Function::is_callback) {
        names.push("CallbackConcurrency");
    }
    if any(|f| matches!(f.trigger, Trigger::Http { .. })) {
        names.push("ApiId");
    }
    if any(|f| !f.is_plain()) {
        names.extend(["TableName", "TableArn", "MasterKeyArn"]);
    }
    if any(Function::serves_tenants) {
        names.push("Limits");
    }
    if any(|f| f.calls == Calls::Tenants) {
        names.extend(["OutgoingAllowHttp", "OutgoingAllowNetworks"]);
    }
    if any(|f| f.calls != Calls::Nobody) {
        names.extend(["SubnetIds", "SecurityGroupId"]);
    }
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.extend(area.functions.iter().filter_map(rate_parameter).map(str::to_owned));
    names
}

/// The parameter that sets a schedule, if an operator may change it.
pub fn rate_parameter(function: &Function) -> Option<&'static str> {
    match function.trigger {
        Trigger::Schedule { parameter, .. } => parameter,
        Trigger::Http { .. } | Trigger::Queue(_) => None,
    }
}

fn declaration(parameter: &str, area: &Area) -> String {
    let (kind, description) = match parameter {
        "Prefix" => ("String", "Name of the main stack, with which every name begins."),
        "KeyArn" => ("String", "Key that seals queues, logs and environments."),
        "LogRetentionDays" => ("Number", "Days for which logs are kept."),
        "LogFilter" => ("String", "RUST_LOG of every function."),
        "Tracing" => ("String", "Active sends X-Ray traces."),
        "GradualDeployment" => ("String", "Whether calls are moved to a new version step by step."),
        "DeploymentSteps" => ("String", "How calls are moved."),
        "CallbackConcurrency" => ("Number", "Executions kept for each function that answers callbacks; 0 for none."),
        "ApiId" => ("String", "Id of the HTTP API."),
        "TableName" => ("String", "Name of the table."),
        "TableArn" => ("String", "ARN of the table."),
        "MasterKeyArn" => ("String", "Secret that holds the master key."),
        "Limits" => ("String", "How often tenants may have something done."),
        "OutgoingAllowHttp" => ("String", "Whether tenants may give addresses with http."),
        "OutgoingAllowNetworks" => {
            ("String", "Networks that tenants' addresses may lie in although they are not public.")
        }
        "SubnetIds" => ("CommaDelimitedList", "Subnets of the functions that call out; empty for none."),
        "SecurityGroupId" => ("String", "Security group of the functions that call out; empty for none."),
        _ => ("String", "How often it runs."),
    };
    let default = area.functions.iter().find(|f| rate_parameter(f) == Some(parameter)).and_then(rate);
    let default = default.map(|rate| format!(", Default: {rate}")).unwrap_or_default();
    format!("  {parameter}: {{ Type: {kind}{default}, Description: \"{description}\" }}\n")
}

fn rate(function: &Function) -> Option<&'static str> {
    match function.trigger {
        Trigger::Schedule { rate, .. } => Some(rate),
        Trigger::Http { .. } | Trigger::Queue(_) => None,
    }
}
