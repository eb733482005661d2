//! Holds a barcode application's settings against B1, for `tenon check`.

use super::methods::METHODS;
use super::{CompanyCall, flow_of, settings};
use crate::compare::Findings;
use std::collections::BTreeSet;
use tenon_connectors::b1::Query;
use tenon_connectors::erp;
use tenon_model::config::{Barcode, BarcodeObject, Config};
use tenon_model::{FlowId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, ErrorKind, Result};

/// What is found of one; the id is that of its runs. Writes nothing.
pub async fn compare(ctx: &Context, tenant: &TenantId, loaded: &Loaded, barcode: &Barcode) -> (FlowId, Findings) {
    let call = CompanyCall { ctx, tenant, loaded, barcode, app: "", request_id: "" };
    let mut found = Findings::default();
    let judged = Config { barcode: vec![barcode.clone()], ..Config::default() };
    found.problems.extend(settings::check(&judged).into_iter().map(|problem| problem.to_string()));
    if barcode.di_api.is_none() {
        found.warnings.push("has no di_api, so queries and backflush are refused".to_owned());
    }
    if let Err(error) = fields(&call, &mut found).await {
        found.warnings.push(format!("was not compared with B1: {error}"));
    }
    erp::release(ctx).await;
    (flow_of(barcode), found)
}

/// The field that carries the key must be there wherever documents are posted to.
async fn fields(call: &CompanyCall<'_>, found: &mut Findings) -> Result<()> {
    let Some(field) = &call.barcode.key_field else {
        found.warnings.push(
            "has no key_field: the key by which a document is found again stands at the end of its Comments".to_owned(),
        );
        return Ok(());
    };
    let b1 = call.b1(call.ctx)?;
    let sets: BTreeSet<&str> = METHODS.iter().filter_map(|method| method.set).collect();
    let objects = call.barcode.objects.iter().map(BarcodeObject::parts).map(|(name, _, key)| (name, key));
    for (set, key) in sets.into_iter().map(|set| (set, "DocEntry")).chain(objects) {
        let query = Query::new().select([key, field]).top(1).page_size(1);
        match b1.page(set, &query, None).await {
            Ok(_) => found.compared.push(set.to_owned()),
            Err(error) if is_lacking(&error) => {
                found
                    .problems
                    .push(format!("{set} has no field {field} (key_field); add it in B1, or leave key_field out"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_lacking(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound)
}
