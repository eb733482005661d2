//! The suite on an independent stand-in for AWS, so that no mistake of the embedded engines is
//! taken for AWS's behaviour. `TENON_TEST_AWS_ENDPOINT` names it, for example
//! `http://127.0.0.1:4566`; every test makes a table or queues of its own there.

use crate::suite::queue::{Fixture, MAX_RECEIVES};
use aws_sdk_sqs::types::QueueAttributeName;
use std::collections::HashMap;
use std::sync::Arc;
use tenon_engine::create_table;
use tenon_platform::sqs::SqsQueue;
use tenon_platform::table::Table;
use tenon_platform::{Clock, Entropy};

const ENDPOINT: &str = "TENON_TEST_AWS_ENDPOINT";

fn endpoint() -> Option<String> {
    let endpoint = std::env::var(ENDPOINT).ok().filter(|e| !e.is_empty());
    if endpoint.is_none() {
        println!("skipped: {ENDPOINT} names no stand-in for AWS");
    }
    endpoint
}

fn unique(prefix: &str) -> String {
    Entropy::system().id(prefix, Clock::system().now_ms()).unwrap()
}

async fn a_table() -> Option<Table> {
    let client = crate::over_http::dynamodb(&endpoint()?);
    let name = unique("suite-");
    create_table(&client, &name).await.unwrap();
    Some(Table::new(client, name))
}

async fn a_queue() -> Option<Fixture> {
    let client = crate::over_http::sqs(&endpoint()?);
    let name = unique("suite-");
    let dead_letters = client.create_queue().queue_name(format!("{name}-dlq")).send().await.unwrap().queue_url.unwrap();
    let arn = client.get_queue_attributes().queue_url(&dead_letters).attribute_names(QueueAttributeName::QueueArn);
    let arn = arn.send().await.unwrap().attributes.unwrap().remove(&QueueAttributeName::QueueArn).unwrap();
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"{MAX_RECEIVES}"}}"#);
    let attributes = HashMap::from([(QueueAttributeName::RedrivePolicy, policy)]);
    let queue = client.create_queue().queue_name(&name).set_attributes(Some(attributes)).send().await.unwrap();
    let queue = queue.queue_url.unwrap();
    let settings =
        crate::over_http::settings(|q| if q.as_str().ends_with("-dlq") { dead_letters.clone() } else { queue.clone() });
    Some(Fixture { queue: Arc::new(SqsQueue::new(client, settings)), clock: None })
}

crate::table_suite!(a_table());
crate::queue_suite!(a_queue());
