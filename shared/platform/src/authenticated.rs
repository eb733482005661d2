//! Records that say who may call. Each carries a proof, made under the master key, that Tenon wrote it and
//! wrote it at this place: whoever can write into the table, and has not the key, can make no token.

use crate::context::Context;
use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use tenon_crypto::secrets::{MasterKey, Purpose, SecretError};

/// A record and its proof. The record is kept as the very text the proof is of, so that a function of another
/// version, which knows more or fewer fields, can check it too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticated<T> {
    record: String,
    proof: String,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Authenticated<T> {
    /// Proves a record for its place, which is best the words of its key.
    ///
    /// # Errors
    /// For a record that is no JSON, which is a fault of Tenon's.
    pub fn new(key: &MasterKey, place: &str, record: &T) -> Result<Self> {
        let record =
            serde_json::to_string(record).map_err(|e| Error::permanent("platform.table", format!("{place}: {e}")))?;
        let proof = key.prove(Purpose::Access, place, record.as_bytes());
        Ok(Self { record, proof, kind: PhantomData })
    }

    /// The record, when it is one we wrote at this place.
    ///
    /// # Errors
    /// Why it is not.
    pub fn check(&self, key: &MasterKey, place: &str) -> std::result::Result<T, SecretError> {
        key.check(Purpose::Access, place, self.record.as_bytes(), &self.proof)?;
        serde_json::from_str(&self.record).map_err(|_| SecretError::BadFormat)
    }

    /// Whether the proof was made under the key that is current now.
    pub fn is_current(&self, key: &MasterKey) -> bool {
        key.is_current(&self.proof)
    }
}

/// As [`Authenticated::check`] for what was read from the table, of whatever shape it is; a record that is none of
/// ours is told in the log, since somebody wrote it.
///
/// # Errors
/// What the table refuses, where the proof is of a key that this process does not know.
pub async fn opened<T: Serialize + DeserializeOwned>(
    ctx: &Context,
    place: &str,
    stored: serde_json::Value,
) -> Result<Option<T>> {
    let checked = match serde_json::from_value::<Authenticated<T>>(stored) {
        Ok(stored) => stored.check(ctx.keys.to_open(&stored.proof).await?.as_ref(), place),
        Err(_) => Err(SecretError::BadFormat),
    };
    Ok(match checked {
        Ok(record) => Some(record),
        Err(why) => {
            tracing::error!(record = place, reason = %why, "a record was not written by this installation and does not count");
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_counts_at_its_place_and_unchanged() {
        let key = MasterKey::from_bytes([1; 32]);
        let made = Authenticated::new(&key, "TOKEN/a", &json!({"role": "tenant-admin"})).unwrap();
        assert_eq!(made.check(&key, "TOKEN/a").unwrap(), json!({"role": "tenant-admin"}));
        assert_eq!(made.check(&key, "TOKEN/b"), Err(SecretError::Refused));
        let mut changed = made.clone();
        changed.record = changed.record.replace("tenant-admin", "operator");
        assert_eq!(changed.check(&key, "TOKEN/a"), Err(SecretError::Refused));
        assert_eq!(made.check(&MasterKey::from_bytes([2; 32]), "TOKEN/a"), Err(SecretError::OtherKey));
    }
}
