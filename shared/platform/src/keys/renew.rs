//! Finding every sealed text of a record, and making it anew under the current key. Each crate knows the records it
//! stores: it names a text's purpose and place, and what a proof is of.

use crate::context::Context;
use crate::error::Result;
use crate::table::Raw;
use std::collections::HashMap;
use tenon_crypto::secrets::{MasterKey, Purpose};

/// A sealed text or a proof as it stands in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedText {
    /// What it was made for.
    pub purpose: Purpose,
    /// Where it belongs; several where the record does not say which.
    pub places: Vec<String>,
    /// The text.
    pub text: String,
    /// For a proof, the record it is of.
    pub proves: Option<String>,
}

/// The sealed texts of a record of one crate's; none for records of others.
pub type Finder = fn(&Raw) -> Vec<SealedText>;

impl SealedText {
    /// A sealed text of one place.
    pub fn sealed(purpose: Purpose, place: impl Into<String>, text: &str) -> Self {
        Self { purpose, places: vec![place.into()], text: text.to_owned(), proves: None }
    }

    /// An [`Authenticated`](crate::authenticated::Authenticated) record as it lies in another.
    pub fn proof(place: impl Into<String>, proven: &serde_json::Value) -> Option<Self> {
        let part = |name| proven.get(name)?.as_str().map(str::to_owned);
        let (text, proves) = (part("proof")?, part("record")?);
        Some(Self { purpose: Purpose::Access, places: vec![place.into()], text, proves: Some(proves) })
    }

    /// The same under the current key; none when it does not open.
    fn renewed(&self, ctx: &Context, keys: &MasterKey) -> Result<Option<String>> {
        for place in &self.places {
            match &self.proves {
                Some(record) if keys.check(self.purpose, place, record.as_bytes(), &self.text).is_ok() => {
                    return Ok(Some(keys.prove(self.purpose, place, record.as_bytes())));
                }
                Some(_) => {}
                None => {
                    if let Ok(plain) = keys.open(self.purpose, place, &self.text) {
                        return Ok(Some(keys.seal(self.purpose, place, ctx.entropy.bytes::<12>()?, &plain)));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// What making a record anew comes to.
#[derive(Debug, Default)]
pub(super) struct Renewal {
    /// New texts by the old ones.
    pub texts: HashMap<String, String>,
    /// Texts under another than the current key that do not open.
    pub unopened: usize,
}

pub(super) fn renewal(ctx: &Context, keys: &MasterKey, found: &[SealedText]) -> Result<Renewal> {
    let mut renewal = Renewal::default();
    for sealed in found.iter().filter(|sealed| !keys.is_current(&sealed.text)) {
        match sealed.renewed(ctx, keys)? {
            Some(new) => _ = renewal.texts.insert(sealed.text.clone(), new),
            None => renewal.unopened += 1,
        }
    }
    Ok(renewal)
}

/// The sealed texts of this crate's records.
pub fn sealed_texts(record: &Raw) -> Vec<SealedText> {
    let (tenant, collection, parts) = record.key.named();
    let sort = record.key.sort();
    match collection {
        "CONFIG" => crate::config_store::sealed_texts(&tenant, sort, &record.data),
        "DATA" => crate::data_key::sealed_text(&record.data).into_iter().collect(),
        "IDEMPOTENCY" => {
            let partition = record.key.partition();
            let answer = crate::idempotency::sealed_text(partition, &record.data);
            answer.into_iter().chain(crate::once::sealed_text(partition, &record.data)).collect()
        }
        "KEPT-PART" => {
            let id = parts.first().map(String::as_str).unwrap_or_default();
            crate::kept::sealed_text(&tenant, id, sort, &record.data).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
