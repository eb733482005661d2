//! What requests call `appId`: the module's code, or its number in the catalogue.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use tenon_model::Module;

/// A module as a request names it: `ORDER_SYNC`, `1` or `"1"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppRef(pub Module);

impl AppRef {
    /// Reads it from a path or a text.
    pub fn parse(text: &str) -> Option<Self> {
        Module::from_code(text).or_else(|| of_number(text.parse().ok()?)).map(Self)
    }

    /// The module's number in the catalogue, from 1.
    pub fn number(module: Module) -> usize {
        Module::ALL.iter().position(|m| *m == module).map_or(0, |index| index + 1)
    }
}

fn of_number(number: u64) -> Option<Module> {
    Module::ALL.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

impl<'de> Deserialize<'de> for AppRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl Visitor<'_> for Reads {
            type Value = AppRef;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an app of the store: ORDER_SYNC, QUALITY_FEEDBACK, LOGISTICS_SYNC, PAYMENT_SYNC, or 1 to 4",
                )
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<AppRef, E> {
                AppRef::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<AppRef, E> {
                of_number(number).map(AppRef).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_numbers_and_numbers_as_text_are_taken() {
        for text in ["\"PAYMENT_SYNC\"", "4", "\"4\""] {
            assert_eq!(serde_json::from_str::<AppRef>(text).unwrap(), AppRef(Module::PaymentSync));
        }
        for text in ["0", "5", "-1", "\"\"", "\"MATERIAL_SUPPLY\"", "null", "1.5"] {
            assert!(serde_json::from_str::<AppRef>(text).is_err(), "{text}");
        }
        assert!(Module::ALL.into_iter().all(|m| AppRef::parse(&AppRef::number(m).to_string()) == Some(AppRef(m))));
    }
}
