//! A consumer's queue, its dead-letter queue, and what ties them to the function.

use tenon_catalog::{Function, QueueSpec};

/// Everything a consumer has beside its block.
pub fn blocks(function: &Function) -> Vec<String> {
    let Some(spec) = function.queue() else { return Vec::new() };
    vec![
        mapping(function, &spec),
        queue(&spec),
        dead_letters(&spec),
        tls_only(&spec.logical_id()),
        tls_only(&spec.dead_letter_logical_id()),
    ]
}

/// It stands beside its function rather than inside it: as an event of the function SAM would attach a managed
/// policy that lets it read every queue of the account.
fn mapping(function: &Function, spec: &QueueSpec) -> String {
    let id = function.logical_id();
    let window = match spec.window_seconds {
        0 => String::new(),
        seconds => format!(
            "      # Lambda asks for a window where a batch may have more than 10 messages.\n      \
             MaximumBatchingWindowInSeconds: {seconds}\n"
        ),
    };
    format!(
        "  {id}Source:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref {id}.Alias
      EventSourceArn: !GetAtt {}.Arn
      BatchSize: {}
{window}      FunctionResponseTypes: [ReportBatchItemFailures]
      ScalingConfig: {{ MaximumConcurrency: {} }}
",
        spec.logical_id(),
        spec.batch_size,
        spec.max_concurrency
    )
}

fn queue(spec: &QueueSpec) -> String {
    format!(
        "  {}:
    Type: AWS::SQS::Queue
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      QueueName: !Sub ${{Prefix}}-{}
      VisibilityTimeout: {}
      MessageRetentionPeriod: 1209600
      KmsMasterKeyId: !Ref KeyArn
      RedrivePolicy: {{ deadLetterTargetArn: !GetAtt {}.Arn, maxReceiveCount: {} }}
",
        spec.logical_id(),
        spec.name,
        spec.visibility_seconds,
        spec.dead_letter_logical_id(),
        spec.max_receive_count
    )
}

/// It names its only source by the ARN the source will have: by !GetAtt the two would wait for each other.
fn dead_letters(spec: &QueueSpec) -> String {
    format!(
        "  {}:
    Type: AWS::SQS::Queue
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      QueueName: !Sub ${{Prefix}}-{}
      MessageRetentionPeriod: 1209600
      KmsMasterKeyId: !Ref KeyArn
      RedriveAllowPolicy:
        redrivePermission: byQueue
        sourceQueueArns: [!Sub \"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:${{Prefix}}-{}\"]
",
        spec.dead_letter_logical_id(),
        spec.dead_letter(),
        spec.name
    )
}

/// A statement of a queue's policy may name that queue only, hence one policy each.
fn tls_only(id: &str) -> String {
    format!(
        "  {id}Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref {id}]
      PolicyDocument:
        Version: \"2012-10-17\"
        Statement:
          - Sid: TlsOnly
            Effect: Deny
            Principal: \"*\"
            Action: sqs:*
            Resource: !GetAtt {id}.Arn
            Condition: {{ Bool: {{ \"aws:SecureTransport\": \"false\" }} }}
"
    )
}

/// The URLs, which whoever runs `tenon --deployed` needs.
pub fn outputs(spec: &QueueSpec) -> String {
    [spec.logical_id(), spec.dead_letter_logical_id()]
        .iter()
        .map(|id| format!("  {id}Url: {{ Value: !Ref {id} }}\n"))
        .collect()
}
