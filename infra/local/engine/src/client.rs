//! The SDK's client of an embedded engine, and the table as the deployment template makes it.

use crate::gate::Gate;
use crate::in_process::InProcess;
use crate::limits::Limits;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TimeToLiveSpecification, TimeToLiveStatus,
};
use dynoxide::Database;
use tenon_platform::error::{Error, Result};
use tenon_platform::table::INDEX;

/// A client whose every operation is answered by the database in this process. It does not retry:
/// what fails here fails for good, and a killed operation must not be repeated. Needs a Tokio
/// runtime with time enabled.
pub fn client(database: Database, gate: Gate) -> Client {
    over(InProcess::new(database).with_gate(gate))
}

/// As [`client`], within DynamoDB's limits.
pub fn limited_client(database: Database, limits: Limits) -> Client {
    over(InProcess::new(database).within(limits))
}

fn over(engine: InProcess) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .endpoint_url("http://engine.invalid")
        .allow_no_auth()
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(engine)
        .build();
    Client::from_conf(config)
}

/// Makes a table as the deployment template does, unless it is there.
///
/// # Errors
/// `engine.table` when the engine refuses.
pub async fn create_table(client: &Client, name: &str) -> Result<()> {
    let request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(["pk", "sk", "gsi1pk", "gsi1sk"].map(text).into_iter().collect::<Result<_>>()?))
        .set_key_schema(Some(schema("pk", "sk")?))
        .global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(INDEX)
                .set_key_schema(Some(schema("gsi1pk", "gsi1sk")?))
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .build()
                .map_err(malformed)?,
        );
    match request.send().await {
        Ok(_) => {}
        Err(SdkError::ServiceError(e)) if e.err().is_resource_in_use_exception() => {}
        Err(e) => return Err(refused(name, &e)),
    }
    // Asked for even when the table was there: a former start may have been killed in between.
    let set = client.describe_time_to_live().table_name(name).send().await.map_err(|e| refused(name, &e))?;
    if set.time_to_live_description().is_some_and(|d| d.time_to_live_status() == Some(&TimeToLiveStatus::Enabled)) {
        return Ok(());
    }
    let expiry = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build();
    let request = client.update_time_to_live().table_name(name).time_to_live_specification(expiry.map_err(malformed)?);
    request.send().await.map_err(|e| refused(name, &e))?;
    Ok(())
}

fn text(name: &str) -> Result<AttributeDefinition> {
    let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
    definition.build().map_err(malformed)
}

fn schema(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    [element(partition, KeyType::Hash), element(sort, KeyType::Range)]
        .into_iter()
        .collect::<std::result::Result<_, _>>()
        .map_err(malformed)
}

fn malformed(error: BuildError) -> Error {
    Error::permanent("engine.table", error.to_string()).during("create a table")
}

fn refused<E>(name: &str, error: &SdkError<E>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    Error::permanent("engine.table", DisplayErrorContext(error).to_string()).during(format!("create the table {name}"))
}
