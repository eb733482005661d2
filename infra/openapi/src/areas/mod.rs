//! The routes, by the section they are shown in.

mod aiflow;
mod barcode;
mod documents;
mod events;
mod oa;
mod operations;
mod plm;
mod processes;
mod services;
mod sign_in;
pub mod signed;
mod store;
mod tenant_apps;
mod tokens;
mod webhooks;

use crate::area::Describe;

/// Every section, in the order it is shown.
pub const ALL: [Describe; 16] = [
    signed::describe,
    documents::describe,
    store::describe,
    tenant_apps::describe,
    webhooks::describe,
    events::describe,
    tokens::describe,
    operations::describe,
    barcode::describe,
    aiflow::describe,
    plm::describe,
    sign_in::describe,
    services::describe,
    processes::describe,
    oa::describe,
    services::describe_data_sync,
];

/// What a route of people refuses.
const MANAGED: [u16; 6] = [400, 401, 403, 404, 409, 500];

/// A tenant's id in the query.
fn tenant_in_query() -> serde_json::Value {
    use crate::shapes::{TENANT, in_query};
    let schema = serde_json::json!({ "type": "string", "pattern": TENANT, "not": { "const": "default" } });
    in_query("tenantId", schema, "运营方代表哪个租户；租户管理员可以省略")
}
