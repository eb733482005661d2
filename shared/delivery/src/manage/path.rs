//! What stands in the paths of an endpoint, of its deliveries and its jobs, of the interface and of the pages alike.

use serde::Deserialize;
use tenon_model::AppId;

/// The endpoint of an app.
#[derive(Debug, Deserialize)]
pub struct OfApp {
    /// The app.
    pub id: AppId,
}

/// One of its deliveries.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfDelivery {
    /// The app.
    pub id: AppId,
    /// The delivery.
    pub delivery_id: String,
}

/// One of its jobs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfJob {
    /// The app.
    pub id: AppId,
    /// The job.
    pub job_id: String,
}
