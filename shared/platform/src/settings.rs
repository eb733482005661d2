//! Settings every function reads from its environment at start.

use crate::error::{Error, Result};
use crate::queue::QueueName;
use std::collections::BTreeMap;
use tenon_crypto::secrets::MasterKey;

/// The environment of a deployed function.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `TENON_TABLE`: name of the table.
    pub table: String,
    /// `TENON_QUEUE_<NAME>`: queue URLs, by queue name.
    pub queues: BTreeMap<String, String>,
    /// `TENON_MASTER_KEY`: opens sealed secrets.
    pub master_key: MasterKey,
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`.
    pub dynamodb_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SQS`, else `AWS_ENDPOINT_URL`.
    pub sqs_endpoint: Option<String>,
}

impl Settings {
    /// Reads the process environment; names every variable that is missing or unusable.
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(&|name| std::env::var(name).ok().filter(|v| !v.is_empty()), std::env::vars())
    }

    /// Reads from any source of variables.
    pub fn from_lookup(
        get: &dyn Fn(&str) -> Option<String>,
        all: impl Iterator<Item = (String, String)>,
    ) -> Result<Self> {
        let need = |name: &str| {
            get(name).ok_or_else(|| {
                Error::permanent("platform.settings", format!("the environment variable {name} is not set"))
            })
        };
        let mut queues: BTreeMap<String, String> = all
            .filter_map(|(name, url)| Some((name.strip_prefix("TENON_QUEUE_")?.to_lowercase().replace('_', "-"), url)))
            .filter(|(_, url)| !url.is_empty())
            .collect();
        // A queue's dead letters are called as it is: naming all of them too would be more than an environment holds.
        let dead: Vec<(String, String)> = queues
            .iter()
            .filter(|(name, _)| !name.ends_with("-dlq"))
            .map(|(name, url)| (format!("{name}-dlq"), format!("{url}-dlq")))
            .collect();
        for (name, url) in dead {
            queues.entry(name).or_insert(url);
        }
        Ok(Self {
            table: need("TENON_TABLE")?,
            queues,
            master_key: master_key(&need("TENON_MASTER_KEY")?, "TENON_MASTER_KEY")?,
            region: get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION")).unwrap_or_else(|| "us-east-1".to_owned()),
            dynamodb_endpoint: get("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| get("AWS_ENDPOINT_URL")),
            sqs_endpoint: get("AWS_ENDPOINT_URL_SQS").or_else(|| get("AWS_ENDPOINT_URL")),
        })
    }

    /// The URL of a queue this function may send to.
    pub fn queue_url(&self, queue: &QueueName) -> Result<&str> {
        self.queues.get(queue.as_str()).map(String::as_str).ok_or_else(|| {
            let variable = queue.as_str().to_uppercase().replace('-', "_");
            Error::permanent("platform.settings", format!("the environment variable TENON_QUEUE_{variable} is not set"))
        })
    }
}

/// A master key from its text: base64 of 32 bytes, or any text of at least 32 characters (what a
/// secret generator makes), which is hashed. `place` is where the text stands, for the error.
pub fn master_key(text: &str, place: &str) -> Result<MasterKey> {
    if let Ok(key) = MasterKey::from_base64(text) {
        return Ok(key);
    }
    if text.is_empty() {
        return Err(Error::permanent("platform.settings", format!("{place} is empty; the master key belongs there")));
    }
    if text.len() < 32 {
        return Err(Error::permanent(
            "platform.settings",
            format!("{place} is no master key: neither base64 of 32 bytes nor a text of at least 32 characters"),
        ));
    }
    Ok(MasterKey::from_bytes(tenon_crypto::digest::sha256(text.as_bytes())))
}
