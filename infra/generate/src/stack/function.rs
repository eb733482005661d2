//! One function: its block and its log group.

use super::policy;
use crate::binaries::deployed;
use tenon_catalog::{Area, Calls, Function, Trigger, url_variable};

/// The block of a function.
pub fn block(function: &Function, area: &Area) -> String {
    let (id, name, binary) = (function.logical_id(), function.name, deployed(function, area));
    let mut text = format!(
        "  {id}:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: rust-cargolambda
      BuildProperties: {{ Binary: {binary} }}
    Properties:
      FunctionName: !Sub ${{Prefix}}-{name}
      Timeout: {}
      MemorySize: {}
      LoggingConfig: {{ LogGroup: !Ref {id}Logs }}
      AutoPublishAlias: live
      AutoPublishAliasAllProperties: true
      DeploymentPreference:
        Enabled: !Ref GradualDeployment
        Type: !Ref DeploymentSteps
        Alarms: !If [Gradual, [!Ref {id}VersionAlarm], [!Ref AWS::NoValue]]
",
        function.timeout_seconds, function.memory_mb
    );
    if function.is_callback() {
        text.push_str(
            "      ReservedConcurrentExecutions: !If [KeepForCallbacks, !Ref CallbackConcurrency, !Ref AWS::NoValue]\n",
        );
    }
    if matches!(function.trigger, Trigger::Schedule { .. }) {
        // A tick that fails is not repeated: the next one finds the same work.
        text.push_str("      EventInvokeConfig: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }\n");
    }
    if function.calls != Calls::Nobody {
        text.push_str(VPC);
    }
    text.push_str(&environment(function, area));
    text.push_str(&policy::block(function, area));
    if let Trigger::Schedule { rate, parameter } = function.trigger {
        let expression = parameter.map_or_else(|| rate.to_owned(), |parameter| format!("!Ref {parameter}"));
        text.push_str(&format!(
            "      Events:
        Tick:
          Type: ScheduleV2
          Properties:
            Name: !Sub ${{Prefix}}-{name}
            ScheduleExpression: {expression}
            RetryPolicy: {{ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }}
"
        ));
    }
    text
}

const VPC: &str = "      VpcConfig: !If
        - InVpc
        - { SubnetIds: !Ref SubnetIds, SecurityGroupIds: [!Ref SecurityGroupId] }
        - !Ref AWS::NoValue
";

/// The variables beside the log filter, which every function has.
fn environment(function: &Function, area: &Area) -> String {
    let urls: Vec<String> = function
        .sends_to()
        .iter()
        .map(|queue| format!("          {}: {}\n", url_variable(queue), policy::queue_url(queue, area)))
        .collect();
    let mut lines = Vec::new();
    for name in function.env() {
        let value = match name.as_str() {
            "TENON_MASTER_KEY" => "!Sub \"{{resolve:secretsmanager:${MasterKeyArn}:SecretString}}\"",
            "TENON_TABLE" => "!Ref TableName",
            "TENON_LIMITS" => "!Ref Limits",
            "TENON_OUTGOING_ALLOW_HTTP" => "!Ref OutgoingAllowHttp",
            "TENON_OUTGOING_ALLOW_NETWORKS" => "!Ref OutgoingAllowNetworks",
            _ => continue,
        };
        lines.push(format!("          {name}: {value}\n"));
    }
    lines.extend(urls);
    if deployed(function, area) != function.name {
        // Which of its binary's functions it is.
        lines.push(format!("          TENON_FUNCTION: {}\n", function.name));
    }
    lines.sort();
    if lines.is_empty() {
        return String::new();
    }
    format!("      Environment:\n        Variables:\n{}", lines.concat())
}

/// What takes a new version back while calls are moved to it.
pub fn version_alarm(function: &Function) -> String {
    let (id, name) = (function.logical_id(), function.name);
    format!(
        "  {id}VersionAlarm:
    Type: AWS::CloudWatch::Alarm
    Condition: Gradual
    Properties:
      AlarmDescription: {name} fails while calls are moved to its new version; they are moved back.
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions:
        - {{ Name: FunctionName, Value: !Ref {id} }}
        - {{ Name: Resource, Value: !Sub \"${{Prefix}}-{name}:live\" }}
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanThreshold
      Threshold: 0
      TreatMissingData: notBreaching
"
    )
}

/// Its log group, which forgets.
pub fn log_group(function: &Function) -> String {
    format!(
        "  {}Logs:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      LogGroupName: !Sub /tenon/${{Prefix}}/{}
      RetentionInDays: !Ref LogRetentionDays
      KmsKeyId: !Ref KeyArn
",
        function.logical_id(),
        function.name
    )
}
