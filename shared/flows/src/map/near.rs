//! Names that do not exist, and the one that was meant.

use serde_json::{Map, Value};

/// Names further apart than this are not offered as the one that was meant.
const NEAR: f64 = 0.5;

/// The known name most like the unknown one, when one is like enough.
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::normalized_damerau_levenshtein(&unknown.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// Says that a document has no field of this name, and which was meant.
pub(super) fn no_field(name: &str, document: &Map<String, Value>) -> String {
    let parts = name.split_once(['.', '/']).filter(|(whole, _)| document.contains_key(*whole));
    let remedy = match (parts, nearest(name, document.keys().map(String::as_str))) {
        (Some((whole, part)), _) => {
            format!(
                "{part} may be a part of {whole}, and parts cannot be mapped; copy it to a user field, or use [flows.source.sql]"
            )
        }
        (None, Some(near)) => format!("did you mean {near}?"),
        (None, None) => "see its fields in the Service Layer".to_owned(),
    };
    format!("is no field of the document; {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_nearest_name_is_told() {
        let document = json!({"CardCode": 1, "CardName": 2, "AddressExtension": {"ShipToCity": 3}});
        let message = |name| no_field(name, document.as_object().unwrap());
        assert!(message("CardNmae").ends_with("did you mean CardName?"));
        assert!(message("AddressExtension.ShipToCity").contains("ShipToCity may be a part of AddressExtension"));
        assert!(!message("U_Xyz").contains("did you mean"));
    }
}
