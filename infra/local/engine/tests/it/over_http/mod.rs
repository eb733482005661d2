//! Clients of engines behind a URL.

use crate::suite::queue::QUEUE;
use aws_credential_types::Credentials;
use std::collections::BTreeMap;
use tenon_crypto::secrets::MasterKey;
use tenon_platform::queue::QueueName;
use tenon_platform::settings::Settings;

const REGION: &str = "us-east-1";

/// The id of the access key, which is what the listeners of this machine ask for.
pub const ACCESS_KEY: &str = "0123456789abcdef0123456789abcdef";

fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, "test", None, None, "test")
}

pub fn dynamodb(endpoint: &str) -> aws_sdk_dynamodb::Client {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new(REGION));
    aws_sdk_dynamodb::Client::from_conf(config.credentials_provider(credentials()).endpoint_url(endpoint).build())
}

pub fn sqs(endpoint: &str) -> aws_sdk_sqs::Client {
    use aws_sdk_sqs::config::{BehaviorVersion, Config, Region};
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new(REGION));
    aws_sdk_sqs::Client::from_conf(config.credentials_provider(credentials()).endpoint_url(endpoint).build())
}

/// Settings that know the suite's queue and its dead letters by these URLs.
pub fn settings(url: impl Fn(&QueueName) -> String) -> Settings {
    let queue = QueueName::new(QUEUE);
    let queues = [queue.dead_letters(), queue].map(|q| (q.as_str().to_owned(), url(&q)));
    Settings {
        table: "unused".to_owned(),
        queues: BTreeMap::from(queues),
        master_key: MasterKey::from_bytes([0; 32]),
        region: REGION.to_owned(),
        dynamodb_endpoint: None,
        sqs_endpoint: None,
    }
}
