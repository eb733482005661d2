//! One function, one policy, and nothing in it that its entry does not ask for.

use tenon_catalog::{Area, Function, QueueSpec};

/// The policy of a function, as a property of its block.
pub fn block(function: &Function, area: &Area) -> String {
    let mut text = "      Policies:\n        - Version: \"2012-10-17\"\n          Statement:\n".to_owned();
    text.push_str(&table(function));
    if let Some(own) = function.queue() {
        let actions = "[sqs:ChangeMessageVisibility, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage]";
        text.push_str(&statement("Consume", actions, &format!("[!GetAtt {}.Arn]", own.logical_id())));
    }
    let targets: Vec<String> = function.sends_to().iter().map(|queue| queue_arn(queue, area)).collect();
    if !targets.is_empty() {
        text.push_str(&statement("Send", "sqs:SendMessage", &format!("[{}]", targets.join(", "))));
    }
    if function.sees_dead_letters() {
        let of = |name: fn(&QueueSpec) -> String| {
            let arns: Vec<String> = tenon_catalog::QUEUES.iter().map(|spec| queue_arn(&name(spec), area)).collect();
            format!("[{}]", arns.join(", "))
        };
        let actions = "[sqs:ChangeMessageVisibility, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage]";
        text.push_str(&statement("DeadLetters", actions, &of(QueueSpec::dead_letter)));
        text.push_str(&statement("Look", "sqs:GetQueueAttributes", &of(|spec| spec.name.to_owned())));
    }
    let actions = if function.is_plain() {
        // Only what unsealing its environment takes.
        "kms:Decrypt"
    } else {
        "[kms:Decrypt, kms:GenerateDataKey]"
    };
    text.push_str(&statement("Key", actions, "!Ref KeyArn"));
    text
}

/// What it may do with the table, each for the records its entry names and no others. Of a batch or transaction every
/// key is held against the patterns; a request that names no key is not allowed.
fn table(function: &Function) -> String {
    let access = &function.table;
    let query: &[&str] = &["Query"];
    let listed = access.listed().into_iter().map(str::to_owned).collect();
    [
        ("Read", access.reads, "!Ref TableArn", function.readable()),
        ("List", query, "!Sub \"${TableArn}/index/*\"", listed),
        ("Write", access.writes, "!Ref TableArn", function.writable()),
    ]
    .into_iter()
    .filter(|(_, actions, _, patterns)| !access.is_none() && !actions.is_empty() && !patterns.is_empty())
    .map(|(sid, actions, resource, patterns)| {
        let actions: Vec<String> = actions.iter().map(|action| format!("dynamodb:{action}")).collect();
        let patterns: Vec<String> = patterns.iter().map(|pattern| format!("\"{pattern}\"")).collect();
        format!(
            "{}              Condition:
                ForAllValues:StringLike: {{ \"dynamodb:LeadingKeys\": [{}] }}
                \"Null\": {{ \"dynamodb:LeadingKeys\": \"false\" }}\n",
            statement(sid, &format!("[{}]", actions.join(", ")), resource),
            patterns.join(", ")
        )
    })
    .collect()
}

fn statement(sid: &str, actions: &str, resources: &str) -> String {
    format!(
        "            - Sid: {sid}\n              Effect: Allow\n              Action: {actions}\n              \
         Resource: {resources}\n"
    )
}

/// Logical id of a queue or dead-letter queue, if it is in this area.
fn own(queue: &str, area: &Area) -> Option<String> {
    area.functions.iter().filter_map(Function::queue).find_map(|spec: QueueSpec| match queue {
        name if name == spec.name => Some(spec.logical_id()),
        name if name == spec.dead_letter() => Some(spec.dead_letter_logical_id()),
        _ => None,
    })
}

/// ARN of a queue: of one in another area by its name, so that no stack waits for another.
fn queue_arn(queue: &str, area: &Area) -> String {
    own(queue, area).map_or_else(
        || format!("!Sub \"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:${{Prefix}}-{queue}\""),
        |id| format!("!GetAtt {id}.Arn"),
    )
}

/// URL of a queue: likewise.
pub fn queue_url(queue: &str, area: &Area) -> String {
    own(queue, area).map_or_else(
        || format!("!Sub https://sqs.${{AWS::Region}}.${{AWS::URLSuffix}}/${{AWS::AccountId}}/${{Prefix}}-{queue}"),
        |id| format!("!Ref {id}"),
    )
}
