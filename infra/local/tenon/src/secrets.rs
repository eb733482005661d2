//! Where the values of `env:NAME` and `secret:NAME` come from.

use crate::output::Failure;
use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use tokio::sync::OnceCell;

/// Looks the values of references up.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// An environment variable; `None` when it is not set or is not UTF-8.
    fn env(&self, name: &str) -> Option<String>;

    /// The text of a secret of AWS Secrets Manager.
    ///
    /// # Errors
    /// A failure that names the secret.
    async fn secret(&self, name: &str) -> Result<String, Failure>;
}

/// The process's environment, and Secrets Manager with the credentials of whoever calls. Connects
/// when the first secret is asked for.
#[derive(Debug, Default)]
pub struct System {
    client: OnceCell<Client>,
}

#[async_trait]
impl Lookup for System {
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    async fn secret(&self, name: &str) -> Result<String, Failure> {
        let connect = || async { Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await) };
        let client = self.client.get_or_init(connect).await;
        let answer = client.get_secret_value().secret_id(name).send().await.map_err(|error| {
            let hint = match error.code() {
                Some("ResourceNotFoundException") => "check its name or ARN, and the region (AWS_REGION)",
                Some("AccessDeniedException") => "the credentials need secretsmanager:GetSecretValue on it",
                _ => "check the AWS credentials and region",
            };
            let reason = match error.message() {
                Some(message) => message.to_owned(),
                None => causes(&error),
            };
            Failure::outside(format!("Secrets Manager does not give secret {name}: {reason}")).with_hint(hint)
        })?;
        answer
            .secret_string
            .ok_or_else(|| Failure::usage(format!("secret {name} of Secrets Manager is binary; store it as a text")))
    }
}

/// The error with its causes, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
