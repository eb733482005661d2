//! The companies that an app may use: names, and nothing else of their connections.

use super::answer::Done;
use super::{CompanyCall, TO_STORE};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::b1::B1;
use tenon_connectors::erp;
use tenon_model::config::{AppCaller, B1Connection, Barcode, Connection};

/// How long a B1 is waited for.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// The companies of the connections that this app may use, the one that was asked first. One that cannot be asked is
/// called by its database.
pub async fn companies(call: &CompanyCall<'_>, caller: &AppCaller) -> Done {
    let own = &call.barcode.connection;
    let mut permitted: Vec<&Barcode> = call.loaded.barcodes().filter(|b| caller.may_use(&b.connection)).collect();
    permitted.sort_by_key(|barcode| (&barcode.connection != own, barcode.connection.as_str()));
    let lookups = permitted.into_iter().filter_map(|barcode| {
        let connection = call.loaded.connection(&barcode.connection).ok()?;
        let Connection::B1(b1) = connection.as_ref() else { return None };
        Some(one(call, barcode, b1.clone()))
    });
    let all = join_all(lookups).await;
    erp::release(call.ctx).await;
    Done::of(Value::Array(all).to_string())
}

async fn one(call: &CompanyCall<'_>, barcode: &Barcode, connection: B1Connection) -> Value {
    let company = connection.company_db.clone();
    let name = match &barcode.name {
        Some(name) => name.clone(),
        None => fetch_name(call, connection).await.unwrap_or_else(|| company.clone()),
    };
    json!({ "CompanyDB": company, "CompanyName": name, "connection": barcode.connection })
}

async fn fetch_name(call: &CompanyCall<'_>, connection: B1Connection) -> Option<String> {
    let ctx = call.ctx.within_cut(MAX_WAIT);
    let revision = call.loaded.revision(&connection.id);
    let b1 = B1::new(&ctx, call.tenant, connection, revision);
    let named = tokio::time::timeout(MAX_WAIT + TO_STORE, b1.company_name()).await.ok()?;
    named
        .inspect_err(|error| {
            tracing::info!(error.code = error.code, error.message = %error, "a company was not asked for its name");
        })
        .ok()
        .flatten()
}
