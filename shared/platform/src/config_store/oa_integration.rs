//! The OA integration's record: its keys of tokens are sealed, each at its place.

use super::{Record, context, record, unreadable};
use crate::error::Result;
use crate::keys::SealedText;
use crate::table::Stored;
use serde::Deserialize as _;
use tenon_crypto::secrets::{MasterKey, Purpose};
use tenon_model::TenantId;
use tenon_model::config::{OaIntegration, Secret};

/// Where the one record is kept.
pub(super) const SORT: &str = "oa-integration#-";

/// Where a key is sealed.
pub(super) fn place(tenant: &TenantId, key: usize) -> String {
    context(tenant, OaIntegration::BOUND_TO, &OaIntegration::key_name(key))
}

/// The record with its keys opened.
pub(super) fn opened(keys: &MasterKey, tenant: &TenantId, stored: &Stored<serde_json::Value>) -> Result<OaIntegration> {
    let Record::OaIntegration { value: mut oa } = record(stored)? else {
        return Err(unreadable(&stored.sort, "other kind"));
    };
    for (number, secret) in oa.token_keys.iter_mut().enumerate() {
        let plain = keys.open(Purpose::Connection, &place(tenant, number), secret.expose());
        let plain = plain.map_err(|why| unreadable(&stored.sort, format!("a key of tokens does not open: {why}")))?;
        *secret = Secret::new(String::from_utf8(plain).map_err(|why| unreadable(&stored.sort, why))?);
    }
    Ok(*oa)
}

/// Its sealed texts.
pub(super) fn sealed_texts(tenant: &TenantId, value: &serde_json::Value) -> Vec<SealedText> {
    let Ok(oa) = OaIntegration::deserialize(value) else { return Vec::new() };
    let text = |(number, secret): (usize, &Secret)| {
        SealedText::sealed(Purpose::Connection, place(tenant, number), secret.expose())
    };
    oa.token_keys.iter().enumerate().map(text).collect()
}
